//! Each scenario to its end, and what a wire that loses or is slow makes of it.

use std::time::Duration;

use super::{frames, ladder, last_states, netlings, shown, tiers};
use crate::clone::{real, real_path, stdout};
use crate::document::table_rows;

/// Opening, data with its acknowledgement, and the first half of a close.
const OPEN: [&str; 3] = ["alice SYN", "bob SYN,ACK", "alice ACK"];
const HELLO: [&str; 2] = ["alice PSH,ACK", "bob ACK"];
const FIRST_HALF: [&str; 2] = ["alice FIN,ACK", "bob ACK"];
const SECOND_HALF: [&str; 2] = ["bob FIN,ACK", "alice ACK"];
const DONE: [&str; 2] = ["ESTABLISHED", "ESTABLISHED"];
const RESET: [&str; 2] = ["CLOSED", "CLOSED"];

#[test]
fn each_scenario_runs_to_its_end_with_its_frames_and_states() {
    let scenarios: [(&str, Vec<&str>, &[&str]); 14] = [
        ("handshake", OPEN.to_vec(), &DONE),
        (
            "half-close",
            [&OPEN[..], &HELLO, &FIRST_HALF, &["bob PSH,ACK", "alice ACK"], &SECOND_HALF].concat(),
            &["TIME-WAIT", "CLOSED"],
        ),
        (
            "four-way-close",
            [&OPEN[..], &FIRST_HALF, &SECOND_HALF].concat(),
            &["TIME-WAIT", "CLOSED"],
        ),
        (
            "simultaneous-close",
            [&OPEN[..], &["alice FIN,ACK", "bob FIN,ACK", "bob ACK", "alice ACK"]].concat(),
            &["TIME-WAIT", "TIME-WAIT"],
        ),
        (
            "simultaneous-open",
            vec!["alice SYN", "bob SYN", "bob SYN,ACK", "alice SYN,ACK", "alice ACK", "bob ACK"],
            &DONE,
        ),
        ("refused", vec!["alice SYN", "bob RST,ACK"], &RESET),
        ("reset", [&OPEN[..], &HELLO, &["alice RST,ACK"]].concat(), &RESET),
        ("unread-data-reset", [&OPEN[..], &HELLO, &["bob RST,ACK"]].concat(), &RESET),
        ("lost-syn", [&["alice SYN lost"], &OPEN[..]].concat(), &DONE),
        ("lost-data", [&OPEN[..], &["alice PSH,ACK lost"], &HELLO].concat(), &DONE),
        (
            "time-wait",
            [&OPEN[..], &FIRST_HALF, &["bob FIN,ACK", "alice ACK lost"], &SECOND_HALF].concat(),
            &RESET,
        ),
        ("udp-loss", vec!["alice UDP lost", "alice UDP", "bob UDP"], &[]),
        (
            "udp-reorder",
            vec![
                "alice UDP held up on the way",
                "alice UDP",
                "alice UDP",
                "alice UDP arrived late",
            ],
            &[],
        ),
        ("arp", vec!["alice ARP", "bob ARP", "alice UDP", "bob UDP", "alice UDP"], &[]),
    ];
    for tier in tiers() {
        for (name, wanted, states) in &scenarios {
            let shown = shown(&[name, "--tier", tier], "");
            assert_eq!(&frames(&shown), wanted, "{name}, {tier}: {shown}");
            assert_eq!(&last_states(&shown), states, "{name}, {tier}: {shown}");
            assert!(!shown.contains("The scenario ends here"), "{name}, {tier}: {shown}");
            let widest = shown.lines().map(|row| row.chars().count()).max();
            assert!(widest <= Some(80), "{name}, {tier}: {shown}");
        }
        // Either side's clock may run out first.
        let shown = shown(&["lost-syn-ack", "--tier", tier], "");
        let frames = frames(&shown);
        assert_eq!(frames[..2], ["alice SYN", "bob SYN,ACK lost"], "{tier}: {shown}");
        let rest: Vec<_> = frames[2..].iter().filter(|frame| *frame != "alice SYN").collect();
        assert_eq!(rest, ["bob SYN,ACK", "alice ACK"], "{tier}: {shown}");
        assert_eq!(last_states(&shown), DONE, "{tier}: {shown}");
    }
}

#[test]
fn programs_see_what_the_wire_did_to_them() {
    for tier in tiers() {
        let reads = |name: &str| -> Vec<String> {
            let rows = ladder(&shown(&[name, "--tier", tier], ""));
            let said = rows.iter().filter(|row| row.contains("read") || row.contains("error"));
            said.map(|row| row.trim_matches([' ', '│']).to_owned()).collect()
        };
        assert_eq!(reads("udp-reorder"), ["read \"two\"", "read \"three\"", "read \"one\""]);
        assert_eq!(reads("refused"), ["error: connection refused"]);
        assert_eq!(reads("reset"), ["error: connection reset"]);
        assert_eq!(reads("lost-data"), ["read \"hello\""]);
        let half_closed = reads("half-close");
        assert_eq!(half_closed[..3], ["read \"hello\"", "read: the end", "read \"still here\""]);
    }
}

