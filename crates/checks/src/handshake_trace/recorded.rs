//! The lesson's machine beside real kernels: what docs/recordings/kernel has of alice and bob, told as
//! the machine's events, leads to the states that their kernels were in.
//!
//! Where a kernel does otherwise, the lesson's README says why, and [`EXPLAINED`] knows of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::machine::{Edge, PLAIN_LIFE, RARE_LIFE, STATES};

/// A place where a kernel is in another state than the table says.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Difference {
    scenario: String,
    host: String,
    /// What happened last there.
    event: String,
    table: String,
    kernel: String,
}

/// The differences that the README explains: scenario, host, event, the table's state, the kernel's,
/// and the words that begin the explanation's row.
const EXPLAINED: [[&str; 6]; 2] = [
    ["reset", "alice", "abort", "ESTABLISHED", "CLOSED", "breaking off"],
    ["unread-data-reset", "bob", "close", "FIN-WAIT-1", "CLOSED", "closing with bytes unread"],
];

fn course(place: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the root").join(place)
}

fn read(place: &str) -> String {
    fs::read_to_string(course(place)).unwrap_or_else(|error| panic!("{place}: {error}"))
}

fn machine() -> impl Iterator<Item = Edge> {
    PLAIN_LIFE.into_iter().chain(RARE_LIFE)
}

fn next(state: &str, event: &str) -> Option<Edge> {
    machine().find(|edge| (edge.0, edge.1) == (state, event))
}

/// One end of a connection, as the table sees it.
struct End {
    state: String,
    /// What happened last.
    event: String,
    /// The number behind a SYN or FIN of its own that has not been acknowledged.
    unacknowledged: Option<u64>,
    /// The other end's SYN has arrived.
    has_syn: bool,
    walked: Vec<Edge>,
}

impl End {
    fn new() -> Self {
        let (state, event) = ("CLOSED".into(), "nothing".into());
        Self { state, event, unacknowledged: None, has_syn: false, walked: Vec::new() }
    }

    /// What isn't in the table is no transition.
    fn happens(&mut self, event: &str) {
        event.clone_into(&mut self.event);
        if let Some(edge) = next(&self.state, event) {
            edge.2.split(' ').next().unwrap_or_default().clone_into(&mut self.state);
            self.walked.push(edge);
        }
    }

    fn sends(&mut self, segment: &Segment<'_>) {
        if segment.has("SYN") || segment.has("FIN") {
            self.unacknowledged = Some(segment.seq + segment.length + 1);
        }
    }

    /// The event that an arriving segment is. An acknowledgement of data, and what repeats
    /// something, is none; a FIN that comes again is one, since TIME-WAIT answers it.
    fn receives(&mut self, segment: &Segment<'_>) {
        let acknowledges = match (self.unacknowledged, segment.ack) {
            (Some(behind), Some(ack)) => ack >= behind,
            _ => false,
        };
        if acknowledges {
            self.unacknowledged = None;
        }
        let is_new_syn = segment.has("SYN") && !self.has_syn;
        self.has_syn |= is_new_syn;
        let event = match (is_new_syn, segment.has("FIN"), acknowledges) {
            _ if segment.has("RST") => "rcv-rst",
            (true, _, true) => "rcv-syn-ack",
            (true, _, false) => "rcv-syn",
            (_, true, true) => "rcv-fin-ack",
            (_, true, false) => "rcv-fin",
            (_, _, true) => "rcv-ack",
            _ => return,
        };
        self.happens(event);
    }
}

/// With numbers that count from the connection's beginning.
struct Segment<'a> {
    flags: Vec<&'a str>,
    seq: u64,
    ack: Option<u64>,
    length: u64,
}

impl<'a> Segment<'a> {
    fn of(told: &'a Value) -> Self {
        let flags = told["flags"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let number = |name: &str| told[name].as_u64().unwrap_or_else(|| panic!("{told}"));
        let (seq, ack, length) = (number("seq"), told["ack"].as_u64(), number("length"));
        Self { flags: flags.collect(), seq, ack, length }
    }

    fn has(&self, flag: &str) -> bool {
        self.flags.contains(&flag)
    }
}

/// What a program's act is to the machine; reading and writing data is nothing to it.
fn event_of(act: &str) -> Option<&'static str> {
    match act {
        "listen" => Some("passive-open"),
        "connect" => Some("active-open"),
        "close" | "shutdown" => Some("close"),
        "timeout" => Some("timeout"),
        "abort" => Some("abort"), // no event of the table
        "accept" | "read" | "read-end" | "write" | "error" => None,
        other => panic!("{other} is no act that this test knows"),
    }
}

