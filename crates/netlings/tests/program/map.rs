//! The map: what a student sees first.

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::clone::{Clone, on_terminal, right_command, right_program, stdout};

#[test]
fn a_fresh_clone_says_what_to_read_to_edit_and_to_run() {
    let clone = Clone::new();
    let all = contains("tcp-echo")
        .and(contains("exercises/tcp-echo/README.md"))
        .and(contains("cargo netlings show tcp-echo"))
        .and(contains("cargo run -p tcp-echo"))
        .and(contains("cargo netlings check tcp-echo"));
    clone.netlings(&[]).assert().success().stdout(all).stderr("");
}

#[test]
fn the_first_step_to_do_is_named_with_its_file_and_line() {
    let clone = Clone::new();
    let server =
        "fn a() {\n    todo!(\"step 2: accept\")\n}\n\nfn b() {\n    todo!(\"step 1: bind\")\n}\n";
    clone.write("exercises/tcp-echo/src/server.rs", server);
    clone
        .netlings(&[])
        .assert()
        .success()
        .stdout(contains("step 1: bind").and(contains("exercises/tcp-echo/src/server.rs:6")));
}

#[test]
fn the_map_is_found_from_any_folder_of_the_clone() {
    let clone = Clone::new();
    clone.write("exercises/tcp-echo/README.md", "");
    clone.netlings_in("exercises/tcp-echo/src", &["list"]).assert().stdout(contains("tcp-echo"));
}

#[test]
fn outside_of_every_clone_it_is_the_clone_that_netlings_was_built_in() {
    let elsewhere = tempfile::tempdir().unwrap();
    let mut netlings = assert_cmd::Command::new(env!("CARGO_BIN_EXE_netlings"));
    netlings.current_dir(elsewhere.path()).arg("list").assert().stdout(contains("udp-time-server"));
}

#[test]
fn outside_of_every_clone_no_file_of_one_is_changed() {
    let elsewhere = tempfile::tempdir().unwrap();
    // Were the clone taken that netlings was built in, these names would be what is wrong.
    for line in [["reset", "no-such-lesson"], ["new", "1-no-name"], ["skeletons", "no-such-lesson"]]
    {
        let mut netlings = assert_cmd::Command::new(env!("CARGO_BIN_EXE_netlings"));
        let assert = netlings.current_dir(elsewhere.path()).args(line).assert().code(2);
        assert.stdout("").stderr(contains("there is no netlings course around this directory"));
    }
}

#[test]
fn inside_of_a_clone_it_is_that_one_which_is_changed() {
    let clone = Clone::new().with_solution();
    let skeletons = clone.netlings_in("exercises/tcp-echo/src", &["skeletons"]).assert().success();
    skeletons.stdout(contains("exercises/tcp-echo/src/main.rs"));
    assert!(clone.read("exercises/tcp-echo/src/main.rs").contains("todo!(\"step 1: "));
    clone.netlings_in("solutions", &["reset", "tcp-echo"]).assert().success();
}

#[test]
fn a_lesson_comes_after_the_lesson_it_needs() {
    let clone = Clone::new();
    let text = clone
        .read("exercises/tcp-echo/lesson.toml")
        .replace("needs = []\nmin", "needs = [\"zoo\"]\nmin");
    clone.write("exercises/tcp-echo/lesson.toml", &text);
    let zoo = text.replace("needs = [\"zoo\"]", "needs = []").replace("TCP echo", "The zoo");
    clone.write("exercises/zoo/lesson.toml", &zoo);
    let list = stdout(&clone.netlings(&["list"]).assert().success());
    assert!(list.find("zoo").unwrap() < list.find("tcp-echo").unwrap(), "{list}");
}

#[test]
fn without_a_terminal_the_map_is_plain_text_and_colour_can_be_asked_for() {
    let clone = Clone::new();
    let escape = || contains("\x1b");
    clone.netlings(&[]).assert().stdout(escape().not());
    clone.netlings(&["--color", "always"]).assert().stdout(escape());
    clone.netlings(&["--color", "always"]).env("NO_COLOR", "1").assert().stdout(escape());
}

#[test]
fn forty_columns_are_enough_for_the_map_and_for_a_grading() {
    let clone = Clone::new();
    clone.write(
        "exercises/tcp-echo/src/server.rs",
        "fn a() { todo!(\"step 1: bind a listener to the address and say where\") }\n",
    );
    clone.change("exercises/tcp-echo/src/main.rs", "{}", "{ todo!(\"step 1: bind a listener\") }");
    let long = "A title that is longer than the row it has";
    clone.change("exercises/tcp-echo/lesson.toml", "TCP echo", long);
    let subject = right_command();
    let graded = ["check", "tcp-echo", "--subject", &subject];
    for arguments in [&[][..], &["list"], &graded, &["check", "tcp-echo"]] {
        let mut command = clone.plain_netlings("", arguments);
        command.env("TERM", "dumb"); // else it takes the whole screen where nothing is typed
        let shown = on_terminal(40, &command);
        assert!(shown.contains("tcp-echo"), "{arguments:?}: {shown}");
        for line in shown.lines() {
            assert!(line.chars().count() <= 40, "{arguments:?}: {line}");
        }
    }
}

#[test]
fn who_has_passed_everything_is_told_so() {
    let clone = Clone::new();
    clone.write("exercises/tcp-echo/src/main.rs", &right_program());
    clone.netlings(&["check"]).assert().success().stdout(contains("Well done"));
    clone
        .netlings(&[])
        .assert()
        .success()
        .stdout(contains("✓").and(contains("Every lesson is passed")));
    clone.netlings(&["check"]).assert().success().stdout(contains("Every lesson is passed"));
}
