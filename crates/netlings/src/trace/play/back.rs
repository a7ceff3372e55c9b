//! Going back over the frames that were shown: while one is held, and once all have gone.

use wirelab::Field;

use super::Play;
use crate::trace::input::{Command, Typed};
use crate::words::trace as words;

impl Play<'_> {
    /// Does what somebody wants who looks at frame `at` of those that were shown, or at none of them
    /// where it is their count. Whether it was something to do there.
    pub(super) fn looks(&mut self, at: &mut usize, command: Command) -> bool {
        match command {
            Command::Back if *at == 0 => self.view.say_for_now(words::NOTHING_BEFORE),
            Command::Back => {
                *at -= 1;
                self.look_back(*at);
            }
            Command::Fields => match self.seen.get(*at) {
                Some(seen) => self.show_fields(&seen.fields.clone()),
                None => return false,
            },
            Command::Deliver if *at + 1 < self.seen.len() => {
                *at += 1;
                self.look_back(*at);
            }
            _ => return false,
        }
        true
    }

    /// Lets somebody who decided by keys go back over all that was shown, until they want no more.
    pub(crate) fn linger(&mut self) {
        if !self.manner.steps || self.alone || !self.input.by_key() || self.seen.is_empty() {
            return;
        }
        // What was pressed before was not about the end.
        self.input.forget_keys();
        let mut looked_at = self.seen.len();
        self.view.legend(words::END_LEGEND);
        loop {
            let now = looked_at == self.seen.len();
            let command = match self.input.command() {
                Typed::Command(command) => command,
                Typed::Line(_) => continue,
                Typed::GoesOn => {
                    self.view.leave();
                    looked_at = self.seen.len();
                    self.view.legend(words::END_LEGEND);
                    continue;
                }
                Typed::End | Typed::Interrupted => break,
            };
            if self.looks(&mut looked_at, command) {
                if command == Command::Back && now {
                    self.view.legend(words::BACK_LEGEND);
                }
                continue;
            }
            match command {
                Command::Quit => break,
                Command::Deliver if now => break,
                Command::Deliver => {
                    looked_at = self.seen.len();
                    self.view.legend(words::END_LEGEND);
                }
                _ => self.view.say_for_now(words::ALL_GONE),
            }
        }
        self.view.settle();
    }

    fn look_back(&mut self, place: usize) {
        let seen = &self.seen[place];
        let states = self.has_states().then_some(seen.states);
        self.view.say_for_now(&words::looking_back(place + 1, self.seen.len(), states));
        self.view.frame_for_now(&seen.row, "");
    }

    pub(super) fn show_fields(&mut self, fields: &[Field]) {
        for field in fields {
            let head = format!("   {:9} {}  ", field.name, field.value);
            let width = self.view.width();
            for row in grader::layout::wrapped(&head, &field.meaning, width, 13) {
                self.view.for_now(row.trim_end());
            }
        }
    }
}
