//! A folder for what a grading's programs leave lying about: all that it starts is told to put its
//! temporary files there.
//!
//! The seat makes it, and the grading removes it when it ends: it outlives a seat that was killed. The
//! seat removes it too, for a grading that was killed.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use grader::interrupt;
use tempfile::TempDir;

const PREFIX: &str = "netlings-";

/// Makes the folder for a grading that `command` will be.
pub(crate) fn begin(command: &mut Command) -> io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
    command.arg("--scratch").arg(folder.path());
    // Unix looks into the first, Windows into the others.
    command.envs(["TMPDIR", "TMP", "TEMP"].map(|name| (name, folder.path())));
    Ok(folder)
}

/// The grading's hold on its folder: dropping it removes the folder, and so does a signal.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Refuses what is no folder of a grading, since all that is in it will be removed.
    pub(crate) fn of(folder: &Path) -> Option<Self> {
        let is_ours = folder.file_name()?.to_str()?.starts_with(PREFIX)
            && folder == std::env::temp_dir().as_path();
        let folder = is_ours.then(|| folder.to_owned())?;
        let at_the_end = folder.clone();
        interrupt::before_the_end(interrupt::A_MOMENT, move |_| remove(&at_the_end));
        Some(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// A linker that is just ending may still write there, and then it is not empty.
fn remove(folder: &Path) {
    for _ in 0..50 {
        match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                std::thread::sleep(Duration::from_millis(2));
            }
            _ => return,
        }
    }
}
