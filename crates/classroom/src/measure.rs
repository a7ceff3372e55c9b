//! `netlings-class measure`: what compiling and checking take apart, for the bench.
//!
//! The same files are compiled by the same rustc with the same arguments, in rounds that take turns:
//! as a class is graded, and in a plain loop without a cell, a process of its own or a word about
//! errors. What the first makes is then checked, with nothing compiled beside it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use clap::Args;
use serde::Serialize;
use tempfile::TempDir;

use crate::class::HandedIn;
use crate::course_file::CourseFile;
use crate::ending::{DONE, Stop};
use crate::files::write_below;
use crate::grade::bench::Bench;
use crate::grade::interrupt::watch_for_interrupts;
use crate::grade::marking::Marker;
use crate::grade::scratch::Scratch;
use crate::grade::{AT_ONCE, jobs};
use crate::intake::{self, Files, Limits};
use crate::kit::{self, Maker};
use crate::lessons::Clone;
use crate::sandbox::{Asked, Sandbox};
use crate::words::{class as files, grading as words};
use crate::worker::{NotDone, Workers};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A folder of submissions
    submissions: PathBuf,
    /// The lesson
    #[arg(long, value_name = "LESSON")]
    lesson: String,
    /// How many programs at once; else as many as students are graded at once
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// How often each way is measured
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// Whether strangers' programs have to be confined
    #[arg(long, value_enum, default_value = "require")]
    sandbox: Asked,
}

/// What a round took, in seconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Spent {
    wall: f64,
    /// Of processors, in all processes that the round started; 0 where it is not to be seen.
    processor: f64,
}

/// What was measured, in seconds for all programs.
#[derive(Debug, Default, Serialize)]
struct Measured {
    programs: usize,
    jobs: usize,
    sandbox: &'static str,
    /// One for each round.
    confined: Vec<Spent>,
    bare: Vec<Spent>,
    /// The programs that came of it, checked with nothing beside it.
    checked: usize,
    checking: Spent,
}

pub(crate) fn run(options: &Options) -> Result<u8, Stop> {
    let sandbox = Sandbox::find(options.sandbox)?;
    let clone = Clone::find(None)?;
    let lesson = [options.lesson.clone()];
    let text = clone.lessons(&lesson)?.swap_remove(0);
    let class = crate::grade::class(Some(&options.submissions), None, None)?;
    let mut submissions = Vec::new();
    for member in class.members.values() {
        let HandedIn::One(piece) = &member.handed_in else { continue };
        let taken = intake::take(&piece.path, &lesson, Limits::default());
        let taken = taken.map_err(|refusal| Stop::usage(refusal.words()))?;
        submissions.extend(taken.lessons.into_values());
    }
    let workers = Arc::new(Workers::default());
    watch_for_interrupts(&workers)?;
    let target = kit::target_folder(&clone.root)?;
    let scratch = Scratch::below(&target.join("classroom"))?;
    let scratch = scratch.folder.path();
    let maker = Maker::new(&clone.root, &target, &workers, scratch);
    let bench = Bench::new(text, &maker, &scratch.join("kit"), &CourseFile::default())?;
    let marker = Marker { workers: &workers, scratch, sandbox, at_once: AT_ONCE };
    let jobs = options.jobs.unwrap_or_else(jobs).max(1);
    let mut measured = Measured {
        programs: submissions.len(),
        jobs,
        sandbox: sandbox.word(),
        ..Measured::default()
    };
    let mut built = Vec::new();
    for _ in 0..options.rounds {
        let timed = spent(|| {
            built = for_each(&submissions, jobs, |files| confined(&marker, &bench, files))?;
            Ok(())
        });
        measured.confined.push(timed?);
        let timed =
            spent(|| for_each(&submissions, jobs, |it| bare(&bench, it, scratch)).map(drop));
        measured.bare.push(timed?);
    }
    let built: Vec<(TempDir, PathBuf)> = built.into_iter().flatten().collect();
    measured.checked = built.len();
    measured.checking = spent(|| {
        let check = |(folder, program): &(TempDir, PathBuf)| {
            marker.grade(&bench, program, folder.path(), &[]).map(drop).map_err(stop)
        };
        for_each(&built, jobs, check).map(drop)
    })?;
    netkit::screen::line(serde_json::to_string(&measured).unwrap_or_default())
        .map_err(|error| Stop::infrastructure(netkit::cause(&error)))?;
    Ok(DONE)
}

