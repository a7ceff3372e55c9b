//! `netlings-class handout`: the course as students get it, without solutions, known mistakes and
//! other right programs. It builds, runs and grades by itself.
//!
//! What goes out is named here: what is not, does not. So a file that is new in the course is missing
//! in a handout until somebody has decided about it, and none gets out by accident.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use toml_edit::{Array, DocumentMut};

use crate::ending::{DONE, Stop};
use crate::lessons::Clone;
use crate::words::{class as files, handout as words};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where the handout goes: a folder that is not there yet, or is empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
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
    "docs/contract.md",
    "docs/exit-codes.md",
    "docs/result-format.md",
    "docs/traces.md",
    "docs/wire-scenarios.md",
    "docs/recordings",
    "rustfmt.toml",
];

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
    are_skeletons(&clone.root)?;
    fs::create_dir_all(out).map_err(unwritable)?;
    write(&clone, out).map_err(unwritable)?;
    let _ = netkit::screen::line(words::written(out));
    Ok(DONE)
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

fn write(clone: &Clone, out: &Path) -> io::Result<()> {
    let copied = |place: &str| copy(&clone.root.join(place), &out.join(place));
    SHARED.iter().try_for_each(|place| copied(place))?;
    edit(&clone.root.join("README.md"), &out.join("README.md"), readme)?;
    let settings = ".cargo/config.toml";
    edit(&clone.root.join(settings), &out.join(settings), |text| without_lines(text, "class = "))?;
    for name in CRATES {
        for part in OF_A_CRATE {
            copied(&format!("crates/{name}/{part}"))?;
        }
        let manifest = format!("crates/{name}/Cargo.toml");
        change(&clone.root.join(&manifest), &out.join(&manifest), of_sources_alone)?;
    }
    for name in clone.names() {
        let exercise = format!("exercises/{name}");
        OF_AN_EXERCISE.iter().try_for_each(|part| copied(&format!("{exercise}/{part}")))?;
        let text = format!("{exercise}/README.md");
        edit(&clone.root.join(&text), &out.join(&text), |text| {
            without_lines(text, "- `solutions/")
        })?;
        // What `reset` gives back.
        let pristine = out.join(&exercise).join("pristine");
        copy(&clone.root.join(&exercise).join("src"), &pristine)?;
    }
    change(&clone.root.join("Cargo.toml"), &out.join("Cargo.toml"), of_students)
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

/// The README of an edition without solutions. What it should leave out and does not find has been
/// written otherwise since, and somebody has to look.
fn readme(text: &str) -> io::Result<String> {
    let mut text = text.to_owned();
    for (from, to, instead) in words::README {
        let gone = || io::Error::other(words::readme_is_other(from));
        let begin = text.find(from).ok_or_else(gone)?;
        let end = begin + text[begin..].find(to).ok_or_else(gone)? + to.len();
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
