//! What the programs of a scenario did, among the events of its wire.

use std::time::Duration;

use wirelab::{Deed, Lab, TcpState};

use super::scenario::Side;
use super::stage::Done;

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
}
