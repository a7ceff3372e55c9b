//! The seat without a terminal.

use std::fs;
use std::time::Duration;

use super::*;
use crate::learn::command::Command;

/// A course of two lessons, one of which is broken.
pub(crate) fn course(root: &Path) -> Course {
    let lesson = root.join("exercises/echo");
    fs::create_dir_all(lesson.join("src")).unwrap();
    fs::create_dir_all(root.join("exercises/spoilt")).unwrap();
    let about = r#"
title = "Echo 时间"
summary = "s"
needs = []
minutes = 1
[[check]]
id = "says_it"
title = "says 时间 🦀"
points = 1
hints = ["a hint"]
"#;
    fs::write(lesson.join("lesson.toml"), about).unwrap();
    let text = "# Echo\n\nSay 时间 🦀.\n\n| a | b |\n|---|---|\n| c | d |\n";
    fs::write(lesson.join("README.md"), text).unwrap();
    fs::write(lesson.join("src/a\u{1b}[2Jb.rs"), "todo!(\"step 1: say it\")").unwrap();
    fs::write(root.join("exercises/spoilt/lesson.toml"), "title = ").unwrap();
    Course::at(root).unwrap()
}

#[test]
fn a_grading_of_the_lesson_before_is_not_taken_for_that_of_a_broken_one() {
    let folder = tempfile::tempdir().unwrap();
    let course = course(folder.path());
    let mut seat = Seat::new(&course);
    assert!(seat.command(Command::NextLesson) == Some(Act::Grade(Vec::new())));
    assert_eq!(seat.entry().name, "spoilt");
}

#[test]
fn home_and_end_go_to_the_first_and_the_last_lesson() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["third", "fourth"] {
        let lesson = folder.path().join("exercises").join(name);
        fs::create_dir_all(&lesson).unwrap();
        fs::write(lesson.join("lesson.toml"), "title = ").unwrap();
    }
    let course = course(folder.path());
    let mut seat = Seat::new(&course);
    seat.command(Command::Page(Page::Course));
    seat.command(Command::Bottom);
    assert_eq!(seat.cursor, 3);
    seat.command(Command::Top);
    assert_eq!(seat.cursor, 0);
}

#[test]
fn a_save_of_another_lesson_is_followed_but_not_a_formatter_that_writes_many() {
    let folder = tempfile::tempdir().unwrap();
    let course = course(folder.path());
    let [echo, spoilt] = ["echo", "spoilt"].map(str::to_owned);
    let now = Instant::now();
    let later = now + Duration::from_secs(60);
    let grades = Some(Act::Grade(Vec::new()));

    let mut seat = Seat::new(&course);
    assert_eq!(seat.entry().name, "echo");
    assert!(seat.saved(std::slice::from_ref(&spoilt), now) == grades);
    assert_eq!(seat.entry().name, "spoilt");
    assert!(seat.saved(std::slice::from_ref(&echo), later) == grades);
    assert_eq!(seat.entry().name, "echo", "whoever edits goes on there");

    // All at once, and one after the other.
    let mut seat = Seat::new(&course);
    assert!(seat.saved(&[spoilt.clone(), echo.clone()], now) == grades);
    assert_eq!(seat.entry().name, "echo");
    assert!(seat.saved(&[spoilt], now) == grades);
    assert!(seat.saved(&[echo], now) == grades);
    assert_eq!(seat.entry().name, "echo", "it is gone back to");
    assert!(seat.saved(&["nothing of ours".into()], later).is_none());
}
