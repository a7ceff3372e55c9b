//! `netlings-class autograder`: the zip file that Gradescope makes an image of, and a container file
//! for everybody else. Both hold the course and build this program from it.
//!
//! <https://gradescope-autograders.readthedocs.io/en/latest/specs/> says what such a file has:
//! `setup.sh` is run once, when the image is built; `run_autograder` for each submission, which it
//! finds in `/autograder/submission`, and leaves `/autograder/results/results.json`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::course_file::CourseFile;
use crate::ending::{DONE, Stop};
use crate::lessons::Clone;
use crate::words::{autograder as words, class as files};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The lessons that are handed in, with commas between
    #[arg(long, value_name = "LESSONS", value_delimiter = ',', required = true)]
    lessons: Vec<String>,
    /// The zip file that is made
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The course file: the seed, hidden checks
    #[arg(long, value_name = "FILE")]
    course: Option<PathBuf>,
    /// The clone of the course; else the one around here
    #[arg(long, value_name = "DIR")]
    course_root: Option<PathBuf>,
}

/// What of the clone grading needs.
const NEEDED: &[&str] = &[
    ".cargo",
    "Cargo.lock",
    "Cargo.toml",
    "crates",
    "exercises",
    "solutions",
    "LICENSE-APACHE",
    "LICENSE-MIT",
];
/// Folders that are of nobody's making but cargo's and students'.
const LEFT_OUT: &[&str] = &["target", "kept"];

const SETUP: &str = include_str!("autograder/setup.sh");
const RUN: &str = include_str!("autograder/run_autograder");
const CONTAINER: &str = include_str!("autograder/Containerfile");

pub(crate) fn run(options: &Options) -> Result<u8, Stop> {
    let clone = Clone::find(options.course_root.as_deref())?;
    clone.lessons(&options.lessons)?;
    let course = match &options.course {
        None => Vec::new(),
        Some(path) => {
            CourseFile::load(path)?.names_lessons(&clone)?;
            fs::read(path).map_err(|error| Stop::usage(files::unreadable(path, &error)))?
        }
    };
    let out = &options.out;
    let unwritable = |error: io::Error| Stop::infrastructure(files::unwritable(out, &error));
    if out.exists() {
        return Err(Stop::usage(words::is_there(out)));
    }
    // Under its own name only when it is whole.
    let folder = out.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unfinished = tempfile::NamedTempFile::new_in(folder).map_err(unwritable)?;
    write(&clone.root, &options.lessons, &course, unfinished.as_file()).map_err(unwritable)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A temporary file is its owner's alone; this one is for others too.
        let mode = fs::Permissions::from_mode(0o644);
        unfinished.as_file().set_permissions(mode).map_err(unwritable)?;
    }
    unfinished.persist_noclobber(out).map_err(|error| unwritable(error.error))?;
    let _ = netkit::screen::line(words::written(out));
    Ok(DONE)
}

fn write(root: &Path, lessons: &[String], course: &[u8], out: &File) -> io::Result<()> {
    let mut zip = ZipWriter::new(out);
    let plain = SimpleFileOptions::default().unix_permissions(0o644);
    let program = plain.unix_permissions(0o755);
    let mut add = |place: &str, bytes: &[u8], options| -> io::Result<()> {
        zip.start_file(place, options)?;
        zip.write_all(bytes)
    };
    add("setup.sh", SETUP.as_bytes(), program)?;
    add("run_autograder", RUN.as_bytes(), program)?;
    add("Containerfile", CONTAINER.as_bytes(), plain)?;
    add("lessons", lessons.join(",").as_bytes(), plain)?;
    add("course.toml", course, plain)?;
    let mut found = Vec::new();
    for place in NEEDED {
        files_below(&root.join(place), &mut found)?;
    }
    for path in found {
        let place = path.strip_prefix(root).unwrap_or(&path);
        let parts: Vec<_> = place.components().map(|it| it.as_os_str().to_string_lossy()).collect();
        add(&format!("netlings/{}", parts.join("/")), &fs::read(&path)?, plain)?;
    }
    zip.finish()?;
    Ok(())
}

/// The regular files below `path`, or itself, in order.
fn files_below(path: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let about = fs::symlink_metadata(path)?;
    if about.is_file() {
        found.push(path.to_owned());
    } else if about.is_dir() {
        let mut inside: Vec<PathBuf> =
            fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        inside.sort();
        let is_left_out = |path: &PathBuf| LEFT_OUT.iter().any(|name| path.ends_with(name));
        inside.retain(|path| !is_left_out(path));
        inside.iter().try_for_each(|path| files_below(path, found))?;
    }
    Ok(())
}
