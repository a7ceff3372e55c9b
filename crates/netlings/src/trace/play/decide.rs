//! What becomes of a frame that stands on the wire: somebody decides, looks closer, looks back, or
//! says what will come of it.

use std::borrow::Cow;

use wirelab::{Field, TcpState};

use super::{Choice, Enough, Play, Seen, Waiting, told};
use crate::ending::Stop;
use crate::trace::input::{Command, Typed};
use crate::trace::quiz;
use crate::trace::scenario::{Kind, Side};
use crate::trace::view::{End, Row};
use crate::words::trace as words;

impl Play<'_> {
    /// What becomes of the frame that stands on the wire.
    pub(super) fn choose(
        &mut self,
        row: &Row,
        fields: &[Field],
        waiting: &Waiting<'_>,
        will_be_lost: bool,
    ) -> Result<Result<Choice, Enough>, Stop> {
        let note = self.note(row, waiting.kind);
        let deliver = if will_be_lost { Choice::Lose } else { Choice::Deliver };
        let asks = self.manner.asks && self.has_states();
        if self.alone || !(self.manner.steps || asks) {
            if !self.manner.per_frame.is_zero() {
                if self.manner.watched {
                    self.view.frame_for_now(row, "");
                }
                if !self.input.pause(self.manner.per_frame) {
                    return Ok(Err(Enough));
                }
            }
            return Ok(Ok(deliver));
        }
        if self.manner.steps {
            // A key that was pressed before there was a frame to see is about none.
            self.input.forget_keys();
        }
        self.view.frame_for_now(row, "");
        let choice = match self.manner.steps {
            true => match self.step(row, fields, note.as_deref(), will_be_lost) {
                Ok(Some(choice)) => choice,
                Ok(None) => deliver,
                Err(enough) => return Ok(Err(enough)),
            },
            false => deliver,
        };
        if asks && !self.alone && !matches!(choice, Choice::Lose) {
            let side = waiting.from.other();
            if let Err(enough) = self.ask(side, row)? {
                return Ok(Err(enough));
            }
        }
        Ok(Ok(choice))
    }

    /// What to say of a frame while it waits.
    pub(super) fn note(&self, row: &Row, kind: Kind) -> Option<Cow<'static, str>> {
        let is_same = |seen: &&Seen| seen.row.from == row.from && seen.row.text == row.text;
        // A bare acknowledgement says the same as the one before, and is still another one. In a
        // lesson it may be about the window; there is none in a scenario that is.
        let takes_numbers = [Kind::Syn, Kind::SynAck, Kind::Data, Kind::Fin].contains(&kind);
        let mut same = self.seen.iter().filter(is_same);
        if takes_numbers && same.next().is_some() {
            return Some(words::ONCE_MORE.into());
        }
        let is_plain = kind == Kind::Ack && self.ports.is_none();
        if is_plain && same.any(|seen| seen.row.end != End::Lost) {
            return Some(words::acknowledged_before(row.from.name()).into());
        }
        self.scenario.note(row.from, kind).map(Cow::Borrowed)
    }

    /// Waits for somebody to decide; `None` is to go on as it would go by itself.
    fn step(
        &mut self,
        row: &Row,
        fields: &[Field],
        note: Option<&str>,
        will_be_lost: bool,
    ) -> Result<Option<Choice>, Enough> {
        self.introduce(note, will_be_lost);
        // Which of the frames before is looked at; as many as there are for the one at hand.
        let mut looked_at = self.seen.len();
        loop {
            let now = looked_at == self.seen.len();
            let command = match self.input.command() {
                Typed::Command(command) => command,
                Typed::Line(line) => {
                    self.view.say_for_now(&words::unknown_command(&line));
                    continue;
                }
                Typed::End => {
                    self.alone = true;
                    return Ok(None);
                }
                Typed::GoesOn => {
                    self.view.leave();
                    looked_at = self.seen.len();
                    self.view.frame_for_now(row, "");
                    self.introduce(note, will_be_lost);
                    continue;
                }
                Typed::Interrupted => return Err(Enough),
            };
            if self.looks(&mut looked_at, command) {
                continue;
            }
            match command {
                Command::Quit => return Err(Enough),
                Command::Back => {}
                Command::Fields => self.show_fields(fields),
                Command::Deliver if now => return Ok(None),
                Command::Deliver => {
                    looked_at = self.seen.len();
                    self.view.say_for_now(words::HERE_AGAIN);
                    self.view.frame_for_now(row, "");
                    if self.input.by_key() {
                        self.view.legend(words::LEGEND);
                    }
                }
                Command::Lose | Command::Duplicate if !now => {
                    self.view.say_for_now(words::HAS_GONE);
                }
                Command::Lose => return Ok(Some(Choice::Lose)),
                Command::Duplicate if will_be_lost => return Ok(None),
                Command::Duplicate => return Ok(Some(Choice::Duplicate)),
            }
        }
    }

    /// Says what can be done with the frame that stands on the wire, and what it is about.
    fn introduce(&mut self, note: Option<&str>, will_be_lost: bool) {
        if self.input.by_key() || self.frames == 1 {
            self.view.legend(words::LEGEND);
        }
        if will_be_lost {
            self.view.say_for_now(words::WILL_BE_LOST);
        } else if let Some(note) = note {
            self.view.say_for_now(note);
        }
    }

    /// Asks for the state that comes next, and says whether it was right.
    fn ask(&mut self, side: Side, row: &Row) -> Result<Result<(), Enough>, Stop> {
        let before = self.stage.states().map_err(told)?[side.place()];
        let question = words::question(side.name(), before);
        if self.score.asked == 0 {
            self.view.legend(words::QUIZ_LEGEND);
        }
        self.view.say_for_now(&question);
        let answer = loop {
            let prompt = words::prompt(side.name());
            let view = &self.view;
            let typed = self.input.line(|text| view.typing(&prompt, text));
            if self.input.by_key() {
                self.view.typed();
            }
            match typed {
                Typed::Interrupted => return Ok(Err(Enough)),
                Typed::End => {
                    self.alone = true;
                    return Ok(Ok(()));
                }
                Typed::Line(line) if ["q", "quit"].contains(&line.trim()) => {
                    return Ok(Err(Enough));
                }
                Typed::Line(line) => match quiz::state_of(&line) {
                    Some(state) => break state,
                    None => self.view.say_for_now(&words::no_state(&line, &quiz::names())),
                },
                Typed::GoesOn => {
                    self.view.leave();
                    self.view.frame_for_now(row, "");
                    self.view.say_for_now(&question);
                }
                Typed::Command(_) => {}
            }
        };
        self.guess = Some((side, answer));
        Ok(Ok(()))
    }

    /// Says whether the answer was right, now that the frame has arrived.
    pub(super) fn judge(&mut self, states: [TcpState; 2], note: Option<&str>) {
        let Some((side, answer)) = self.guess.take() else { return };
        let state = states[side.place()];
        self.score.asked += 1;
        self.score.right += u32::from(answer == state);
        let mut verdict = words::verdict(side.name(), answer, state);
        if let Some(note) = note.filter(|_| answer != state && !self.manner.steps) {
            verdict.extend([" ", note]);
        }
        self.view.screen.paragraph(" ", &verdict, 1);
    }
}
