//! `netlings-class handout`: the course as students get it, without solutions, known mistakes and
//! other right programs. It builds, runs and grades by itself.
//!
//! What goes out is named here: what is not, does not. So a file that is new in the course is missing
//! in a handout until somebody has decided about it, and none gets out by accident.

mod unasked;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use toml_edit::{Array, DocumentMut};

use crate::course_file::CourseFile;
use crate::ending::{DONE, Stop};
use crate::lessons::Clone;
use crate::words::{class as files, handout as words};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where the handout goes: a folder that is not there yet, or is empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The course file: the checks that it hides are not asked for in the handout
    #[arg(long, value_name = "FILE")]
    course: Option<PathBuf>,
    /// The clone of the course; else the one around here
    #[arg(long, value_name = "DIR")]
    course_root: Option<PathBuf>,
}

/// Files and folders of the clone that students get, but for the exercises.
const SHARED: &[&str] = &[
    ".gitignore",
    ".vscode",
    "Cargo.lock",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "docs/traces.md",
    "docs/wire-scenarios.md",
    "docs/recordings",
    "rustfmt.toml",
];

/// What every program has to do, with the checks of each lesson.
const CONTRACT: &str = "docs/contract.md";

/// Texts that speak of a finished program, and of how a class is graded.
const TEXTS: &[&str] = &["docs/exit-codes.md", "docs/result-format.md"];

/// The crates that exercises, checks and the course's program are made of; of each the sources and
/// what they include, not its tests: those have solutions in them.
const CRATES: &[&str] = &["checks", "grader", "namespaces", "netkit", "netlings", "wirelab"];
const OF_A_CRATE: &[&str] = &["src", "templates"];

/// What students get of an exercise.
const OF_AN_EXERCISE: &[&str] = &["Cargo.toml", "demo.toml", "lesson.toml", "src", "tests"];

pub(crate) fn run(options: &Options) -> Result<u8, Stop> {
    let clone = Clone::find(options.course_root.as_deref())?;
    let out = &options.out;
    let unwritable = |error| Stop::infrastructure(files::unwritable(out, &error));
    if fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Stop::usage(words::not_empty(out)));
    }
    let unasked = unasked_checks(options, &clone)?;
    netkit::screen::diagnostic(words::COMPARING);
    are_skeletons(&clone.root)?;
    fs::create_dir_all(out).map_err(unwritable)?;
    let still_named = write(&clone, &unasked, out).map_err(unwritable)?;
    let _ = netkit::screen::line(words::written(out, unasked.values().map(Vec::len).sum()));
    for (place, ids) in still_named {
        let _ = netkit::screen::line(words::still_named(&place, &ids));
    }
    Ok(DONE)
}

/// The checks that students are not to see, by lesson.
type Unasked = BTreeMap<String, Vec<String>>;

fn unasked_checks(options: &Options, clone: &Clone) -> Result<Unasked, Stop> {
    let course = options.course.as_deref().map(CourseFile::load).transpose()?.unwrap_or_default();
    course.names_lessons(clone)?;
    let mut unasked = Unasked::new();
    for text in clone.lessons(&[])? {
        course.names_checks_of(&text.lesson)?;
        let ids = course.visibility(&text.lesson).into_iter().map(|(id, _)| id);
        unasked.insert(text.lesson.name.clone(), ids.collect());
    }
    Ok(unasked)
}

/// Refuses where an exercise is not as its solution's marks make it: somebody has worked in it.
fn are_skeletons(root: &Path) -> Result<(), Stop> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root);
    cargo.args(["run", "--quiet", "--package", "netlings", "--", "skeletons", "--check"]);
    let output = cargo.output().map_err(|error| Stop::infrastructure(netkit::cause(&error)))?;
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    match output.status.success() {
        true => Ok(()),
        false => Err(Stop::usage(words::no_skeletons(said.trim_end()))),
    }
}

