//! What is said of the instructor's own files.

use std::fmt::Display;
use std::path::Path;

pub(crate) const FORMAT_OF_MANIFEST: &str = "its `format` is not `netlings-manifest/1`";

pub(crate) fn unreadable(path: &Path, error: &dyn Display) -> String {
    format!("cannot read {}: {error}", path.display())
}

pub(crate) fn unwritable(path: &Path, error: &dyn Display) -> String {
    format!("cannot write {}: {error}", path.display())
}

pub(crate) fn wrong_file(path: &Path, why: &str) -> String {
    format!("{}: {why}", path.display())
}

pub(crate) fn not_there(id: &str, path: &str) -> String {
    format!("for {} it names `{path}`, and there is nothing", netkit::visible(id.as_bytes()))
}

pub(crate) fn no_id_column(known: &[&str]) -> String {
    let (last, others) = known.split_last().unwrap_or((&"", &[]));
    format!("no column for ids: call one of its columns {} or {last}", others.join(", "))
}

pub(crate) fn bad_id(line: u64, id: &str) -> String {
    let id = netkit::visible(id.as_bytes());
    format!("line {line}: `{id}` can be no id: it names a file, so letters, digits, `_-.@+` are")
}

pub(crate) fn second_line(line: u64, id: &str) -> String {
    format!("line {line}: `{id}` stands on an earlier line too")
}

pub(crate) fn bad_moment(error: &dyn Display) -> String {
    format!("a time is written as 2026-11-20T12:00:00+01:00: {error}")
}
