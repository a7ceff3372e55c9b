//! Intake: what is taken of a submission, and what becomes of one that is not as it should be.
//!
//! A submission is a folder (a git checkout is one), a zip or a tar file. Of it only
//! `exercises/<lesson>/src/**/*.rs` or a bare `src/**/*.rs` is taken: the bytes of regular files,
//! counted and capped, into memory. Nothing else is read, no link is followed, nothing is unpacked
//! to disk. Manifests, build scripts and cargo's own settings are never seen.

mod collector;
mod folder;
mod tarball;
mod zipped;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::words::intake as words;
pub(crate) use collector::{Collector, Instead, Kind};
pub(crate) use folder::kept;

/// What a submission may be at most. A lesson's program is a few files of a few hundred lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Files that are taken.
    pub(crate) files: usize,
    /// Bytes of one file that is taken.
    pub(crate) file: u64,
    /// Bytes of all files that are taken.
    pub(crate) bytes: u64,
    /// Bytes of a path that is taken.
    pub(crate) path: usize,
    /// Folders that stand in one another.
    pub(crate) depth: usize,
    /// Entries that are looked at, taken or not.
    pub(crate) entries: usize,
    /// Bytes of an archive as it was handed in.
    pub(crate) archive: u64,
    /// Bytes that an archive is unpacked to, taken or not.
    pub(crate) unpacked: u64,
    /// So many bytes may one byte of an archive become.
    pub(crate) ratio: u64,
}

/// Up to so many bytes a high ratio is no sign of anything: a file of blanks shrinks well.
const RATIO_MATTERS_FROM: u64 = 1 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self {
            files: 200,
            file: 1 << 20,
            bytes: 4 << 20,
            path: 240,
            depth: 12,
            entries: 50_000,
            archive: 64 << 20,
            unpacked: 512 << 20,
            ratio: 200,
        }
    }
}

/// Why nothing is taken of a submission, in words for whoever handed it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no Rust file where one is looked for.
    Empty(String),
    /// It cannot be read, or not in one way only.
    Unreadable(String),
    /// It is more than a lesson's program can be.
    Oversized(String),
    /// It is made as no honest tool makes it.
    Hostile(String),
}

impl Refusal {
    /// Why, without what kind of refusal it is.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Empty(words) | Self::Unreadable(words) => words,
            Self::Oversized(words) | Self::Hostile(words) => words,
        }
    }
}

/// The files of one lesson, by their paths below `src`.
pub(crate) type Files = BTreeMap<PathBuf, Vec<u8>>;

/// What was taken of a submission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// `folder`, `zip`, `tar` or `tar.gz`.
    pub(crate) form: &'static str,
    /// The files, by lesson.
    pub(crate) lessons: BTreeMap<String, Files>,
}

/// Takes the files of `lessons` from the submission at `path`.
pub(crate) fn take(path: &Path, lessons: &[String], limits: Limits) -> Result<Taken, Refusal> {
    let unreadable = |error| Refusal::Unreadable(words::cannot_read(&error));
    let about = fs::symlink_metadata(path).map_err(unreadable)?;
    if about.is_symlink() {
        return Err(Refusal::Hostile(words::IS_A_LINK.into()));
    }
    let mut collector = Collector::new(lessons, limits);
    let form = if about.is_dir() {
        folder::walk(path, &mut collector)?;
        "folder"
    } else if !about.is_file() {
        return Err(Refusal::Hostile(words::NO_FILE.into()));
    } else if about.len() > limits.archive {
        return Err(Refusal::Oversized(words::archive_too_big(about.len(), limits.archive)));
    } else {
        let file = folder::open(path).map_err(unreadable)?;
        match form_of(path) {
            Some("zip") => zipped::read(file, &mut collector)?,
            Some("tar") => tarball::read(file, &mut collector)?,
            Some(_) => tarball::read_gz(file, about.len(), &mut collector)?,
            None => return Err(Refusal::Unreadable(words::NO_FORM.into())),
        }
        form_of(path).unwrap_or_default()
    };
    Ok(Taken { form, lessons: collector.finish()? })
}

/// What a file is, by its name: the name says what whoever handed it in meant it to be.
pub(crate) fn form_of(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let endings = [(".zip", "zip"), (".tar", "tar"), (".tar.gz", "tar.gz"), (".tgz", "tar.gz")];
    endings.into_iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, form)| form)
}

/// The endings of archives, of two the longer first. Those from the fifth on are not read, and still
/// somebody's submission.
const ENDINGS: [&str; 14] = [
    ".tar.gz", ".tgz", ".tar", ".zip", ".tar.xz", ".tar.bz2", ".tar.zst", ".7z", ".rar", ".gz",
    ".xz", ".bz2", ".zst", ".zipx",
];

fn ending(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    ENDINGS.into_iter().find(|ending| lower.ends_with(ending))
}

/// Whether a file is an archive by its name, one that is read or not.
pub(crate) fn is_archive(name: &str) -> bool {
    ending(name).is_some()
}

/// A submission's name without the ending of an archive.
pub(crate) fn without_ending(name: &str) -> &str {
    ending(name).map_or(name, |ending| &name[..name.len() - ending.len()])
}

/// Whether so many bytes from so few say that an archive is made to fill a machine.
fn is_a_bomb(packed: u64, unpacked: u64, limits: &Limits) -> bool {
    unpacked > RATIO_MATTERS_FROM && unpacked / packed.max(1) > limits.ratio
}

/// A name from a submission, for people.
fn shown(name: &[u8]) -> String {
    let text = netkit::visible(name);
    match text.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests;
