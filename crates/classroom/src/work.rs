//! The work for one submission, done by a process of its own: `netlings-class work`.
//!
//! It reads a [`Job`] from stdin, one line of JSON, and writes what came of it to the pipe that was
//! its stdout. Before anything of a student's is started, that pipe is put where no other process
//! inherits it. The rest of stdin is a lifeline: where it ends, this process and all that it
//! started end too, so that nothing is left of a class's grading, however it ended.

#[cfg(unix)]
use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use grader::text::Text;
use grader::{CheckReport, Grading, Lesson};
use serde::{Deserialize, Serialize};

use crate::kit::compile::{Compiled, compile};
use crate::kit::{BuildJob, Kit};
use crate::lessons::leave_out;
use crate::result::CheckResult;
use crate::sandbox::Sandbox;
use crate::words::sandbox::no_cell;

/// What is to be done.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Job {
    /// Build what a lesson's programs need.
    Build(Box<BuildJob>),
    /// Compile sources.
    Compile(Box<CompileJob>),
    /// Grade a program.
    Grade(Box<GradeJob>),
}

/// Sources that are to be compiled.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CompileJob {
    pub(crate) kit: Kit,
    pub(crate) folder: PathBuf,
    pub(crate) limit: Duration,
    /// This process is in a cell.
    pub(crate) confined: bool,
}

/// A program that is to be graded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct GradeJob {
    pub(crate) lesson: String,
    /// The text of lesson.toml.
    pub(crate) text: String,
    pub(crate) program: PathBuf,
    /// Checks that are as if they were not there.
    pub(crate) left_out: Vec<String>,
    pub(crate) seed: u64,
    /// The checks to run; empty: all.
    pub(crate) only: Vec<String>,
    pub(crate) at_once: usize,
    /// This process is in a cell, and the program is to be confined once more.
    pub(crate) confined: bool,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Done {
    /// Or why it could not be built.
    Built(Option<String>),
    Compiled(Box<Compiled>),
    Graded(Vec<CheckResult>),
    /// The course or the machine was in the way of all of it.
    Broken(String),
}

/// Does what stdin asks for.
pub(crate) fn run() -> io::Result<()> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let job: Job = serde_json::from_str(&line)?;
    let mut result = take_stdout_away()?;
    hold_the_lifeline(match &job {
        Job::Build(_) => false,
        Job::Compile(job) => job.confined,
        Job::Grade(job) => job.confined,
    });
    let done = match job {
        Job::Build(job) => Done::Built(job.run()),
        Job::Compile(job) => Done::Compiled(Box::new(compile(&job.kit, &job.folder, job.limit))),
        Job::Grade(job) => match grade(&job) {
            Ok(checks) => Done::Graded(checks),
            Err(why) => Done::Broken(why),
        },
    };
    result.write_all(&serde_json::to_vec(&done)?)?;
    result.write_all(b"\n")?;
    result.flush()
}

fn grade(job: &GradeJob) -> Result<Vec<CheckResult>, String> {
    grader::interrupt::watch().map_err(|error| netkit::cause(&error))?;
    let text = Text { path: PathBuf::from("lesson.toml"), content: job.text.clone() };
    let mut lesson = Lesson::parse(job.lesson.clone(), text).map_err(|error| error.to_string())?;
    leave_out(&mut lesson, &job.left_out);
    let suite = checks::suite(&job.lesson)
        .ok_or_else(|| format!("there are no checks for the lesson `{}`", job.lesson))?;
    let subject = Sandbox::subject(&job.program, job.confined).map_err(|error| no_cell(&error))?;
    let mut grading = Grading::new(suite, &lesson, &subject);
    grading.seed = Some(job.seed);
    grading.jobs = job.at_once;
    grading.only.clone_from(&job.only);
    let report = grading.run(&|_: &CheckReport| {});
    Ok(report.checks.into_iter().map(CheckResult::of).collect())
}

/// The pipe that was stdout, as a descriptor that no program inherits; stdout is nowhere then.
#[cfg(unix)]
fn take_stdout_away() -> io::Result<File> {
    let pipe = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
    rustix::stdio::dup2_stdout(File::options().write(true).open("/dev/null")?)?;
    Ok(File::from(pipe))
}

/// Elsewhere a program inherits nothing that is not given to it.
#[cfg(not(unix))]
fn take_stdout_away() -> io::Result<io::Stdout> {
    Ok(io::stdout())
}

/// Ends this process, and all that it started, when stdin does.
fn hold_the_lifeline(is_in_a_cell: bool) {
    std::thread::spawn(move || {
        let mut nothing = [0; 64];
        while io::stdin().lock().read(&mut nothing).is_ok_and(|count| count > 0) {}
        // With the process that a cell was made for the cell ends.
        if is_in_a_cell {
            std::process::exit(crate::ending::INTERRUPTED.into());
        }
        // This process leads a group; with it go the compiler and the linker. Programs under test
        // are in groups of their own: whoever watches for signals takes them down.
        #[cfg(unix)]
        let _ = rustix::process::kill_process_group(
            rustix::process::getpgrp(),
            rustix::process::Signal::TERM,
        );
        #[cfg(not(unix))]
        std::process::exit(crate::ending::INTERRUPTED.into());
    });
}
