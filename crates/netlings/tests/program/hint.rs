//! Hints: one more each time, and a failure shows the next.

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::clone::{Clone, stderr, stdout};

#[test]
fn each_call_shows_one_hint_more_until_there_is_none() {
    let clone = Clone::new();
    let ask = || stdout(&clone.netlings(&["hint", "tcp-echo", "one_byte"]).assert().success());
    let (first, second, third) = (ask(), ask(), ask());
    assert!(first.contains("  2. ") && !first.contains("  3. "), "{first}");
    assert!(second.contains("  3. ") && second.contains("That was the last hint"), "{second}");
    assert_eq!(second, third);
}

#[test]
fn a_failure_shows_the_hint_that_comes_next() {
    let clone = Clone::new();
    let check = ["check", "tcp-echo", "--check", "echoes_hello"];
    clone.netlings(&check).assert().code(1).stdout(contains("hint      In which order"));
    let more = contains("more      cargo netlings hint tcp-echo echoes_hello");
    clone.netlings(&check).assert().stdout(more);
    clone.netlings(&["hint", "tcp-echo"]).assert().success();
    clone.netlings(&check).assert().stdout(contains("hint      `accept` gives a new socket"));
    let progress = clone.read(".netlings/progress.json");
    assert!(progress.contains("\"outcome\": \"failed\""), "grading keeps the hints: {progress}");
    assert!(progress.contains("\"hints\": 1"), "{progress}");
}

#[test]
fn an_unknown_check_or_lesson_is_answered_with_the_near_match() {
    let clone = Clone::new();
    let assert = clone.netlings(&["hint", "tcp-echo", "one_bite"]).assert().code(2);
    assert!(stderr(&assert).contains("Did you mean `one_byte`?"));
    let unknown = clone.netlings(&["hint", "tcp-ehco"]).assert().code(2);
    unknown.stderr(contains("Did you mean `tcp-echo`?").and(contains("\n").count(1)));
}