#[test]
fn a_dropped_frame_comes_again_by_the_hosts_own_clock() {
    for tier in tiers() {
        for (number, lost, again) in [("1", 0, "alice SYN"), ("2", 1, "bob SYN,ACK")] {
            let shown = shown(&["handshake", "--drop", number, "--tier", tier], "");
            let frames = frames(&shown);
            assert_eq!(frames[lost], format!("{again} lost"), "{tier}: {shown}");
            assert!(frames[lost + 1..].iter().any(|frame| frame == again), "{tier}: {shown}");
            assert!(shown.contains(": again in "), "{tier}: {shown}");
            assert_eq!(last_states(&shown), DONE, "{tier}: {shown}");
        }
        let shown = shown(&["handshake", "--drop", "9", "--tier", tier], "");
        assert!(shown.contains("There were only 3 frames, so --drop 9 lost none."), "{shown}");
    }
}

#[test]
fn what_is_lost_for_good_ends_a_scenario_in_words() {
    for tier in tiers() {
        // Nobody acknowledges a reset, so nobody sends it again.
        let shown = shown(&["reset", "--drop", "6", "--tier", tier], "");
        assert!(shown.contains("The scenario ends here."), "{tier}: {shown}");
        assert_eq!(last_states(&shown), ["CLOSED", "ESTABLISHED"], "{tier}: {shown}");
    }
}

#[test]
fn a_speed_is_how_long_each_frame_is_on_the_wire() {
    for tier in tiers() {
        let began = std::time::Instant::now();
        let shown = shown(&["handshake", "--speed", "0.2", "--tier", tier], "");
        assert!(began.elapsed() >= Duration::from_millis(600), "{tier}");
        assert_eq!(frames(&shown), OPEN, "{tier}: {shown}");
    }
}

/// Kernels lose patience after a second, and must not be seen to.
#[test]
fn a_slow_wire_shows_the_frames_of_the_undisturbed_exchange() {
    if !tiers().contains(&"kernel") {
        return;
    }
    let shown = shown(&["four-way-close", "--speed", "1.2", "--tier", "kernel"], "");
    let wanted = [&OPEN[..], &FIRST_HALF, &SECOND_HALF].concat();
    assert_eq!(frames(&shown), wanted, "{shown}");
}

/// A side's states in their order, from all rows that have states.
fn states_of(shown: &str) -> [Vec<String>; 2] {
    let mut both = [Vec::new(), Vec::new()];
    for row in ladder(shown).iter().filter(|row| !row.contains('│')) {
        for (seen, state) in both.iter_mut().zip(row.split_whitespace()) {
            if seen.last().is_none_or(|last: &String| last != state) {
                seen.push(state.to_owned());
            }
        }
    }
    both
}

/// What docs/wire-scenarios.md says below that heading, of alice and of bob.
fn on_the_page(heading: &str) -> Vec<[String; 3]> {
    let rows = table_rows(&real("docs/wire-scenarios.md"), heading);
    let cells = rows.into_iter().map(|row| <[String; 3]>::try_from(row).unwrap());
    cells.filter(|[name, ..]| name.starts_with('`')).collect()
}

#[test]
fn the_page_about_states_is_what_the_recordings_make_of_it() {
    let root = real_path("");
    let told = stdout(&netlings(&root, &["recordings", "--check"], "").success());
    assert!(told.contains("the page is what the recordings make of it"), "{told}");
}

#[test]
fn the_page_about_states_shows_all_eleven_on_kernels_and_simulated() {
    for heading in ["Kernels", "Simulated"] {
        let mut all = std::collections::BTreeSet::new();
        for [_, alice, bob] in on_the_page(heading) {
            all.extend(format!("{alice}, {bob}").split(", ").map(str::to_owned));
        }
        assert_eq!(all.len(), 11, "{heading}: a state of RFC 9293 is not shown: {all:?}");
    }
}

#[test]
fn the_states_of_the_recordings_are_what_is_seen_on_every_tier() {
    for tier in tiers() {
        let heading = if *tier == "kernel" { "Kernels" } else { "Simulated" };
        let rows = on_the_page(heading);
        assert_eq!(rows.len(), 12, "the scenarios with a connection");
        for [name, alice, bob] in rows {
            let shown = shown(&[name.trim_matches('`'), "--tier", tier], "");
            let seen = states_of(&shown).map(|states| states.join(", "));
            assert_eq!(seen, [alice, bob], "{tier}, {name}; `just recordings`? {shown}");
        }
    }
}
