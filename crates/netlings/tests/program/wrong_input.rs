//! What was typed wrong, and files that are not what they should be.

use std::fs;

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::clone::Clone;

#[test]
fn an_unknown_lesson_is_bad_usage_and_the_near_one_is_suggested() {
    let clone = Clone::new();
    let commands = ["show", "check", "peer", "solution", "reset", "skeletons", "verify", "flaky"];
    for command in commands {
        let near = contains("no lesson is called `tcp-ehco`. Did you mean `tcp-echo`?");
        clone.netlings(&[command, "tcp-ehco"]).assert().code(2).stdout("").stderr(near);
        let far = contains("There are: tcp-echo.");
        clone.netlings(&[command, "xyz"]).assert().code(2).stdout("").stderr(far);
    }
}

#[test]
fn an_unknown_check_or_command_is_bad_usage_and_the_near_one_is_suggested() {
    let clone = Clone::new();
    let typed = ["check", "tcp-echo", "--check", "half_closed"];
    clone.netlings(&typed).assert().code(2).stderr(contains("Did you mean `half_close`?"));
    clone.netlings(&["chekc"]).assert().code(2).stderr(contains("'check'"));
    clone.netlings(&["check", "--seed", "x"]).assert().code(2);
}

#[test]
fn a_subject_is_one_command_for_one_lesson() {
    let clone = Clone::new();
    let wrong = [
        (&["check", "--subject", "cat"][..], "exactly one lesson"),
        (&["check", "--all", "--subject", "cat"], "--all"),
        (&["check", "tcp-echo", "--subject", ""], "empty"),
        (&["check", "tcp-echo", "--subject", "cat 'x"], "not closed"),
        (&["check", "tcp-echo", "--subject", "no-such-program x"], "no program to run"),
        (&["check", "tcp-echo", "--subject", "./no/such/program"], "no program to run"),
    ];
    for (arguments, why) in wrong {
        clone.netlings(arguments).assert().code(2).stdout("").stderr(contains(why));
    }
}

#[test]
fn a_broken_lesson_is_told_with_its_line_and_the_others_are_shown() {
    let clone = Clone::new();
    let good = clone.read("exercises/tcp-echo/lesson.toml");
    clone.write("exercises/zoo/lesson.toml", &good.replacen("points", "point", 1));
    let told = || {
        contains("exercises/zoo/lesson.toml:9:1: unknown key `point`")
            .and(contains("fix: did you mean `points`?"))
    };
    let shown = || contains("tcp-echo").and(contains("its lesson.toml is broken"));
    for command in [&[][..], &["list"]] {
        clone.netlings(command).assert().code(4).stdout(shown()).stderr(told());
    }
    clone.netlings(&[]).assert().stdout(contains("cargo netlings check tcp-echo"));
    clone.netlings(&["check", "zoo"]).assert().code(4).stderr(told());
    clone.netlings(&["verify", "zoo"]).assert().code(4).stderr(told());
}

#[test]
fn a_lesson_that_cannot_be_read_is_told_in_words() {
    let clone = Clone::new();
    let lesson = clone.path("exercises/tcp-echo/lesson.toml");
    fs::write(&lesson, b"title = \"caf\xe9\"\n").unwrap();
    clone.netlings(&[]).assert().code(4).stderr(contains("lesson.toml:1:13: is not UTF-8"));
    fs::remove_file(&lesson).unwrap();
    fs::create_dir(&lesson).unwrap();
    clone.netlings(&[]).assert().code(4).stderr(contains("lesson.toml: cannot be read"));
}

#[test]
fn a_broken_list_of_mistakes_is_told_with_its_line_and_the_fix() {
    let clone = Clone::new().with_solution();
    clone.netlings(&["verify"]).assert().code(4).stderr(contains("mistakes.toml: cannot be read"));
    clone.write("solutions/tcp-echo/mistakes.toml", "[[mistake]]\nid = \"a\"\nfind = \"x\n");
    let told = contains("solutions/tcp-echo/mistakes.toml:3:10: ").and(contains("fix: "));
    clone.netlings(&["verify"]).assert().code(4).stderr(told);
}
