//! What a key or the mouse asks for on the stage.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEventKind};
use ratatui_core::layout::{Position, Rect};

use crate::demo::keyboard::Key;

/// A part of the screen that can be scrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Pane(usize),
    Ladder,
    Help,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// A key of the line that is typed.
    Key(Key),
    /// The next program that can be typed into, and the one before.
    Next,
    Previous,
    Choose(usize),
    Restart,
    Kill,
    New,
    /// By so many rows or screens upwards.
    Scroll(Part, isize),
    Screens(isize),
    Help,
    Stop,
    Back,
    Leave,
}

/// Where the mouse can do what: a click, and the wheel.
#[derive(Default)]
pub(super) struct Spots {
    pub(super) clicks: Vec<(Rect, Command)>,
    pub(super) parts: Vec<(Rect, Part)>,
}

/// What an event asks for; none where it means nothing.
pub(super) fn of_event(event: &Event, spots: &Spots) -> Option<Command> {
    match event {
        Event::Key(key) if key.is_press() || key.is_repeat() => of_key(key),
        Event::Mouse(mouse) => {
            let at = Position::new(mouse.column, mouse.row);
            let rolls = |rows| {
                let part = spots.parts.iter().rev().find(|(place, _)| place.contains(at));
                part.map(|(_, part)| Command::Scroll(*part, rows))
            };
            match mouse.kind {
                MouseEventKind::ScrollUp => rolls(3),
                MouseEventKind::ScrollDown => rolls(-3),
                MouseEventKind::Down(MouseButton::Left) => {
                    let spot = spots.clicks.iter().rev().find(|(place, _)| place.contains(at));
                    spot.map(|(_, does)| *does)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn of_key(key: &KeyEvent) -> Option<Command> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Char(letter) if control => match letter.to_ascii_lowercase() {
            'c' => Command::Leave,
            'd' => Command::Key(Key::End),
            'h' => Command::Key(Key::Back),
            'j' => Command::Key(Key::Enter), // one that was typed before the terminal was taken
            'k' => Command::Kill,
            'n' => Command::New,
            'r' => Command::Restart,
            'u' => Command::Key(Key::BackAll),
            'w' => Command::Key(Key::BackWord),
            'z' => Command::Stop,
            _ => return None,
        },
        KeyCode::Char(_) if key.modifiers.contains(KeyModifiers::ALT) => return None,
        KeyCode::Char(letter) => Command::Key(Key::Letter(letter)),
        KeyCode::Enter => Command::Key(Key::Enter),
        KeyCode::Backspace => Command::Key(Key::Back),
        KeyCode::Up => Command::Key(Key::Earlier),
        KeyCode::Down => Command::Key(Key::Later),
        KeyCode::Tab => Command::Next,
        KeyCode::BackTab => Command::Previous,
        KeyCode::PageUp => Command::Screens(1),
        KeyCode::PageDown => Command::Screens(-1),
        KeyCode::F(1) => Command::Help,
        KeyCode::Esc => Command::Back,
        _ => return None,
    })
}
