//! The workspace in which a lesson's skeleton and its mistakes are built: all of them by one run of
//! cargo, out of the way of the clone's own packages, with the dependencies that those have built.
//!
//! All mistakes of a lesson are one program, each a module of it, and the name by which it is
//! started says which one it is. To link hundreds of programs costs more than to grade them, and
//! nearly all that is in one is in the next as well. Where one does not compile, none does: then
//! each is built apart, so that the author reads of that one.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use grader::text::{Text, TextError};
use toml::{Table, Value};

use crate::course::Course;
use crate::ending::Stop;
use crate::mistake::Mistake;
use crate::variants::Sources;
use crate::words;

/// The workspace's folder, held so that no other netlings writes or builds there meanwhile.
pub(super) struct Scratch {
    folder: PathBuf,
    _lock: File,
}

impl Scratch {
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The name of a variant's program. All lessons build into one folder, so it has the lesson's.
pub(super) fn program_name(lesson: &str, variant: &str) -> String {
    format!("{lesson}--{variant}")
}

/// The package of the untouched skeleton.
pub(super) fn skeleton_package(lesson: &str) -> String {
    format!("{lesson}-skeleton")
}

/// The package of all mistakes as one program, which is called like it.
pub(super) fn mistakes_package(lesson: &str) -> String {
    format!("{lesson}-mistakes")
}

/// The package of the mistakes as a program each.
pub(super) fn apart_package(lesson: &str) -> String {
    format!("{lesson}-mistakes-apart")
}

/// Writes the workspace of a lesson below the folder `target`.
pub(super) fn write(
    course: &Course,
    sources: &Sources<'_>,
    target: &Path,
) -> Result<Scratch, Stop> {
    let lesson = &sources.lesson.name;
    let folder = target.join("verify").join(lesson);
    let unwritable = |error| Stop::infrastructure(words::unwritable(&folder, &error));
    fs::create_dir_all(&folder).map_err(unwritable)?;
    let lock = File::create(folder.join("lock")).map_err(unwritable)?;
    lock.lock().map_err(unwritable)?;

    let manifests = Manifests::read(course, lesson)?;
    let skeleton = sources.files.iter().map(|file| (file.place.clone(), file.content.as_slice()));
    let mut files: Vec<(PathBuf, Vec<u8>)> = vec![
        ("Cargo.toml".into(), manifests.workspace(&course.root, sources).into()),
        ("skeleton/Cargo.toml".into(), manifests.skeleton(lesson).into()),
        ("mistakes/Cargo.toml".into(), manifests.mistakes(lesson).into()),
        ("mistakes/main.rs".into(), one_of_all(lesson, sources).into()),
        ("apart/Cargo.toml".into(), manifests.apart(lesson, sources).into()),
    ];
    files.extend(
        skeleton.map(|(place, content)| (Path::new("skeleton/src").join(place), content.into())),
    );
    for mistake in &sources.mistakes {
        let id = &mistake.id;
        for file in &sources.files {
            let is_wrong = Path::new("src").join(&file.place) == Path::new(&mistake.file);
            let content = if is_wrong { mistake.source.as_bytes() } else { &file.solution };
            let inside = as_module(id, &file.place, content);
            files.push((Path::new("mistakes").join(id).join(&file.place), inside));
            files.push((Path::new("apart").join(id).join(&file.place), content.into()));
        }
    }
    for (place, content) in files {
        write_if_new(&folder.join(place), &content).map_err(unwritable)?;
    }
    // cargo takes out what is not needed here, and adds nothing that is not there already.
    fs::copy(course.root.join("Cargo.lock"), folder.join("Cargo.lock")).map_err(unwritable)?;
    Ok(Scratch { folder, _lock: lock })
}

/// The crate root that has every mistake as a module and becomes the one that it is called by.
fn one_of_all(lesson: &str, sources: &Sources<'_>) -> String {
    let prefix = program_name(lesson, "");
    let (mut modules, mut arms) = (String::new(), String::new());
    for Mistake { id, .. } in &sources.mistakes {
        let module = module(id);
        modules += &format!("#[path = \"{id}/main.rs\"]\nmod {module};\n");
        arms += &format!("        {id:?} => {module}::{ENTRY}().report(),\n");
    }
    format!(
        "{modules}\n\
         fn main() -> std::process::ExitCode {{\n    \
             use std::process::Termination;\n    \
             let called = std::env::args_os().next().unwrap_or_default();\n    \
             let name = std::path::Path::new(&called).file_stem().and_then(|name| name.to_str());\n    \
             match name.and_then(|name| name.strip_prefix({prefix:?})).unwrap_or_default() {{\n\
         {arms}        \
                 other => panic!(\"{{other:?}} is no mistake of this lesson\"),\n    \
             }}\n\
         }}\n"
    )
}

/// What a mistake's module is called: an id is kebab-case, and may be a word of Rust's own.
fn module(id: &str) -> String {
    format!("m_{}", id.replace('-', "_"))
}

/// The function by which a mistake's module is started.
const ENTRY: &str = "start_this_one";

/// A source file as it stands in a module: what it calls the crate is the module there.
fn as_module(id: &str, place: &Path, source: &[u8]) -> Vec<u8> {
    let Ok(source) = str::from_utf8(source) else { return source.into() };
    let is_part_of_a_name = |text: &str| {
        text.ends_with(|last: char| last.is_alphanumeric() || last == '_' || last == '$')
    };
    let mut parts = source.split("crate::");
    let mut moved = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let crate_ = if is_part_of_a_name(&moved) { "crate::" } else { "crate::<id>::" };
        moved += &crate_.replace("<id>", &module(id));
        moved += part;
    }
    if place == Path::new("main.rs") {
        moved += &format!(
            "\npub(crate) fn {ENTRY}() -> impl std::process::Termination {{\n    main()\n}}\n"
        );
    }
    moved.into()
}

