//! A program that has the seat's terminal: an editor, by Ctrl-Z stopped or not, when the seat ends.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::fresh;
use super::seat::{STAY, Seat};
use crate::clone::Clone;

/// What an editor does at a terminal. It ends by `q`, stops by Ctrl-Z, and writes into the file `kept`
/// which signals have ended it.
const EDITOR: &str = "
import os, signal, sys, termios, tty
before = termios.tcgetattr(0)
def show(text):
    os.write(1, text)
def begins():
    tty.setraw(0)
    show(b'\x1b[?1049h\x1b[2J\x1b[Han editor')
def ends():
    try:
        termios.tcsetattr(0, termios.TCSANOW, before)
    except termios.error:
        pass # where nobody can continue it any more, the terminal is not its to set
    show(b'\x1b[?1049l')
def keeps(number, _):
    with open(KEPT, 'a') as kept:
        kept.write(signal.Signals(number).name + '\\n')
    try:
        ends()
    finally:
        os._exit(1)
for number in [signal.SIGTERM, signal.SIGHUP]:
    signal.signal(number, keeps)
begins()
while (key := os.read(0, 1)) not in (b'q', b''):
    if key == b'\\x1a':
        ends()
        os.kill(0, signal.SIGTSTP)
        begins()
ends()
";

/// An editor in the place `bin/vim` of the clone. As many do, it is started by a script.
pub(super) fn editor_that_keeps(clone: &Clone) -> String {
    let kept = clone.path("kept");
    clone.write("editor.py", &EDITOR.replace("KEPT", &format!("{kept:?}")));
    let script = format!("python3 {}\ncode=$?\nexit $code", clone.path("editor.py").display());
    is_editor(clone, &script)
}

pub(super) fn is_editor(clone: &Clone, script: &str) -> String {
    clone.write("bin/vim", &format!("#!/bin/sh\n{script}\n"));
    let path = clone.path("bin/vim");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_again() {
    let clone = fresh();
    let mut seat = Seat::at(&clone, 80, 24, &[]);
    seat.shows("e opens");
    seat.press("\u{1a}");
    // The seat's own screen goes, and the shell of this test says `fg` at once.
    seat.gets("\u{1b}[?1049l");
    seat.gets_times("\u{1b}[?1049h", 2);
    seat.shows("e opens");
    seat.press("?");
    seat.shows("Keys");
    seat.press("q");
    assert_eq!(seat.ended().code, 0);
}

#[test]
fn ctrl_z_in_an_editor_stops_the_seat_too_and_fg_has_both_go_on() {
    let clone = fresh();
    let editor = editor_that_keeps(&clone);
    let mut seat = Seat::at(&clone, 80, 24, &[("EDITOR", &editor)]);
    seat.shows("q quit");
    seat.press("e");
    seat.shows("an editor");
    clone.write(STAY, "");
    seat.press("\u{1a}");
    seat.stops();
    seat.shows_no_more("an editor");
    fs::remove_file(clone.path(STAY)).unwrap();
    seat.shows("an editor");
    seat.press("q");
    seat.shows("q quit");
    seat.press("q");
    let marker = seat.marker();
    let left = seat.ended();
    assert_eq!(left.code, 0);
    assert!(left.is_sane(), "{left:?}");
    Seat::nothing_is_left(&marker);
    assert!(!clone.path("kept").exists());
}

#[test]
fn an_editor_that_uses_the_terminal_too_soon_goes_on_at_once() {
    let clone = fresh();
    // The system stops it so where the terminal is not its own yet.
    let editor = is_editor(&clone, "kill -TTOU $$; echo it goes on; read line");
    let mut seat = Seat::at(&clone, 80, 24, &[("EDITOR", &editor)]);
    seat.shows("q quit");
    clone.write(STAY, ""); // a seat that stops stays so
    seat.press("e");
    seat.shows("it goes on");
    fs::remove_file(clone.path(STAY)).unwrap();
    seat.press("\r");
    seat.shows("q quit");
    seat.press("q");
    assert_eq!(seat.ended().code, 0);
}

#[test]
fn what_ends_a_seat_that_is_stopped_leaves_a_sane_terminal_and_nothing_else() {
    for in_editor in [false, true] {
        for signal in ["-TERM", "-HUP", "-KILL"] {
            let what = format!("{signal}, in an editor: {in_editor}");
            let clone = fresh();
            let editor = editor_that_keeps(&clone);
            let mut seat = Seat::at(&clone, 80, 24, &[("EDITOR", &editor)]);
            seat.shows("q quit");
            if in_editor {
                seat.press("e");
                seat.shows("an editor");
            }
            clone.write(STAY, "");
            seat.press("\u{1a}");
            seat.stops();
            seat.is_the_shells(); // else it could go on at once
            seat.signal(signal);
            if signal != "-KILL" {
                seat.signal("-CONT"); // as a shell's own `kill` does
            }
            seat.is_gone();
            let marker = seat.marker();
            fs::remove_file(clone.path(STAY)).unwrap();
            let left = seat.ended();
            assert!(left.is_sane(), "{what}: {left:?}");
            Seat::nothing_is_left(&marker);
            if in_editor {
                assert_eq!(clone.read("kept"), "SIGHUP\n", "{what}");
            }
        }
    }
}

#[test]
fn an_editor_that_does_not_end_is_killed() {
    for signal in ["-TERM", "-KILL"] {
        let clone = fresh();
        let script = "trap '' TERM HUP\nstty raw -echo\nprintf '\\033[?1049h\\033[Hstubborn'\n\
                      while :; do sleep 1000; done";
        let editor = is_editor(&clone, script);
        let mut seat = Seat::at(&clone, 80, 24, &[("EDITOR", &editor)]);
        seat.shows("q quit");
        seat.press("e");
        seat.shows("stubborn");
        seat.signal(signal);
        let marker = seat.marker();
        let left = seat.ended();
        assert_eq!(left.code, if signal == "-TERM" { 143 } else { 137 });
        assert!(left.is_sane(), "{signal}: {left:?}");
        Seat::nothing_is_left(&marker);
    }
}

#[test]
fn an_editor_that_crashed_leaves_nothing_on_the_terminal() {
    let clone = fresh();
    let script = "stty raw -echo; printf '\\033[?1049h\\033[?1000h\\033[Hcrashes'; kill -KILL $$";
    let editor = is_editor(&clone, script);
    let mut seat = Seat::at(&clone, 80, 24, &[("EDITOR", &editor)]);
    seat.shows("q quit");
    seat.press("e");
    seat.gets("crashes");
    seat.shows("q quit");
    seat.press("q");
    let left = seat.ended();
    assert_eq!(left.code, 0);
    assert!(left.is_sane(), "{left:?}");
}

#[test]
fn an_editor_that_is_not_there_is_told() {
    let clone = fresh();
    let mut seat = Seat::at(&clone, 80, 24, &[("EDITOR", "/nowhere/vim")]);
    seat.shows("q quit");
    seat.press("e");
    seat.shows("cannot run /nowhere/vim");
    seat.press("q");
    assert_eq!(seat.ended().code, 0);
}
