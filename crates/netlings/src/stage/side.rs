//! One of the two sides of the stage: its programs, and where a line goes that is typed there.

use super::pane::Pane;
use crate::demo::keyboard::Line;
use crate::demo::script::{Kind, Script};
use crate::words::stage as words;

/// How a program stands, in words, and whether it runs.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) name: String,
    pub(super) words: String,
    pub(super) runs: bool,
}

/// One of the two sides.
pub(super) struct Side {
    pub(super) role: &'static str,
    pub(super) pane: Pane,
    /// Where a line goes that is typed here.
    pub(super) target: String,
    pub(super) line: Line,
    pub(super) programs: Vec<Standing>,
    /// Nothing that is typed is read here.
    pub(super) is_deaf: bool,
    /// Each line starts a program of its own.
    pub(super) is_per_line: bool,
    /// It is no program but a socket of the demo's own.
    is_socket: bool,
}

impl Side {
    pub(super) fn new(role: &'static str, script: &Script) -> Self {
        let is_send = script.kind == Kind::File && role == "send";
        let it = script.role(role);
        Self {
            role,
            pane: Pane::new(role),
            target: role.into(),
            line: Line::default(),
            programs: Vec::new(),
            is_deaf: it.reads_nothing,
            is_per_line: is_send || it.per_line.is_some(),
            is_socket: script.kind == Kind::Sockets,
        }
    }

    /// How the program stands that lines go to.
    pub(super) fn standing(&self) -> String {
        let others = |name: &str| self.running().filter(|it| it.name != name).count();
        let known = self.programs.iter().find(|it| it.name == self.target);
        let words = match known {
            Some(known) => known.words.clone(),
            None if self.is_socket => words::SOCKET.into(),
            None => words::NOT_STARTED.into(),
        };
        match others(&self.target) {
            0 => words,
            others => format!("{words}, {}", words::one_more(others)),
        }
    }

    fn running(&self) -> impl Iterator<Item = &Standing> {
        self.programs.iter().filter(|it| it.runs)
    }

    /// Whoever can be typed into here, in the order in which they were started.
    pub(super) fn targets(&self) -> Vec<String> {
        let mut targets = vec![self.target.clone()];
        if !self.is_per_line {
            let running = self.running().map(|it| it.name.clone());
            targets.extend(running);
            targets.sort();
            targets.dedup();
        }
        targets
    }

    pub(super) fn stands(&mut self, name: &str, words: &str, runs: bool) {
        match self.programs.iter_mut().find(|it| it.name == name) {
            Some(known) => (known.words, known.runs) = (words.into(), runs),
            None => {
                // Of those that ended long ago nobody wants to know.
                if self.programs.len() > 50 {
                    self.programs.retain(|it| it.runs || it.name == self.target);
                }
                let (name, words) = (name.into(), words.into());
                self.programs.push(Standing { name, words, runs });
            }
        }
        if !runs && self.target == name && !self.is_per_line {
            let other = self.running().last().map(|it| it.name.clone());
            self.target = other.unwrap_or_else(|| name.into());
        }
    }
}
