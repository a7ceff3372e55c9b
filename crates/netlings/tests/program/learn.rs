//! The learner's seat, at a real terminal.

mod ends;
mod guest;
mod seat;
mod stage;

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

/// A build script for a build that lasts as long as the file [`HOLD`] is there.
const HELD: &str = "fn main() {
    while std::path::Path::new(\"../../hold\").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}
";
const HOLD: &str = "hold";

fn fresh() -> Clone {
    let clone = Clone::new().with_solution();
    clone.write("exercises/tcp-echo/README.md", "# Echo\n\nA server that says what it hears.\n");
    clone.write(PROGRAM, SKELETON);
    clone
}

/// A fresh clone whose builds wait for the file [`HOLD`] to go.
fn held() -> Clone {
    let clone = fresh();
    clone.write("exercises/tcp-echo/build.rs", HELD);
    clone.write(HOLD, "");
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
    // The failure with its conversation. No hint stands there that was not asked for.
    seat.press("\x1b[F"); // End
    let unasked = seat.shows("\nalone ");
    let hints = |line: &str| line.starts_with("hint ") || line.contains("netlings hint");
    assert!(!unasked.lines().any(hints), "{unasked}");
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
    assert!(left.is_sane(), "{left:?}");
    Seat::nothing_is_left(&marker);
}

#[test]
fn a_compiler_error_is_shown_as_the_compiler_coloured_it_with_the_first_in_view() {
    let clone = fresh();
    let seat = Seat::at(&clone, 80, 24, &[]);
    seat.shows("step 1: send back what comes");
    let broken = "fn never() {}\nfn main() {\n    let x: u8 = \"one\";\n    missing();\n}\n";
    clone.write(PROGRAM, broken);
    let shown = seat.shows("It does not build.");
    assert!(shown.contains("exercises/tcp-echo/src/main.rs:3:17"), "{shown}");
    assert_eq!(seat.colour_of("error"), vt100::Color::Idx(9), "the compiler's bright red");
}

#[test]
fn while_it_does_not_build_a_hint_is_neither_shown_nor_counted() {
    let clone = fresh();
    let mut seat = Seat::at(&clone, 80, 24, &[]);
    seat.shows("step 1: send back what comes");
    clone.write(PROGRAM, "fn main() {\n    missing();\n}\n");
    seat.shows("It does not build.");
    seat.press("hh");
    seat.shows("Hints are about checks");
    seat.press("q");
    assert_eq!(seat.ended().code, 0);
    // One is shown with each failure, and this asks for the second.
    let hints = clone.netlings(&["hint", "tcp-echo"]).assert().success();
    let hints = String::from_utf8_lossy(&hints.get_output().stdout).into_owned();
    assert!(hints.contains("2. ") && !hints.contains("3. "), "{hints}");
}

#[test]
fn what_is_written_and_fails_comes_before_a_step_that_is_open() {
    let clone = fresh();
    clone.write(PROGRAM, &format!("{SILENT}\npub fn later() {{\n    todo!(\"step 2: b\")\n}}\n"));
    let mut seat = Seat::at(&clone, 80, 24, &[]);
    seat.press("3");
    let shown = seat.shows("then step 2; e opens exercises/tcp-echo/src/main.rs:");
    assert!(shown.contains("echoes_hello does not pass yet"), "{shown}");
}

#[test]
fn a_page_stays_where_it_is_when_a_build_begins_and_ends() {
    let clone = held();
    let seat = Seat::at(&clone, 80, 24, &[]);
    let rule = |screen: &str| {
        let lines: Vec<&str> = screen.lines().collect();
        lines.iter().rposition(|line| line.starts_with("───"))
    };
    fs::remove_file(clone.path(HOLD)).unwrap();
    let before = seat.shows("e opens");
    clone.write(HOLD, "");
    clone.write(PROGRAM, SILENT);
    let during = seat.shows("building");
    fs::remove_file(clone.path(HOLD)).unwrap();
    let after = seat.shows("does not pass yet");
    assert_eq!(rule(&before), rule(&during), "{during}");
    assert_eq!(rule(&before), rule(&after), "{after}");
}

#[test]
fn before_it_is_passed_the_solution_is_shown_only_to_whoever_wants_it_all_the_same() {
    let clone = fresh();
    let mut seat = Seat::at(&clone, 50, 24, &[]);
    seat.shows("e opens");
    seat.press("s");
    let asked = seat.shows("show it all the same");
    // Words stay whole, and there is nothing to be typed into a shell that is not there.
    assert!(asked.contains("0 of 17 points are") && !asked.contains("cargo netlings"), "{asked}");
    seat.press("y");
    seat.shows("+++ solutions/tcp-echo/src");
    seat.shows("Esc: back");
    seat.press("\u{1b}");
    seat.shows_no_more("Esc: back");
}

#[test]
fn a_save_ends_the_grading_that_is_under_way_and_begins_another() {
    let clone = fresh();
    clone.write(PROGRAM, SILENT);
    let mut seat = Seat::at(&clone, 80, 24, &[]);
    seat.press("3");
    seat.grades();
    clone.write(PROGRAM, &right_program());
    seat.shows("tcp-echo is passed");
    seat.press("q");
    let marker = seat.marker();
    assert_eq!(seat.ended().code, 0);
    Seat::nothing_is_left(&marker);
}

#[test]
fn a_course_without_lessons_says_so() {
    let clone = fresh();
    fs::remove_file(clone.path("exercises/tcp-echo/lesson.toml")).unwrap();
    let seat = Seat::at(&clone, 80, 24, &[]);
    let gone = "exercises/ has no lesson";
    seat.gets(gone);
    assert_eq!(seat.ended().code, 4);
    let plain = clone.netlings(&["learn", "--plain"]).assert().code(4);
    plain.stderr(predicates::str::contains(gone));
}

#[test]
fn on_forty_columns_and_ten_rows_everything_needed_is_there_and_it_follows_the_windows_size() {
    let clone = fresh();
    let mut seat = Seat::at(&clone, 40, 10, &[]);
    seat.press("3");
    seat.shows("e opens");
    let small = seat.shows("0/17");
    assert!(small.contains("? help") && small.contains("q quit"), "{small}");
    assert!(small.contains("step 1: send back what comes"), "{small}");
    seat.shows("`hello!` comes back");
    seat.press("1");
    seat.shows(">▸ tcp-echo");
    seat.resize(100, 30);
    let large = seat.until("the wide one", |screen| screen.contains("next lesson"));
    assert!(large.contains("lesson 1 of 1"), "{large}");
    seat.resize(40, 10);
    seat.shows_no_more("next lesson");
    // The lesson that the cursor is on is seen, however little of its summary.
    seat.resize(40, 8);
    seat.until("eight rows with the cursor's", |screen| {
        let lines: Vec<&str> = screen.lines().collect();
        lines.iter().any(|line| line.starts_with(">▸ tcp-echo"))
            && lines.get(7).is_some_and(|line| line.contains("q quit"))
    });
}

#[test]
fn without_colour_the_terminal_gets_none_and_marks_say_it_all() {
    let clone = fresh();
    clone.write(PROGRAM, SILENT);
    let mut seat = Seat::at(&clone, 80, 24, &[("NO_COLOR", "1")]);
    seat.press("3");
    let shown = seat.shows("expected");
    assert!(shown.contains('✗'), "{shown}");
    seat.press("q");
    let bytes = String::from_utf8_lossy(&seat.bytes()).into_owned();
    for colour in ["\u{1b}[3", "\u{1b}[38;", "\u{1b}[9"] {
        let coloured = bytes.match_indices(colour).find(|(at, found)| {
            let rest = &bytes[at + found.len()..];
            // 39 and 49 are the terminal's own.
            rest.split_once('m').is_some_and(|(code, _)| {
                code.len() <= 8
                    && code != "9"
                    && code.chars().all(|it| it.is_ascii_digit() || it == ';')
            })
        });
        assert_eq!(coloured, None, "{bytes:?}");
    }
}

#[test]
fn what_a_program_prints_does_not_drive_the_terminal() {
    let clone = fresh();
    let noisy = SILENT.replace(
        "    let mut clients",
        "    use std::io::Write;\n    std::thread::spawn(|| loop { let _ = std::io::stderr().write_all(b\"\\x1b[2J\\x1b]0;mine\\x07\\xff\\xfe\\n\"); });\n    let mut clients",
    );
    clone.write(PROGRAM, &noisy);
    let mut seat = Seat::at(&clone, 80, 24, &[]);
    seat.press("3");
    seat.shows(r"\x1b]0;mine\x07\xff");
    let bytes = seat.bytes();
    let has = |part: &[u8]| bytes.windows(part.len()).any(|it| it == part);
    assert!(!has(b"\x1b]0;") && !has(b"\xff"), "a program's bytes reached the terminal");
}

#[test]
fn without_an_editor_the_place_is_a_link() {
    let clone = fresh();
    let mut seat = Seat::at(&clone, 80, 24, &[]);
    seat.shows("e opens");
    seat.press("e");
    seat.shows("\n exercises/tcp-echo/src/main.rs:2");
    seat.gets(&format!("\u{1b}]8;;file://{}/{PROGRAM}\u{1b}\\", clone.root().display()));
}

#[test]
fn where_the_system_tells_of_no_save_one_is_found_all_the_same() {
    let clone = fresh();
    let seat = Seat::with(&clone, &["learn", "--poll"], 80, 24, &[]);
    seat.shows("e opens");
    clone.write(PROGRAM, &right_program());
    seat.shows("tcp-echo is passed");
}

#[test]
fn a_click_does_what_the_key_does_and_the_wheel_scrolls() {
    let clone = fresh();
    let long: String = (1..100).map(|number| format!("Paragraph {number}.\n\n")).collect();
    clone.write("exercises/tcp-echo/README.md", &format!("# Echo\n\n{long}"));
    let mut seat = Seat::at(&clone, 80, 24, &[]);
    let screen = seat.shows("Paragraph 1.");
    // A mouse's report (xterm, SGR): button; column; row, from 1.
    let click = |text: &str, screen: &str| {
        let (row, line) = screen.lines().enumerate().find(|(_, line)| line.contains(text)).unwrap();
        let column = line[..line.find(text).unwrap()].chars().count();
        format!("\u{1b}[<0;{};{}M", column + 1, row + 1)
    };
    seat.press("\u{1b}[<65;5;5M\u{1b}[<65;5;5M");
    seat.shows_no_more("Paragraph 1.");
    seat.press(&click("3 checks", &screen));
    let checks = seat.shows("echoes_hello");
    seat.press(&click("one_byte", &checks));
    seat.until("that one_byte is chosen", |screen| {
        screen.lines().any(|line| line.starts_with('>') && line.contains("one_byte"))
    });
    seat.press(&click("? help", &checks));
    seat.shows("Each save is built and graded by itself.");
    seat.press("\u{1b}");
    seat.shows_no_more("Each save is built and graded by itself.");
    seat.press(&click("q quit", &checks));
    assert_eq!(seat.ended().code, 0);
}

#[test]
fn two_copies_in_one_clone_see_the_same_and_lose_nothing() {
    let clone = fresh();
    let mut seats = [Seat::at(&clone, 80, 24, &[]), Seat::at(&clone, 80, 24, &[])];
    seats.iter().for_each(|seat| drop(seat.shows("step 1: send back what comes")));
    clone.write(PROGRAM, &right_program());
    seats.iter().for_each(|seat| drop(seat.shows("tcp-echo is passed")));
    seats.iter_mut().for_each(|seat| seat.press("q"));
    for seat in seats {
        assert_eq!(seat.ended().code, 0);
    }
    clone.netlings(&["list"]).assert().success().stdout(predicates::str::contains("17/17"));
}

#[test]
fn by_lines_of_text_a_save_is_graded_too() {
    use std::io::{BufRead, BufReader, Write};
    let clone = fresh();
    let mut plain = clone.plain_netlings("", &["learn", "--plain"]);
    let mut running = plain
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut keys = running.stdin.take().unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("step 1: send back what comes")));
    assert!(lines.any(|line| line.starts_with("Waiting for the next save")));
    writeln!(keys, "s").unwrap();
    assert!(lines.any(|line| line == "Type `s anyway` to see it all the same, or h for a hint."));
    clone.write(PROGRAM, &right_program());
    assert!(lines.any(|line| line == "17 of 17 points."));
    assert!(lines.any(|line| line.starts_with("Waiting for the next save")));
    writeln!(keys, "h").unwrap();
    assert!(lines.any(|line| line.contains("nothing to hint at")));
    writeln!(keys, "nothing").unwrap();
    assert!(lines.any(|line| line.starts_with("`nothing` is neither a lesson nor")));
    drop(keys);
    assert!(!lines.any(|line| line.contains("neither")));
    assert_eq!(running.wait().unwrap().code(), Some(0));
}