/// cargo compiles again what has been written again, so what is the same stays untouched.
fn write_if_new(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|found| found == content) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, content)
}

/// The manifests that the scratch workspace's are made of.
struct Manifests {
    root: Table,
    exercise: Table,
    solution: Table,
}

impl Manifests {
    fn read(course: &Course, lesson: &str) -> Result<Self, TextError> {
        let read = |folder: &Path| Text::read(folder.join("Cargo.toml"))?.toml();
        Ok(Self {
            root: read(&course.root)?,
            exercise: read(&course.exercise(lesson))?,
            solution: read(&course.solution(lesson))?,
        })
    }

    /// The clone's workspace with two other members. The same profile and the same features of
    /// every dependency mean that none is compiled again.
    fn workspace(&self, root: &Path, sources: &Sources<'_>) -> String {
        let lesson = &sources.lesson.name;
        let mut workspace = table(&self.root, "workspace");
        let mut members = vec!["skeleton", "mistakes"];
        // cargo refuses a package without a program.
        members.extend((!sources.mistakes.is_empty()).then_some("apart"));
        let members = members.into_iter().map(Value::from);
        workspace.insert("members".into(), Value::Array(members.collect()));
        workspace.remove("default-members");
        if let Some(Value::Table(dependencies)) = workspace.get_mut("dependencies") {
            dependencies.iter_mut().for_each(|(_, dependency)| make_absolute(dependency, root));
        }
        let mut profiles = table(&self.root, "profile");
        // Nobody debugs a mistake: without what a debugger needs they are built in half the time.
        if let Some(Value::Table(dev)) = profiles.get_mut("dev") {
            let quick = [("debug".into(), Value::from(false)), ("codegen-units".into(), 1.into())];
            let quick = Value::Table(quick.into_iter().collect());
            let packages = [mistakes_package(lesson), apart_package(lesson)];
            // What the clone says of its packages stays, or their dependencies were compiled again.
            let all = dev.entry("package").or_insert_with(|| Value::Table(Table::new()));
            if let Some(all) = all.as_table_mut() {
                all.extend(packages.into_iter().map(|name| (name, quick.clone())));
            }
        }
        let document = Table::from_iter([
            ("workspace".into(), Value::Table(workspace)),
            ("profile".into(), Value::Table(profiles)),
        ]);
        written(&document)
    }

    fn skeleton(&self, lesson: &str) -> String {
        let program = program(&program_name(lesson, "skeleton"), "src/main.rs");
        let mut manifest = package(&self.exercise, skeleton_package(lesson), vec![program]);
        if let Some(lints) = self.exercise.get("lints") {
            manifest.insert("lints".into(), lints.clone());
        }
        written(&manifest)
    }

