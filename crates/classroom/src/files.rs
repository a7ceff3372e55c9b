//! Reading the instructor's files, and writing results so that each is there whole or not at all.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Reads `path`, which may have at most `most` bytes.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(io::Error::other(format!("it has more than {most} bytes"))),
        false => Ok(bytes),
    }
}

/// What the names of temporary files begin with.
const TEMPORARY: &str = ".netlings-class-";

/// Writes `bytes` to `path`, so that whoever looks finds the old content or all of the new one,
/// whatever happens to this process or the machine: a temporary file is written and synced, then
/// takes the name, then the folder is synced.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut new = temporary(folder)?;
    new.write_all(bytes)?;
    new.as_file().sync_all()?;
    new.persist(path).map_err(|refused| refused.error)?;
    sync_folder(folder)
}

/// A temporary file in `folder`. As long as it is one it is locked, so that nobody takes it for a
/// dead process's.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    loop {
        let mut new = tempfile::Builder::new();
        #[cfg(unix)]
        {
            // As for any new file, less what the umask takes; a temporary one is else its owner's alone.
            use std::os::unix::fs::PermissionsExt;
            new.permissions(fs::Permissions::from_mode(0o666));
        }
        let new = new.prefix(TEMPORARY).tempfile_in(folder);
        // Its own errors name the temporary file, which means nothing to whoever reads them.
        let new = new.map_err(|error| io::Error::from(error.kind()))?;
        // Where a file system has no locks nobody takes anything away either.
        let _ = new.as_file().lock();
        // Before it was locked it may have been taken for a dead process's.
        if is_linked(new.as_file())? {
            return Ok(new);
        }
    }
}

#[cfg(unix)]
fn is_linked(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(file.metadata()?.nlink() > 0)
}

/// Elsewhere what somebody has open keeps its name.
#[cfg(not(unix))]
fn is_linked(_: &File) -> io::Result<bool> {
    Ok(true)
}

/// Makes `folder` where it is not there, and takes away what a process that was killed was just
/// writing there.
pub(crate) fn make_ready(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    // It and the folder above it may be new. Not everybody may read what is above them.
    for above in folder.ancestors().skip(1).take(2) {
        let _ = sync_folder(above);
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_temporary = entry.file_name().as_encoded_bytes().starts_with(TEMPORARY.as_bytes());
        if !is_temporary || !entry.file_type()?.is_file() {
            continue;
        }
        // It may have its own name by now, and this one is gone.
        let Ok(file) = File::options().write(true).open(entry.path()) else { continue };
        if file.try_lock().is_ok() {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// Waits until a folder's names are on the disk.
fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Writes a fresh file in a folder that is made where it is not there.
pub(crate) fn write_below(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, bytes)
}

/// Writes fresh files below `top`, each at its path from there, and waits until all of them are on
/// the disk, with their names.
pub(crate) fn write_lasting<'a>(
    top: &Path,
    files: impl Iterator<Item = (PathBuf, &'a [u8])>,
) -> io::Result<()> {
    let mut folders = BTreeSet::from([top.to_owned()]);
    for (path, bytes) in files {
        let path = top.join(path);
        fs::create_dir_all(path.parent().unwrap_or(top))?;
        let mut file = File::create(&path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        folders.extend(path.ancestors().skip(1).take_while(|it| *it != top).map(Path::to_owned));
    }
    // The deepest first: a name lasts no longer than that of its folder.
    folders.iter().rev().try_for_each(|folder| sync_folder(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn what_the_dead_were_writing_is_taken_away_and_what_the_living_write_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path();
        let dead = place.join(format!("{TEMPORARY}dead"));
        fs::write(&dead, "half").unwrap();
        fs::write(place.join(".notes"), "somebody's own").unwrap();
        let living = temporary(place).unwrap();
        make_ready(place).unwrap();
        assert!(!dead.exists() && living.path().exists(), "{:?}", names(place));
        living.persist(place.join("whole.json")).unwrap();
        make_ready(place).unwrap();
        let mut left = names(place);
        left.sort();
        assert_eq!(left, [".notes", "whole.json"]);
    }
}
