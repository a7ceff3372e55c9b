//! A submission that is a folder.

use std::fs::{self, File, FileType, OpenOptions};
use std::io;
use std::path::Path;

use super::{Collector, Kind, Refusal};
use crate::words::intake as words;

/// Opens a regular file, and neither a link nor a device, nor a pipe that would keep whoever opens
/// it waiting.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32);
    }
    let file = options.open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("not a regular file")),
    }
}

/// Looks at all that stands below `root`.
pub(super) fn walk(root: &Path, collector: &mut Collector<'_>) -> Result<(), Refusal> {
    below(root, &mut Vec::new(), collector)
}

fn below(folder: &Path, name: &mut Vec<u8>, collector: &mut Collector<'_>) -> Result<(), Refusal> {
    let unreadable = |error: io::Error| Refusal::Unreadable(words::cannot_read(&error));
    let mut entries: Vec<_> =
        fs::read_dir(folder).map_err(unreadable)?.collect::<Result<_, _>>().map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, length) = (entry.path(), name.len());
        let own = entry.file_name();
        // What is no part of anybody's work is not even walked through.
        if ["target", ".git", "__MACOSX", "node_modules"].iter().any(|aside| own == *aside) {
            continue;
        }
        if length > 0 {
            name.push(b'/');
        }
        name.extend_from_slice(own.as_encoded_bytes());
        let kind = kind_of(entry.file_type().map_err(unreadable)?);
        if kind == Kind::Link && collector.leads_to_sources(name) {
            return Err(Refusal::Hostile(words::link(&super::shown(name))));
        }
        if let Some(wish) = collector.entry(name, kind)? {
            collector.take(wish, open(&path).map_err(unreadable)?)?;
        }
        let deep = name.iter().filter(|byte| **byte == b'/').count();
        if kind == Kind::Folder && deep < collector.limits().depth {
            below(&path, name, collector)?;
        }
        name.truncate(length);
    }
    Ok(())
}

fn kind_of(it: FileType) -> Kind {
    match (it.is_symlink(), it.is_dir(), it.is_file()) {
        (true, ..) => Kind::Link,
        (_, true, _) => Kind::Folder,
        (.., true) => Kind::File,
        _ => Kind::Other,
    }
}
