//! Reading the instructor's files, and writing results so that each is there whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Reads `path`, which may have at most `most` bytes.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(io::Error::other(format!("it has more than {most} bytes"))),
        false => Ok(bytes),
    }
}

/// Writes `bytes` to `path`, so that whoever looks finds the old content or all of the new one,
/// whatever happens to this process or the machine: a temporary file is written and synced, then
/// takes the name, then the folder is synced.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    grader::progress::replace_file(path, bytes)?;
    #[cfg(unix)]
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}

/// Writes a fresh file in a folder that is made where it is not there.
pub(crate) fn write_below(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, bytes)
}
