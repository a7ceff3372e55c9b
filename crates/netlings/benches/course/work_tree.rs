//! Copies of the project's work tree, in which the bench edits and builds without touching yours.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// The project's root.
pub(crate) fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).expect("it lies two levels below").to_owned()
}

/// The cargo that runs the bench, where one does. It stays offline: a download is no figure.
pub(crate) fn cargo(at: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(at).env("CARGO_NET_OFFLINE", "true").env("CARGO_TERM_COLOR", "never");
    command
}

/// A copy of the work tree.
pub(crate) struct WorkTree {
    root: PathBuf,
}

impl WorkTree {
    /// The copy called `name`: what git knows of the work tree, and what is new in it, as it is on
    /// disk. What an earlier run built there is kept.
    pub(crate) fn copy(name: &str) -> anyhow::Result<Self> {
        // target/tmp is the folder that cargo makes for tests and benches; this is its neighbour.
        let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench").join(name);
        let files = files().context("git ls-files lists what to copy")?;
        remove_others(&copy, &files).with_context(|| copy.display().to_string())?;
        for file in &files {
            let place = copy.join(file);
            match fs::read(root().join(file)) {
                Ok(content) => write_if_other(&place, &content),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(()), // deleted, not committed
                Err(error) => Err(error),
            }
            .with_context(|| place.display().to_string())?;
        }
        Ok(Self { root: copy })
    }

    /// `exercises/<lesson>`
    pub(crate) fn exercise(&self, lesson: &str) -> PathBuf {
        self.root.join("exercises").join(lesson)
    }

    /// `solutions/<lesson>`
    pub(crate) fn solution(&self, lesson: &str) -> PathBuf {
        self.root.join("solutions").join(lesson)
    }

    /// Removes what was built for `purpose`.
    pub(crate) fn clean(&self, purpose: &str) -> io::Result<()> {
        match fs::remove_dir_all(self.target(purpose)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    /// Cargo in this copy, with a target folder of its own for `purpose`.
    pub(crate) fn cargo(&self, purpose: &str) -> Command {
        self.with_target(cargo(&self.root), purpose)
    }

    /// A command in this copy; a cargo that it starts builds into the target folder for `purpose`.
    pub(crate) fn command(&self, program: &Path, purpose: &str) -> Command {
        // As under `cargo run`, so that both start the same cargo.
        let cargo = cargo(&self.root);
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("CARGO", cargo.get_program());
        command.envs(cargo.get_envs().filter_map(|(name, value)| Some((name, value?))));
        self.with_target(command, purpose)
    }

    fn with_target(&self, mut command: Command, purpose: &str) -> Command {
        command.env("CARGO_TARGET_DIR", self.target(purpose)).env_remove("CARGO_BUILD_TARGET_DIR");
        command
    }

    fn target(&self, purpose: &str) -> PathBuf {
        self.root.join("target").join(purpose)
    }
}

/// The files of the work tree, from its root.
fn files() -> anyhow::Result<Vec<PathBuf>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let output = git.current_dir(root()).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim_end());
    let names = String::from_utf8(output.stdout)?;
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect())
}

/// Writes a file unless it has this content already: cargo looks at its time of change.
pub(crate) fn write_if_other(place: &Path, content: &[u8]) -> io::Result<()> {
    if fs::read(place).is_ok_and(|there| there == content) {
        return Ok(());
    }
    fs::create_dir_all(place.parent().unwrap_or(place))?;
    fs::write(place, content)
}

/// Removes what is in the copy and not in the work tree; what was built there stays.
fn remove_others(copy: &Path, files: &[PathBuf]) -> io::Result<()> {
    let mut folders = vec![copy.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            let inside = path.strip_prefix(copy).unwrap_or(&path);
            if entry.file_type()?.is_dir() {
                if inside.as_os_str() != OsStr::new("target") {
                    folders.push(path);
                }
            } else if !files.iter().any(|file| file == inside) {
                fs::remove_file(path)?;
            }
        }
    }
    Ok(())
}
