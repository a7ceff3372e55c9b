//! `just bench-class`: how fast a class is graded, each figure beside its reference from the same run.
//!
//! Speed depends on the machine and on what else it does, so nothing here asserts any: the tables
//! say which goals were met, and the exit code is 0. It is 1 when something could not be run.
//!
//! The program that is measured is the one beside this bench, built as `cargo class` builds it.

// These say how the course's figures are taken and shown, and these are shown alike.
#[path = "../../../netlings/benches/course/held.rs"]
#[allow(dead_code, reason = "the course's bench uses more of it")]
mod held;
#[path = "../../../netlings/benches/course/series.rs"]
#[allow(dead_code, reason = "the course's bench uses more of it")]
mod series;
#[path = "../../../netlings/benches/course/table.rs"]
#[allow(dead_code, reason = "the course's bench uses more of it")]
mod table;
#[path = "../../../netlings/benches/course/work_tree.rs"]
#[allow(dead_code, reason = "the course's bench uses more of it")]
mod work_tree;

mod against_cargo;
mod apart;
#[cfg(target_os = "linux")]
mod growth;
mod made;
#[cfg(target_os = "linux")]
mod watched;

use std::process::ExitCode;

use clap::Parser;
use table::Row;

/// Measures how a class is graded
#[derive(Parser)]
#[command(name = "bench-class")]
struct Options {
    /// Only these: compile, cargo, growth
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// The biggest of the classes that are graded to see how it grows, of 100, 300, 1000 and 2000
    #[arg(long, value_name = "N", default_value_t = 300)]
    students: usize,
    /// How often each thing is measured; the median counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Cargo says so when it runs a bench, and not when it runs a test
    #[arg(long, hide = true)]
    bench: bool,
}

/// The confinement that this machine has; what is measured is measured with it.
const SANDBOX: [&str; 2] = ["--sandbox", "auto"];
/// The lesson that is graded.
const LESSON: &str = "tcp-echo";

type Measure = fn(&Options) -> anyhow::Result<Vec<Row>>;

const FIGURES: &[(&str, &str, Measure)] = &[
    ("compile", "compiling and checking apart, beside rustc alone", apart::measure),
    ("cargo", "a class against a loop of `cargo test`", against_cargo::measure),
    // Only there what a program holds, and all that it started, is to be seen.
    #[cfg(target_os = "linux")]
    ("growth", "how it grows with the class", growth::measure),
];

fn main() -> ExitCode {
    let options = Options::parse();
    if !options.bench {
        println!("measures nothing unless `cargo bench` runs it");
        return ExitCode::SUCCESS;
    }
    if let Err(error) = held::end_all_on_interrupt() {
        eprintln!("error: cannot watch for Ctrl-C: {error}");
        return ExitCode::FAILURE;
    }
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("{}, {cores} cores; {}", std::env::consts::OS, load());
    let mut is_complete = true;
    for (name, about, measure) in FIGURES {
        if !options.names.is_empty() && !options.names.iter().any(|it| name.contains(it.as_str())) {
            continue;
        }
        println!("\n{name}: {about}");
        match measure(&options) {
            Ok(rows) => print!("{}", table::show(&rows)),
            Err(error) => {
                is_complete = false;
                println!("  not run: {error:#}");
            }
        }
        println!("    {}", load());
    }
    if is_complete { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How busy the machine is, with whatever: a figure taken beside other work is worth less.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    match text.split_whitespace().next() {
        Some(load) => format!("load of the last minute {load}"),
        None => "load unknown".to_owned(),
    }
}
