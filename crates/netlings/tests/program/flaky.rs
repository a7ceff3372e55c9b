//! The same gradings again and again.

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::clone::Clone;

const MISTAKE: &str = "[[mistake]]\nid = \"another-program\"\nmisconception = \"any program will do\"\n\
    file = \"src/main.rs\"\nfind = 'new(\"python3\")'\nreplace = 'new(\"false\")'\n\
    check = \"echoes_hello\"\ncause_open = true\n";

#[test]
fn what_comes_out_the_same_is_counted_and_what_was_done_is_not_done_again() {
    let clone = Clone::new().with_solution();
    clone.write("solutions/tcp-echo/mistakes.toml", MISTAKE);
    let flaky = ["flaky", "--solutions", "1", "--mistakes", "2"];
    let counted = contains("tcp-echo-solution: 1 of 1 as expected")
        .and(contains("another-program: 2 of 2 as expected"))
        .and(contains("3 gradings, 0 differences"));
    clone.netlings(&flaky).assert().success().stdout(counted);
    let more = ["flaky", "--solutions", "1", "--mistakes", "3", "--resume"];
    clone
        .netlings(&more)
        .assert()
        .success()
        .stdout(contains("another-program: 3 of 3"))
        .stderr(contains("3 of 4 gradings were done before"));
}

#[test]
fn a_difference_is_an_error_and_shown() {
    let clone = Clone::new().with_solution();
    clone.write(
        "solutions/tcp-echo/mistakes.toml",
        &MISTAKE.replace("new(\"false\")", "new(&String::from(\"python3\"))"),
    );
    let told = contains("came out differently").and(contains("0 of 2 as expected"));
    clone.netlings(&["flaky", "--solutions", "0", "--mistakes", "2"]).assert().code(1).stdout(told);
}

#[test]
fn a_damaged_record_of_what_was_done_is_told_and_everything_is_done() {
    let clone = Clone::new().with_solution();
    clone.write("solutions/tcp-echo/mistakes.toml", MISTAKE);
    clone.write("target/flaky/state.json", "{");
    clone
        .netlings(&["flaky", "--solutions", "0", "--mistakes", "1", "--resume"])
        .assert()
        .success()
        .stdout(contains("1 of 1"))
        .stderr(contains("starts anew"));
}
