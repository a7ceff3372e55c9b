//! The stage: two programs side by side on a full screen, each with what it prints and a line to type
//! in, and the ladder of what crosses between them.
//!
//! [`demo::scene`](crate::demo::scene) does all that is to be done; here is only what somebody sees of
//! it, and what their keys ask for. [`Boards`] is the picture without a terminal.

mod boards;
mod command;
mod draw;
mod pane;
pub(crate) mod play;
mod side;

use std::io;
use std::time::{Duration, Instant};

use crossterm::event::Event as Input;
use grader::Event;
use grader::ladder::Row;

pub(crate) use self::boards::{Boards, Mode, Wish};
use crate::learn::keys::Keys;
use crate::learn::terminal::Taken;

/// Between two pictures at least so long, so that a flood is not drawn line by line.
const PICTURE: Duration = Duration::from_millis(20);

/// The boards on a terminal.
pub(crate) struct Stage<'a> {
    terminal: &'a mut Taken,
    keys: &'a Keys,
    pub(crate) boards: Boards,
    /// When the last picture was drawn.
    drawn: Instant,
    /// Something has changed since.
    is_stale: bool,
    /// Nothing can be drawn any more.
    is_gone: bool,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(terminal: &'a mut Taken, keys: &'a Keys, boards: Boards) -> Self {
        Self { terminal, keys, boards, drawn: Instant::now(), is_stale: true, is_gone: false }
    }

    /// When the next picture is to be drawn, if one is.
    pub(crate) fn draws_at(&self) -> Option<Instant> {
        self.is_stale.then(|| self.drawn + PICTURE)
    }

    /// Draws where something has changed and the last picture has stood for a moment.
    pub(crate) fn draw_if_due(&mut self) {
        if self.draws_at().is_some_and(|at| at <= Instant::now()) {
            self.draw();
        }
    }

    pub(crate) fn draw(&mut self) {
        let boards = &mut self.boards;
        let drawn = self.terminal.draw(|frame| draw::draw(boards, frame));
        self.is_gone |= drawn.is_err();
        self.is_stale = false;
        self.drawn = Instant::now();
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.is_gone
    }

    /// What a key asks for, unless it concerns the picture alone.
    pub(crate) fn hears(&mut self, heard: &io::Result<Option<Input>>) -> Option<Wish> {
        self.is_stale = true;
        match heard {
            Err(_) => {
                self.is_gone = true;
                Some(Wish::Leave)
            }
            Ok(None) => None, // the window has another size
            Ok(Some(event)) => match self.boards.event(event) {
                Some(Wish::Sleep) => {
                    self.sleeps();
                    None
                }
                wish => wish,
            },
        }
    }

    /// Ctrl-Z: until the shell says `fg`.
    fn sleeps(&mut self) {
        #[cfg(unix)]
        {
            let terminal = &mut self.terminal;
            let stop = crate::learn::terminal::stop_job;
            let slept = self.keys.pause(|| terminal.lent(stop));
            self.is_gone |= slept.is_err();
        }
        #[cfg(not(unix))]
        let _ = self.keys;
    }

    // What happens.

    /// A row of the ladder.
    pub(crate) fn row(&mut self, row: &Row) {
        self.is_stale = true;
        self.boards.row(row);
    }

    /// Something is said to whoever types.
    pub(crate) fn remark(&mut self, words: &str) {
        self.is_stale = true;
        self.boards.remark = Some(words.into());
    }

    /// Whatever is changed is drawn.
    pub(crate) fn changes(&mut self) -> &mut Boards {
        self.is_stale = true;
        &mut self.boards
    }

    /// An event, and what was printed where it is about that.
    pub(crate) fn takes(&mut self, event: &Event, printed: &[u8]) {
        self.is_stale = true;
        self.boards.takes(event, printed);
    }
}
