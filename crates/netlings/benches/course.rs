//! `just bench`: how fast the course is, each figure beside its reference from the same run.
//!
//! Speed depends on the machine and on what else it does, so nothing here asserts any: the table
//! says which goals were met, and the exit code is 0. It is 1 when something could not be run.

#[path = "course/cargo_json.rs"]
mod cargo_json;
#[path = "course/compiled.rs"]
mod compiled;
#[path = "course/contest.rs"]
mod contest;
#[path = "course/datagrams.rs"]
mod datagrams;
#[path = "course/graded.rs"]
mod graded;
#[path = "course/grading.rs"]
mod grading;
#[path = "course/held.rs"]
mod held;
#[path = "course/processor.rs"]
mod processor;
#[cfg(target_os = "linux")]
#[path = "course/seat.rs"]
mod seat;
#[path = "course/series.rs"]
mod series;
#[path = "course/server.rs"]
mod server;
#[path = "course/stream.rs"]
mod stream;
#[path = "course/student.rs"]
mod student;
#[path = "course/table.rs"]
mod table;
#[cfg(target_os = "linux")]
#[path = "course/terminal.rs"]
mod terminal;
#[path = "course/versus.rs"]
mod versus;
#[path = "course/work_tree.rs"]
mod work_tree;

use std::process::{Command, ExitCode};

use clap::Parser;

use crate::table::Row;

/// What one figure needs to know of the run.
struct Plan {
    /// How often each contender is measured; the median of that counts.
    rounds: usize,
}

/// What came of a figure.
#[derive(Default)]
struct Measured {
    rows: Vec<Row>,
    /// Why a part of it could not be run, each part for itself.
    not_run: Vec<anyhow::Error>,
}

impl From<Vec<Row>> for Measured {
    fn from(rows: Vec<Row>) -> Self {
        Self { rows, not_run: Vec::new() }
    }
}

/// Something to measure.
struct Figure {
    name: &'static str,
    about: &'static str,
    measure: fn(&Plan) -> anyhow::Result<Measured>,
}

const FIGURES: &[Figure] = &[
    Figure {
        name: "grade-file-ipc",
        about: "what grading adds to a build after an edit",
        measure: |plan| grading::after_an_edit(plan, "file-ipc"),
    },
    Figure {
        name: "grade-tcp-echo",
        about: "the same",
        measure: |plan| grading::after_an_edit(plan, "tcp-echo"),
    },
    Figure {
        name: "grade-tcp-chat",
        about: "the same",
        measure: |plan| grading::after_an_edit(plan, "tcp-chat"),
    },
    Figure {
        name: "grade-handshake-trace",
        about: "the same",
        measure: |plan| grading::after_an_edit(plan, "handshake-trace"),
    },
    Figure {
        name: "grade-udp-chat",
        about: "the same",
        measure: |plan| grading::after_an_edit(plan, "udp-chat"),
    },
    Figure {
        name: "grade-udp-time-server",
        about: "the same",
        measure: |plan| grading::after_an_edit(plan, "udp-time-server"),
    },
    Figure {
        name: "first-failure",
        about: "from the end of the build to the first failure on the screen",
        measure: grading::first_failure,
    },
    #[cfg(target_os = "linux")]
    Figure {
        name: "save-to-verdict",
        about: "the learner's seat against rustlings: from a save to the verdict on the screen",
        measure: seat::save_to_verdict,
    },
    #[cfg(target_os = "linux")]
    Figure {
        name: "seat-at-rest",
        about: "the seat's first frame, and its processor time and memory while nothing happens",
        measure: seat::at_rest,
    },
    Figure {
        name: "compiled-once",
        about: "crates compiled by `cargo run` and its likes on a fresh clone",
        measure: |_| compiled::on_a_fresh_clone(),
    },
    Figure {
        name: "echo-bulk",
        about: "the echo solution against Python and socat: bytes a second",
        measure: stream::bulk,
    },
    Figure {
        name: "echo-round-trips",
        about: "the same: 64 bytes there and back, one at a time",
        measure: stream::round_trips,
    },
    Figure {
        name: "time-requests",
        about: "the time solution against Python and socat: requests a second",
        measure: datagrams::requests,
    },
];

/// Measures the course
#[derive(Parser)]
#[command(name = "bench", after_help = list())]
struct Options {
    /// Only the figures whose name contains one of these
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// How often each thing is measured; the median counts
    #[arg(long, default_value_t = 11, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Cargo says so when it runs a bench, and not when it runs a test
    #[arg(long, hide = true)]
    bench: bool,
}

fn list() -> String {
    let rows = FIGURES.iter().map(|figure| format!("  {:22} {}\n", figure.name, figure.about));
    format!("Figures:\n{}", rows.collect::<String>())
}

fn main() -> ExitCode {
    let options = Options::parse();
    if !options.bench {
        println!("measures nothing unless `cargo bench` runs it");
        return ExitCode::SUCCESS;
    }
    let is_chosen = |figure: &&Figure| {
        options.names.is_empty() || options.names.iter().any(|it| figure.name.contains(it))
    };
    let chosen: Vec<&Figure> = FIGURES.iter().filter(is_chosen).collect();
    if chosen.is_empty() {
        eprintln!("no figure has such a name.\n{}", list());
        return ExitCode::from(2);
    }
    if let Err(error) = held::end_all_on_interrupt() {
        eprintln!("error: cannot watch for Ctrl-C: {error}");
        return ExitCode::FAILURE;
    }
    println!("{}", machine());
    let plan = Plan { rounds: options.rounds.into() };
    let mut is_complete = true;
    for figure in chosen {
        println!("\n{}: {}", figure.name, figure.about);
        let measured = (figure.measure)(&plan)
            .unwrap_or_else(|error| Measured { rows: Vec::new(), not_run: vec![error] });
        if !measured.rows.is_empty() {
            print!("{}", table::show(&measured.rows));
        }
        for error in measured.not_run {
            is_complete = false;
            println!("  not run: {error:#}");
        }
    }
    println!("\n{}", load());
    if is_complete { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the figures were taken on. They mean little elsewhere.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let programs = [("rustc", "--version"), ("python3", "--version"), ("socat", "-V")];
    let versions = programs.iter().filter_map(|(program, option)| {
        let output = Command::new(program).arg(option).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().find(|line| line.contains("ersion ") || !line.contains(" by "))?;
        Some(line.split(" on ").next()?.to_owned())
    });
    let versions: Vec<String> = versions.collect();
    format!("{}, {cores} cores; {}; {}", std::env::consts::OS, versions.join("; "), load())
}

/// How busy the machine was, with whatever: a figure taken beside other work is worth less.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    match text.split_whitespace().next() {
        Some(load) => format!("load of the last minute {load}"),
        None => "load unknown".to_owned(),
    }
}
