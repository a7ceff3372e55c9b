//! The conversation: what the programs do and what crosses the wire is shown, and what somebody types
//! is taken in between.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use wirelab::{Deed, Lab};

use super::cast::Cast;
use super::crowded::Lost;
use super::signs::Signs;
use super::{legend, stop};
use crate::demo::scene::Problem;
use crate::demo::script::{Act, Script, role_of};
use crate::demo::typed::{Typed, Typing};
use crate::ending::Stop;
use crate::screen::Screen;
use crate::trace::input::Typed as Input;
use crate::trace::play::{Ending, Play};
use crate::words::demo as demo_words;

/// How long the wire is asked for a frame before everything else is looked at again.
const LOOK: Duration = Duration::from_millis(20);

pub(super) struct Lesson<'a> {
    pub(super) screen: &'a Screen,
    pub(super) script: &'a Script,
    pub(super) lab: &'a Lab,
    pub(super) play: Play<'a>,
    pub(super) cast: Cast<'a>,
    pub(super) signs: Signs,
    pub(super) typing: Typing<'a>,
    /// Whether somebody sits there and types when they like.
    pub(super) is_terminal: bool,
    /// Whether the prompt stands on the screen.
    pub(super) prompted: bool,
    /// When the last line was typed or the last step done, when something was seen to happen last,
    /// and when a program last had something to do.
    pub(super) cause: Instant,
    pub(super) last: Instant,
    pub(super) busy: Instant,
    /// A client has been started and nothing has come of it yet.
    pub(super) awaited: bool,
    /// How many frames have been shown since then.
    pub(super) frames: usize,
    /// How many frames found the wire full.
    pub(super) lost: &'a Lost,
    /// What was done, for files.
    pub(super) deeds: Vec<Deed>,
}

/// What came of a look at everything.
#[derive(PartialEq)]
pub(super) enum Turn {
    /// A frame was shown.
    Frame,
    /// There was none.
    Nothing,
    /// Somebody wants no more.
    Left,
}

impl Lesson<'_> {
    /// Has somebody type, until they want no more.
    pub(super) fn run(&mut self) -> Result<Ending, Stop> {
        if let Err(problem) = self.begin() {
            // What it printed says more than that it does not listen.
            self.tell();
            return Err(stop(problem));
        }
        loop {
            match self.turn()? {
                Turn::Left => return Ok(Ending::Left),
                // Somebody at a terminal may want to say something against a flood.
                Turn::Frame if !self.is_terminal => continue,
                Turn::Frame | Turn::Nothing => {}
            }
            if !(self.is_terminal || self.is_quiet()?) {
                continue;
            }
            if let Some(ending) = self.read()? {
                return Ok(ending);
            }
        }
    }

    /// Shows what the programs did by now, and the next frame.
    pub(super) fn turn(&mut self) -> Result<Turn, Stop> {
        if self.tell() {
            self.last = Instant::now();
        }
        if !self.cast.rests() {
            self.busy = Instant::now();
        }
        let is_over = self.goes_on_for_ever();
        let has_frame = !is_over && self.play.has_frame(LOOK);
        if has_frame {
            self.tell(); // what was printed before it was sent
            self.hide_prompt();
            let shown = Instant::now();
            let Some(crossed) = self.play.show_next()? else { return Ok(Turn::Left) };
            self.signs.take(&crossed, &mut self.cast.seen);
            // However long somebody looked at it, nothing else took that time.
            self.cause += shown.elapsed();
            (self.last, self.frames) = (Instant::now(), self.frames + 1);
            self.awaited = false;
        }
        if !self.play.input.pause(if is_over { LOOK } else { Duration::ZERO }) {
            return Ok(Turn::Left);
        }
        Ok(if has_frame { Turn::Frame } else { Turn::Nothing })
    }

    /// What happens from now on has another cause.
    pub(super) fn new_cause(&mut self) {
        self.cast.new_cause();
        let now = Instant::now();
        (self.cause, self.last, self.frames) = (now, now, 0);
    }

    /// Starts whom a conversation needs from the beginning.
    fn begin(&mut self) -> Result<(), Problem> {
        let none = BTreeMap::new();
        self.start("server", None, &none)?;
        if self.script.role("client").per_line.is_none() {
            self.start("client", None, &none)?;
        }
        Ok(())
    }

    /// Takes in what is typed by now.
    fn read(&mut self) -> Result<Option<Ending>, Stop> {
        if self.play.input.by_key() && !self.prompted {
            self.draw_prompt(self.play.input.begun());
            self.prompted = true;
        }
        let prompt = demo_words::prompt(self.typing.goes_to());
        let view = &self.play.view;
        let line = match self.play.input.line_by_now(|text| view.typing(&prompt, text)) {
            None => return Ok(None),
            Some(Input::End) => return Ok(Some(Ending::Over)),
            Some(Input::Interrupted) => return Ok(Some(Ending::Left)),
            Some(Input::Command(_) | Input::GoesOn) => return Ok(None),
            Some(Input::Line(line)) => line,
        };
        self.hide_prompt();
        self.new_cause();
        match self.typing.read(&line) {
            Ok(Typed::Quit) => return Ok(Some(Ending::Left)),
            Ok(Typed::Help) => {
                for (head, does) in legend(&self.typing) {
                    self.screen.paragraph(&head, &does, head.chars().count());
                }
            }
            Ok(Typed::Act(act)) => {
                let act = match act {
                    Act::Start { name, args, env } => {
                        let name = self.cast.programs.free_name(role_of(&name));
                        Act::Start { name, args, env }
                    }
                    act => act,
                };
                match self.perform(&act) {
                    Ok(()) => {
                        if let Act::Start { name, .. } = &act {
                            self.typing.has_started(name);
                        }
                    }
                    Err(Problem::Words(words)) => self.screen.paragraph(" ", &words, 1),
                    Err(problem) => return Err(stop(problem)),
                }
            }
            Err(words) => self.screen.paragraph(" ", &words, 1),
        }
        Ok(None)
    }

    fn draw_prompt(&self, text: &str) {
        self.play.view.typing(&demo_words::prompt(self.typing.goes_to()), text);
    }

    pub(super) fn hide_prompt(&mut self) {
        if std::mem::take(&mut self.prompted) {
            self.play.view.typed();
        }
    }
}