/// Writes the edition. Gives the texts that still name a check that is not asked for.
fn write(clone: &Clone, unasked: &Unasked, out: &Path) -> io::Result<Vec<(String, Vec<String>)>> {
    let copied = |place: &str| copy(&clone.root.join(place), &out.join(place));
    SHARED.iter().try_for_each(|place| copied(place))?;
    edit(&clone.root.join("README.md"), &out.join("README.md"), readme)?;
    for place in TEXTS {
        edit(&clone.root.join(place), &out.join(place), of_no_solution)?;
    }
    let settings = ".cargo/config.toml";
    edit(&clone.root.join(settings), &out.join(settings), |text| without_lines(text, "class = "))?;
    for name in CRATES {
        for part in OF_A_CRATE {
            copied(&format!("crates/{name}/{part}"))?;
        }
        let manifest = format!("crates/{name}/Cargo.toml");
        change(&clone.root.join(&manifest), &out.join(&manifest), of_sources_alone)?;
    }
    let mut contract = of_no_solution(&fs::read_to_string(clone.root.join(CONTRACT))?)?;
    let mut still_named = Vec::new();
    let mut look = |place: &str, ids: &[String], text: &str| {
        let named = unasked::named_in(text, ids);
        if !named.is_empty() {
            still_named.push((place.to_owned(), named.into_iter().map(str::to_owned).collect()));
        }
    };
    for (name, ids) in unasked {
        let exercise = format!("exercises/{name}");
        OF_AN_EXERCISE.iter().try_for_each(|part| copied(&format!("{exercise}/{part}")))?;
        let lesson = format!("{exercise}/lesson.toml");
        if !ids.is_empty() {
            edit(&clone.root.join(&lesson), &out.join(&lesson), |text| {
                unasked::of_lesson(text, ids)
            })?;
        }
        let text = format!("{exercise}/README.md");
        edit(&clone.root.join(&text), &out.join(&text), |text| {
            Ok(unasked::of_tables(&without_lines(text, "- `solutions/")?, ids))
        })?;
        look(&text, ids, &fs::read_to_string(out.join(&text))?);
        contract = unasked::of_contract(&contract, name, ids);
        look(CONTRACT, ids, unasked::part_about(&contract, name));
        // What `reset` gives back.
        let pristine = out.join(&exercise).join("pristine");
        copy(&clone.root.join(&exercise).join("src"), &pristine)?;
    }
    crate::files::write_below(&out.join(CONTRACT), contract.as_bytes())?;
    change(&clone.root.join("Cargo.toml"), &out.join("Cargo.toml"), of_students)?;
    Ok(still_named)
}

/// Copies a file, or a folder with all below it; nothing where there is none. What begins with a dot
/// in a folder is an editor's.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let about = match fs::symlink_metadata(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    if about.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            if !name.to_string_lossy().starts_with('.') {
                copy(&from.join(&name), &to.join(&name))?;
            }
        }
    } else if about.is_file() {
        fs::create_dir_all(to.parent().unwrap_or(to))?;
        fs::copy(from, to)?;
    }
    Ok(())
}

/// Writes the text `from` as `to`, changed.
fn edit(from: &Path, to: &Path, by: impl Fn(&str) -> io::Result<String>) -> io::Result<()> {
    let text = by(&fs::read_to_string(from)?)?;
    fs::create_dir_all(to.parent().unwrap_or(to))?;
    fs::write(to, text)
}

/// Writes the manifest `from` as `to`, changed.
fn change(from: &Path, to: &Path, by: fn(&mut DocumentMut)) -> io::Result<()> {
    edit(from, to, |text| {
        let mut manifest: DocumentMut = text.parse().map_err(io::Error::other)?;
        by(&mut manifest);
        Ok(manifest.to_string())
    })
}

/// The text without the lines that begin so.
#[expect(clippy::unnecessary_wraps, reason = "it is one of several ways to edit, and others fail")]
fn without_lines(text: &str, start: &str) -> io::Result<String> {
    Ok(text.split_inclusive('\n').filter(|line| !line.starts_with(start)).collect())
}

/// A text whose examples are of a student's own program, without the line about classes.
fn of_no_solution(text: &str) -> io::Result<String> {
    let text = text.replace("solutions/tcp-echo/examples/echo.py", "my_echo.py");
    without_lines(&text, "`netlings-class grade` writes")
}

/// The README of an edition without solutions. What it should leave out and does not find has been
/// written otherwise since, and somebody has to look.
fn readme(text: &str) -> io::Result<String> {
    let mut text = text.to_owned();
    for (from, to, instead) in words::README {
        let gone = || io::Error::other(words::readme_is_other(from));
        let begin = text.find(from).ok_or_else(gone)?;
        let after = begin + from.len();
        let end = after + text[after..].find(to).ok_or_else(gone)? + to.len();
        text.replace_range(begin..end, instead);
    }
    Ok(text)
}

/// A crate's manifest without what names files that are not there.
fn of_sources_alone(manifest: &mut DocumentMut) {
    for table in ["bench", "test", "dev-dependencies"] {
        manifest.remove(table);
    }
}

/// The workspace's manifest, of what there is. Bare `cargo run` builds the course's program.
fn of_students(manifest: &mut DocumentMut) {
    let workspace = &mut manifest["workspace"];
    workspace["members"] = toml_edit::value(Array::from_iter(["crates/*", "exercises/*"]));
    workspace["default-members"] = toml_edit::value(Array::from_iter(["crates/netlings"]));
    if let Some(dependencies) = workspace["dependencies"].as_table_like_mut() {
        dependencies.remove("cell");
    }
}
