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
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ending::{INTERRUPTED, Stop};
use crate::hash::Hash;
use crate::words::grading as words;
use crate::work::{Done, Job};
use crate::worker::{NotDone, Place, Workers};
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
    workers: &'a Workers,
    /// Where cargo's temporary files go.
    scratch: &'a Path,
}

/// A build that [`crate::work`] does, so that cargo and all that it starts end with this process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct BuildJob {
    root: PathBuf,
    folder: PathBuf,
    package: String,
    /// It was built before, and what was noted then is lost.
    anew: bool,
}

/// How long a build may take; the first one compiles all dependencies.
const BUILD: Duration = Duration::from_secs(3600);

impl<'a> Maker<'a> {
    /// For the clone at `root`, which cargo builds into `target`.
    pub(crate) fn new(
        root: &'a Path,
        target: &Path,
        workers: &'a Workers,
        scratch: &'a Path,
    ) -> Self {
        Self { root, folder: target.join("classroom"), workers, scratch }
    }

    /// Builds what `lesson` needs, where that is not built already, and copies it to `place`, where
    /// nobody builds meanwhile.
    pub(crate) fn make(&self, lesson: &str, place: &Path) -> Result<Kit, Stop> {
        let package = format!("{lesson}-solution");
        let noted = self.folder.join("recorded").join(format!("{package}.json"));
        self.build(&package, false)?;
        if !noted.exists() {
            self.build(&package, true)?;
        }
        let wrong =
            |error: &dyn std::fmt::Display| Stop::infrastructure(words::no_kit(lesson, error));
        let noted = fs::read(&noted).map_err(|error| wrong(&error))?;
        let recording: Recording = serde_json::from_slice(&noted).map_err(|error| wrong(&error))?;
        let (mut kit, built) = recording.kit(lesson).map_err(|error| wrong(&error))?;
        kit.rustc = of_sysroot(&kit.rustc, self.root).map_err(|error| wrong(&error))?;
        kit.dependencies = place.to_owned();
        copy_dependencies(&built, place).map_err(|error| wrong(&error))?;
        for file in kit.offered.values_mut() {
            *file = place.join(file.file_name().unwrap_or_default());
        }
        kit.toolchain = toolchain(&kit.rustc).map_err(|error| wrong(&error))?;
        kit.hash = self.hash(&kit).map_err(|error| wrong(&error))?;
        Ok(kit)
    }

    fn build(&self, package: &str, anew: bool) -> Result<(), Stop> {
        let (root, folder) = (self.root.to_owned(), self.folder.clone());
        let job = Job::Build(Box::new(BuildJob { root, folder, package: package.into(), anew }));
        let why = match self.workers.run(&job, &Place::Anywhere(self.scratch), BUILD) {
            Ok(Done::Built(None)) => return Ok(()),
            Ok(Done::Built(Some(why))) | Err(NotDone::Machine(why)) => why,
            Err(NotDone::Stopped) => {
                return Err(Stop { code: INTERRUPTED, words: words::INTERRUPTED.into() });
            }
            Ok(_) | Err(NotDone::Memory) => words::OTHER_ANSWER.into(),
        };
        Err(Stop::infrastructure(words::no_kit(package, &why)))
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

impl BuildJob {
    /// Has cargo do it. Why not, in words, where it could not.
    pub(crate) fn run(&self) -> Option<String> {
        if self.anew {
            let mut clean = self.cargo();
            clean.args(["clean", "--package", &self.package]).stderr(Stdio::null());
            let _ = clean.status();
        }
        let wrapper = match std::env::current_exe() {
            Ok(own) => own,
            Err(error) => return Some(error.to_string()),
        };
        let mut cargo = self.cargo();
        cargo.args(["build", "--package", &self.package, "--bin", &self.package]);
        cargo.env("RUSTC_WORKSPACE_WRAPPER", wrapper).env_remove("RUSTC_WRAPPER");
        cargo.env(record::FOLDER, self.folder.join("recorded"));
        // Half a screen of `Compiling` is of no use where it works.
        match cargo.stdout(Stdio::null()).stderr(Stdio::piped()).output() {
            Err(error) => Some(words::no_cargo(&error)),
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim_end().to_owned()),
        }
    }

    fn cargo(&self) -> Command {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&self.root).stdin(Stdio::null());
        cargo.env("CARGO_TARGET_DIR", self.folder.join("built"));
        // Nobody debugs a submission: without what a debugger needs all is built in half the time.
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0");
        cargo
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

/// The compiler itself, with its whole path. cargo may know it as `rustc` alone, or as rustup's
/// program of that name, which looks for the compiler where a confined process sees nothing.
fn of_sysroot(rustc: &Path, root: &Path) -> std::io::Result<PathBuf> {
    let mut asked = Command::new(rustc);
    asked.args(["--print", "sysroot"]).current_dir(root).stdin(Stdio::null());
    let output = asked.output()?;
    let sysroot = String::from_utf8_lossy(&output.stdout);
    let name = format!("rustc{}", std::env::consts::EXE_SUFFIX);
    let own = Path::new(sysroot.trim_end()).join("bin").join(name);
    Ok(if own.is_absolute() && own.is_file() { own } else { rustc.to_owned() })
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
