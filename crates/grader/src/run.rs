//! One check's run: the place where a check body acts and expects.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::guard::Idle;
use crate::program::{Server, Start};
use crate::record::{Event, Recorder};
use crate::relay::{TcpRelay, UdpRelay};
use crate::stage::Stage;
use crate::subject::Subject;
use crate::tcp::TcpHost;
use crate::udp::UdpPeer;
use crate::verdict::{Trouble, Verdict};

/// How long a run outside a check may wait, in all.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What a check body gets: it starts programs and opens the grader's own sockets. Every program it
/// starts is taken down when the check ends, however it ends.
pub struct Run {
    pub(crate) stage: Arc<Stage>,
    subject: Subject,
    seed: u64,
    random: fastrand::Rng,
}

impl Run {
    pub(crate) fn new(subject: &Subject, seed: u64, limit: Duration, guards: &Arc<Idle>) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        let stage = Stage::new(Recorder::new(), limit, guards);
        Run { stage, subject: subject.clone(), seed, random }
    }

    /// A run outside a check, to be watched: nothing is judged, nothing kept, and `follower` is
    /// told of each event as it happens, from several threads. What it starts ends with it, at the
    /// latest; [`Run::end`] says what could not be ended.
    ///
    /// A follower that takes its time holds up whoever has something to tell: the reading of
    /// a program's output, the relays.
    pub fn followed(subject: &Subject, follower: impl Fn(Event) + Send + Sync + 'static) -> Self {
        let stage = Stage::new(Recorder::followed(follower), A_DAY, &Arc::default());
        Run { stage, subject: subject.clone(), seed: 0, random: fastrand::Rng::with_seed(0) }
    }

    /// Takes down every program that this run has started; no other can start.
    ///
    /// # Errors
    /// The machine does not let one die.
    pub fn end(self) -> Verdict {
        self.stage.close().iter().try_for_each(|process| process.take_down())
    }

    /// The seed of everything random in this run; a failure prints it and `--seed` replays it.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Random numbers that come from the seed.
    pub fn random(&mut self) -> &mut fastrand::Rng {
        &mut self.random
    }

    /// Prepares to start the program in `role`.
    pub fn program(&self, role: &str) -> Start<'_> {
        Start::new(&self.stage, &self.subject, role)
    }

    /// Starts the server role on a free port and waits for its announcement.
    ///
    /// # Errors
    /// As [`Start::listen`].
    pub fn server(&self) -> Verdict<Server> {
        self.program("server").listen()
    }

    /// A socket on which the grader waits for the program to connect.
    ///
    /// # Errors
    /// The machine gives none.
    pub fn tcp_host(&self) -> Verdict<TcpHost> {
        TcpHost::bind(&self.stage)
    }

    /// A UDP socket of the grader's to which the program may send; `name` is what the record calls
    /// it: `server`, `stranger`.
    ///
    /// # Errors
    /// The machine gives none.
    pub fn udp_host(&self, name: &str) -> Verdict<UdpPeer> {
        UdpPeer::bind(&self.stage, self.stage.name(name), "")
    }

    /// A TCP port that refuses: it is held, and nobody listens.
    ///
    /// # Errors
    /// The machine gives none.
    pub fn tcp_refused(&self) -> Verdict<Reserved> {
        let bind = || {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
            let addr = socket.local_addr()?.as_socket().ok_or(std::io::ErrorKind::Unsupported)?;
            Ok(Reserved { addr, _socket: socket })
        };
        bind().map_err(|error| Trouble::machine("cannot hold a port", &error))
    }

    /// A UDP port that swallows everything: it is held, and nobody reads.
    ///
    /// # Errors
    /// The machine gives none.
    pub fn udp_silent(&self) -> Verdict<Reserved> {
        let bind = || {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            Ok(Reserved { addr: socket.local_addr()?, _socket: socket.into() })
        };
        bind().map_err(|error| Trouble::machine("cannot hold a port", &error))
    }

    /// A relay before the TCP server at `to`: who connects to it talks to that server, and what
    /// crosses is recorded as the conversation of `client` with `server`.
    ///
    /// # Errors
    /// The machine gives no socket.
    pub fn tcp_relay(&self, client: &str, server: &str, to: SocketAddr) -> Verdict<TcpRelay> {
        TcpRelay::before(&self.stage.recorder, client, server, to)
            .map_err(|error| Trouble::machine("cannot open a relay", &error))
    }

    /// A relay before the UDP server at `to`, in the same way. Each socket that sends to it has
    /// a socket of its own towards the server, so that the server can tell them apart.
    ///
    /// # Errors
    /// The machine gives no socket.
    pub fn udp_relay(&self, client: &str, server: &str, to: SocketAddr) -> Verdict<UdpRelay> {
        UdpRelay::before(&self.stage.recorder, client, server, to)
            .map_err(|error| Trouble::machine("cannot open a relay", &error))
    }

    /// Writes a line into the record of what happened.
    pub fn note(&self, text: &str) {
        self.stage.recorder.note(text);
    }

    /// Sets how long one expected event may take from now on; 2 s unless this is called.
    pub fn patience(&self, patience: Duration) {
        self.stage.set_patience(patience);
    }
}

/// An address that is held for as long as this lives.
pub struct Reserved {
    addr: SocketAddr,
    _socket: Socket,
}

impl Reserved {
    /// The address.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}
