//! `netlings recordings`: plays the scenarios of TCP on each tier, keeps what was seen in
//! docs/recordings/, and makes docs/wire-scenarios.md of it; or says where the page differs.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::Args;
use grader::progress::replace_file;
use serde::Deserialize;
use wirelab::TcpState;

use crate::course::Course;
use crate::ending::{FAILED, PASSED, Stop};
use crate::screen::Screen;
use crate::trace::scenario::{Scenario, Side};
use crate::trace::scenarios::ALL;
use crate::words::{self, author};

const TIERS: [&str; 2] = ["kernel", "simulated"];
const FOLDER: &str = "docs/recordings";
const PAGE: &str = "docs/wire-scenarios.md";

#[derive(Args)]
pub(crate) struct Options {
    /// Record nothing; write the page from the recordings that are there
    #[arg(long)]
    page: bool,
    /// Write nothing; say whether the page is what the recordings make of it
    #[arg(long)]
    check: bool,
}

/// What of a recording's line this page is about.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    states: Vec<Seen>,
    #[serde(default)]
    forgotten: u64,
}

#[derive(Deserialize)]
struct Seen {
    host: String,
    state: String,
}

pub(crate) fn run(course: &Course, screen: &Screen, options: &Options) -> Result<u8, Stop> {
    if !options.page && !options.check {
        for tier in TIERS {
            for scenario in with_states() {
                record(course, screen, tier, scenario)?;
            }
        }
    }
    let page = page(course)?;
    let path = course.root.join(PAGE);
    if options.check {
        let agrees = fs::read_to_string(&path).is_ok_and(|found| found == page);
        screen.line(if agrees {
            author::RECORDINGS_AGREE.into()
        } else {
            author::page_differs(PAGE)
        });
        return Ok(if agrees { PASSED } else { FAILED });
    }
    replace_file(&path, page.as_bytes())
        .map_err(|error| Stop::infrastructure(words::unwritable(&path, &error)))?;
    screen.line(author::recorded(PAGE));
    Ok(PASSED)
}

fn with_states() -> impl Iterator<Item = &'static Scenario> {
    ALL.into_iter().filter(|scenario| scenario.has_states())
}

fn place(tier: &str, scenario: &Scenario) -> String {
    format!("{FOLDER}/{tier}/{}.jsonl", scenario.name)
}

/// Plays a scenario as whoever types the command does.
fn record(course: &Course, screen: &Screen, tier: &str, scenario: &Scenario) -> Result<(), Stop> {
    let place = place(tier, scenario);
    let path = course.root.join(&place);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .map_err(|error| Stop::infrastructure(words::unwritable(folder, &error)))?;
    }
    let refused =
        |said: &str| Stop::infrastructure(author::not_recorded(scenario.name, tier, said.trim()));
    let this = std::env::current_exe().map_err(|error| refused(&netkit::cause(&error)))?;
    let mut netlings = Command::new(this);
    netlings.args(["trace", scenario.name, "--tier", tier, "--speed", "0", "--json"]).arg(&path);
    let output = netlings.stdin(Stdio::null()).output();
    let output = output.map_err(|error| refused(&netkit::cause(&error)))?;
    if !output.status.success() {
        return Err(refused(&String::from_utf8_lossy(&output.stderr)));
    }
    screen.line(author::recorded(&place));
    Ok(())
}

/// Both hosts' states in their order, as a recording has them.
fn states(path: &Path, place: &str) -> Result<[Vec<TcpState>; 2], Stop> {
    let text = fs::read_to_string(path)
        .map_err(|error| Stop::infrastructure(words::unreadable(path, &error)))?;
    // Before anything happens no host has a socket.
    let mut both = [vec![TcpState::Closed], vec![TcpState::Closed]];
    for (number, line) in text.lines().enumerate() {
        let wrong =
            |error: &str| Stop::infrastructure(author::no_recording(place, number + 1, error));
        let line: Line = serde_json::from_str(line).map_err(|error| wrong(&error.to_string()))?;
        if line.forgotten > 0 {
            return Err(Stop::infrastructure(author::forgets(place)));
        }
        for seen in line.states {
            let side = Side::BOTH.into_iter().find(|side| side.name() == seen.host);
            let state = TcpState::ALL.into_iter().find(|state| state.name() == seen.state);
            let (Some(side), Some(state)) = (side, state) else {
                return Err(wrong(&format!("{} in {}", seen.host, seen.state)));
            };
            let states = &mut both[side.place()];
            if states.last() != Some(&state) {
                states.push(state);
            }
        }
    }
    Ok(both)
}

fn page(course: &Course) -> Result<String, Stop> {
    let mut page = author::PAGE_BEGINS.to_owned();
    for tier in TIERS {
        let mut ways = String::from("\n| scenario | alice | bob |\n| --- | --- | --- |\n");
        let mut where_seen = TcpState::ALL.map(|state| (state, [Vec::new(), Vec::new()]));
        for scenario in with_states() {
            let name = scenario.name;
            let place = place(tier, scenario);
            let both = states(&course.root.join(&place), &place)?;
            let [alice, bob] = both.each_ref().map(|states| {
                let names: Vec<&str> = states.iter().map(|state| state.name()).collect();
                names.join(", ")
            });
            ways.push_str(&format!("| `{name}` | {alice} | {bob} |\n"));
            for (state, seen) in &mut where_seen {
                for (seen, states) in seen.iter_mut().zip(&both) {
                    if states.contains(state) {
                        seen.push(name);
                    }
                }
            }
        }
        page.push_str(&format!("\n## {}\n{ways}", author::page_about(tier)));
        page.push_str("\n| state | at alice | at bob |\n| --- | --- | --- |\n");
        for (state, [alice, bob]) in where_seen {
            page.push_str(&format!("| {state} | {} | {} |\n", cell(&alice), cell(&bob)));
        }
    }
    Ok(page)
}

/// Some of the scenarios, as a cell of a table; many of them by those that are missing.
fn cell(names: &[&str]) -> String {
    let all: Vec<&str> = with_states().map(|scenario| scenario.name).collect();
    let missing = all.iter().filter(|name| !names.contains(name)).count();
    let quoted = |wanted: bool| {
        let some = all.iter().filter(|name| names.contains(name) == wanted);
        some.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    match (names.len(), missing) {
        (0, _) => "–".into(),
        (_, 0) => "all".into(),
        (shown, missing) if missing < shown => format!("all but {}", quoted(false)),
        _ => quoted(true),
    }
}
