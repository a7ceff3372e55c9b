//! Traces: every scenario on every tier that this machine has, stepped, asked, and written to files.

mod lessons;
mod scenarios;
mod terminal;
mod tshark;

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use assert_cmd::Command;
use predicates::str::contains;

use crate::clone::{stderr, stdout};

/// netlings in a folder, with what is typed.
fn netlings(folder: &Path, arguments: &[&str], typed: &str) -> assert_cmd::assert::Assert {
    let mut command = Command::cargo_bin("netlings").unwrap();
    for name in ["COLUMNS", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    // Nothing takes nearly as long; a trace that waits for ever must fail.
    command.timeout(Duration::from_secs(120)).current_dir(folder);
    command.args(arguments).write_stdin(typed).assert()
}

/// What a trace prints that ends well.
fn shown(arguments: &[&str], typed: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    stdout(&netlings(folder.path(), &[&["trace"], arguments].concat(), typed).success())
}

/// Whether a test that needs this must not be left out: `WIRELAB_REQUIRE` has all such words, with
/// commas between.
fn required(what: &str) -> bool {
    std::env::var("WIRELAB_REQUIRE").is_ok_and(|all| all.split(',').any(|it| it == what))
}

/// The tiers of this machine. Where kernels are refused that is said, and with
/// `WIRELAB_REQUIRE=kernel` it is a failure.
pub(crate) fn tiers() -> &'static [&'static str] {
    let folder = tempfile::tempdir().unwrap();
    let told = stdout(&netlings(folder.path(), &["doctor"], "").success());
    if told.contains("✓ kernel") {
        return &["kernel", "simulated"];
    }
    assert!(!required("kernel"), "{told}");
    // Not eprintln, which the test harness keeps to itself when nothing failed.
    let _ = writeln!(std::io::stderr(), "traces were not run on the kernel tier: {told}");
    &["simulated"]
}

/// What stands between the text before and the text after: the ladder, without the kernels' clocks.
fn ladder(shown: &str) -> Vec<String> {
    let rows = shown.lines().skip_while(|row| !row.starts_with(" alice 1"));
    let rows = rows.skip(1).take_while(|row| !row.is_empty());
    rows.map(|row| {
        let clock = ["alice: ", "bob: "].iter().find_map(|name| row.rfind(name));
        let is_clock = |row: &str| row.ends_with(" s") || row.ends_with(" s left");
        clock.filter(|_| is_clock(row)).map_or(row, |at| &row[..at]).trim_end().to_owned()
    })
    .collect()
}

/// Each frame in short: `alice SYN`, `bob SYN,ACK lost`.
pub(crate) fn frames(shown: &str) -> Vec<String> {
    ladder(shown)
        .iter()
        .filter_map(|row| {
            let (inner, remark) = row.trim_start().strip_prefix('│')?.split_once('│')?;
            let (from, text) = match inner.strip_prefix("── ") {
                Some(text) => ("alice", text),
                None => ("bob", inner.strip_suffix(" ──")?),
            };
            let text = text.trim_start_matches([' ', '─', '◀', '✗', '●']);
            let flags = text.split(['─', '▶', '✗', '●']).next()?.split("  ").next()?;
            Some(format!("{from} {} {}", flags.trim(), remark.trim()).trim().to_owned())
        })
        .collect()
}

/// Both states in the last row that has states.
pub(crate) fn last_states(shown: &str) -> Vec<String> {
    let rows = ladder(shown);
    let row = rows.iter().rev().find(|row| !row.contains('│') && row.starts_with(' '));
    row.map(|row| row.split_whitespace().map(str::to_owned).collect()).unwrap_or_default()
}

const STEPPED: &str = " CLOSED                                            CLOSED
   │                                            listen │
 CLOSED                                            LISTEN
   │ connect                                           │
 SYN-SENT                                          LISTEN
   │── SYN  seq 0 ──────────────────●                  │ held on the wire
 space deliver   x lose   d duplicate   f fields   b back   q quit
 alice's numbers begin here. Until it arrives bob does nothing but listen; then
 he answers.
   │── SYN  seq 0 ────────────────────────────────────▶│
 SYN-SENT                                    SYN-RECEIVED
   │            ●───────────── SYN,ACK  seq 0  ack 1 ──│ held on the wire
 Two in one: bob's own SYN, and the ACK of alice's. When it arrives, alice is
 connected.
   │◀───────────────────────── SYN,ACK  seq 0  ack 1 ──│
 ESTABLISHED                                 SYN-RECEIVED
   │── ACK  ack 1 ──────────────────●                  │ held on the wire
 bob stays in SYN-RECEIVED until this ACK arrives; alice may already send data.
   │── ACK  ack 1 ────────────────────────────────────▶│
 ESTABLISHED                                  ESTABLISHED
   │                                            accept │
