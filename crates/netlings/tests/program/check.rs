//! Grading: rows, exit codes, progress.

use std::fs;
use std::thread;

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::clone::{Clone, right_command, right_program, stderr, stdout};

#[test]
fn a_right_program_in_any_language_passes_everything() {
    let clone = Clone::new();
    let assert = clone.netlings(&["check", "tcp-echo", "--subject", &right_command()]).assert();
    let text = stdout(&assert.success());
    let ids: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("  ✓ ")?.split(' ').next()).collect();
    assert_eq!(ids.first(), Some(&"echoes_hello"), "{text}");
    assert_eq!(ids.last(), Some(&"restarts_at_once"), "in the lesson's order: {text}");
    assert!(!clone.path(".netlings").exists(), "what is not the student's own is not recorded");
}

#[test]
fn the_first_failure_is_shown_in_full_and_the_others_in_a_line_each() {
    let clone = Clone::new();
    let assert = clone.netlings(&["check", "tcp-echo"]).assert().code(1);
    let text = stdout(&assert);
    let full = text.find("tcp-echo  ✗ echoes_hello").expect(&text);
    let alone =
        text.find("alone     cargo netlings check tcp-echo --check echoes_hello").expect(&text);
    let other = text.find("\n  ✗ client_prints_reply").expect(&text);
    let skipped = text.find("\n  - one_byte").expect(&text);
    let command =
        text.find("\n  cargo netlings check tcp-echo --check client_prints_reply\n").expect(&text);
    assert!(full < alone && alone < other && other < skipped && skipped < command, "{text}");
}

#[test]
fn a_step_still_to_do_is_a_row_and_the_failure_in_full_is_the_first_real_one() {
    let clone = Clone::new();
    clone.write(
        "exercises/tcp-echo/src/main.rs",
        "fn main() {\n    if std::env::args().any(|word| word == \"server\") {\n        \
         todo!(\"step 2: accept\")\n    }\n}\n",
    );
    let text = stdout(&clone.netlings(&["check", "tcp-echo"]).assert().code(1));
    let to_do = text.find("\n  ✗ echoes_hello ").expect(&text);
    let full = text.find("tcp-echo  ✗ client_prints_reply").expect(&text);
    assert!(to_do < full && text[to_do..].contains("step 2: accept — still to do "), "{text}");
    assert_eq!(text.matches("alone  ").count(), 1, "{text}");
    assert!(text.contains("Next is step 2: accept\nIt waits here:\n"), "{text}");
}

#[test]
fn the_map_and_the_end_of_a_grading_name_the_same_step_and_no_open_one_hides_behind_a_wrong_one() {
    let clone = Clone::new();
    // Step 1 is done wrong: no check ever comes to steps 2 to 4, but for the client.
    let main = "fn main() {\n    if std::env::args().any(|word| word == \"client\") {\n        \
                todo!(\"step 4: connect\")\n    }\n}\n";
    clone.write("exercises/tcp-echo/src/main.rs", main);
    let server = "fn a() {\n    todo!(\"step 3: echo\")\n}\n\nfn b() {\n    \
                  todo!(\"step 2: accept\")\n}\n";
    clone.write("exercises/tcp-echo/src/server.rs", server);
    let text = stdout(&clone.netlings(&["check", "tcp-echo"]).assert().code(1));
    let place = "exercises/tcp-echo/src/server.rs:6";
    let end = format!("Next is step 2: accept\nIt waits here:\n  {place}\n");
    assert!(text.contains("tcp-echo  ✗ echoes_hello") && text.contains(&end), "{text}");
    assert!(text.contains("After it, steps 3 and 4 are open too.\n"), "{text}");
    clone.netlings(&[]).assert().stdout(contains("step 2: accept").and(contains(place)));
}

