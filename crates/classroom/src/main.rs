//! netlings-class: grades a class. `cargo class` runs it.
//!
//! A submission becomes bytes in memory ([`intake`]), a program ([`kit`]), verdicts ([`work`], in a
//! process of its own) and a file ([`result`]).

mod autograder;
mod class;
mod course_file;
mod ending;
mod explain;
mod export;
mod files;
mod grade;
mod handout;
mod hash;
mod intake;
mod kit;
mod lessons;
mod measure;
mod merge;
mod rehearse;
mod report;
mod result;
mod sandbox;
mod shard;
mod words;
mod work;
mod worker;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use ending::{DONE, INFRASTRUCTURE, Stop};

/// Grade a class: strangers' programs, the same verdict every time.
#[derive(Debug, Parser)]
#[command(name = "netlings-class", bin_name = "cargo class", version)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Grade submissions
    Grade(Box<grade::Options>),
    /// Grade what changed since, submissions or checks, and list every verdict that differs
    Regrade(Box<grade::Options>),
    /// Put the parts of a class together that several machines graded
    Merge(merge::Options),
    /// Write the course as students get it, without solutions
    Handout(handout::Options),
    /// Write a page for each student and one of the class
    Report(report::Options),
    /// Make the zip file that Gradescope grades with, and a container file
    Autograder(autograder::Options),
    /// Write results in the form that a course platform reads
    Export(export::Options),
    /// Replay one check of one student, and show what happens
    Explain(explain::Options),
    /// Make up a class, to try a set-up before the term
    Rehearse(rehearse::Options),
    /// Say what this machine gives to confine strangers' programs, why not more, and what to do
    Doctor,
    /// Measure compiling and checking apart, for the bench
    #[command(hide = true)]
    Measure(measure::Options),
    /// Compile or grade for `grade`
    #[command(hide = true)]
    Work,
}

fn main() -> ExitCode {
    // Copies of this program are started in rustc's stead by cargo, and by the engine to guard a
    // program and to confine it.
    // They never get past here.
    if let Some(code) = kit::record::serve_if_asked() {
        return code;
    }
    sandbox::serve_if_asked();
    grader::guard::serve_if_asked();
    let done = match Line::parse().command {
        Command::Grade(options) => grade::run(&options),
        Command::Regrade(options) => grade::run_again(*options),
        Command::Merge(options) => merge::run(&options),
        Command::Handout(options) => handout::run(&options),
        Command::Report(options) => report::run(&options),
        Command::Autograder(options) => autograder::run(&options),
        Command::Export(options) => export::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Rehearse(options) => rehearse::run(&options),
        Command::Measure(options) => measure::run(&options),
        Command::Doctor => sandbox::doctor(),
        Command::Work => work::run()
            .map(|()| DONE)
            .map_err(|error| Stop { code: INFRASTRUCTURE, words: netkit::cause(&error) }),
    };
    let code = done.unwrap_or_else(|stop| {
        netkit::screen::diagnostic(format_args!("error: {}", stop.words));
        stop.code
    });
    code.into()
}
