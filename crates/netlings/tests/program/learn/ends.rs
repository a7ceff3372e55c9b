//! Whatever ends the seat, in whatever it is doing: the terminal is as it was, and nothing is left.

use std::fs;

use super::guest::{editor_that_keeps, is_editor};
use super::seat::{STAY, Seat};
use super::stage::{TALK, own_program};
use super::{PROGRAM, SILENT, fresh, held};
use crate::clone::Clone;
use crate::demo::programs::CHAT;

/// What somebody sees when it ends.
struct Stage {
    name: &'static str,
    clone: fn() -> Clone,
    reach: fn(&Clone, &mut Seat),
}

const STAGES: &[Stage] = &[
    Stage {
        name: "the course",
        clone: fresh,
        reach: |_, seat| {
            seat.press("1");
            seat.shows(">▸ tcp-echo");
        },
    },
    Stage {
        name: "a lesson's text",
        clone: fresh,
        reach: |_, seat| {
            seat.press("2");
            seat.shows("A server that says what it hears.");
        },
    },
    Stage { name: "building", clone: held, reach: |_, seat| drop(seat.shows("building")) },
    Stage {
        name: "grading",
        clone: silent,
        reach: |_, seat| {
            seat.press("3");
            seat.grades();
        },
    },
    Stage {
        name: "a failure",
        clone: silent,
        reach: |_, seat| drop(seat.shows("does not pass yet")),
    },
    Stage {
        name: "the student's programs",
        clone: chat,
        reach: |_, seat| {
            seat.press("r");
            seat.shows("your program");
            seat.shows("connect from");
        },
    },
    Stage {
        name: "a demo",
        clone: chat,
        reach: |_, seat| {
            seat.press("d");
            seat.shows("server: runs");
        },
    },
    Stage {
        name: "a trace",
        clone: fresh,
        reach: |_, seat| {
            seat.press("t");
            seat.shows("space deliver");
        },
    },
    Stage {
        name: "a search",
        clone: fresh,
        reach: |_, seat| {
            seat.press("/ech");
            seat.shows("/ech");
        },
    },
    Stage {
        name: "the keys",
        clone: fresh,
        reach: |_, seat| {
            seat.press("?");
            seat.shows("Each save is built and graded by itself.");
        },
    },
    Stage {
        name: "the solution beside the program",
        clone: fresh,
        reach: |_, seat| {
            seat.press("s");
            seat.shows("show it all the same");
            seat.press("y");
            seat.shows("+++ solutions/tcp-echo/src");
        },
    },
    Stage {
        name: "a question",
        clone: fresh,
        reach: |_, seat| {
            seat.press("x");
            seat.shows("start anew");
        },
    },
    Stage {
        name: "an editor",
        clone: || {
            let clone = fresh();
            editor_that_keeps(&clone);
            clone
        },
        reach: |_, seat| {
            seat.press("e");
            seat.shows("an editor");
        },
    },
];

fn silent() -> Clone {
    let clone = fresh();
    clone.write(PROGRAM, SILENT);
    clone
}

fn chat() -> Clone {
    let clone = fresh();
    own_program(&clone, CHAT);
    clone.write("exercises/tcp-echo/demo.toml", TALK);
    clone
}

