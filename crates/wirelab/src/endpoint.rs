//! A socket of a host that never blocks, used in the same way on every tier.
//!
//! One thread can play all the programs of a lab with these, and hold the wire in between: what
//! can't be done yet says so and returns.

use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use socket2::{SockRef, Socket};

use crate::locked::locked;
use crate::simulated;

/// A socket of a host that never blocks: a listener, one end of a connection, or a datagram socket.
/// Made by [`Host::listening`](crate::Host::listening), [`Host::dialling`](crate::Host::dialling)
/// and [`Host::datagrams`](crate::Host::datagrams).
///
/// Dropped it is closed.
///
/// ```
/// # use wirelab::{Lab, Tier};
/// # let lab = Lab::builder().host("alice", "10.0.0.1/24").host("bob", "10.0.0.2/24");
/// # let lab = lab.pin_neighbours().tier(Tier::Simulated).build()?;
/// let listener = lab.host("bob").listening(7000)?;
/// let alice = lab.host("alice").dialling(0, "10.0.0.2:7000".parse()?)?;
/// // Between kernels this takes a moment: ask again until it is there.
/// let bob = listener.accept()?.expect("at once, on a simulated wire");
/// alice.send(b"hello")?;
/// alice.close_sending()?;
/// let mut buffer = [0; 99];
/// assert_eq!(bob.receive(&mut buffer)?, Some(5));
/// assert_eq!(bob.receive(&mut buffer)?, Some(0), "the end");
/// assert_eq!(alice.receive(&mut buffer)?, None, "nothing yet");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Endpoint {
    inner: Inner,
    /// Whom it listens to, where strangers can reach it too.
    known: Option<Known>,
    /// What went wrong before there was an endpoint, until it is told.
    failed: Mutex<Option<io::Error>>,
}

/// Whether an address is one of the lab's hosts, where those are on a network with strangers.
#[derive(Clone)]
pub(crate) struct Known(Arc<dyn Fn(SocketAddr) -> bool + Send + Sync>);

impl Known {
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "nothing is observed there"))]
    pub(crate) fn by(is_known: impl Fn(SocketAddr) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(is_known))
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Known")
    }
}

/// So many strangers are sent away before somebody asks again.
const STRANGERS: usize = 128;

#[derive(Debug)]
enum Inner {
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "no kernel makes one there"))]
    Kernel(Socket),
    Simulated(simulated::Socket),
}

/// `None` instead of the error that says "not yet".
fn by_now<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

/// As everybody else writes it: a socket of both families calls 10.0.0.1 `::ffff:10.0.0.1`.
fn plain(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(four) => (four, address.port()).into(),
        IpAddr::V6(_) => address, // with its scope
    }
}

