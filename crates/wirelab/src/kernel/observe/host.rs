//! A host that is only a name: some of the ports of this machine's loopback.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use socket2::Socket;

use super::ports::{Ports, Transport};
use super::{Diag, bound};
use crate::endpoint::{Endpoint, Known};
use crate::tcp_state::{TcpSocket, TcpState};

#[derive(Debug)]
pub(crate) struct Host {
    place: usize,
    ports: Arc<Ports>,
    diag: Arc<Diag>,
}

impl Host {
    pub(super) fn new(place: usize, ports: Arc<Ports>, diag: Arc<Diag>) -> Self {
        Self { place, ports, diag }
    }

    pub(crate) fn port(&self, wanted: u16) -> io::Result<u16> {
        self.ports.stand_in(self.place, wanted)
    }

    pub(crate) fn listening(&self, port: u16) -> io::Result<Endpoint> {
        let (socket, known) = self.own(Transport::Tcp, port)?;
        socket.listen(128)?;
        Endpoint::of_a_lab(socket, known)
    }

    pub(crate) fn dialling(&self, port: u16, to: SocketAddr) -> io::Result<Endpoint> {
        if to.ip() != self.ports.here() || self.ports.owner(Transport::Tcp, to.port()).is_none() {
            // It would be somebody else's program.
            let text = format!("{to} is no port of this lab's hosts; Host::port gives one");
            return Err(io::Error::new(io::ErrorKind::AddrNotAvailable, text));
        }
        let (socket, known) = self.own(Transport::Tcp, port)?;
        socket.set_nonblocking(true)?;
        match socket.connect(&to.into()) {
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
            // The loopback is so quick that the answer is there already. It is told when the
            // connection is used, as it is where a wire is slower.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                return Endpoint::of_a_lab(socket, known)
                    .map(|endpoint| endpoint.failed_with(error));
            }
            begun => begun?,
        }
        Endpoint::of_a_lab(socket, known)
    }

    pub(crate) fn datagrams(&self, port: u16) -> io::Result<Endpoint> {
        let (socket, known) = self.own(Transport::Udp, port)?;
        Endpoint::of_a_lab(socket, known)
    }

    /// The lab's own sockets, of all those that the machine has.
    pub(crate) fn tcp_states(&self) -> io::Result<Vec<TcpSocket>> {
        let owner = |address: SocketAddr| match address.ip() == self.ports.here() {
            true => self.ports.owner(Transport::Tcp, address.port()),
            false => None,
        };
        let mut all = self.diag.all()?;
        all.retain(|socket| {
            let is_own = owner(socket.local) == Some(self.place);
            is_own && (socket.state == TcpState::Listen || owner(socket.remote).is_some())
        });
        Ok(all)
    }

    pub(crate) fn destroy(&self, socket: &TcpSocket) -> io::Result<()> {
        self.diag.destroy(socket)
    }

    /// A socket at a port that is this host's as long as the socket is there, and whom it knows;
    /// nothing was sent from there before.
    fn own(&self, transport: Transport, port: u16) -> io::Result<(Socket, Known)> {
        // For UDP that would let two sockets have one port.
        let (socket, port) =
            bound(self.ports.here(), transport, port, transport == Transport::Tcp)?;
        let lease = self.ports.give(transport, port, self.place)?;
        Ok((socket, Known::by(move |from| lease.knows(from))))
    }
}
