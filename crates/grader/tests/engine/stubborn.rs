//! Programs that do all they can to outlive their grading. What they leave behind is found by a
//! marker on its command line, and by the port that it holds.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use grader::*;
use rustix::process::{Pid, Signal, kill_process};

use crate::{acting, actor, graded};

crate::trials![
    nothing_outlives_a_check_that_passed,
    nothing_outlives_a_check_that_failed,
    nothing_outlives_a_check_that_ran_out_of_time,
    nothing_outlives_a_storm_of_forks,
    a_program_that_kills_its_guard_is_ended_and_told_of,
    nothing_outlives_a_grader_that_is_told_to_end,
    nothing_outlives_a_grader_that_is_killed,
];

const PARTS: [&str; 6] = [
    "stays",
    "forks-twice",
    "leaves-by-setsid",
    "clears-environment",
    "ignores-sigterm",
    "prints-and-prints",
];

/// Waits until what shall be left behind runs. Gives its port, 0 where it holds none.
fn leftover(run: &mut Run) -> Verdict<u16> {
    let marker = marker_of(run);
    let program = run.program("client").arg(marker).start()?;
    let line = program.next_line()?;
    let port = line.rsplit([' ', ':']).next().and_then(|port| port.parse().ok());
    port.ok_or_else(|| Failure::new(line).into())
}

/// The check gets the marker through its seed: a check body is a plain function.
fn marker_of(run: &Run) -> String {
    format!("leftover-{}-{}", std::process::id(), run.seed())
}

fn assert_nothing_is_left(report: &CheckReport, part: &str) {
    let marker = format!("leftover-{}-{}", std::process::id(), report.seed);
    assert_eq!(with_marker(&marker), Vec::<u32>::new(), "{part}");
    if let Some(port) = report.actual.as_deref().and_then(|port| port.parse::<u16>().ok()) {
        TcpListener::bind(("127.0.0.1", port)).unwrap_or_else(|error| panic!("{part}: {error}"));
    }
}

/// The processes with `marker` on their command line.
fn with_marker(marker: &str) -> Vec<u32> {
    let processes = fs::read_dir("/proc").expect("there is a /proc").flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| {
        let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(marker)
    })
    .collect()
}

fn nothing_outlives_a_check_that_passed() {
    for part in PARTS {
        let report = graded(&acting(part), |run| leftover(run).map(drop));
        assert_eq!(report.outcome, Outcome::Passed, "{part}: {report:#?}");
        assert_nothing_is_left(&report, part);
    }
}

fn nothing_outlives_a_check_that_failed() {
    for part in PARTS {
        let report = graded(&acting(part), |run| {
            let port = leftover(run)?;
            Err(Failure::new("as planned").got(port.to_string()).into())
        });
        assert_eq!(report.message, "as planned", "{part}: {report:#?}");
        assert_nothing_is_left(&report, part);
    }
}

fn nothing_outlives_a_check_that_ran_out_of_time() {
    for part in PARTS {
        let report = graded(&acting(part), |run| {
            leftover(run)?;
            run.patience(Duration::from_millis(50));
            let finished = run.program("client").arg(marker_of(run)).start()?;
            finished.expect_line("never said")
        });
        assert_eq!(report.outcome, Outcome::Failed, "{part}");
        assert_nothing_is_left(&report, part);
    }
}

fn nothing_outlives_a_storm_of_forks() {
    let report = graded(&acting("storms"), |run| {
        let marker = marker_of(run);
        let program = run.program("client").arg(marker).start()?;
        (0..40).try_for_each(|_| program.next_line().map(drop))
    });
    assert_eq!(report.outcome, Outcome::Passed, "{report:#?}");
    assert_nothing_is_left(&report, "storms");
}

static MARKER: OnceLock<String> = OnceLock::new();

fn a_program_that_kills_its_guard_is_ended_and_told_of() {
    let report = graded(&acting("kills-its-guard"), |run| leftover(run).map(drop));
    assert_eq!(report.outcome, Outcome::InfraError, "{report:#?}");
    assert!(report.message.contains("guard"), "{}", report.message);
    assert_nothing_is_left_soon(&report);
}

/// After its guard nobody but init can wait for it.
fn assert_nothing_is_left_soon(report: &CheckReport) {
    let marker = format!("leftover-{}-{}", std::process::id(), report.seed);
    let late = Instant::now() + Duration::from_secs(10);
    while !with_marker(&marker).is_empty() {
        assert!(Instant::now() < late, "{:?} are left", with_marker(&marker));
        std::thread::yield_now();
    }
}

/// Plays the grader that is interrupted: tells on stdout when what it must take down runs, and
/// then has its check wait for what never comes.
pub(crate) fn grade_without_end(subject: &Subject, marker: &str) {
    MARKER.set(marker.to_owned()).expect("this process grades once");
    graded(subject, |run| {
        let program = run.program("client").arg(MARKER.wait()).start()?;
        println!("{}", program.next_line()?);
        run.patience(Duration::from_secs(1000));
        program.expect_line("never said")
    });
}

fn interrupted(signal: Signal, number: usize) -> (String, std::process::ExitStatus) {
    let marker = format!("interrupted-{}-{}", std::process::id(), "x".repeat(number));
    let mut grader = Command::new(std::env::current_exe().expect("a path"))
        .args([actor::MARK, "grades", &marker])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the grader starts");
    let mut line = String::new();
    let stdout = grader.stdout.take().expect("it is piped");
    BufReader::new(stdout).read_line(&mut line).expect("the grader speaks");
    assert!(line.starts_with("holding"), "{line}");
    assert!(with_marker(&marker).len() > 1, "the program and the grader run");
    let id = Pid::from_raw(grader.id().cast_signed()).expect("an id");
    kill_process(id, signal).expect("the grader can be signalled");
    let status = grader.wait().expect("the grader ends");
    (marker, status)
}

fn nothing_outlives_a_grader_that_is_told_to_end() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        for number in 0..3 {
            let (marker, status) = interrupted(signal, 3 * code + number);
            assert_eq!(status.code(), Some(i32::try_from(code).unwrap()));
            assert_eq!(with_marker(&marker), Vec::<u32>::new());
        }
    }
}

/// Nobody can wait for a process that is not one's child, so this looks until it is gone.
fn nothing_outlives_a_grader_that_is_killed() {
    for number in 0..3 {
        let (marker, _) = interrupted(Signal::KILL, number);
        let late = Instant::now() + Duration::from_secs(10);
        while !with_marker(&marker).is_empty() {
            assert!(Instant::now() < late, "{:?} are left", with_marker(&marker));
            std::thread::yield_now();
        }
    }
}
