//! docs/adding-a-lesson.md, followed to the letter.

use std::fs;

use crate::course::{Course, said};
use crate::document::blocks;

const PAGE: &str = "docs/adding-a-lesson.md";

#[test]
fn who_follows_the_page_has_a_lesson_that_passes_the_gate() {
    let course = Course::take();
    let mut shown = String::new();
    for block in blocks(&course.read(PAGE)) {
        let place = format!("{PAGE}:{}", block.line);
        match (block.language.as_str(), &block.file) {
            ("console", None) => {
                for (line, _) in block.dialogue() {
                    if line == "cargo fmt --all" {
                        // It has nothing to do: templates and page are formatted.
                        let output = course.run("cargo fmt --all --check");
                        assert!(output.status.success(), "{place}: {}", said(&output));
                    }
                    let output = course.run(&line);
                    assert!(output.status.success(), "{place}: {line}: {}", said(&output));
                    shown += &said(&output);
                }
            }
            ("diff", Some(file)) => {
                let changed = block.applied_to(&course.read(file));
                let changed = changed.unwrap_or_else(|why| panic!("{place}: {file}: {why}"));
                fs::write(course.path(file), changed).unwrap();
            }
            (language, file) => panic!("{place}: what is a `{language}` block under {file:?}?"),
        }
    }
    let rows = shown.lines().filter(|line| line.starts_with("tcp-whoami  "));
    let rows: Vec<_> = rows.filter(|line| line.contains("of")).collect();
    assert!(rows[0].contains("1 of 1") && rows[0].contains("2 of 2"), "at first: {rows:?}");
    assert!(rows[1].contains("3 of 3") && rows[1].contains("2 of 2"), "at last: {rows:?}");
    assert!(shown.contains("tells-its-own-address: 1 of 1 as expected"), "{shown}");
}
