//! TCP states: their names (RFC 9293 section 3.3.2) and their codes in Linux's table.
//!
//!     LISTEN       SYN-SENT     SYN-RECEIVED     the connection comes up
//!     ESTABLISHED                                it is up
//!     FIN-WAIT-1   FIN-WAIT-2   CLOSING          it goes down, and this end closed first
//!     CLOSE-WAIT   LAST-ACK                      … and the other end did
//!     TIME-WAIT                                  it is gone, and its name is not free yet
//!     CLOSED                                     there is nothing
//!
//! Grade it: cargo test -p handshake-trace
//! Read:     proc_net_tcp(5); the numbers themselves stand in Linux's include/net/tcp_states.h

use std::fmt;

use clap::ValueEnum;

/// The state of one end of a connection. Each end has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum State {
    #[value(name = "CLOSED")]
    Closed,
    #[value(name = "LISTEN")]
    Listen,
    #[value(name = "SYN-SENT")]
    SynSent,
    #[value(name = "SYN-RECEIVED")]
    SynReceived,
    #[value(name = "ESTABLISHED")]
    Established,
    #[value(name = "FIN-WAIT-1")]
    FinWait1,
    #[value(name = "FIN-WAIT-2")]
    FinWait2,
    #[value(name = "CLOSE-WAIT")]
    CloseWait,
    #[value(name = "CLOSING")]
    Closing,
    #[value(name = "LAST-ACK")]
    LastAck,
    #[value(name = "TIME-WAIT")]
    TimeWait,
    /// A code that no state here has. It is shown as its two hex digits.
    #[value(skip)]
    Unknown(u8),
}

impl State {
    /// The state that has this code in the fourth column of `/proc/net/tcp`.
    ///
    /// The codes are Linux's own, in Linux's own order. 0x0C is Linux's name for an entry that
    /// isn't a socket yet: for the RFC that is SYN-RECEIVED, too.
    pub(crate) fn from_code(code: u8) -> State {
        todo!("step 3: return the state for each code from 0x01 to 0x0C, and Unknown for any other")
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.to_possible_value()) {
            (State::Unknown(code), _) => write!(f, "{code:02X}"),
            (_, Some(value)) => f.pad(value.get_name()),
            (_, None) => Err(fmt::Error),
        }
    }
}