impl Endpoint {
    /// Over a socket of the kernel, which won't block from now on.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "no tier has one there"))]
    pub(crate) fn kernel(socket: Socket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { inner: Inner::Kernel(socket), known: None, failed: Mutex::default() })
    }

    /// As `kernel`, and strangers are neither accepted nor read.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "nothing is observed there"))]
    pub(crate) fn of_a_lab(socket: Socket, known: Known) -> io::Result<Self> {
        Ok(Self { known: Some(known), ..Self::kernel(socket)? })
    }

    /// The connection has failed already; that is told when it is used, once.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "nothing is observed there"))]
    pub(crate) fn failed_with(self, error: io::Error) -> Self {
        *locked(&self.failed) = Some(error);
        self
    }

    pub(crate) fn simulated(socket: simulated::Socket) -> Self {
        let inner = Inner::Simulated(socket);
        Self { inner, known: None, failed: Mutex::default() }
    }

    fn is_known(&self, address: Option<SocketAddr>) -> bool {
        let Some(Known(is_known)) = &self.known else { return true };
        address.is_some_and(|address| is_known(address))
    }

    /// What went wrong before, once.
    fn begun(&self) -> io::Result<()> {
        locked(&self.failed).take().map_or(Ok(()), Err)
    }

    /// The oldest connection that waits at this listener; `None` while there is none.
    ///
    /// # Errors
    /// If this isn't a listener, or the system refuses another socket.
    pub fn accept(&self) -> io::Result<Option<Endpoint>> {
        match &self.inner {
            Inner::Kernel(socket) => {
                for _ in 0..STRANGERS {
                    let Some((socket, from)) = by_now(socket.accept())? else { break };
                    if self.is_known(from.as_socket()) {
                        let endpoint = Endpoint::kernel(socket)?;
                        return Ok(Some(Endpoint { known: self.known.clone(), ..endpoint }));
                    }
                }
                Ok(None)
            }
            Inner::Simulated(socket) => Ok(socket.accept()?.map(Endpoint::simulated)),
        }
    }

    /// Sends on the connection, and gives how many bytes were taken: all, or as many as there is
    /// room for.
    ///
    /// # Errors
    /// `WouldBlock` while there is no room or no connection yet; else as the connection failed.
    pub fn send(&self, data: &[u8]) -> io::Result<usize> {
        self.begun()?;
        match &self.inner {
            Inner::Kernel(socket) => socket.send(data),
            Inner::Simulated(socket) => socket.send(data),
        }
    }

    /// Takes what has arrived on the connection, as much as fits: `None` while nothing has,
    /// `Some(0)` at the end of the stream.
    ///
    /// # Errors
    /// As the connection failed: refused, reset.
    pub fn receive(&self, into: &mut [u8]) -> io::Result<Option<usize>> {
        self.begun()?;
        match &self.inner {
            Inner::Kernel(socket) => by_now((&mut &*socket).read(into)),
            Inner::Simulated(socket) => socket.receive(into),
        }
    }

    /// Sends a datagram.
    ///
    /// # Errors
    /// If this isn't a datagram socket, or the system doesn't take it.
    pub fn send_to(&self, data: &[u8], to: SocketAddr) -> io::Result<usize> {
        match &self.inner {
            Inner::Kernel(socket) => socket.send_to(data, &to.into()),
            Inner::Simulated(socket) => socket.send_to(data, to),
        }
    }

    /// The oldest datagram that has arrived: how many bytes of it fit, and where it came from.
    /// `None` while there is none.
    ///
    /// # Errors
    /// If this isn't a datagram socket, or as the system tells.
    pub fn receive_from(&self, into: &mut [u8]) -> io::Result<Option<(usize, SocketAddr)>> {
        match &self.inner {
            Inner::Kernel(socket) => {
                // As a UdpSocket it reads into memory that has values, without unsafe.
                let socket = std::net::UdpSocket::from(socket.try_clone()?);
                for _ in 0..STRANGERS {
                    let Some((count, from)) = by_now(socket.recv_from(into))? else { break };
                    let from = plain(from);
                    if self.is_known(Some(from)) {
                        return Ok(Some((count, from)));
                    }
                }
                Ok(None)
            }
            Inner::Simulated(socket) => socket.receive_from(into),
        }
    }

    /// Ends this side's direction with a FIN, behind all that was sent. The other direction stays
    /// open.
    ///
    /// # Errors
    /// If there is no connection.
    pub fn close_sending(&self) -> io::Result<()> {
        match &self.inner {
            Inner::Kernel(socket) => socket.shutdown(Shutdown::Write),
            Inner::Simulated(socket) => socket.close_sending(),
        }
    }

    /// Closes it: with a FIN, or with a RST where data has arrived that nobody read.
    pub fn close(self) {}

    /// Closes it at once: a RST, and whatever was still to be sent is gone.
    ///
    /// # Errors
    /// If the system doesn't take it; then it was closed in the ordinary way.
    pub fn abort(self) -> io::Result<()> {
        match &self.inner {
            Inner::Kernel(socket) => SockRef::from(socket).set_linger(Some(Duration::ZERO)),
            Inner::Simulated(socket) => socket.abort(),
        }
    }

    /// Its own address and port.
    ///
    /// # Errors
    /// If the system doesn't tell.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        match &self.inner {
            Inner::Kernel(socket) => {
                let address = socket.local_addr()?.as_socket();
                address.ok_or_else(|| ErrorKind::AddrNotAvailable.into())
            }
            Inner::Simulated(socket) => socket.local_address(),
        }
    }

    /// What went wrong since this was asked last: a connection refused, reset or timed out.
    ///
    /// # Errors
    /// If the system doesn't tell.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        if let Err(error) = self.begun() {
            return Ok(Some(error));
        }
        match &self.inner {
            Inner::Kernel(socket) => socket.take_error(),
            Inner::Simulated(socket) => Ok(socket.take_error()),
        }
    }
}
