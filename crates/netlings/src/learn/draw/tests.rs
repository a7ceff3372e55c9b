//! The seat on screens of all small sizes, in each of its states.

use ratatui_core::backend::TestBackend;
use ratatui_core::terminal::Terminal;

use super::*;
use crate::ending::{INFRASTRUCTURE, NO_BUILD};
use crate::learn::message::Said;
use crate::learn::seat::tests::course;

#[test]
fn no_screen_is_too_small_in_any_state() {
    let folder = tempfile::tempdir().unwrap();
    let course = course(folder.path());
    let stopped = |code| Said::Stopped { code, words: "why, in 时间".into() };
    let states: [&dyn Fn(&mut Seat<'_>); 9] = [
        &|_| {},
        &|seat| drop(seat.command(Command::Help)),
        &|seat| drop(seat.command(Command::Reset)),
        &|seat| drop(seat.command(Command::Hint)),
        &|seat| drop(seat.command(Command::Search)),
        &|seat| seat.link = Some(seat.place()),
        &|seat| seat.grading_begins(&[]),
        &|seat| {
            let text = "\u{1b}[91merror\u{1b}[0m: 时间\n --> a.rs:1:1\n".into();
            seat.hears(Said::Compiler { text, is_error: true });
            seat.hears(stopped(NO_BUILD));
        },
        &|seat| seat.hears(stopped(INFRASTRUCTURE)),
    ];
    for state in states {
        for (lesson, page) in [0, 1].into_iter().flat_map(|at| Page::ALL.map(|page| (at, page))) {
            let mut seat = Seat::new(&course);
            seat.command(Command::Lesson(lesson));
            seat.command(Command::Page(page));
            state(&mut seat);
            for width in [0, 1, 2, 3, 7, 20] {
                [0, 1, 2, 3, 4, 6].into_iter().for_each(|rows| is_drawn(&mut seat, width, rows));
            }
        }
    }
}

fn is_drawn(seat: &mut Seat<'_>, width: u16, height: u16) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let drawn = terminal.draw(|frame| drop(draw(seat, frame, true)));
    drawn.unwrap();
    if let Some(link) = linked(seat, Size { width, height }) {
        assert!(!link.contains("\u{1b}[2J"), "a file's name is no command");
    }
}
