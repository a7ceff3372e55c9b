//! The grader's UDP sockets.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::inbox::Inbox;
use crate::late::Late;
use crate::record::What;
use crate::stage::{Stage, expect_bytes, socket_trouble};
use crate::verdict::{Cause, Failure, Trouble, Verdict};

mod inbox;

/// The most data a UDP datagram carries over IPv4: 65,535 less the headers' 20 and 8 bytes.
pub const MOST: usize = 65_507;

/// How often to look whether a datagram can still come.
const LOOK: Duration = Duration::from_millis(20);
/// How long to look when only what is on its way already can come.
const LAST_LOOK: Duration = Duration::from_millis(300);

/// One datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Its data.
    pub bytes: Vec<u8>,
    /// Who sent it.
    pub from: SocketAddr,
}

/// A UDP socket of the grader's on 127.0.0.1, not connected: it sees datagrams of anyone.
pub struct UdpPeer {
    stage: Arc<Stage>,
    socket: UdpSocket,
    inbox: Inbox,
    name: String,
    program: String,
    aim: Option<SocketAddr>,
}

impl UdpPeer {
    pub(crate) fn bind(stage: &Arc<Stage>, name: String, program: &str) -> Verdict<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
            .map_err(|error| Trouble::machine("cannot open a UDP socket", &error))?;
        let (recorder, on) = (stage.recorder.clone(), (name.clone(), program.to_owned()));
        let record = move |datagram: &Datagram| {
            let Datagram { bytes, from } = datagram;
            recorder.with(&on.0, &on.1, What::ReceivedDatagram, bytes, *from);
        };
        let inbox = socket.try_clone().and_then(|socket| Inbox::of(socket, record));
        let inbox = inbox.map_err(|error| Trouble::machine("cannot watch a UDP socket", &error))?;
        let (stage, program) = (Arc::clone(stage), program.to_owned());
        Ok(UdpPeer { stage, socket, inbox, name, program, aim: None })
    }

    /// This socket's address.
    ///
    /// # Panics
    /// Never: a bound socket has an address.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.socket.local_addr().expect("a bound socket has an address")
    }

    /// Sets where [`UdpPeer::send`] sends to, and from whom [`UdpPeer::expect`] expects.
    pub fn aim(&mut self, at: SocketAddr) {
        self.aim = Some(at);
    }

    /// Sends a datagram where this socket is aimed.
    ///
    /// # Errors
    /// The machine's only: that nobody is there does not show.
    ///
    /// # Panics
    /// When the socket was never aimed.
    pub fn send(&mut self, bytes: &[u8]) -> Verdict {
        self.send_to(self.aim.expect("aim the socket before it sends"), bytes)
    }

    /// Sends a datagram.
    ///
    /// # Errors
    /// The machine's only: that nobody is there does not show.
    pub fn send_to(&mut self, to: SocketAddr, bytes: &[u8]) -> Verdict {
        self.record(What::SentDatagram, bytes, to);
        let sent = self.socket.send_to(bytes, to);
        sent.map(drop).map_err(|error| Trouble::machine("cannot send a datagram", &error))
    }

    /// The next datagram.
    ///
    /// # Errors
    /// None comes in time, or none can come because every program of this run has ended.
    pub fn receive(&mut self) -> Verdict<Datagram> {
        let since = Instant::now();
        let mut late = self.stage.late();
        loop {
            // Asked before the look at what came: what the last one sent is there, or will be as
            // soon as the thread that receives it gets its turn.
            let over = self.stage.all_programs_ended();
            let look = if over { LAST_LOOK } else { LOOK };
            if let Some(datagram) = self.receive_before(late.until().min(Instant::now() + look))? {
                return Ok(datagram);
            }
            if over {
                let message = "no datagram came, and the program has ended";
                return Err(Failure::new(message).cause(Cause::Exited).into());
            }
            if late.is_over() {
                return Err(self.stage.nothing_came(since, &self.name, "no datagram came").into());
            }
        }
    }

    /// A datagram that comes within `time`, if one does; for probes.
    ///
    /// # Errors
    /// The machine's only.
    pub fn pending(&mut self, time: Duration) -> Verdict<Option<Datagram>> {
        let mut late = Late::after(&self.stage, time);
        loop {
            let datagram = self.receive_before(late.until())?;
            if datagram.is_some() || late.is_over() {
                return Ok(datagram);
            }
        }
    }

    fn receive_before(&self, until: Instant) -> Verdict<Option<Datagram>> {
        let came = self.inbox.next(until);
        came.map_err(|error| socket_trouble("cannot receive a datagram", &error))
    }

    /// Checks that the next datagram comes from where this socket is aimed and is exactly `bytes`.
    ///
    /// # Errors
    /// Another one comes, or none, or from somewhere else.
    pub fn expect(&mut self, bytes: &[u8]) -> Verdict {
        let datagram = match self.receive() {
            Err(Trouble::Failed(failure)) => {
                let expected = crate::escape::quoted_start(bytes, 64);
                return Err(failure.expected(expected).got("no datagram").into());
            }
            datagram => datagram?,
        };
        self.expect_from(datagram.from)?;
        expect_bytes("another datagram came", bytes, &datagram.bytes)
    }

    fn expect_from(&self, from: SocketAddr) -> Verdict {
        match self.aim {
            Some(aim) if aim != from => {
                let message = "the datagram came from another address than it was asked at";
                let failure = Failure::new(message).expected(format!("from {aim}"));
                Err(failure.got(format!("from {from}")).into())
            }
            _ => Ok(()),
        }
    }

    fn record(&self, what: What, bytes: &[u8], with: SocketAddr) {
        self.stage.recorder.with(&self.name, &self.program, what, bytes, with);
    }
}
