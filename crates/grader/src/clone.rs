//! Where the course's clone is, and which lessons stand in it.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Whether the clone's root is `place`.
#[must_use]
pub fn is_clone(place: &Path) -> bool {
    place.join("Cargo.toml").is_file() && place.join("exercises").is_dir()
}

/// The clone around the current directory.
#[must_use]
pub fn around_here() -> Option<PathBuf> {
    let here = env::current_dir().unwrap_or_default();
    here.ancestors().find(|place| is_clone(place)).map(Path::to_owned)
}

/// The clone around the current directory, else the one that this program was built from.
#[must_use]
pub fn find() -> Option<PathBuf> {
    let built_in = || Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    around_here().or_else(|| built_in().filter(|place| is_clone(place)).map(Path::to_owned))
}

/// The names of the lessons in the clone at `root`, sorted.
///
/// # Errors
/// The folder `exercises` cannot be read.
pub fn lessons(root: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root.join("exercises"))? {
        let path = entry?.path();
        // A folder without one is something else that lies there, an editor's or a student's.
        if path.join("lesson.toml").exists() {
            names.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}