#[test]
fn where_no_step_is_open_the_check_to_mend_is_named_with_the_command_for_a_hint() {
    let clone = Clone::new();
    clone.write("exercises/tcp-echo/src/main.rs", "fn main() {}\n");
    let hint = "\nNext is `echoes_hello`. For one more hint:\n  \
                cargo netlings hint tcp-echo echoes_hello\n";
    clone.netlings(&["check", "tcp-echo"]).assert().code(1).stdout(contains(hint));
    clone.netlings(&[]).assert().stdout(contains("does not pass yet: echoes_hello"));
    clone.netlings(&["hint", "tcp-echo", "echoes_hello"]).assert().success();
}

#[test]
fn where_everything_waits_for_a_step_the_next_one_is_named_with_its_place() {
    let clone = Clone::new();
    let main = "fn main() {\n    if std::env::args().any(|word| word == \"client\") {\n        \
                todo!(\"step 4: connect\")\n    }\n    todo!(\"step 1: bind\")\n}\n";
    clone.write("exercises/tcp-echo/src/main.rs", main);
    let whole =
        contains("Next is step 1: bind\nIt waits here:\n  exercises/tcp-echo/src/main.rs:5\n");
    let short = || contains("alone  ").or(contains("hint  ")).or(contains("stderr")).not();
    clone.netlings(&["check", "tcp-echo"]).assert().code(1).stdout(whole.and(short()));
    let one = ["check", "tcp-echo", "--check", "client_prints_reply"];
    let place = contains("step 4: connect — still to do").and(contains("src/main.rs:5\n"));
    clone.netlings(&one).assert().code(1).stdout(place.and(short()));
    // Of another program it is not known where its steps stand.
    let program = clone.path("target/debug/tcp-echo").display().to_string();
    let subject = ["check", "tcp-echo", "--subject", &program];
    let next = contains("Next is step 1: bind").and(contains("It waits here").not());
    clone.netlings(&subject).assert().code(1).stdout(next.and(short()));
}

#[test]
fn one_check_is_graded_alone_and_what_keeps_it_from_being_graded_is_shown() {
    let clone = Clone::new();
    let subject = right_command();
    let one = ["check", "tcp-echo", "--check", "half_close", "--subject", &subject];
    let rows = contains("half_close").and(contains("echoes_hello").not());
    clone.netlings(&one).assert().success().stdout(rows);
    let assert = clone.netlings(&["check", "tcp-echo", "--check", "half_close"]).assert();
    assert.code(1).stdout(contains("✗ echoes_hello").and(contains("- half_close")));
}

#[test]
fn a_failing_check_of_a_subject_names_the_command_with_the_subject() {
    let clone = Clone::new();
    let one = [
        "check",
        "tcp-echo",
        "--check",
        "echoes_hello",
        "--subject",
        "cat '--squeeze-blank'",
        "--seed",
        "7",
    ];
    let alone = "--subject \"cat '--squeeze-blank'\" --check echoes_hello --seed 7";
    clone.netlings(&one).assert().code(1).stdout(contains(alone));
}

#[test]
fn a_program_that_does_not_compile_is_no_build_and_cargo_says_why() {
    let clone = Clone::new();
    clone.write("exercises/tcp-echo/src/main.rs", "fn main() { let x: u8 = \"eight\"; }\n");
    let assert = clone.netlings(&["check", "tcp-echo"]).assert().code(3).stdout("");
    let said = stderr(&assert);
    assert!(said.contains("error[E0308]") && said.contains("src/main.rs:1:25"), "{said}");
    assert!(said.contains("tcp-echo does not build"), "{said}");
}

#[test]
fn a_check_that_this_machine_cannot_run_is_no_failure_of_the_program() {
    let clone = Clone::new();
    clone.write("not-a-program", "");
    let subject = clone.path("not-a-program").display().to_string();
    let assert = clone.netlings(&["check", "tcp-echo", "--subject", &subject]).assert().code(4);
    assert.stdout(contains("says nothing about").and(contains("for the same reason")));
}

