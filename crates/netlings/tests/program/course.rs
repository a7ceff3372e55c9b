//! A clone of the whole course, for what only the real one can show. There is one, kept below
//! `target` with all that was built in it; tests that use it take turns.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::clone::real_path;

/// The course's clone, as it is checked out here, held until this is dropped.
pub(crate) struct Course {
    root: PathBuf,
    _lock: File,
}

impl Course {
    /// Brings the clone up to date: what stands in the work tree, and nothing else. What is the same
    /// stays untouched, so that cargo builds little.
    pub(crate) fn take() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("course");
        fs::create_dir_all(&folder).unwrap();
        let lock = File::create(folder.join("lock")).unwrap();
        lock.lock().unwrap();
        let root = folder.join("clone");
        let files = files_of_the_work_tree();
        remove_others(&root, &root, &files);
        for file in &files {
            let (from, to) = (real_path("").join(file), root.join(file));
            let content = fs::read(&from).unwrap_or_else(|error| panic!("{file}: {error}"));
            if !fs::read(&to).is_ok_and(|there| there == content) {
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                fs::write(&to, content).unwrap();
            }
        }
        Self { root, _lock: lock }
    }

    pub(crate) fn path(&self, place: &str) -> PathBuf {
        self.root.join(place)
    }

    pub(crate) fn read(&self, place: &str) -> String {
        fs::read_to_string(self.path(place)).unwrap_or_else(|error| panic!("{place}: {error}"))
    }

    /// A command line as one types it at the clone's root.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new("bash");
        command.args(["-c", line]).current_dir(&self.root).stdin(Stdio::null());
        for name in
            ["COLUMNS", "NO_COLOR", "CLICOLOR_FORCE", "RUSTFLAGS", "CARGO", "CARGO_MANIFEST_DIR"]
        {
            command.env_remove(name);
        }
        command.env_remove("CARGO_TARGET_DIR").env("CARGO_NET_OFFLINE", "true");
        command
    }

    /// Runs `line` to its end.
    pub(crate) fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap_or_else(|error| panic!("{line}: {error}"))
    }
}

/// What stands on both streams, for a message.
pub(crate) fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}{}", output.status, text(&output.stdout), text(&output.stderr))
}

/// The files of the work tree, from its root, but for what is made there by working in it.
fn files_of_the_work_tree() -> Vec<String> {
    const NOT_OF_THE_COURSE: [&str; 4] = ["target", ".git", ".netlings", "kept"];
    let root = real_path("");
    let (mut files, mut folders) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().expect("a name in UTF-8");
            if NOT_OF_THE_COURSE.contains(&name) {
                continue;
            }
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned()),
            }
        }
    }
    files
}

fn remove_others(root: &Path, folder: &Path, files: &[String]) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        let place = path.strip_prefix(root).unwrap().to_str().unwrap();
        if !path.is_dir() {
            if !files.iter().any(|file| file == place) {
                fs::remove_file(&path).unwrap();
            }
        } else if place != "target" {
            remove_others(root, &path, files);
            let _ = fs::remove_dir(&path); // fails where something is left in it
        }
    }
}
