//! Where kits and private folders are made.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use crate::ending::Stop;
use crate::words::class as files;

/// The folder in which kits and private folders are made; it goes when this does.
pub(crate) struct Scratch {
    pub(crate) folder: tempfile::TempDir,
    _lock: File,
}

impl Scratch {
    /// Makes one, and takes away what was left by a process that was killed.
    pub(crate) fn below(folder: &Path) -> Result<Self, Stop> {
        let runs = folder.join("runs");
        let make = || {
            fs::create_dir_all(&runs)?;
            // While it is held nobody is just making a folder: one whose lock is free, or that has
            // none, is of somebody who was killed, or is just being taken away.
            let door = File::create(runs.join("lock"))?;
            door.lock()?;
            for entry in fs::read_dir(&runs)?.flatten() {
                let is_folder = entry.file_type().is_ok_and(|it| it.is_dir());
                if is_folder && is_free(&entry.path().join("lock")) {
                    let _ = fs::remove_dir_all(entry.path());
                }
            }
            let folder = tempfile::Builder::new().prefix("run-").tempdir_in(&runs)?;
            let lock = File::create(folder.path().join("lock"))?;
            lock.lock()?;
            Ok(Self { folder, _lock: lock })
        };
        make()
            .map_err(|error: std::io::Error| Stop::infrastructure(files::unwritable(&runs, &error)))
    }
}

/// Whether nobody holds that lock.
fn is_free(lock: &Path) -> bool {
    match File::open(lock) {
        Ok(lock) => lock.try_lock().is_ok(),
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}
