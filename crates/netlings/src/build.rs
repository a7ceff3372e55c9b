//! Building with cargo: a student's package as the student would, or many programs for the
//! course's own gate, with what the compiler said kept apart for each.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use serde::Deserialize;

use crate::course;
use crate::ending::{NO_BUILD, Stop};
use crate::words;

/// What one run of cargo made.
#[derive(Default)]
pub(crate) struct Built {
    /// Whether cargo was content.
    pub(crate) complete: bool,
    /// The programs, each with the name of its target.
    pub(crate) programs: Vec<(String, PathBuf)>,
    /// What the compiler said, with the name of the target that it said it of.
    pub(crate) remarks: Vec<Remark>,
    /// What cargo itself said, where it was not passed through.
    pub(crate) log: String,
    /// The compiler found an error.
    has_error: bool,
}

/// A warning or an error of the compiler.
pub(crate) struct Remark {
    pub(crate) target: String,
    pub(crate) is_error: bool,
    pub(crate) text: String,
}

impl Built {
    /// The program of the target called `name`.
    pub(crate) fn program(&self, name: &str) -> Option<&Path> {
        self.programs.iter().find(|(target, _)| target == name).map(|(_, path)| path.as_path())
    }

    /// What the compiler said of the target called `name`.
    pub(crate) fn remarks_of(&self, name: &str) -> impl Iterator<Item = &Remark> {
        self.remarks.iter().filter(move |remark| remark.target == name)
    }
}

/// Builds a student's package and gives its program. Everything cargo has to say reaches the
/// student as cargo says it. Only where the compiler found an error is the failure the student's.
pub(crate) fn exercise(root: &Path, lesson: &str) -> Result<PathBuf, Stop> {
    let arguments = ["build", "--package", lesson, "--bin", lesson];
    if let Some(path) = aloud(root, &arguments, lesson)? {
        return Ok(path);
    }
    // Passed through, the compiler's errors are only text for people. So cargo is asked again whose
    // the failure is.
    let has_error = quietly(root, &arguments)?.has_error;
    Err(whose_failure(has_error, words::no_build(lesson), lesson))
}

/// What is told while a program is built.
pub(crate) enum News {
    /// A line of cargo's own.
    Cargo(String),
    /// The compiler's words, coloured where that was asked for.
    Compiler(Remark),
}

/// [`exercise`], for whoever shows what is said themselves, as it comes.
pub(crate) fn exercise_told(
    root: &Path,
    lesson: &str,
    colored: bool,
    tell: &(dyn Fn(News) + Sync),
) -> Result<PathBuf, Stop> {
    let unusable = |error| Stop::infrastructure(words::no_cargo(&error));
    let form = if colored { "json-diagnostic-rendered-ansi" } else { "json" };
    let mut cargo = cargo(root);
    cargo.args(["build", "--package", lesson, "--bin", lesson, "--color=never"]);
    cargo.arg(format!("--message-format={form}"));
    let mut child =
        cargo.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(unusable)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut built = Built::default();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // What is not UTF-8 is no reason to stop: cargo could not go on without somebody who reads.
            let lines = BufReader::new(stderr.expect("it was asked for")).split(b'\n');
            let lines = lines.map_while(Result::ok);
            let lines = lines.map(|line| String::from_utf8_lossy(&line).into_owned());
            lines.for_each(|line| tell(News::Cargo(line)));
        });
        for line in BufReader::new(stdout.expect("it was asked for")).split(b'\n') {
            if let Ok(message) = serde_json::from_slice(&line.map_err(unusable)?) {
                built.take(message, Diagnostics::Kept);
            }
            built.remarks.drain(..).for_each(|remark| tell(News::Compiler(remark)));
        }
        Ok::<_, Stop>(())
    })?;
    let status = child.wait().map_err(unusable)?;
    if !ended_by_itself(status) {
        return Err(Stop::infrastructure(words::cargo_was_ended(status)));
    }
    let program = built.program(lesson).map(Path::to_owned);
    program
        .filter(|_| status.success())
        .ok_or_else(|| whose_failure(built.has_error, words::no_build(lesson), lesson))
}

/// Builds a lesson's solution and gives its program. Only what is not up to date is spoken of.
pub(crate) fn solution(root: &Path, lesson: &str) -> Result<PathBuf, Stop> {
    course::has_solution(root, lesson)?;
    let package = format!("{lesson}-solution");
    let arguments = ["build", "--package", &package, "--bin", &package];
    let built = quietly(root, &arguments)?;
    if let Some(path) = built.program(&package).filter(|_| built.complete) {
        return Ok(path.into());
    }
    // Again, for whoever asked to read why.
    if let Some(path) = aloud(root, &arguments, &package)? {
        return Ok(path);
    }
    Err(whose_failure(built.has_error, words::demo::no_build(lesson), &package))
}

