//! What stands on the stage, without a terminal: events and keys go in, wishes come out.

use std::collections::VecDeque;

use crossterm::event::Event as Input;
use grader::ladder::Row;
use grader::{Event, What};

use super::command::{Command, Part, Spots, of_event};
use super::pane::Kind;
use super::side::Side;
use crate::demo::keyboard::{Key, Pressed};
use crate::demo::script::{Script, role_of};
use crate::ink::Ink;
use crate::words::demo::KILLED;
use crate::words::stage as words;

/// So many rows of the ladder are kept, the last ones.
const MOST_ROWS: usize = 600;

/// What somebody wants to be done, each with the program that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Line {
        into: String,
        line: String,
    },
    End(String),
    Restart(String),
    Kill(String),
    New(String),
    /// The script is to go on.
    GoOn,
    /// Ctrl-Z
    Sleep,
    Leave,
}

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Typing,
    /// The script; somebody watches.
    Script,
}

pub(crate) struct Boards {
    pub(super) ink: Ink,
    pub(super) title: String,
    /// Whose programs these are, in words.
    pub(super) whose: &'static str,
    pub(super) sides: [Side; 2],
    pub(super) chosen: usize,
    pub(super) rows: VecDeque<Row>,
    /// So many of the ladder's lines are below those that are shown.
    pub(super) scroll: usize,
    /// How many lines the ladder has; drawing says.
    pub(super) page: usize,
    pub(super) remark: Option<String>,
    /// How far the help is scrolled, where it is open.
    pub(super) help: Option<usize>,
    /// What can be typed besides lines, each with what it does.
    pub(super) legend: Vec<(String, String)>,
    pub(super) mode: Mode,
    pub(super) spots: Spots,
}

impl Boards {
    pub(crate) fn new(
        script: &Script,
        title: String,
        whose: &'static str,
        legend: Vec<(String, String)>,
        color: bool,
    ) -> Self {
        let sides = script.kind.sides().map(|role| Side::new(role, script));
        let chosen = usize::from(sides[0].is_deaf && !sides[1].is_deaf);
        Self {
            ink: Ink { color },
            title,
            whose,
            sides,
            chosen,
            rows: VecDeque::new(),
            scroll: 0,
            page: 10,
            remark: None,
            help: None,
            legend,
            mode: Mode::Typing,
            spots: Spots::default(),
        }
    }

    pub(super) fn side_of(&mut self, name: &str) -> &mut Side {
        let is_left = role_of(name) == self.sides[0].role;
        &mut self.sides[usize::from(!is_left)]
    }

    pub(super) fn row(&mut self, row: &Row) {
        self.rows.push_back(row.clone());
        if self.rows.len() > MOST_ROWS {
            self.rows.pop_front();
        }
    }

    /// A program was started with this command.
    pub(crate) fn starts(&mut self, name: &str, command: &str) {
        let side = self.side_of(name);
        side.pane.begins(name, command);
        side.stands(name, words::RUNS, true);
        if !side.is_per_line && role_of(name) == side.role {
            side.target = name.into();
        }
    }

    /// A line was typed for a program.
    pub(crate) fn types(&mut self, into: &str, line: &str) {
        self.side_of(into).pane.typed(into, line);
    }

    /// What a side's program printed is not read to its end.
    pub(crate) fn floods(&mut self, name: &str) {
        self.side_of(name).pane.tells(words::NO_MORE_IS_READ);
    }

    pub(super) fn takes(&mut self, event: &Event, printed: &[u8]) {
        let name = event.program.as_str();
        let side = self.side_of(name);
        match event.what {
            What::Stdout => side.pane.prints(name, Kind::Printed, printed),
            What::Stderr => side.pane.prints(name, Kind::Complained, printed),
            What::StdinClosed => side.stands(name, words::INPUT_ENDED, true),
            What::Exit | What::TakenDown => {
                let how = if event.what == What::Exit { event.text.as_str() } else { KILLED };
                side.stands(name, how, false);
                let words = if name == side.role { how.into() } else { format!("{name}: {how}") };
                side.pane.tells(&words);
            }
            _ => {}
        }
    }

