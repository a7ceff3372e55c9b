//! A socket of a host that never blocks, used in the same way on every tier.
//!
//! One thread can play all the programs of a lab with these, and hold the wire in between: what
//! can't be done yet says so and returns.

use std::io::{self, ErrorKind, Read};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use socket2::{SockRef, Socket};

use crate::simulated;

/// A socket of a host that never blocks: a listener, one end of a connection, or a datagram socket.
/// Made by [`Host::listening`](crate::Host::listening), [`Host::dialling`](crate::Host::dialling)
/// and [`Host::datagrams`](crate::Host::datagrams).
///
/// Dropped it is closed.
#[derive(Debug)]
pub struct Endpoint {
    inner: Inner,
}

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

impl Endpoint {
    /// Over a socket of the kernel, which won't block from now on.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "no tier has one there"))]
    pub(crate) fn kernel(socket: Socket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { inner: Inner::Kernel(socket) })
    }

    pub(crate) fn simulated(socket: simulated::Socket) -> Self {
        Self { inner: Inner::Simulated(socket) }
    }

    /// The oldest connection that waits at this listener; `None` while there is none.
    ///
    /// # Errors
    /// If this isn't a listener, or the system refuses another socket.
    pub fn accept(&self) -> io::Result<Option<Endpoint>> {
        match &self.inner {
            Inner::Kernel(socket) => {
                by_now(socket.accept())?.map(|(socket, _)| Endpoint::kernel(socket)).transpose()
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
    /// As the system tells, for example that a datagram sent before met a closed port.
    pub fn receive_from(&self, into: &mut [u8]) -> io::Result<Option<(usize, SocketAddr)>> {
        match &self.inner {
            Inner::Kernel(socket) => {
                // As a UdpSocket it reads into memory that has values, without unsafe.
                let socket = std::net::UdpSocket::from(socket.try_clone()?);
                by_now(socket.recv_from(into))
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
        match &self.inner {
            Inner::Kernel(socket) => socket.take_error(),
            Inner::Simulated(socket) => Ok(socket.take_error()),
        }
    }
}