/// Runs the table along a recording; the differences, and the edges that were walked.
fn follow(scenario: &str, recording: &str) -> (BTreeSet<Difference>, Vec<Edge>) {
    let names = ["alice", "bob"];
    let mut ends = [End::new(), End::new()];
    let mut differences = BTreeSet::new();
    for line in recording.lines().skip(1) {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let text = |name: &str| line[name].as_str().unwrap_or_default();
        let from = names.iter().position(|name| *name == text("from")).expect("a host");
        if let Some(event) = event_of_line(&line) {
            ends[from].happens(event);
        }
        match text("fate") {
            "held" => ends[from].sends(&Segment::of(&line["tcp"])),
            "delivered" => ends[1 - from].receives(&Segment::of(&line["tcp"])),
            _ => {}
        }
        for seen in line["states"].as_array().into_iter().flatten() {
            let host = names.iter().position(|name| seen["host"] == *name).expect("a host");
            let (kernel, end) = (seen["state"].as_str().expect("a state"), &mut ends[host]);
            if end.state != kernel {
                differences.insert(Difference {
                    scenario: scenario.into(),
                    host: names[host].into(),
                    event: end.event.clone(),
                    table: end.state.clone(),
                    kernel: kernel.into(),
                });
                // It goes on from there, so that one difference is not many.
                kernel.clone_into(&mut end.state);
            }
        }
    }
    (differences, ends.into_iter().flat_map(|end| end.walked).collect())
}

fn event_of_line(line: &Value) -> Option<&'static str> {
    line["act"].as_str().and_then(event_of)
}

fn recordings() -> Vec<(String, String)> {
    let folder = course("docs/recordings/kernel");
    let files = fs::read_dir(&folder).expect("recordings");
    let mut found: Vec<(String, String)> = files
        .map(|file| {
            let path = file.expect("a file").path();
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("a text"))
        })
        .collect();
    found.sort();
    found
}

#[test]
fn kernels_go_by_the_table_but_for_what_the_lesson_explains() {
    let recordings = recordings();
    assert_eq!(recordings.len(), 12, "one for each scenario of TCP");
    let (mut differences, mut walked) = (BTreeSet::new(), Vec::new());
    for (scenario, recording) in &recordings {
        let (new, edges) = follow(scenario, recording);
        differences.extend(new);
        walked.extend(edges);
    }
    let explained = EXPLAINED.map(|[scenario, host, event, table, kernel, _]| Difference {
        scenario: scenario.into(),
        host: host.into(),
        event: event.into(),
        table: table.into(),
        kernel: kernel.into(),
    });
    let explained = BTreeSet::from(explained);
    let unexplained: Vec<_> = differences.difference(&explained).collect();
    assert!(unexplained.is_empty(), "neither explained nor known: {unexplained:#?}");
    let vanished: Vec<_> = explained.difference(&differences).collect();
    assert!(vanished.is_empty(), "explained, and not seen any more: {vanished:#?}");
    for edge in PLAIN_LIFE {
        assert!(walked.contains(&edge), "no recording shows {edge:?}");
    }
}

#[test]
fn each_difference_has_its_row_in_the_lesson() {
    let readme = read("exercises/handshake-trace/README.md");
    for [scenario, _, _, table, kernel, words] in EXPLAINED {
        let row = readme.lines().find(|line| line.starts_with(&format!("| {words}")));
        let row = row.unwrap_or_else(|| panic!("README.md has no row about {words}"));
        for part in [scenario, table, kernel, "RFC 9293 section"] {
            assert!(row.contains(part), "{part}: {row}");
        }
    }
    let begins = "| what | the table | Linux | why |";
    let rows = readme.lines().skip_while(|line| *line != begins).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|')).count();
    assert_eq!(rows, EXPLAINED.len(), "README.md explains what isn't known here");
}

/// The edges of a table in Markdown: `| CLOSED | passive-open → LISTEN; active-open → SYN-SENT (SYN) |`.
fn edges_of(page: &str) -> BTreeSet<[String; 3]> {
    let mut edges = BTreeSet::new();
    let section = page.lines().skip_while(|line| !line.starts_with("| from | event → to"));
    for row in section.skip(2).take_while(|line| line.starts_with('|')) {
        let (from, cells) = row.trim_matches(['|', ' ']).split_once(" | ").expect("two cells");
        let states: &[&str] = match from.strip_prefix("ESTABLISHED and all ") {
            Some(_) => &STATES[4..],
            None => &[from],
        };
        for cell in cells.split("; ") {
            let (events, target) = cell.split_once(" → ").expect("an arrow");
            let target = target.replace(" (", " send ").replace(')', "");
            for (state, event) in
                states.iter().flat_map(|state| events.split(", ").map(move |event| (state, event)))
            {
                edges.insert([(*state).into(), event.into(), target.clone()]);
            }
        }
    }
    edges
}

#[test]
fn the_contract_and_the_lesson_have_the_machine_that_is_checked() {
    let machine: BTreeSet<[String; 3]> =
        machine().map(|(state, event, answer)| [state, event, answer].map(str::to_owned)).collect();
    for place in ["docs/contract.md", "exercises/handshake-trace/README.md"] {
        assert_eq!(edges_of(&read(place)), machine, "{place}");
    }
}

#[test]
fn a_kernel_in_another_state_is_a_difference_once() {
    let recording =
        recordings().into_iter().find(|(name, _)| name == "handshake").expect("there").1;
    let other = recording.replace("SYN-RECEIVED", "LISTEN");
    let (differences, _) = follow("handshake", &other);
    let told: Vec<_> = differences.iter().map(|it| (&*it.host, &*it.event, &*it.kernel)).collect();
    assert_eq!(told, [("bob", "rcv-ack", "ESTABLISHED"), ("bob", "rcv-syn", "LISTEN")]);
}