";

#[test]
fn a_handshake_is_stepped_and_each_row_is_as_it_was() {
    for tier in tiers() {
        for typed in ["\n\n\n", "deliver\nspace\nDELIVER\n", ""] {
            let shown = shown(&["handshake", "--step", "--tier", tier], typed);
            let rows = ladder(&shown).join("\n") + "\n";
            if typed.is_empty() {
                // Nobody decides, so it goes on by itself: after the first frame without a word.
                assert!(rows.starts_with(&STEPPED[..STEPPED.find("   │            ●").unwrap()]));
                assert_eq!(last_states(&shown), ["ESTABLISHED", "ESTABLISHED"], "{shown}");
            } else {
                assert_eq!(rows, STEPPED, "{tier}, {typed:?}");
            }
            assert!(shown.contains("alice was ESTABLISHED one segment before bob."), "{shown}");
        }
    }
}

#[test]
fn a_frame_is_lost_duplicated_looked_into_and_looked_back_at() {
    for tier in tiers() {
        let typed = "x\nfields\nwhat\n\nb\nx\n\nd\n\nq\n";
        let shown = shown(&["handshake", "--step", "--tier", tier], typed);
        let after = |part: &str, from: usize| {
            let at = shown[from..].find(part).unwrap_or_else(|| panic!("{part}: {shown}"));
            from + at + part.len()
        };
        let at = after("✗                  │ lost\n SYN-SENT ", 0);
        let at = after(" The same once more, with the same number: its acknowledgement did", at);
        let at = after("   flags     SYN  SYN opens a direction: its numbers begin here\n", at);
        let at = after("   seq       0  this segment takes one number; ", at);
        let at = after(" `what` is no command. Write an empty line or deliver, x", at);
        let at = after("───▶│\n SYN-SENT                                    SYN-RECEIVED\n", at);
        let at = after(" Looking back at frame 2 of 2; after it alice was in SYN-SENT, bob in", at);
        let at = after("\n   │── SYN  seq 0 ───", at);
        let at = after(" That frame has gone already.", at);
        let at = after(" Back at the frame that is held.\n   │            ●─────", at);
        let at = after("SYN,ACK  seq 0  ack 1 ──│ arrived twice\n ESTABLISHED ", at);
        let at = after("   │── ACK  ack 1 ────────────────────────────────────▶│\n", at);
        let at = after("   │── ACK  ack 1 ──────────────────●                  │ held", at);
        after("\n alice has said this before. Something came again that alice had already", at);
    }
}

#[test]
fn quitting_ends_a_trace_at_once() {
    for tier in tiers() {
        let shown = shown(&["handshake", "--step", "--tier", tier], "\nq\n");
        assert_eq!(frames(&shown).len(), 3, "delivered, and twice held: {shown}");
        assert!(!shown.contains("one segment before bob"), "{shown}");
    }
}

#[test]
fn a_quiz_asks_before_it_shows_and_keeps_the_score() {
    for tier in tiers() {
        let typed = "what?\nsyn_recv\nlisten\nestab\n";
        let shown = shown(&["handshake", "--quiz", "--tier", tier], typed);
        let wanted = [
            "│ held on the wire\n type the state   Enter alone lists all of them   q quit\n",
            " bob is in LISTEN. In which state is bob when this has arrived?",
            " `what?` is no state. The states are CLOSED, LISTEN, SYN-SENT,",
            " Right: bob is in SYN-RECEIVED.",
            " alice is in SYN-SENT. In which state is alice when this has arrived?",
            " No: alice is in ESTABLISHED, not in LISTEN.",
            " bob is in SYN-RECEIVED. In which state is bob when this has arrived?",
            " Right: bob is in ESTABLISHED.",
            "You knew 2 of 3 states.",
        ];
        let mut rest = shown.as_str();
        for part in wanted {
            let at = rest.find(part).unwrap_or_else(|| panic!("{part}: {shown}"));
            rest = &rest[at + part.len()..];
        }
        // What it asks for doesn't stand above the question.
        let asked = shown.find("In which state is bob").unwrap();
        assert!(!shown[..asked].lines().any(|row| row.ends_with(" SYN-RECEIVED")), "{shown}");
    }
}

