//! The kit of a lesson: what cargo would have rustc do for it, recorded once, and replayed for
//! every submission.
//!
//! cargo builds the lesson's solution one time, into a folder of netlings-class alone, and starts
//! this program in rustc's stead (RUSTC_WORKSPACE_WRAPPER), which notes the arguments and
//! the environment and goes on as rustc. From then on cargo never runs: rustc is started directly,
//! on a student's files, with the dependencies that are built already, into a private folder. cargo
//! never sees anything that a student wrote, and no two programs share a folder, so that none is
//! taken for another.

pub(crate) mod compile;
mod diagnostics;
pub(crate) mod record;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::ending::Stop;
use crate::hash::Hash;
use crate::words::grading as words;
use record::Recording;

/// What is needed to compile a lesson's program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Kit {
    pub(crate) lesson: String,
    pub(crate) rustc: PathBuf,
    /// rustc's arguments but for the source, the dependencies and where the program goes.
    pub(crate) arguments: Vec<String>,
    /// The `CARGO_…` variables that dependencies' macros ask for.
    pub(crate) environment: BTreeMap<String, String>,
    /// The crates that a program may use, each with its file.
    pub(crate) offered: BTreeMap<String, PathBuf>,
    /// Where those and what they need stand.
    pub(crate) dependencies: PathBuf,
    /// Changes when a program could come out otherwise.
    pub(crate) hash: String,
    /// What rustc says that it is.
    pub(crate) toolchain: String,
}

/// Makes kits, in `<target>/classroom`.
pub(crate) struct Maker<'a> {
    root: &'a Path,
    folder: PathBuf,
}

impl<'a> Maker<'a> {
    /// For the clone at `root`, which cargo builds into `target`.
    pub(crate) fn new(root: &'a Path, target: &Path) -> Self {
        Self { root, folder: target.join("classroom") }
    }

    /// Builds what `lesson` needs, where that is not built already, and copies it to `place`, where
    /// nobody builds meanwhile.
    pub(crate) fn make(&self, lesson: &str, place: &Path) -> Result<Kit, Stop> {
        let package = format!("{lesson}-solution");
        let noted = self.folder.join("recorded").join(format!("{package}.json"));
        self.cargo_build(&package)?;
        if !noted.exists() {
            // It was built before, and the note was lost.
            let mut clean = self.cargo();
            clean.args(["clean", "--package", &package]).stderr(Stdio::null());
            let _ = clean.status();
            self.cargo_build(&package)?;
        }
        let wrong =
            |error: &dyn std::fmt::Display| Stop::infrastructure(words::no_kit(lesson, error));
        let noted = fs::read(&noted).map_err(|error| wrong(&error))?;
        let recording: Recording = serde_json::from_slice(&noted).map_err(|error| wrong(&error))?;
        let (mut kit, built) = recording.kit(lesson).map_err(|error| wrong(&error))?;
        kit.dependencies = place.to_owned();
        copy_dependencies(&built, place).map_err(|error| wrong(&error))?;
        for file in kit.offered.values_mut() {
            *file = place.join(file.file_name().unwrap_or_default());
        }
        kit.toolchain = toolchain(&kit.rustc).map_err(|error| wrong(&error))?;
        kit.hash = self.hash(&kit).map_err(|error| wrong(&error))?;
        Ok(kit)
    }

    fn cargo(&self) -> Command {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(self.root).stdin(Stdio::null());
        cargo.env("CARGO_TARGET_DIR", self.folder.join("built"));
        // Nobody debugs a submission: without what a debugger needs all is built in half the time.
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0");
        cargo
    }

    fn cargo_build(&self, package: &str) -> Result<(), Stop> {
        let wrapper = std::env::current_exe()
            .map_err(|error| Stop::infrastructure(words::no_kit(package, &error)))?;
        let mut cargo = self.cargo();
        cargo.args(["build", "--package", package, "--bin", package]);
        cargo.env("RUSTC_WORKSPACE_WRAPPER", wrapper).env_remove("RUSTC_WRAPPER");
        cargo.env(record::FOLDER, self.folder.join("recorded"));
        // Half a screen of `Compiling` is of no use where it works.
        let output = cargo.stdout(Stdio::null()).stderr(Stdio::piped()).output();
        let output =
            output.map_err(|error| Stop::infrastructure(words::no_kit(package, &error)))?;
        match output.status.success() {
            true => Ok(()),
            false => {
                let said = String::from_utf8_lossy(&output.stderr);
                Err(Stop::infrastructure(words::no_kit(package, &said.trim_end())))
            }
        }
    }

    /// A hash of all that decides what becomes of sources, the same on every machine: places of
    /// files are no part of it.
    fn hash(&self, kit: &Kit) -> std::io::Result<String> {
        let mut hash = Hash::default();
        hash.add(&kit.toolchain);
        kit.arguments.iter().for_each(|argument| hash.add(argument));
        kit.environment.iter().for_each(|(name, value)| hash.add(format!("{name}={value}")));
        kit.offered.keys().for_each(|name| hash.add(name));
        hash.add(fs::read(self.root.join("Cargo.lock"))?);
        let mut sources = Vec::new();
        let mut folders = vec![self.root.join("crates/netkit/src")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() { folders.push(path) } else { sources.push(path) }
            }
        }
        sources.sort();
        for source in sources {
            hash.add(fs::read(source)?);
        }
        Ok(hash.text())
    }
}

/// The folder that cargo builds the clone at `root` into.
pub(crate) fn target_folder(root: &Path) -> Result<PathBuf, Stop> {
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version=1"]).current_dir(root);
    let output = cargo.output();
    let output = output.map_err(|error| Stop::infrastructure(words::no_cargo(&error)))?;
    let metadata: Option<Metadata> = serde_json::from_slice(&output.stdout).ok();
    let said = String::from_utf8_lossy(&output.stderr);
    metadata.map(|it| it.target_directory).ok_or_else(|| Stop::infrastructure(said.trim_end()))
}

/// Links what was built into a folder of the kit's own, or copies it.
fn copy_dependencies(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let ending = path.extension().unwrap_or_default();
        // Libraries, and macros, which are rustc's own plugins.
        if ["rlib", "rmeta", "so", "dylib", "dll"].iter().any(|it| ending == *it) {
            let copy = to.join(path.file_name().unwrap_or_default());
            if !copy.exists() {
                fs::hard_link(&path, &copy).or_else(|_| fs::copy(&path, &copy).map(|_| ()))?;
            }
        }
    }
    Ok(())
}

fn toolchain(rustc: &Path) -> std::io::Result<String> {
    let output = Command::new(rustc).arg("-vV").stdin(Stdio::null()).output()?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned()),
        false => Err(std::io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}

impl Kit {
    /// rustc, ready to compile `src/main.rs` below `folder` to the program `program`.
    pub(crate) fn rustc(&self, folder: &Path, program: &Path) -> Command {
        let mut rustc = Command::new(&self.rustc);
        let mut output = OsString::from("-o");
        output.push(program);
        let mut search = OsString::from("dependency=");
        search.push(&self.dependencies);
        rustc.current_dir(folder).arg("src/main.rs").args(&self.arguments).arg(output);
        rustc.arg("-L").arg(search);
        for (name, file) in &self.offered {
            let mut offered = OsString::from(format!("{name}="));
            offered.push(file);
            rustc.arg("--extern").arg(offered);
        }
        rustc.env_clear().envs(&self.environment);
        // The linker is looked for there.
        rustc.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        rustc.env("TMPDIR", folder).env("LC_ALL", "C.UTF-8");
        rustc
    }
}
