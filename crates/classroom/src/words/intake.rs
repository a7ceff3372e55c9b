//! What is said of a submission that is not as it should be.

use std::fmt::Display;

use crate::intake::Instead;

pub(crate) const IS_A_LINK: &str = "the submission is a link; hand in the files themselves";
pub(crate) const NO_FILE: &str = "the submission is neither a folder nor a file";
pub(crate) const NO_FORM: &str = "it is neither a folder nor a .zip, .tar, .tar.gz or .tgz, and nothing else is read; pack it as one of these";
pub(crate) const BOMB: &str = "far more comes out of the archive than sources can shrink to";
pub(crate) const OVERLAP: &str = "files of the archive lie on top of each other";
pub(crate) const ENCRYPTED: &str = "the archive has a password; hand in one without";
pub(crate) const BARE_SRC: &str = "there is a folder `src`, but not the lesson's name; \
     hand in `exercises/LESSON/src`, or grade one lesson with --lessons";
pub(crate) const TWO_SRC: &str = "there are several folders `src`; hand in one";

pub(crate) fn cannot_read(error: &dyn Display) -> String {
    format!("it cannot be read: {error}")
}

pub(crate) fn cannot_read_entry(name: &str, error: &dyn Display) -> String {
    format!("`{name}` cannot be read: {error}")
}

pub(crate) fn broken_archive(error: &dyn Display) -> String {
    format!("the archive is broken: {error}; pack it again")
}

pub(crate) fn archive_too_big(bytes: u64, most: u64) -> String {
    let (bytes, most) = (grader::size(bytes), grader::size(most));
    format!("the archive has {bytes}, and {most} are taken; leave out `target`")
}

pub(crate) fn too_many_entries(most: usize) -> String {
    format!("it has more than {most} entries; leave out `target` and `.git`")
}

pub(crate) fn too_many_files(most: usize) -> String {
    format!("it has more than {most} Rust files for these lessons")
}

pub(crate) fn too_many_bytes(most: u64) -> String {
    format!("its Rust files have more than {} together", grader::size(most))
}

pub(crate) fn big_file(name: &str, most: u64) -> String {
    format!("`{name}` has more than {}", grader::size(most))
}

pub(crate) fn long_path(name: &str, most: usize) -> String {
    format!("the path `{name}` has more than {most} bytes, or too many folders")
}

pub(crate) fn odd_name(name: &str) -> String {
    format!("`{name}` is no name for a source file: letters, digits, `_`, `-` and `.` are")
}

pub(crate) fn link(name: &str) -> String {
    format!("`{name}` is a link, and no link is followed; hand in the file itself")
}

pub(crate) fn no_regular_file(name: &str) -> String {
    format!("`{name}` is neither a file nor a folder")
}

pub(crate) fn twice(name: &str) -> String {
    format!("`{name}` is there twice, so that it depends on the reader which one is meant")
}

pub(crate) fn file_and_folder(name: &str) -> String {
    format!("`{name}` is there as a file and as a folder, and not every disk can have both")
}

pub(crate) fn absolute(name: &str) -> String {
    format!("the archive has a file for the absolute path `{name}`")
}

pub(crate) fn traversal(name: &str) -> String {
    format!("the archive has a file for a place outside of it: `{name}`")
}

pub(crate) fn nul(name: &str) -> String {
    format!("a name in the archive has a NUL in it: `{name}`")
}

pub(crate) fn two_copies(lesson: &str, a: &str, b: &str) -> String {
    let shown =
        |place: &str| if place.is_empty() { "the top".into() } else { format!("`{place}`") };
    format!("`{lesson}` is there twice, at {} and at {}; hand in one", shown(a), shown(b))
}

pub(crate) fn empty(lessons: &[String], instead: Option<&Instead>) -> String {
    let lesson = lessons.first().map_or("LESSON", String::as_str);
    let nothing = format!("no Rust file stands in `exercises/{lesson}/src` or a bare `src`");
    match instead {
        None => nothing,
        Some(Instead::Rust(place)) if place.is_empty() => {
            format!("{nothing}; there is one at the top: put it into `exercises/{lesson}/src`")
        }
        Some(Instead::Rust(place)) => format!(
            "{nothing}; one stands in `{place}`, and `exercises` is looked for up to two folders down"
        ),
        Some(Instead::Archive(name)) => {
            format!("{nothing}; there is an archive, `{name}`: hand in that")
        }
    }
}
