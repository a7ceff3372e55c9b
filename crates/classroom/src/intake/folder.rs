//! A submission that is a folder.

use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::collector::is_rust;
use super::{Collector, Files, Kind, Limits, Refusal};
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

/// The files that were taken once and stand in `src` since, whatever their folders are called. Links
/// are not followed, and no more is read than could be taken.
pub(crate) fn kept(src: &Path, limits: &Limits) -> io::Result<Files> {
    let mut files = Files::new();
    let mut folders = vec![PathBuf::new()];
    let (mut entries, mut bytes) = (0, 0);
    let too_much = || io::Error::other("it is more than was taken");
    while let Some(below) = folders.pop() {
        // With nothing joined: a `/` at its end would have a link followed.
        let folder = if below.as_os_str().is_empty() { src.to_owned() } else { src.join(&below) };
        if !fs::symlink_metadata(&folder)?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (own, kind) = (entry.file_name(), kind_of(entry.file_type()?));
            let path = below.join(&own);
            entries += 1;
            let is_long =
                path.as_os_str().len() > limits.path || path.components().count() > limits.depth;
            if entries > limits.entries || is_long {
                return Err(too_much());
            }
            match kind {
                Kind::Folder => folders.push(path),
                // What a file manager or an editor leaves there is nobody's code.
                _ if !own.to_str().is_some_and(is_rust) => {}
                Kind::File => {
                    let mut text = Vec::new();
                    open(&entry.path())?.take(limits.file + 1).read_to_end(&mut text)?;
                    bytes += text.len() as u64;
                    let is_big = text.len() as u64 > limits.file || bytes > limits.bytes;
                    files.insert(path, text);
                    if is_big || files.len() > limits.files {
                        return Err(too_much());
                    }
                }
                Kind::Link | Kind::Other => return Err(io::Error::other("not a regular file")),
            }
        }
    }
    Ok(files)
}

fn kind_of(it: FileType) -> Kind {
    match (it.is_symlink(), it.is_dir(), it.is_file()) {
        (true, ..) => Kind::Link,
        (_, true, _) => Kind::Folder,
        (.., true) => Kind::File,
        _ => Kind::Other,
    }
}
