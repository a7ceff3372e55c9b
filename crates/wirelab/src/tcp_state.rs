//! What a host's kernel says of its TCP sockets.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// The states of a connection (RFC 9293 section 3.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the RFC's names")]
pub enum TcpState {
    Closed,
    Listen,
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
}

impl TcpState {
    /// All of them, in the order in which a connection comes by them.
    pub const ALL: [Self; 11] = [
        Self::Closed,
        Self::Listen,
        Self::SynSent,
        Self::SynReceived,
        Self::Established,
        Self::FinWait1,
        Self::FinWait2,
        Self::CloseWait,
        Self::Closing,
        Self::LastAck,
        Self::TimeWait,
    ];

    /// As the RFC writes it: `SYN-RECEIVED`.
    pub fn name(self) -> &'static str {
        match self {
            TcpState::Closed => "CLOSED",
            TcpState::Listen => "LISTEN",
            TcpState::SynSent => "SYN-SENT",
            TcpState::SynReceived => "SYN-RECEIVED",
            TcpState::Established => "ESTABLISHED",
            TcpState::FinWait1 => "FIN-WAIT-1",
            TcpState::FinWait2 => "FIN-WAIT-2",
            TcpState::CloseWait => "CLOSE-WAIT",
            TcpState::Closing => "CLOSING",
            TcpState::LastAck => "LAST-ACK",
            TcpState::TimeWait => "TIME-WAIT",
        }
    }
}

impl fmt::Display for TcpState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for TcpState {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

/// One TCP socket of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TcpSocket {
    /// Its own address; a listener's may be unspecified.
    pub local: SocketAddr,
    /// The other end's; unspecified, with port 0, where there is none.
    pub remote: SocketAddr,
    /// Its state.
    pub state: TcpState,
    /// The timer that runs, if one does.
    pub timer: Option<Timer>,
    /// How often the oldest segment that isn't acknowledged was sent again.
    pub retransmits: u8,
    /// Bytes that the program has not read yet; a listener's connections that wait to be accepted.
    pub unread: u32,
    /// Bytes that the other end has not acknowledged; a listener's backlog.
    pub unacknowledged: u32,
    /// What the kernel tells sockets of the same addresses apart by.
    #[serde(skip)]
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    pub(crate) cookie: [u32; 2],
}

/// A timer of a TCP socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Timer {
    /// What happens at its end.
    pub kind: TimerKind,
    /// How long until then.
    pub left: Duration,
}

/// What a TCP socket's timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimerKind {
    /// Something is sent again.
    Retransmission,
    /// The other end is asked whether it is still there. Linux's same timer ends a long FIN-WAIT-2.
    KeepAlive,
    /// TIME-WAIT ends; so does Linux's FIN-WAIT-2 of a socket that its program has closed.
    TimeWait,
    /// The other end is asked whether its window has opened.
    WindowProbe,
}

/// What a host says about the connection that a frame belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sighting {
    /// Which host: its place in the order in which they were named.
    pub host: usize,
    /// Its socket for the connection, or the listener that would take it; `None` is CLOSED.
    pub socket: Option<TcpSocket>,
}

impl Sighting {
    /// The state in the connection.
    pub fn state(&self) -> TcpState {
        self.socket.as_ref().map_or(TcpState::Closed, |socket| socket.state)
    }
}
