//! What a key or the mouse asks for.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEventKind};
use ratatui_core::layout::{Position, Rect};

use crate::learn::seat::Page;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Page(Page),
    NextPage,
    PreviousPage,
    /// Up and down by so many entries or rows.
    Move(isize),
    /// The text alone, by so many rows or screens.
    Scroll(isize),
    Screens(isize),
    Top,
    Bottom,
    Open,
    Back,
    Yes,
    Lesson(usize),
    Check(usize),
    NextLesson,
    PreviousLesson,
    Hint,
    Edit,
    GradeAll,
    GradeOne,
    Solution,
    Reset,
    Warnings,
    Trace,
    Demo,
    Run,
    Search,
    Letter(char),
    Erase,
    Help,
    Stop,
    Quit,
}

/// Where the mouse can do what.
pub(crate) type Spots = Vec<(Rect, Command)>;

/// What is open where a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Usual,
    Searching,
    Asked,
}

/// What an event asks for; none where it means nothing.
pub(crate) fn of_event(event: &Event, mode: Mode, spots: &Spots) -> Option<Command> {
    match event {
        Event::Key(key) if key.is_press() || key.is_repeat() => of_key(key, mode),
        Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::ScrollDown => Some(Command::Scroll(3)),
            MouseEventKind::ScrollUp => Some(Command::Scroll(-3)),
            MouseEventKind::Down(MouseButton::Left) => {
                let at = Position::new(mouse.column, mouse.row);
                spots.iter().rev().find(|(place, _)| place.contains(at)).map(|(_, does)| *does)
            }
            _ => None,
        },
        _ => None,
    }
}

fn of_key(key: &KeyEvent, mode: Mode) -> Option<Command> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match (key.code, mode) {
        (KeyCode::Char('c'), _) if control => return Some(Command::Quit),
        (KeyCode::Char('z'), _) if control => return Some(Command::Stop),
        (KeyCode::Char('u' | 'b'), _) if control => return Some(Command::Screens(-1)),
        (KeyCode::Char('d' | 'f'), _) if control => return Some(Command::Screens(1)),
        (KeyCode::Char(letter), Mode::Searching) => return Some(Command::Letter(letter)),
        (KeyCode::Backspace, Mode::Searching) => return Some(Command::Erase),
        (KeyCode::Char('y' | 'Y'), Mode::Asked) => return Some(Command::Yes),
        (KeyCode::Char('q'), Mode::Asked) => return Some(Command::Quit),
        (KeyCode::Char(_) | KeyCode::Enter, Mode::Asked) => return Some(Command::Back),
        _ => {}
    }
    Some(match key.code {
        KeyCode::Up | KeyCode::Char('k') => Command::Move(-1),
        KeyCode::Down | KeyCode::Char('j') => Command::Move(1),
        KeyCode::PageUp => Command::Screens(-1),
        KeyCode::PageDown | KeyCode::Char(' ') => Command::Screens(1),
        KeyCode::Home => Command::Top,
        KeyCode::End => Command::Bottom,
        KeyCode::Tab | KeyCode::Right => Command::NextPage,
        KeyCode::BackTab | KeyCode::Left => Command::PreviousPage,
        KeyCode::Enter => Command::Open,
        KeyCode::Esc | KeyCode::Backspace => Command::Back,
        KeyCode::Char('1') => Command::Page(Page::Course),
        KeyCode::Char('2') => Command::Page(Page::Text),
        KeyCode::Char('3') => Command::Page(Page::Checks),
        KeyCode::Char('n') => Command::NextLesson,
        KeyCode::Char('p') => Command::PreviousLesson,
        KeyCode::Char('h') => Command::Hint,
        KeyCode::Char('e') => Command::Edit,
        KeyCode::Char('g') => Command::GradeAll,
        KeyCode::Char('o') => Command::GradeOne,
        KeyCode::Char('s') => Command::Solution,
        KeyCode::Char('x') => Command::Reset,
        KeyCode::Char('w') => Command::Warnings,
        KeyCode::Char('t') => Command::Trace,
        KeyCode::Char('d') => Command::Demo,
        KeyCode::Char('r') => Command::Run,
        KeyCode::Char('/') => Command::Search,
        KeyCode::Char('?') | KeyCode::F(1) => Command::Help,
        KeyCode::Char('q') => Command::Quit,
        _ => return None,
    })
}