    /// What an event of the terminal asks for, unless it concerns the picture alone.
    pub(super) fn event(&mut self, event: &Input) -> Option<Wish> {
        let command = of_event(event, &self.spots)?;
        if self.help.is_some() && !matches!(command, Command::Leave | Command::Stop) {
            self.reads_help(command);
            return None;
        }
        if !matches!(command, Command::Scroll(..) | Command::Screens(_)) {
            self.remark = None;
        }
        let target = || self.sides[self.chosen].target.clone();
        match command {
            Command::Leave | Command::Back => return Some(Wish::Leave),
            Command::Stop => return Some(Wish::Sleep),
            Command::Help => self.help = Some(0),
            Command::Scroll(part, rows) => self.scrolls(part, rows),
            Command::Screens(screens) => {
                let rows = isize::try_from(self.page.saturating_sub(1).max(1)).unwrap_or(1);
                self.scrolls(Part::Ladder, screens * rows);
            }
            Command::Key(Key::Enter) if self.mode == Mode::Script => return Some(Wish::GoOn),
            _ if self.mode == Mode::Script => {}
            Command::Next => self.turns(1),
            Command::Previous => self.turns(-1),
            Command::Choose(side) => self.chosen = side.min(1),
            Command::Restart => return Some(Wish::Restart(target())),
            Command::Kill => return Some(Wish::Kill(target())),
            Command::New => return Some(Wish::New(self.sides[self.chosen].role.into())),
            Command::Key(key) => return self.key(key),
        }
        None
    }

    /// A key of the line that is typed.
    fn key(&mut self, key: Key) -> Option<Wish> {
        let side = &mut self.sides[self.chosen];
        let into = side.target.clone();
        match side.line.press(key) {
            Pressed::Changed => None,
            Pressed::End => Some(Wish::End(into)),
            Pressed::Entered(line) => {
                side.pane.scroll = 0;
                self.scroll = 0;
                Some(Wish::Line { into, line })
            }
        }
    }

    /// Goes on to the next program that can be typed into.
    fn turns(&mut self, by: isize) {
        let all: Vec<(usize, String)> = (0..2)
            .flat_map(|side| self.sides[side].targets().into_iter().map(move |it| (side, it)))
            .collect();
        let here = (self.chosen, self.sides[self.chosen].target.clone());
        let at = all.iter().position(|it| *it == here).unwrap_or(0);
        let count = isize::try_from(all.len()).unwrap_or(1);
        let next = (isize::try_from(at).unwrap_or(0) + by).rem_euclid(count);
        if let Some((side, target)) = all.into_iter().nth(next.unsigned_abs()) {
            self.chosen = side;
            self.sides[side].target = target;
        }
    }

    fn scrolls(&mut self, part: Part, rows: isize) {
        let scroll = match part {
            Part::Pane(side) => &mut self.sides[side.min(1)].pane.scroll,
            Part::Ladder => &mut self.scroll,
            Part::Help => match &mut self.help {
                Some(scroll) => {
                    *scroll = scroll.saturating_add_signed(-rows);
                    return;
                }
                None => return,
            },
        };
        *scroll = scroll.saturating_add_signed(rows); // drawing knows where it ends
    }

    /// While the help is open, whatever doesn't scroll it closes it.
    fn reads_help(&mut self, command: Command) {
        match command {
            Command::Scroll(_, rows) => self.scrolls(Part::Help, rows),
            Command::Screens(screens) => self.scrolls(Part::Help, screens * 5),
            Command::Key(Key::Earlier) => self.scrolls(Part::Help, 1),
            Command::Key(Key::Later) => self.scrolls(Part::Help, -1),
            _ => self.help = None,
        }
    }

    pub(crate) fn opens_help(&mut self) {
        self.help = Some(0);
    }

    pub(crate) fn turns_to(&mut self, mode: Mode) {
        self.mode = mode;
    }
}
