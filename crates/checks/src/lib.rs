//! The course's checks, one module a lesson.
//!
//! A check is a function that acts on a program under test and says what should come of it; the
//! engine, [`grader`], does the rest. The sentences that people read stand in each lesson's
//! `lesson.toml`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use grader::progress::{Progress, Standing};
use grader::{CheckReport, Lesson, Outcome, Suite, quoted_word};

mod chat;
mod datagrams;
mod errors;
mod file_ipc;
mod handshake_trace;
mod refusal;
mod shown;
mod tcp_chat;
mod tcp_echo;
mod udp_chat;
mod udp_time_server;

/// How long to look whether something happens that should not.
const MOMENT: Duration = Duration::from_millis(500);

/// The checks of all lessons: a line each, so that `netlings new` can add one.
#[rustfmt::skip]
static SUITES: &[Suite] = &[
    file_ipc::SUITE,
    tcp_echo::SUITE,
    tcp_chat::SUITE,
    handshake_trace::SUITE,
    udp_chat::SUITE,
    udp_time_server::SUITE,
];

/// The checks of all lessons.
#[must_use]
pub fn suites() -> &'static [Suite] {
    SUITES
}

/// The checks of the lesson of that name.
#[must_use]
pub fn suite(lesson: &str) -> Option<&'static Suite> {
    SUITES.iter().find(|suite| suite.lesson == lesson)
}

/// Makes a test binary that grades the package it stands in.
///
/// The package is a lesson, `tcp-echo`, or its solution, `tcp-echo-solution`; its program is the
/// binary of the same name.
#[macro_export]
macro_rules! grade {
    () => {
        fn main() -> std::process::ExitCode {
            $crate::grade_package(
                env!("CARGO_PKG_NAME"),
                env!(concat!("CARGO_BIN_EXE_", env!("CARGO_PKG_NAME"))).as_ref(),
                env!("CARGO_MANIFEST_DIR").as_ref(),
            )
        }
    };
}

/// What [`grade!`] does. `folder` is the package's own, two levels below the clone's root.
#[must_use]
pub fn grade_package(package: &str, program: &Path, folder: &Path) -> ExitCode {
    grader::guard::serve_if_asked();
    let name = package.strip_suffix("-solution").unwrap_or(package);
    let is_solution = name != package;
    let root = folder.parent().and_then(Path::parent).unwrap_or(folder);
    let lesson = Lesson::load(&root.join("exercises").join(name));
    let (suite, lesson) = match (suite(name), lesson) {
        (Some(suite), Ok(lesson)) => (suite, lesson),
        (None, _) => return refuse(&format!("there are no checks for the lesson `{name}`")),
        (_, Err(error)) => return refuse(&error.to_string()),
    };
    if let Err(error) = grader::interrupt::watch() {
        return refuse(&format!("cannot watch for Ctrl-C: {error}"));
    }
    let command = if is_solution {
        let program = program.display().to_string();
        let subject = quoted_word(&program);
        format!("cargo netlings check {name} --subject {}", quoted_word(&subject))
    } else {
        format!("cargo netlings check {name}")
    };
    let hints_seen = Progress::of_clone(root).hints_seen(name);
    // By its path: what is imported here no lesson's module could be called.
    grader::harness::grade(suite, lesson, program, &command, hints_seen, |reports| {
        if !is_solution {
            keep_progress(root, name, reports);
        }
    })
}

/// Notes how the student's checks stand, so that the course map knows.
pub fn keep_progress(root: &Path, lesson: &str, reports: &[CheckReport]) {
    let standings = reports.iter().filter_map(|report| {
        let standing = match report.outcome {
            // A lesson can be completed on every system.
            Outcome::Skipped if report.not_here => Standing::Passed,
            Outcome::Passed => Standing::Passed,
            Outcome::Failed => Standing::Failed,
            Outcome::Skipped => Standing::Skipped,
            Outcome::InfraError => return None, // says nothing about the program
        };
        Some((report.id.as_str(), standing))
    });
    for notice in Progress::of_clone(root).record(lesson, standings) {
        eprintln!("{notice}");
    }
}

fn refuse(why: &str) -> ExitCode {
    eprintln!("{why}");
    ExitCode::FAILURE
}