/// What ends it, and its exit code.
#[derive(Clone, Copy)]
enum End {
    Signal(&'static str, u32),
    Panic,
    /// The window is closed.
    Window,
}

impl End {
    fn comes(self, clone: &Clone, seat: &mut Seat) -> Option<u32> {
        match self {
            Self::Signal(signal, code) => {
                seat.signal(signal);
                Some(code)
            }
            Self::Panic => {
                clone.write("panics", &seat.id());
                Some(101)
            }
            Self::Window => {
                seat.close_the_window();
                None
            }
        }
    }
}

fn at_every_stage(end: End, what: &str) {
    for stage in STAGES {
        let what = format!("{what} at {}", stage.name);
        let clone = (stage.clone)();
        fs::create_dir(clone.path("tmp")).unwrap();
        let [temporary, panics, editor] = ["tmp", "panics", "bin/vim"]
            .map(|place| clone.path(place).into_os_string().into_string().unwrap());
        let settings = [
            ("TMPDIR", &*temporary),
            ("EDITOR", &editor),
            ("NETLINGS_PANICS_AT", &panics),
            ("RUST_BACKTRACE", "0"), // so that a panic's words are still on the screen
        ];
        let mut seat = Seat::at(&clone, 80, 24, &settings);
        seat.shows("q quit"); // until then the terminal shows by itself what is typed
        (stage.reach)(&clone, &mut seat);
        let marker = seat.marker();
        if let Some(code) = end.comes(&clone, &mut seat) {
            let left = seat.ended();
            assert_eq!(left.code, code, "{what}: {left:?}");
            assert!(left.is_sane(), "{what}: {left:?}");
            let is_told = !matches!(end, End::Panic) || left.text.contains("a test asked for");
            assert!(is_told, "{what}: {left:?}");
        }
        Seat::nothing_is_left(&marker);
        let files: Vec<_> = fs::read_dir(clone.path("tmp")).unwrap().flatten().collect();
        assert!(files.is_empty(), "{what}: {files:?}");
        // A closed window ends this one by the end of its input too.
        if stage.name == "an editor" && !matches!(end, End::Window) {
            let kept = clone.read("kept");
            assert_eq!(kept.lines().count(), 1, "{what}: one signal, not {kept:?}");
        }
    }
}

#[test]
fn sigterm_at_every_stage_leaves_a_sane_terminal_and_nothing_else() {
    at_every_stage(End::Signal("-TERM", 143), "SIGTERM");
}

#[test]
fn sighup_at_every_stage_leaves_a_sane_terminal_and_nothing_else() {
    at_every_stage(End::Signal("-HUP", 129), "SIGHUP");
}

#[test]
fn sigint_that_is_sent_quits_at_every_stage() {
    at_every_stage(End::Signal("-INT", 0), "SIGINT");
}

#[test]
fn sigquit_at_every_stage_leaves_a_sane_terminal_and_nothing_else() {
    at_every_stage(End::Signal("-QUIT", 131), "SIGQUIT");
}

#[test]
fn sigkill_at_every_stage_leaves_a_sane_terminal_and_nothing_else() {
    at_every_stage(End::Signal("-KILL", 137), "SIGKILL");
}

#[test]
fn a_panic_at_every_stage_leaves_a_sane_terminal_and_its_words() {
    at_every_stage(End::Panic, "a panic");
}

#[test]
fn a_window_that_is_closed_at_any_stage_leaves_nothing_behind() {
    at_every_stage(End::Window, "a closed window");
}

#[test]
fn a_terminal_that_takes_nothing_any_more_does_not_keep_it_from_ending() {
    let clone = fresh();
    let mut seat = Seat::at(&clone, 80, 24, &[]);
    seat.shows("e opens");
    seat.stops_flowing();
    seat.press("?"); // it draws, and waits
    seat.signal("-TERM");
    assert_eq!(seat.code(), 143);
    seat.flows_again();
    let left = seat.ended();
    assert!(left.is_sane(), "{left:?}");
}

#[test]
fn a_terminal_that_takes_nothing_while_an_editor_has_it_does_not_keep_it_from_ending() {
    for (signal, code) in [("-TERM", 143), ("-INT", 0)] {
        let clone = fresh();
        // It ends at once, and leaves the terminal as it is.
        let script =
            "stty raw -echo; printf '\\033[?1049h\\033[?1000h\\033[Ha guest'; exec sleep 1000";
        let editor = is_editor(&clone, script);
        let mut seat = Seat::at(&clone, 80, 24, &[("EDITOR", &editor)]);
        seat.shows("q quit");
        clone.write(STAY, ""); // the shell outlives the seat
        seat.press("e");
        seat.shows("a guest");
        seat.stops_flowing();
        seat.signal(signal);
        seat.is_gone();
        // Before anything flows: later they may be the modes that a shell has chosen.
        seat.has_its_modes_again();
        seat.is_the_shells();
        seat.flows_again();
        seat.its_keeper_is_gone();
        assert!(!seat.has_the_terminal(), "{signal}: it was taken from the shell");
        fs::remove_file(clone.path(STAY)).unwrap();
        let marker = seat.marker();
        let left = seat.ended();
        assert_eq!(left.code, code, "{signal}: {left:?}");
        assert!(left.is_sane(), "{signal}: {left:?}");
        Seat::nothing_is_left(&marker);
    }
}
