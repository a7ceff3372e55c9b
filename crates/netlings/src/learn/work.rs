//! A grading in a process of its own: builds and grades one lesson and tells what comes of it.
//!
//! The learner's seat starts one for each save and ends it when another save comes. An own process
//! can be ended at any moment, whatever the compiler or a check is doing, and what it used is gone
//! with it. Its stdin is its lifeline: where that ends, the seat is gone, however it went.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Mutex;

use clap::{Args, ValueEnum};
use grader::{CheckReport, Grading, Subject};

use crate::build::{self, News};
use crate::course::Course;
use crate::ending::{INFRASTRUCTURE, PASSED, Stop};
use crate::learn::message::{Report, Said};
use crate::learn::scratch::Scratch;
use crate::screen::Screen;
use crate::words;

use grader::progress::Progress;

/// Whose program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Whose {
    Own,
    Solutions,
}

impl Whose {
    /// As an option says it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Solutions => "solutions",
        }
    }
}

#[derive(Args)]
pub(crate) struct Options {
    #[arg(value_name = "LESSON")]
    lesson: String,
    /// Only this check and those it needs first
    #[arg(long = "check", value_name = "ID")]
    checks: Vec<String>,
    /// Only build: the student's own program, or the finished one
    #[arg(long, value_name = "WHOSE")]
    build: Option<Whose>,
    /// Have the compiler colour what it says
    #[arg(long)]
    colored: bool,
    /// Where temporary files go; removed at the end
    #[arg(long, value_name = "FOLDER")]
    scratch: Option<PathBuf>,
}

pub(crate) fn run(course: &Course, screen: &Screen, options: &Options) -> Result<u8, Stop> {
    let _scratch = options.scratch.as_deref().and_then(Scratch::of);
    hold_the_lifeline();
    let told = Mutex::new(());
    let tell = |said: &Said| {
        let _one_at_a_time = told.lock();
        screen.line(serde_json::to_string(said).expect("it is plain data"));
    };
    let done = match options.build {
        Some(whose) => built(course, options, whose, &tell).map(|path| Said::Program { path }),
        None => work(course, options, &tell).map(|()| Said::Graded),
    };
    match done {
        Ok(said) => {
            tell(&said);
            Ok(PASSED)
        }
        Err(stop) => {
            let code = stop.code;
            tell(&Said::Stopped { code, words: stop.words });
            Ok(code)
        }
    }
}

fn work(course: &Course, options: &Options, tell: &(dyn Fn(&Said) + Sync)) -> Result<(), Stop> {
    let lesson = course.lessons_named(std::slice::from_ref(&options.lesson))?[0];
    let suite = checks::suite(&lesson.name)
        .ok_or_else(|| Stop::infrastructure(words::no_suite(&lesson.name)))?;
    let program = built(course, options, Whose::Own, tell)?;
    tell(&Said::Built);
    let subject = Subject::program(program);
    let mut grading = Grading::new(suite, lesson, &subject);
    grading.only.clone_from(&options.checks);
    grading.hints_seen = Progress::of_clone(&course.root).hints_seen(&lesson.name);
    let report = grading.run(&|check: &CheckReport| {
        if grading.shows(check) {
            tell(&Said::Check(Box::new(Report::of(check))));
        }
    });
    checks::keep_progress(&course.root, &lesson.name, &report.checks);
    Ok(())
}

/// Builds the lesson, and tells what is said of it.
fn built(
    course: &Course,
    options: &Options,
    whose: Whose,
    tell: &(dyn Fn(&Said) + Sync),
) -> Result<PathBuf, Stop> {
    match whose {
        Whose::Own => {
            let colored = options.colored;
            build::exercise_told(&course.root, &options.lesson, colored, &|news| match news {
                News::Cargo(line) => tell(&Said::Cargo { line }),
                News::Compiler(remark) => {
                    tell(&Said::Compiler { text: remark.text, is_error: remark.is_error });
                }
            })
        }
        // That it does not build is not the student's doing.
        Whose::Solutions => build::solution(&course.root, &options.lesson)
            .map_err(|stop| Stop::infrastructure(stop.words)),
    }
}

/// Ends this process, and all that it started, when stdin does.
fn hold_the_lifeline() {
    std::thread::spawn(|| {
        let mut stdin = std::io::stdin().lock();
        let mut nothing = [0; 64];
        while stdin.read(&mut nothing).is_ok_and(|count| count > 0) {}
        // This process leads a group of its own; with it go cargo and the compiler. The programs
        // under test are in groups of their own: whoever watches for signals takes them down.
        #[cfg(unix)]
        let _ = rustix::process::kill_process_group(
            rustix::process::getpgrp(),
            rustix::process::Signal::TERM,
        );
        #[cfg(not(unix))]
        std::process::exit(INFRASTRUCTURE.into());
        #[cfg(unix)]
        let _ = INFRASTRUCTURE;
    });
}
