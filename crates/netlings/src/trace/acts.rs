//! What programs did, among the events of the wire.

use std::time::Duration;

use wirelab::{Deed, Lab, TcpState};

use super::scenario::Side;
use super::stage::Done;

/// So far back the place of a moment among a wire's events is looked for.
const LATELY: u64 = 64;

/// A place among a wire's events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// The number of the next event.
    before: u64,
    /// On the wire's clock.
    at: Duration,
}

impl Moment {
    /// Now.
    pub(crate) fn of(lab: &Lab) -> Self {
        Self { before: lab.wire().recorder().next_number(), at: lab.wire().now() }
    }

    /// A time that has just been, by the wire's clock.
    pub(crate) fn at(lab: &Lab, at: Duration) -> Self {
        let now = Self::of(lab);
        // So many may have come since, of a flood.
        let since = lab.wire().recorder().since(now.before.saturating_sub(LATELY));
        let later = since.iter().find(|event| event.time > at).map(|event| event.number);
        Self { before: later.unwrap_or(now.before), at }
    }

    /// What was done right after that, with both states behind it, where there is a connection to
    /// have them.
    pub(crate) fn deed(self, done: Done, states: Option<[TcpState; 2]>) -> Deed {
        let states = Side::BOTH.into_iter().zip(states.into_iter().flatten());
        Deed {
            before: self.before,
            time: self.at,
            host: done.side.place(),
            name: done.act.name(),
            text: done.text,
            states: states.map(|(side, state)| (side.place(), state)).collect(),
        }
    }

    /// What a lesson's program did right after that.
    pub(crate) fn of_program(self, side: Side, name: &'static str, text: String) -> Deed {
        let (before, time, host) = (self.before, self.at, side.place());
        Deed { before, time, host, name, text, states: Vec::new() }
    }
}
