//! What a scenario is made of: who does what, how far the frames have gone by then, and what the
//! wire does to which of them.
//!
//! A scenario is a list of steps. Frames cross the wire between any two of them; a step that can't
//! be done yet waits for the frames it needs. So a step waits for what happens and never for time,
//! and a frame that is lost on the way delays the rest and breaks nothing.

use std::time::Duration;

use wirelab::{Decoded, Packet, Shows, TcpState};

/// One of the two hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// At the left.
    Alice,
    /// At the right.
    Bob,
}

impl Side {
    pub(crate) const BOTH: [Side; 2] = [Side::Alice, Side::Bob];

    /// By the place of a host in the lab.
    pub(crate) fn at(place: usize) -> Self {
        if place == 0 { Side::Alice } else { Side::Bob }
    }

    pub(crate) fn place(self) -> usize {
        self as usize
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Side::Alice => "alice",
            Side::Bob => "bob",
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Side::Alice => Side::Bob,
            Side::Bob => Side::Alice,
        }
    }

    /// Where its one socket is.
    pub(crate) fn port(self) -> u16 {
        match self {
            Side::Alice => 5000,
            Side::Bob => 7000,
        }
    }
}

pub(crate) struct Scenario {
    /// The word that is typed.
    pub(crate) name: &'static str,
    /// One line.
    pub(crate) summary: &'static str,
    /// What to know before it begins.
    pub(crate) before: &'static str,
    /// What to look at once it has been seen.
    pub(crate) after: &'static str,
    /// In parts, since many begin alike.
    pub(crate) steps: &'static [&'static [Step]],
    /// What the wire does to frames by itself.
    pub(crate) prepared: &'static [Prepared],
    /// What to say of a frame while it waits.
    pub(crate) notes: &'static [Note],
    /// What is to be seen here that a simulation does otherwise.
    pub(crate) shows: &'static [Shows],
    /// Whether the hosts have to find each other's hardware addresses first.
    pub(crate) with_arp: bool,
    /// What to say instead, where frames can only be observed: there this scenario shows something
    /// else, and is worth it all the same.
    pub(crate) observed: Option<Told>,
}

/// What is said before and after.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) before: &'static str,
    pub(crate) after: &'static str,
}

/// What a scenario needs of the wire, beyond that it carries frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Loss,
    Overtaking,
    Holding,
}

/// The next thing that happens besides frames crossing the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// A program does something, as soon as it can.
    Do(Side, Act),
    /// Frames cross until that is so.
    Until(Side, Goal),
    /// Nothing is delivered until so many frames from there are on the wire.
    OnTheWire(Side, usize),
}

/// What a program does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    Listen,
    /// Begins a connection to the other's port.
    Dial,
    /// Takes the connection, and listens no more: what is left is the connection's own state.
    Accept,
    Send(&'static str),
    /// Waits until so many bytes came, and reads them.
    Read(usize),
    /// Reads the end of the stream.
    ReadEnd,
    /// Looks what has become of the connection: an error.
    Fail,
    CloseSending,
    Close,
    Abort,
    /// Opens a datagram socket.
    Datagrams,
    SendTo(&'static str),
    /// Waits for a datagram and takes it.
    ReceiveFrom,
    /// Waits in vain for so long, by the program's own clock.
    GiveUpAfter(Duration),
    /// Shows how long TIME-WAIT has still to go, and then ends it.
    EndTimeWait,
}

impl Act {
    /// The word for it in files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Act::Listen => "listen",
            Act::Dial => "connect",
            Act::Accept => "accept",
            Act::Send(_) => "write",
            Act::Read(_) => "read",
            Act::ReadEnd => "read-end",
            Act::Fail => "error",
            Act::CloseSending => "shutdown",
            Act::Close => "close",
            Act::Abort => "abort",
            Act::Datagrams => "open-datagrams",
            Act::SendTo(_) => "send",
            Act::ReceiveFrom => "receive",
            Act::GiveUpAfter(_) => "give-up",
            Act::EndTimeWait => "timeout",
        }
    }
}

/// What steps wait for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    State(TcpState),
    /// All that it sent has been acknowledged.
    Acknowledged,
}

/// What kind of frame it is, as people call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Syn,
    SynAck,
    /// A bare acknowledgement.
    Ack,
    Data,
    Fin,
    Rst,
    Datagram,
    ArpRequest,
    ArpReply,
    Other,
}

impl Kind {
    pub(crate) fn of(decoded: &Decoded) -> Self {
        match &decoded.packet {
            Packet::Tcp(_, tcp) if tcp.flags.rst => Kind::Rst,
            Packet::Tcp(_, tcp) if tcp.flags.syn && tcp.flags.ack => Kind::SynAck,
            Packet::Tcp(_, tcp) if tcp.flags.syn => Kind::Syn,
            Packet::Tcp(_, tcp) if tcp.flags.fin => Kind::Fin,
            Packet::Tcp(_, tcp) if tcp.data > 0 => Kind::Data,
            Packet::Tcp(..) => Kind::Ack,
            Packet::Udp(..) => Kind::Datagram,
            Packet::Arp(arp) if arp.operation == 1 => Kind::ArpRequest,
            Packet::Arp(_) => Kind::ArpReply,
            _ => Kind::Other,
        }
    }
}

/// What the wire does, once, to the first such frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prepared {
    pub(crate) from: Side,
    pub(crate) kind: Kind,
    /// Only while the receiver is in this state.
    pub(crate) receiver: Option<TcpState>,
    pub(crate) fate: PreparedFate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PreparedFate {
    Lost,
    /// So many that were sent after it arrive before it.
    OvertakenBy(usize),
}

/// What to say of such a frame while it waits on the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Note {
    pub(crate) from: Side,
    pub(crate) kind: Kind,
    pub(crate) text: &'static str,
}

impl Scenario {
    /// Whether there is a connection, and so states to look at.
    pub(crate) fn has_states(&self) -> bool {
        let mut steps = self.steps.iter().flat_map(|part| part.iter());
        !steps.any(|step| matches!(step, Step::Do(_, Act::Datagrams)))
    }

    /// What the wire has to do for it to show what it is about.
    pub(crate) fn needs(&self) -> Option<Need> {
        let mut steps = self.steps.iter().flat_map(|part| part.iter());
        match self.prepared.first().map(|prepared| prepared.fate) {
            Some(PreparedFate::Lost) => Some(Need::Loss),
            Some(PreparedFate::OvertakenBy(_)) => Some(Need::Overtaking),
            None => steps.any(|step| matches!(step, Step::OnTheWire(..))).then_some(Need::Holding),
        }
    }

    /// What to say of a frame, if there is something.
    pub(crate) fn note(&self, from: Side, kind: Kind) -> Option<&'static str> {
        let found = self.notes.iter().find(|note| note.from == from && note.kind == kind);
        found.map(|note| note.text)
    }
}