/// As a class is graded. None where the program does not compile.
fn confined(
    marker: &Marker<'_>,
    bench: &Bench,
    files: &Files,
) -> Result<Option<(TempDir, PathBuf)>, Stop> {
    let folder = folder(marker.scratch)?;
    let compiled = marker.compile(bench, files, folder.path()).map_err(stop)?;
    Ok(compiled.program.map(|program| (folder, program)))
}

/// rustc and nothing else.
fn bare(bench: &Bench, files: &Files, scratch: &Path) -> Result<(), Stop> {
    let folder = folder(scratch)?;
    let failed = |error: &std::io::Error| Stop::infrastructure(files::unwritable(scratch, error));
    for (path, bytes) in files {
        write_below(&folder.path().join("src").join(path), bytes).map_err(|it| failed(&it))?;
    }
    let rustc = bench.kit.rustc(folder.path(), &folder.path().join(&bench.kit.lesson));
    let mut rustc = in_a_session(rustc);
    rustc.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Some of the programs don't compile.
    let ended = rustc.status();
    ended.map(|_| ()).map_err(|error| Stop::infrastructure(words::no_rustc(&error)))
}

/// The same in a session of its own, as a cell is: on a busy Linux sessions share the processors
/// first, and the processes of one session its share (sched(7), autogroup). Where there is no
/// `setsid`, of util-linux, it stays as it is.
fn in_a_session(command: Command) -> Command {
    let is_there = || Command::new("setsid").arg("--version").stdout(Stdio::null()).status();
    if !cfg!(target_os = "linux") || !is_there().is_ok_and(|it| it.success()) {
        return command;
    }
    let mut session = Command::new("setsid");
    session.arg(command.get_program()).args(command.get_args());
    session.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        session.current_dir(folder);
    }
    session
}

/// Does `work` and says what it took.
fn spent(work: impl FnOnce() -> Result<(), Stop>) -> Result<Spent, Stop> {
    let (used, began) = (processor(), Instant::now());
    work()?;
    Ok(Spent { wall: began.elapsed().as_secs_f64(), processor: processor() - used })
}

/// Processor time, in seconds, of all processes that this one started and has seen end.
#[cfg(target_os = "linux")]
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The program's name stands in brackets before all this (proc_pid_stat(5)).
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = rest.split_whitespace().skip(13).take(2).filter_map(|it| it.parse::<f64>().ok());
    ticks.sum::<f64>() / rustix::param::clock_ticks_per_second() as f64
}

#[cfg(not(target_os = "linux"))]
fn processor() -> f64 {
    0.0
}

fn folder(scratch: &Path) -> Result<TempDir, Stop> {
    tempfile::tempdir_in(scratch)
        .map_err(|error| Stop::infrastructure(files::unwritable(scratch, &error)))
}

fn stop(why: NotDone) -> Stop {
    Stop::infrastructure(match why {
        NotDone::Stopped => words::INTERRUPTED.into(),
        NotDone::Memory => words::OTHER_ANSWER.into(),
        NotDone::Machine(why) => why,
    })
}

/// Does `work` for each of `all`, `jobs` at once. The first error ends it.
fn for_each<T: Sync, D: Send>(
    all: &[T],
    jobs: usize,
    work: impl Fn(&T) -> Result<D, Stop> + Sync,
) -> Result<Vec<D>, Stop> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = work(one);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push(result);
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect()
}