#[test]
fn progress_goes_by_name_and_the_map_shows_it() {
    let clone = Clone::new();
    clone.write("exercises/tcp-echo/src/main.rs", &right_program());
    clone.netlings(&["check", "tcp-echo", "--check", "echoes_hello"]).assert().success();
    let progress = clone.read(".netlings/progress.json");
    assert!(progress.contains("echoes_hello") && progress.contains("passed"), "{progress}");
    clone.netlings(&["list"]).assert().stdout(contains(" 1/"));
    clone.write("exercises/tcp-echo/src/main.rs", "fn main() {}\n");
    clone.netlings(&["check", "tcp-echo"]).assert().code(1);
    clone.netlings(&["list"]).assert().stdout(contains(" 0/"));
    clone.netlings(&[]).assert().stdout(contains("does not pass yet: echoes_hello"));
}

#[test]
fn a_damaged_progress_file_is_kept_aside_and_the_student_told() {
    let clone = Clone::new();
    clone.write(".netlings/progress.json", "{\"format\": \"netlings-pro");
    clone.netlings(&[]).assert().success().stderr(contains("damaged").and(contains("kept as")));
    let kept = fs::read_dir(clone.path(".netlings")).unwrap().flatten();
    let kept: Vec<_> = kept.map(|entry| entry.file_name().into_string().unwrap()).collect();
    assert!(kept.iter().any(|name| name.starts_with("progress.damaged-")), "{kept:?}");
    clone.netlings(&[]).assert().success().stderr("");
}

#[test]
fn progress_that_cannot_be_saved_is_a_warning_and_the_result_stands() {
    let clone = Clone::new();
    clone.write("exercises/tcp-echo/src/main.rs", &right_program());
    clone.write(".netlings", "a file stands in the way");
    let assert = clone.netlings(&["check", "tcp-echo", "--check", "echoes_hello"]).assert();
    let saved = contains("not saved").and(contains("holds all the same"));
    assert.success().stdout(contains("✓ echoes_hello")).stderr(saved);
}

#[test]
fn two_copies_at_once_lose_nothing_of_each_other() {
    let clone = Clone::new();
    clone.write("exercises/tcp-echo/src/main.rs", &right_program());
    let ids = ["echoes_hello", "client_prints_reply", "errors_are_clear"];
    thread::scope(|scope| {
        for id in ids {
            let clone = &clone;
            scope.spawn(move || {
                clone.netlings(&["check", "tcp-echo", "--check", id]).assert().success()
            });
        }
    });
    let progress = clone.read(".netlings/progress.json");
    assert!(ids.iter().all(|id| progress.contains(id)), "{progress}");
}

#[test]
fn without_a_lesson_it_is_the_one_around_here_or_the_next_of_the_map() {
    let clone = Clone::new();
    let zoo = clone.read("exercises/tcp-echo/lesson.toml").replace("TCP echo", "The zoo");
    clone.write("exercises/a-zoo/lesson.toml", &zoo);
    // The zoo comes first in the map. The course has no checks for it.
    clone.netlings(&["check"]).assert().code(4).stderr(contains("no checks for a-zoo"));
    clone
        .netlings_in("exercises/tcp-echo/src", &["check", "--check", "echoes_hello"])
        .assert()
        .code(1)
        .stdout(contains("tcp-echo  ✗ echoes_hello"));
}

#[test]
fn the_help_names_the_exit_codes_and_keeps_the_authors_commands_apart() {
    let assert = Clone::new().netlings(&["--help"]).assert().success();
    let help = stdout(&assert);
    let authors = help.find("For course authors").expect(&help);
    for command in ["show", "check", "hint", "peer", "solution", "reset"] {
        let row = format!("\n  {command} ");
        assert!(help.find(&row).is_some_and(|at| at < authors), "{command}: {help}");
    }
    for command in ["new", "skeletons", "verify", "flaky"] {
        let row = format!("\n  {command} ");
        assert!(help.find(&row).is_some_and(|at| at > authors), "{command}: {help}");
    }
    for code in [
        "0  everything passed",
        "1  something",
        "2  the command",
        "3  your program",
        "4  the machine",
    ] {
        assert!(help.contains(code), "{code}: {help}");
    }
}