#[test]
fn a_quiz_without_answers_goes_on_and_counts_only_what_was_answered() {
    let shown = shown(&["handshake", "--quiz", "--tier", "simulated"], "SYN-RECEIVED\n");
    assert!(shown.contains("You knew 1 of 1 states."), "{shown}");
    assert_eq!(last_states(&shown), ["ESTABLISHED", "ESTABLISHED"]);
}

#[test]
fn what_was_seen_is_kept_in_each_kind_of_file() {
    for tier in tiers() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t.svg"), "from before").unwrap();
        let files =
            ["--pcapng", "t.pcapng", "--json", "t.json", "--svg", "t.svg", "--html", "t.html"];
        let arguments = [&["trace", "lost-syn", "--tier", tier], &files[..]].concat();
        let told = stdout(&netlings(folder.path(), &arguments, "").success());
        let read = |name: &str| {
            assert!(told.contains(&format!("What was seen is in {name}.")), "{told}");
            std::fs::read(folder.path().join(name)).unwrap()
        };
        let capture = read("t.pcapng");
        assert_eq!(capture[..4], [0x0a, 0x0d, 0x0d, 0x0a]);
        let comments = String::from_utf8_lossy(&capture).into_owned();
        assert!(comments.contains("alice SYN-SENT, bob SYN-RECEIVED"), "{comments}");
        let json = String::from_utf8(read("t.json")).unwrap();
        let lines: Vec<serde_json::Value> =
            json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["hosts"][0]["name"], "alice");
        assert!(lines.iter().any(|line| line["fate"] == "lost" && line["text"] == "SYN  seq 0"));
        // An act stands before what it caused, with both states right after it.
        let connect = lines.iter().position(|line| line["act"] == "connect").unwrap();
        assert_eq!(lines[connect]["states"][0]["state"], "SYN-SENT", "{json}");
        assert_eq!(lines[connect + 1]["text"], "SYN  seq 0", "{json}");
        // What hosts send because their programs end with the scenario is not of it.
        assert!(!json.contains("FIN"), "{json}");
        let picture = String::from_utf8(read("t.svg")).unwrap();
        assert!(picture.starts_with("<svg ") && picture.contains('✗'), "{picture}");
        let page = String::from_utf8(read("t.html")).unwrap();
        assert_eq!(page.matches("<details>").count(), 4, "{page}");
        assert!(page.contains("<title>lost-syn: the first SYN is lost"), "{page}");
        // They say what the screen says: the words, the frames, and what programs did.
        let (page, picture) = (page.replace("&#39;", "'"), picture.replace("&#39;", "'"));
        let words = told.lines().skip(2).take_while(|row| !row.is_empty()).collect::<Vec<_>>();
        assert!(page.contains(&format!("<p>{}</p>", words.join(" "))), "{words:?} {page}");
        let last = told.lines().rfind(|row| !row.starts_with("What was seen")).unwrap();
        assert!(page.contains(&format!("{last}</p>\n</html>")), "{last}: {page}");
        assert!(picture.contains(&format!(">{}", &words[0][..40])), "{picture}");
        for part in [" connect ", " accept ", "── SYN,ACK  seq 0  ack 1 ─"] {
            assert!(
                told.contains(part) && page.contains(part.trim_end_matches('─')),
                "{part} {page}"
            );
            let part = part.trim_matches(['─', ' ']);
            assert!(picture.contains(&format!(">{part}<")), "{part} {picture}");
        }
    }
}

#[test]
fn an_output_goes_to_stdout_and_nothing_else_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], typed: &str| {
        let simulated = ["trace", "lost-syn", "--tier", "simulated"];
        let arguments = [&simulated, arguments].concat();
        netlings(folder.path(), &arguments, typed)
    };
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    for option in ["--json", "--svg", "--html", "--pcapng"] {
        // The simulation is the same every time, so the file is what goes to stdout.
        run(&[option, "file"], "").success();
        let assert = run(&[option, "-"], "").success();
        assert_eq!(assert.get_output().stdout, read("file"), "{option}");
        assert_eq!(stderr(&assert), "", "{option}");
        std::fs::remove_file(folder.path().join("file")).unwrap();
    }
    // Others go to their files as ever, and a prepared input decides unseen.
    let assert = run(&["--json", "-", "--svg", "t.svg", "--step"], "\nx\n").success();
    let lines = stdout(&assert);
    assert!(lines.lines().all(|line| line.starts_with('{')), "{lines}");
    assert_eq!(lines.matches("\"fate\":\"lost\"").count(), 2, "{lines}");
    assert!(read("t.svg").starts_with(b"<svg "));
    let refused = |arguments: &[&str], said: &str| {
        let assert = run(arguments, "").code(2);
        let told = stderr(&assert).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(said), "{arguments:?}: {told}");
        assert_eq!(stdout(&assert), "", "{arguments:?}");
    };
    let both = "--json and --html cannot both go to stdout. Give one of them a file.";
    refused(&["--json", "-", "--html", "-"], both);
    refused(&["--json", "-", "--quiz"], "--quiz needs stdout to show what it is about");
    assert!(!folder.path().join("-").exists());
}

