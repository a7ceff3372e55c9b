//! What the first commands on a fresh clone compile.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::Measured;
use crate::cargo_json::{Compiled, compiled, repeated};
use crate::held::{self, Ended};
use crate::table::{Goal, Row};
use crate::work_tree::WorkTree;

/// What a student types first, in this order.
const FIRST: [&[&str]; 3] =
    [&["run"], &["run", "-p", "tcp-echo"], &["test", "-p", "tcp-echo", "--no-run"]];

/// And then, for the next lesson, and to see whether all is well.
const NEXT: [&[&str]; 3] = [
    &["run", "-p", "udp-time-server"],
    &["test", "-p", "udp-time-server", "--no-run"],
    &["test", "--no-run"],
];

/// Lessons that are built alone, as if nothing else were ever wanted.
const ALONE: [&str; 2] = ["tcp-echo", "udp-time-server"];

/// The most crates that a lesson alone may need.
const MOST_CRATES: usize = 45;

/// How long cargo may take for everything.
const LIMIT: Duration = Duration::from_secs(1200);

const PURPOSE: &str = "fresh";

pub(crate) fn on_a_fresh_clone() -> anyhow::Result<Measured> {
    let tree = WorkTree::copy("fresh")?;
    tree.clean(PURPOSE)?;
    let mut all = Vec::new();
    let mut rows = Vec::new();
    for (what, commands) in [("of three commands", FIRST), ("of these and three more", NEXT)] {
        let mut notes = Vec::new();
        for arguments in commands {
            let (some, note) = cargo(&tree, arguments)?;
            notes.push(note);
            all.extend(some);
        }
        rows.push(in_turn(what, &all, notes));
    }
    for lesson in ALONE {
        tree.clean(PURPOSE)?;
        let (some, note) = cargo(&tree, &["build", "-p", lesson])?;
        rows.push(alone(lesson, &some, packages(&all), note));
    }
    tree.clean(PURPOSE)?;
    Ok(rows.into())
}

/// Runs cargo and gives what it compiled, and the same in a line.
fn cargo(tree: &WorkTree, arguments: &[&str]) -> anyhow::Result<(Vec<Compiled>, String)> {
    let mut command = tree.cargo(PURPOSE);
    command.args(arguments).arg("--message-format=json");
    if arguments.starts_with(&["run", "-p"]) {
        command.args(["--", "--help"]); // or it would serve for ever
    }
    let ended: Ended = held::run_well(command, LIMIT)?;
    let all: Vec<Compiled> = ended.out().filter_map(|line| compiled(&line.text)).collect();
    let crates = packages(&all);
    let seconds = ended.took.as_secs_f64();
    Ok((all, format!("cargo {}: {crates} crates compiled in {seconds:.1} s", arguments.join(" "))))
}

/// How many packages that is: a package's build script and its library count once.
fn packages(all: &[Compiled]) -> usize {
    all.iter().map(|one| &one.package).collect::<BTreeSet<_>>().len()
}

fn in_turn(what: &str, all: &[Compiled], mut notes: Vec<String>) -> Row {
    let foreign: Vec<Compiled> = all.iter().filter(|one| one.is_third_party).cloned().collect();
    let repeated = repeated(&foreign);
    notes.extend(causes(&repeated));
    Row {
        what: format!("third-party crates {what}"),
        figure: format!("{} compilations", foreign.len()),
        reference: format!("{} different", foreign.len() - extra(&repeated)),
        compared: format!("{} repeated", extra(&repeated)),
        goal: Goal::new("0 repeated", repeated.is_empty()),
        notes,
    }
}

/// Why something was compiled again: other features were chosen, or what it stands on was compiled
/// again.
fn causes(repeated: &BTreeMap<String, Vec<&Compiled>>) -> Vec<String> {
    let same = |all: &[&Compiled]| all.iter().all(|one| one.features == all[0].features);
    let (following, causes): (Vec<_>, Vec<_>) = repeated.iter().partition(|(_, all)| same(all));
    let cause = |(part, all): (&String, &Vec<&Compiled>)| {
        let features = all.iter().map(|one| format!("[{}]", one.features.join(" ")));
        format!("{part} again for its features: {}", features.collect::<Vec<_>>().join(" and "))
    };
    let mut notes: Vec<String> = causes.into_iter().map(cause).collect();
    if !following.is_empty() {
        let parts: Vec<&str> = following.iter().map(|(part, _)| part.as_str()).collect();
        notes.push(format!("again with the features they had: {}", parts.join(", ")));
    }
    notes
}

/// How many compilations would not have been needed.
fn extra(repeated: &BTreeMap<String, Vec<&Compiled>>) -> usize {
    repeated.values().map(|compilations| compilations.len() - 1).sum()
}

fn alone(lesson: &str, all: &[Compiled], of_all: usize, note: String) -> Row {
    let crates = packages(all);
    Row {
        what: format!("cargo build -p {lesson} alone"),
        figure: format!("{crates} crates"),
        reference: format!("all these commands {of_all} crates"),
        compared: format!("{:.2} ×", crates as f64 / of_all as f64),
        goal: Goal::new(format!("≤ {MOST_CRATES} crates"), crates <= MOST_CRATES),
        notes: vec![note],
    }
}
