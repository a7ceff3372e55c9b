//! Where kits and private folders are made.

use std::fs;
use std::path::Path;

use crate::ending::Stop;
use crate::words::class as files;

/// The folder in which kits and private folders are made; it goes when this does.
pub(crate) struct Scratch {
    pub(crate) folder: tempfile::TempDir,
    _lock: fs::File,
}

impl Scratch {
    /// Makes one, and takes away what was left by a process that was killed.
    pub(crate) fn below(folder: &Path) -> Result<Self, Stop> {
        let runs = folder.join("runs");
        let make = || {
            fs::create_dir_all(&runs)?;
            for entry in fs::read_dir(&runs)?.flatten() {
                let lock = fs::File::open(entry.path().join("lock"));
                // One that is being made has no lock yet.
                if lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
                    let _ = fs::remove_dir_all(entry.path());
                }
            }
            let folder = tempfile::Builder::new().prefix("run-").tempdir_in(&runs)?;
            let making = folder.path().join("lock-");
            let lock = fs::File::create(&making)?;
            lock.lock()?;
            fs::rename(making, folder.path().join("lock"))?;
            Ok(Self { folder, _lock: lock })
        };
        make()
            .map_err(|error: std::io::Error| Stop::infrastructure(files::unwritable(&runs, &error)))
    }
}
