//! Which frames there are to show: those that the wire holds, or where it can't hold any, those that
//! have gone by.

use std::time::Duration;

use wirelab::{Frame, Held};

use super::{Play, Waiting};
use crate::trace::scenario::{Kind, Side};

/// A frame, and what can still be done about it.
pub(super) enum Carried<'a> {
    Held(Held<'a>),
    /// Nothing: it has arrived.
    Gone(Frame),
}

impl Carried<'_> {
    pub(super) fn frame(&self) -> &Frame {
        match self {
            Carried::Held(held) => held.frame(),
            Carried::Gone(frame) => frame,
        }
    }
}

impl<'a> Play<'a> {
    /// Takes what the wire holds, after a wait for the first; whether there was something.
    pub(super) fn gather(&mut self, patience: Duration) -> bool {
        // What a program or a kernel has sent counts as sent, whenever the wire's thread gets to it.
        self.lab.wire().catch_up();
        if !self.lab.wire().can_hold() {
            return self.gather_gone(patience);
        }
        let mut patience = patience;
        let mut found = false;
        while let Some(held) = self.lab.wire().next_held(patience) {
            let from = Side::at(held.frame().from);
            let kind = Kind::of(&held.frame().decode());
            let frame = Carried::Held(held);
            self.waiting.push_back(Waiting { frame, from, kind, overtaken_by: 0, late: false });
            (patience, found) = (Duration::ZERO, true);
        }
        found
    }

    /// Takes what has gone by since it was asked last, or goes by within `patience`.
    fn gather_gone(&mut self, patience: Duration) -> bool {
        let wire = self.lab.wire();
        let mut events = wire.recorder().since(self.next_event);
        if events.is_empty() && !patience.is_zero() {
            wire.run_for(patience);
            wire.catch_up();
            events = wire.recorder().since(self.next_event);
        }
        for event in &events {
            self.next_event = event.number + 1;
            let from = Side::at(event.frame.from);
            let kind = Kind::of(&event.frame.decode());
            let frame = Carried::Gone(event.frame.clone());
            self.waiting.push_back(Waiting { frame, from, kind, overtaken_by: 0, late: false });
        }
        !events.is_empty()
    }

    /// The frame that goes next, unless it is one that others overtake.
    pub(super) fn next_to_go(&mut self) -> Option<Waiting<'a>> {
        let place = self.waiting.iter().position(|it| it.overtaken_by == 0).unwrap_or(0);
        let found = self.waiting.remove(place)?;
        for waiting in self.waiting.iter_mut().take(place) {
            waiting.overtaken_by = waiting.overtaken_by.saturating_sub(1);
        }
        Some(found)
    }
}
