//! The learner's seat, at a real terminal.

mod seat;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::clone::{Clone, right_program};
use seat::Seat;

const PROGRAM: &str = "exercises/tcp-echo/src/main.rs";
/// A program that waits for its one step.
const SKELETON: &str = "fn main() {\n    todo!(\"step 1: send back what comes\")\n}\n";
/// A server that takes clients and never says anything.
const SILENT: &str = "use std::net::TcpListener;
fn main() {
    let listener = TcpListener::bind(\"127.0.0.1:0\").unwrap();
    println!(\"listening on {}\", listener.local_addr().unwrap());
    let mut clients = Vec::new();
    for client in listener.incoming() {
        clients.push(client);
    }
}
";

fn fresh() -> Clone {
    let clone = Clone::new().with_solution();
    clone.write("exercises/tcp-echo/README.md", "# Echo\n\nA server that says what it hears.\n");
    clone.write(PROGRAM, SKELETON);
    clone
}

/// An editor for tests: it writes down how it was called and saves `program`.
fn editor(clone: &Clone, program: &str) -> String {
    clone.write("saved.rs", program);
    let saves = clone.path("saved.rs");
    let (called, target) = (clone.path("called"), clone.path(PROGRAM));
    let (saves, called, target) = (saves.display(), called.display(), target.display());
    clone.write("bin/vim", &format!("#!/bin/sh\necho \"$@\" >{called}\ncp {saves} {target}\n"));
    let path = clone.path("bin/vim");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

#[test]
fn from_the_first_look_over_an_edit_and_a_failure_with_a_hint_to_a_passed_lesson() {
    let clone = fresh();
    let editor = editor(&clone, SILENT);
    let mut seat = Seat::at(&clone, 80, 24, &[("EDITOR", &editor)]);
    // The lesson's own text comes first, and below it what is to be done.
    let first = seat.shows("A server that says what it hears.");
    assert!(first.contains("lesson 1 of 1"), "{first}");
    seat.shows("step 1: send back what comes");
    seat.shows("e opens exercises/tcp-echo/src/main.rs:2");
    seat.press("e");
    seat.shows("expected");
    let called = clone.read("called");
    assert!(called.starts_with("+2 /") && called.ends_with("src/main.rs\n"), "{called}");
    // The failure with its conversation, and one more hint.
    seat.press("h");
    seat.shows("hints");
    seat.press("\x1b[H"); // Home
    seat.shows("your server");
    clone.write(PROGRAM, &right_program());
    let passed = seat.shows("tcp-echo is passed");
    assert!(passed.contains("17/17 points"), "{passed}");
    seat.press("q");
    let marker = seat.marker();
    let left = seat.ended();
    assert_eq!(left.code, 0);
    assert!(left.echoes && left.is_usual_screen && left.has_cursor && !left.has_mouse, "{left:?}");
    Seat::nothing_is_left(&marker);
}
