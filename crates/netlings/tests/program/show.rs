//! A lesson's text in the terminal.

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use unicode_width::UnicodeWidthStr;

use crate::clone::{Clone, on_terminal, real, real_lessons, stdout};

const README: &str = "# Echo\n\nSay *it* again: `hello`.\n\n| a | b |\n| - | - |\n| 1 | 时 |\n\n\
                      ```console\n$ cargo run\n```\n";

#[test]
fn without_a_terminal_it_is_plain_text_and_colour_can_be_asked_for() {
    let clone = Clone::new();
    clone.write("exercises/tcp-echo/README.md", README);
    let plain = "Echo\n════\n\nSay it again: `hello`.\n\na  b\n─────\n1  时\n\n    $ cargo run\n";
    clone.netlings(&["show", "tcp-echo"]).assert().success().stdout(plain).stderr("");
    let coloured = contains("\x1b[").and(contains("hello")).and(contains("`hello`").not());
    clone.netlings(&["show", "tcp-echo", "--color", "always"]).assert().stdout(coloured);
}

#[test]
fn without_a_lesson_it_is_the_next_of_the_map_or_the_one_around_here() {
    let clone = Clone::new();
    clone.write("exercises/tcp-echo/README.md", README);
    clone.netlings(&["show"]).assert().success().stdout(contains("Say it again"));
    // The zoo comes first in the map.
    let zoo = clone.read("exercises/tcp-echo/lesson.toml");
    clone.write("exercises/a-zoo/lesson.toml", &zoo);
    clone.write("exercises/a-zoo/README.md", "Lions.\n");
    clone.netlings(&["show"]).assert().success().stdout("Lions.\n");
    let mut inside = clone.netlings_in("exercises/tcp-echo/src", &["show"]);
    inside.assert().success().stdout(contains("Say it again"));
}

#[test]
fn every_lesson_of_the_course_fits_into_forty_columns() {
    let clone = Clone::new();
    for lesson in real_lessons() {
        let place = format!("exercises/{lesson}/README.md");
        clone.write("exercises/tcp-echo/README.md", &real(&place));
        for columns in [40, 100] {
            let shown = on_terminal(columns, &clone.plain_netlings("", &["show", "tcp-echo"]));
            assert!(shown.lines().count() > 40, "{place}: {shown}");
            for line in shown.lines() {
                assert!(line.width() <= columns.into(), "{place}, {columns} columns: {line}");
            }
        }
    }
}

#[test]
fn every_word_of_a_lesson_is_shown() {
    let clone = Clone::new();
    let readme = real("exercises/tcp-echo/README.md");
    clone.write("exercises/tcp-echo/README.md", &readme);
    let shown = stdout(&clone.netlings(&["show"]).assert().success());
    let words = |text: &str| {
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let (shown, mut left_out) = (words(&shown), words(&readme));
    // What only says how a code block is coloured.
    left_out.retain(|word| !shown.contains(word) && !["text", "console"].contains(&word.as_str()));
    assert!(left_out.is_empty(), "{left_out:?}");
}

#[test]
fn at_a_terminal_the_pager_gets_a_text_that_is_longer_than_the_screen_and_no_other() {
    let clone = Clone::new();
    let shown = |readme: &str, pager: &str| {
        clone.write("exercises/tcp-echo/README.md", readme);
        let mut show = clone.plain_netlings("", &["show", "tcp-echo"]);
        show.env("PAGER", pager);
        on_terminal(80, &show)
    };
    // The terminal has 24 rows.
    let text = |rows: usize| vec!["a line"; rows].join("\n\n") + "\n";
    let (short, long) = (text(12), text(13));
    let count = |shown: &str, row: &str| shown.lines().filter(|line| *line == row).count();
    assert_eq!(count(&shown(&short, "sed s/line/page/"), "a line"), 12);
    assert_eq!(count(&shown(&long, "sed s/line/page/"), "a page"), 13);
    assert_eq!(count(&shown(&long, "cat"), "a line"), 13);
    for none in ["", " ", "no-such-pager --at-all"] {
        assert_eq!(count(&shown(&long, none), "a line"), 13, "{none:?}");
    }
    // Without a terminal there is nobody to page for.
    let mut show = clone.netlings(&["show", "tcp-echo"]);
    let assert = show.env("PAGER", "sed s/line/page/").assert().success();
    assert_eq!(count(&stdout(&assert), "a line"), 13);
}

#[test]
fn a_text_that_cannot_be_read_is_told_in_words() {
    let clone = Clone::new();
    let told = contains("exercises/tcp-echo/README.md: cannot be read");
    clone.netlings(&["show", "tcp-echo"]).assert().code(4).stdout("").stderr(told);
    std::fs::write(clone.path("exercises/tcp-echo/README.md"), b"caf\xe9").unwrap();
    let told = contains("README.md:1:4: is not UTF-8");
    clone.netlings(&["show", "tcp-echo"]).assert().code(4).stdout("").stderr(told);
    // A broken lesson.toml is in nobody's way who wants to read.
    clone.write("exercises/tcp-echo/README.md", README);
    clone.write("exercises/tcp-echo/lesson.toml", "title = 1\n");
    clone.netlings(&["show", "tcp-echo"]).assert().success();
}