    /// One package with one program of all mistakes.
    fn mistakes(&self, lesson: &str) -> String {
        let name = mistakes_package(lesson);
        self.without_warnings(name.clone(), vec![program(&name, "main.rs")])
    }

    /// One package with a program per mistake.
    fn apart(&self, lesson: &str, sources: &Sources<'_>) -> String {
        let programs = sources
            .mistakes
            .iter()
            .map(|Mistake { id, .. }| program(&program_name(lesson, id), &format!("{id}/main.rs")));
        self.without_warnings(apart_package(lesson), programs.collect())
    }

    /// A mistake may well deserve a warning, or several.
    fn without_warnings(&self, name: String, programs: Vec<Value>) -> String {
        let mut manifest = package(&self.solution, name, programs);
        let lints = [("warnings".to_owned(), Value::from("allow"))].into_iter().collect();
        let lints = [("rust".to_owned(), Value::Table(lints))].into_iter().collect();
        manifest.insert("lints".into(), Value::Table(lints));
        written(&manifest)
    }
}

fn program(name: &str, path: &str) -> Value {
    Value::Table(Table::from_iter([("name".into(), name.into()), ("path".into(), path.into())]))
}

/// A package like `original`, with its dependencies and these programs.
fn package(original: &Table, name: String, programs: Vec<Value>) -> Table {
    let mut package = table(original, "package");
    package.insert("name".into(), name.into());
    package.insert("autobins".into(), false.into());
    Table::from_iter([
        ("package".into(), Value::Table(package)),
        ("dependencies".into(), Value::Table(table(original, "dependencies"))),
        ("bin".into(), Value::Array(programs)),
    ])
}

fn make_absolute(dependency: &mut Value, root: &Path) {
    if let Some(Value::String(path)) = dependency.as_table_mut().and_then(|it| it.get_mut("path")) {
        *path = root.join(&*path).to_string_lossy().into_owned();
    }
}

fn table(manifest: &Table, key: &str) -> Table {
    manifest.get(key).and_then(Value::as_table).cloned().unwrap_or_default()
}

/// `document` as TOML: a line for each key of the outermost table, its value inline.
fn written(document: &Table) -> String {
    document.iter().map(|(key, value)| format!("{} = {}\n", quoted(key), inline(value))).collect()
}

fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Datetime(moment) => moment.to_string(),
        Value::Array(list) => {
            let items: Vec<String> = list.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Table(table) => {
            let entries =
                table.iter().map(|(key, value)| format!("{} = {}", quoted(key), inline(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A TOML string. What JSON escapes, and how, TOML reads alike.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_that_was_written_says_what_was_read() {
        let text =
            "a = \"tab\\t\\\"quote\\\" \\\\ 时\"\n[b.'c d']\nx = [1, true, 2.5, { y = \"z\" }]\n";
        let read: Table = toml::from_str(text).unwrap();
        assert_eq!(toml::from_str::<Table>(&written(&read)).unwrap(), read);
    }

    #[test]
    fn in_a_module_the_crate_is_the_module() {
        let moved = |place: &str, source: &str| {
            String::from_utf8(as_module("at-end", Path::new(place), source.as_bytes())).unwrap()
        };
        assert_eq!(
            moved("recv.rs", "use crate::take;\nfn f() { crate::take::g() }\npub(crate) fn h() {}"),
            "use crate::m_at_end::take;\nfn f() { crate::m_at_end::take::g() }\npub(crate) fn h() {}"
        );
        // A macro's own, and a name that only ends so.
        assert_eq!(moved("a.rs", "$crate::x my_crate::y"), "$crate::x my_crate::y");
        assert!(moved("main.rs", "fn main() {}").contains("fn start_this_one()"));
    }

    #[test]
    fn paths_of_dependencies_are_made_absolute() {
        let mut dependency: Value =
            Value::Table(toml::from_str("path = \"crates/netkit\"\nfeatures = []").unwrap());
        make_absolute(&mut dependency, Path::new("/clone"));
        assert_eq!(dependency["path"].as_str(), Some("/clone/crates/netkit"));
    }
}
