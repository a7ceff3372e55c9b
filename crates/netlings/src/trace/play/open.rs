//! A play without a plan: whoever has it says when the next frame is shown, and does the rest.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Crossed, Play, told};
use crate::ending::Stop;
use crate::trace::scenario::{Kind, Prepared, PreparedFate, Side};

impl Play<'_> {
    /// For programs that open as many connections as they like, TCP's or not: each frame is shown
    /// with the states of its own.
    pub(crate) fn of_many_connections(mut self, has_states: bool) -> Self {
        self.has_states = has_states;
        self.ports = Some(BTreeSet::new());
        self
    }

    /// Both hosts' states, if there are any and they are not those that were shown last.
    pub(in crate::trace) fn show_states(&mut self) -> Result<(), Stop> {
        if self.has_states {
            let states = self.stage.states().map_err(told)?;
            self.view.new_states(states, "");
        }
        Ok(())
    }

    /// Whether a frame waits on the wire; one is waited for so long.
    pub(in crate::trace) fn has_frame(&mut self, patience: Duration) -> bool {
        !self.waiting.is_empty() || self.gather(patience)
    }

    /// Shows the frame that goes next, of which there is one, to its end; `None` when somebody wants
    /// no more.
    pub(in crate::trace) fn show_next(&mut self) -> Result<Option<Crossed>, Stop> {
        match self.next_to_go() {
            Some(waiting) => Ok(self.show(waiting)?.ok()),
            None => Ok(None),
        }
    }

    /// Whether somebody did otherwise with a frame than the wire would have.
    pub(in crate::trace) fn is_disturbed(&self) -> bool {
        self.disturbed
    }

    /// The next such frame will be lost on the way.
    pub(in crate::trace) fn lose_next(&mut self, from: Side, kind: Kind) {
        let fate = PreparedFate::Lost;
        self.prepared.push(Prepared { from, kind, receiver: None, fate });
    }
}
