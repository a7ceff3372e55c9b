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
fn without_a_lesson_it_is_the_next_of_the_map_or_the_one_around_here() {
    let clone = Clone::new();
    let first = clone.netlings(&["hint"]).assert().success();
    first.stdout(contains("echoes_hello  ").and(contains("  2. ")));
    clone.netlings(&["hint", "half_close"]).assert().success().stdout(contains("half_close  "));

    // The zoo comes first in the map, and has no such check.
    let zoo = clone.read("exercises/tcp-echo/lesson.toml").replace("half_close", "closes_half");
    clone.write("exercises/a-zoo/lesson.toml", &zoo);
    let assert = clone.netlings(&["hint", "half_close"]).assert().code(2);
    let told = contains("no lesson is called `half_close`, but tcp-echo has such a check");
    assert.stderr(told.and(contains("cargo netlings hint tcp-echo half_close")));
    let mut inside = clone.netlings_in("exercises/tcp-echo/src", &["hint", "half_close"]);
    inside.assert().success().stdout(contains("half_close  "));
}

#[test]
fn an_unknown_check_or_lesson_is_answered_with_the_near_match() {
    let clone = Clone::new();
    let assert = clone.netlings(&["hint", "tcp-echo", "one_bite"]).assert().code(2);
    assert!(stderr(&assert).contains("Did you mean `one_byte`?"));
    let unknown = clone.netlings(&["hint", "tcp-ehco"]).assert().code(2);
    unknown.stderr(contains("Did you mean `tcp-echo`?").and(contains("\n").count(1)));
    // A check that was typed alone.
    let unknown = clone.netlings(&["hint", "half_closed"]).assert().code(2);
    unknown.stderr(contains("Did you mean `cargo netlings hint tcp-echo half_close`?"));
    let unknown = clone.netlings(&["hint", "xyz"]).assert().code(2);
    unknown.stderr(contains("There are: tcp-echo."));
}