/// A build that failed: the program's own doing where the compiler found an error, else the
/// machine's, a full disk or a folder that cannot be written.
fn whose_failure(has_error: bool, no_build: String, package: &str) -> Stop {
    match has_error {
        true => Stop { code: NO_BUILD, words: no_build },
        false => Stop::infrastructure(words::cargo_failed(package)),
    }
}

/// Builds with `arguments`, says what cargo says, and gives the program of the target `name`.
fn aloud(root: &Path, arguments: &[&str], name: &str) -> Result<Option<PathBuf>, Stop> {
    let mut cargo = cargo(root);
    cargo.args(arguments).arg("--message-format=json-render-diagnostics");
    let built = run(&mut cargo, Diagnostics::PassedThrough)?;
    let program = built.programs.into_iter().find(|(target, _)| target == name);
    Ok(program.filter(|_| built.complete).map(|(_, path)| path))
}

/// Builds with `arguments` in the workspace at `root` and keeps what is said.
pub(crate) fn quietly(root: &Path, arguments: &[&str]) -> Result<Built, Stop> {
    let mut cargo = cargo(root);
    cargo.args(arguments).arg("--message-format=json").stderr(Stdio::piped());
    run(&mut cargo, Diagnostics::Kept)
}

/// [`quietly`], for what is built once and hardly ever again: without cargo's notes for next time.
pub(crate) fn quietly_once(root: &Path, arguments: &[&str]) -> Result<Built, Stop> {
    let mut cargo = cargo(root);
    cargo.args(arguments).arg("--message-format=json").stderr(Stdio::piped());
    run(cargo.env("CARGO_INCREMENTAL", "0"), Diagnostics::Kept)
}

/// The folder that cargo builds the workspace at `root` into.
pub(crate) fn target_folder(root: &Path) -> Result<PathBuf, Stop> {
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    let mut cargo = cargo(root);
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version=1"]);
    let output = cargo.output().map_err(|error| Stop::infrastructure(words::no_cargo(&error)))?;
    let metadata: Option<Metadata> = serde_json::from_slice(&output.stdout).ok();
    let log = String::from_utf8_lossy(&output.stderr);
    metadata.map(|it| it.target_directory).ok_or_else(|| Stop::infrastructure(log.trim_end()))
}

/// The cargo that runs netlings, where one does.
fn cargo(root: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).stdin(Stdio::null());
    cargo
}

#[derive(Clone, Copy, PartialEq)]
enum Diagnostics {
    PassedThrough,
    Kept,
}

/// A line of cargo's JSON output, as far as it matters here.
#[derive(Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    executable: Option<PathBuf>,
    message: Option<Diagnostic>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    rendered: Option<String>,
}

fn run(cargo: &mut Command, diagnostics: Diagnostics) -> Result<Built, Stop> {
    let unusable = |error| Stop::infrastructure(words::no_cargo(&error));
    let mut child = cargo.stdout(Stdio::piped()).spawn().map_err(unusable)?;
    // cargo writes on both pipes: one is read here, the other beside it.
    let stderr = child.stderr.take().map(|stderr| {
        std::thread::spawn(move || std::io::read_to_string(stderr).unwrap_or_default())
    });
    let mut built = Built::default();
    let stdout = child.stdout.take().expect("it was asked for");
    for line in BufReader::new(stdout).lines() {
        // What is no message is a build script's or a macro's own print.
        if let Ok(message) = serde_json::from_str(&line.map_err(unusable)?) {
            built.take(message, diagnostics);
        }
    }
    if let Some(stderr) = stderr {
        built.log = stderr.join().unwrap_or_default();
    }
    let status = child.wait().map_err(unusable)?;
    built.complete = status.success();
    match ended_by_itself(status) {
        true => Ok(built),
        false => Err(Stop::infrastructure(words::cargo_was_ended(status))),
    }
}

fn ended_by_itself(status: ExitStatus) -> bool {
    status.code().is_some()
}

impl Built {
    fn take(&mut self, message: Message, diagnostics: Diagnostics) {
        let Some(target) = message.target else { return };
        match (message.reason.as_str(), message.executable, message.message) {
            ("compiler-artifact", Some(path), _) => self.programs.push((target.name, path)),
            ("compiler-message", _, Some(said)) if diagnostics == Diagnostics::Kept => {
                let is_error = said.level.starts_with("error");
                // The rest is the compiler's own summary: how many there were, where to read on.
                if is_error || said.level == "warning" {
                    self.has_error |= is_error;
                    let text = said.rendered.unwrap_or_default();
                    self.remarks.push(Remark { target: target.name, is_error, text });
                }
            }
            _ => {}
        }
    }
}
