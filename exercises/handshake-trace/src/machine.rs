//! The state machine of one end of a connection (RFC 9293 section 3.3.2, figure 5).
//!
//!     state ── event ──▶ next state, and a segment that is sent on the way, or none
//!
//!     CLOSED      active-open    SYN-SENT       send SYN        what the user asks for:
//!     SYN-SENT    rcv-syn-ack    ESTABLISHED    send ACK          …-open, send, close
//!     FIN-WAIT-2  rcv-fin        TIME-WAIT      send ACK        what arrives: rcv-…
//!     TIME-WAIT   timeout        CLOSED                         what the clock says: timeout
//!
//! The whole table stands in README.md. Whatever isn't in it is no transition.
//!
//! Run it:   cargo run -p handshake-trace -- next LISTEN rcv-syn
//! Grade it: cargo test -p handshake-trace
//! Read:     RFC 9293 sections 3.5 and 3.6; 3.5 has figure 7, two opens that meet on the way

use clap::ValueEnum;

use crate::state::State::{self, *};
use Event::*;

/// What can happen to one end of a connection. The names are typed in lower case: `rcv-syn-ack`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Event {
    /// The user waits for a call
    PassiveOpen,
    /// The user calls
    ActiveOpen,
    /// The user sends data
    Send,
    /// The user has no more to send
    Close,
    /// A SYN arrives
    RcvSyn,
    /// A SYN arrives, and with it the acknowledgement of ours
    RcvSynAck,
    /// The acknowledgement of our SYN or our FIN arrives
    RcvAck,
    /// A FIN arrives
    RcvFin,
    /// A FIN arrives, and with it the acknowledgement of ours
    RcvFinAck,
    /// A reset arrives
    RcvRst,
    /// Twice the longest time a segment may live (2 MSL) is over
    Timeout,
}

/// The state that follows, and the segment that is sent: `SYN`, `SYN,ACK`, `ACK` or `FIN`.
pub(crate) type Edge = (State, Option<&'static str>);

/// What becomes of `state` when `event` happens, or `None`: that can't happen there.
pub(crate) fn next(state: State, event: Event) -> Option<Edge> {
    opening(state, event).or_else(|| closing(state, event))
}

/// The transitions up to ESTABLISHED, and those that give the opening up.
///
/// A connection is up when each end has sent a SYN and got it acknowledged. Who calls who is not
/// written down anywhere in it: two ends may call each other at the same time.
fn opening(state: State, event: Event) -> Option<Edge> {
    todo!(
        "step 1: write the opening: match state and event, return the next state and what is sent"
    )
}

/// The transitions from ESTABLISHED on, and the closes that come before it.
///
/// Each end closes its own direction. The end that closes first goes by the FIN-WAITs and ends in
/// TIME-WAIT; the other goes by CLOSE-WAIT; when both close at once, both go by CLOSING.
fn closing(state: State, event: Event) -> Option<Edge> {
    todo!("step 2: write the closing likewise; from ESTABLISHED on, a reset leads to CLOSED")
}