#[test]
fn a_seed_makes_a_simulated_trace_the_same_every_time() {
    let run = |seed: &str| {
        let typed = "f\n\nf\n";
        shown(&["handshake", "--step", "--tier", "simulated", "--seed", seed], typed)
    };
    assert_eq!(run("7"), run("7"));
    assert_ne!(run("7"), run("8"));
    for tier in tiers() {
        let said = shown(&["handshake", "--tier", tier, "--seed", "7"], "");
        assert_eq!(said.contains("The seed does nothing here"), *tier == "kernel", "{said}");
    }
}

#[test]
fn the_scenarios_are_listed_and_a_wrong_word_is_told() {
    let list = shown(&[], "");
    assert_eq!(list.lines().take_while(|row| !row.is_empty()).count(), 15, "{list}");
    assert!(list.contains("netlings trace handshake --step"), "{list}");
    let folder = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str], said: &str| {
        let assert = netlings(folder.path(), &[&["trace"], arguments].concat(), "").code(2);
        let told = stderr(&assert).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(said), "{arguments:?}: {told}");
        assert_eq!(stdout(&assert), "", "{arguments:?}");
    };
    refused(&["handshke"], "no scenario is called `handshke`. Did you mean `handshake`?");
    let needs_one = "--drop needs a scenario or a lesson that it is about";
    refused(&["--drop", "2"], needs_one);
    refused(&["--svg", "t.svg"], "--svg needs a scenario");
    refused(&["\x1b[31m"], "no scenario is called `␛[31m`.");
    refused(&["handshake", "--speed", "-1"], "write seconds");
    refused(&["handshake", "--speed", "NaN"], "write seconds");
    refused(&["handshake", "--speed", "1e9"], "write seconds");
    refused(&["handshake", "--drop", "0"], "invalid value '0' for '--drop <N>'");
    refused(&["handshake", "--tier", "real"], "[possible values: kernel, observe, simulated]");
    refused(&["udp-loss", "--quiz"], "datagrams: they have no states");
    refused(&["handshake", "--svg", "no/t.svg"], "there is no folder no");
    refused(&["handshake", "--html", "."], "it is a folder");
    refused(&["handshake", "--svg", "t", "--html", "t"], "two options name the same file, t.");
}

#[test]
fn where_kernels_are_refused_it_is_said_why_and_the_simulation_takes_over() {
    let script = |arguments: &str| {
        let netlings = env!("CARGO_BIN_EXE_netlings");
        let script = format!(
            "echo 0 > /proc/sys/user/max_net_namespaces; exec '{netlings}' {arguments} < /dev/null"
        );
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "sh", "-ec", &script]).env("NO_COLOR", "1");
        command.assert()
    };
    if !script("--version").get_output().status.success() {
        let required = std::env::var("NETLINGS_REQUIRE")
            .is_ok_and(|what| what.split(',').any(|word| word == "namespaces"));
        assert!(!required, "this machine refuses user namespaces");
        return;
    }
    let told = stdout(&script("doctor").success());
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("✗ kernel Hosts with kernels of their own are not to be had"), "{told}");
    assert!(told.contains("see /proc/sys/user/max_net_namespaces"), "{told}");
    assert!(told.contains("✓ simulated") && told.contains("uses the simulation"), "{told}");
    let shown = stdout(&script("trace handshake").success());
    let told = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let why = "so both are simulated: no network namespace could be made: No space left on device";
    assert!(told.contains(why) && told.contains("`cargo netlings doctor` says more"), "{shown}");
    assert_eq!(frames(&shown), ["alice SYN", "bob SYN,ACK", "alice ACK"]);
    let refused = script("trace handshake --tier kernel").code(4);
    refused.stderr(contains("there can be no wire between kernels here: no network namespace"));
}
