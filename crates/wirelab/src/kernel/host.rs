//! A host: what programs and sockets can do there.

use std::ffi::OsStr;
use std::io;
use std::net::UdpSocket;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::process::Command;
use std::sync::{Arc, Mutex};

use namespaces::{Namespaces, Warden};
use socket2::{Domain, Socket, Type};

use super::diag::Diag;
use crate::endpoint::Endpoint;
use crate::locked::locked;
use crate::tcp_state::TcpSocket;

/// Ends the programs of a lab's hosts with the lab. Labs that start none need none.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) hosts: Vec<Namespaces>,
    pub(super) warden: Mutex<Option<Warden>>,
}

impl Keeper {
    fn begin(&self) -> io::Result<()> {
        let mut warden = locked(&self.warden);
        if warden.is_none() {
            *warden = Some(Warden::over(&self.hosts.iter().collect::<Vec<_>>())?);
        }
        Ok(())
    }
}

/// A host of a lab: a network stack of its own, with a hostname, addresses, and one interface,
/// `eth0`, besides its loopback.
///
/// Sockets that are made here live in the host's stack, but are used like any other.
#[derive(Debug)]
pub struct Host {
    pub(super) name: String,
    pub(super) place: usize,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) namespaces: Namespaces,
    pub(super) diag: Arc<Diag>,
    pub(super) keeper: Arc<Keeper>,
}

impl Host {
    /// Its name, which is its hostname too.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its place in the order in which the hosts were named, from 0: how frames, events and the
    /// wire refer to it.
    pub fn place(&self) -> usize {
        self.place
    }

    /// Its first address.
    pub fn address(&self) -> IpAddr {
        self.addresses[0]
    }

    /// All its addresses.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        self.addresses.iter().copied()
    }

    /// A command whose program runs here. It, and all that it starts, ends with the lab, or when
    /// this process dies. Files are the machine's own; only network and hostname are the host's.
    ///
    /// # Errors
    /// If the process that watches over a lab's programs can't be started.
    pub fn command(&self, program: impl AsRef<OsStr>) -> io::Result<Command> {
        self.keeper.begin()?;
        let mut command = Command::new(program);
        self.namespaces.enter(&mut command);
        Ok(command)
    }

    /// A TCP socket that listens at the host's first address. Port 0 means any.
    ///
    /// # Errors
    /// If the system refuses the socket or the port.
    pub fn listen(&self, port: u16) -> io::Result<TcpListener> {
        self.listen_at((self.address(), port).into())
    }

    /// A TCP socket that listens at this address of the host.
    ///
    /// # Errors
    /// If the system refuses the socket or the address.
    pub fn listen_at(&self, address: SocketAddr) -> io::Result<TcpListener> {
        self.namespaces.listen(address)
    }

    /// A TCP connection from here. Returns when it is made: while the wire holds its frames, that
    /// must be another thread's work; see [`connecting`](Host::connecting).
    ///
    /// # Errors
    /// If the connection can't be made.
    pub fn connect(&self, to: impl ToSocketAddrs) -> io::Result<TcpStream> {
        self.namespaces.connect(one(to)?)
    }

    /// A TCP connection from here that has just begun: the SYN is on its way. The first read or
    /// write waits until it is made, or fails as it failed.
    ///
    /// # Errors
    /// If it can't even begin.
    pub fn connecting(&self, to: impl ToSocketAddrs) -> io::Result<TcpStream> {
        self.connecting_from(0, to)
    }

    /// As [`connecting`](Host::connecting), from this port. 0 means any.
    ///
    /// # Errors
    /// If it can't even begin, or the port is taken.
    pub fn connecting_from(&self, port: u16, to: impl ToSocketAddrs) -> io::Result<TcpStream> {
        let socket = self.begin_connecting(port, one(to)?)?;
        socket.set_nonblocking(false)?;
        Ok(socket.into())
    }

    /// A socket that doesn't block, with its SYN on the way.
    fn begin_connecting(&self, port: u16, to: SocketAddr) -> io::Result<Socket> {
        let socket = self.namespaces.socket(Domain::for_address(to), Type::STREAM, None)?;
        if port != 0 {
            let own = self.addresses().find(|address| address.is_ipv4() == to.is_ipv4());
            let own = own.ok_or(io::ErrorKind::AddrNotAvailable)?;
            socket.set_reuse_address(true)?;
            socket.bind(&SocketAddr::from((own, port)).into())?;
        }
        socket.set_nonblocking(true)?;
        match socket.connect(&to.into()) {
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
            begun => begun?,
        }
        Ok(socket)
    }

    /// A UDP socket for all addresses of the host, of the first one's family. Port 0 means any.
    ///
    /// # Errors
    /// If the system refuses the socket or the port.
    pub fn udp(&self, port: u16) -> io::Result<UdpSocket> {
        let all: IpAddr = match self.address() {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        self.namespaces.udp((all, port).into())
    }

    /// A listener at the host's first address that doesn't block, whatever the tier. Port 0 means
    /// any.
    ///
    /// # Errors
    /// If the system refuses the socket or the port.
    pub fn listening(&self, port: u16) -> io::Result<Endpoint> {
        Endpoint::kernel(self.listen(port)?.into())
    }

    /// A connection from here that has just begun, whatever the tier: the SYN is on its way, and
    /// nothing ever blocks. Local port 0 means any.
    ///
    /// # Errors
    /// If it can't even begin, or the port is taken.
    pub fn dialling(&self, local_port: u16, to: SocketAddr) -> io::Result<Endpoint> {
        Endpoint::kernel(self.begin_connecting(local_port, to)?)
    }

    /// A datagram socket of the host that doesn't block, whatever the tier. Port 0 means any.
    ///
    /// # Errors
    /// If the system refuses the socket or the port.
    pub fn datagrams(&self, port: u16) -> io::Result<Endpoint> {
        Endpoint::kernel(self.udp(port)?.into())
    }

    /// The host's TCP sockets as its kernel tells them, in no order. What is CLOSED isn't there.
    ///
    /// # Errors
    /// If the kernel doesn't tell.
    pub fn tcp_states(&self) -> io::Result<Vec<TcpSocket>> {
        self.diag.all()
    }

    /// Ends a socket from outside: TIME-WAIT at once, a connection as if its program had aborted
    /// it.
    ///
    /// # Errors
    /// If it is gone already, or the kernel can't do it (CONFIG_INET_DIAG_DESTROY).
    pub fn destroy(&self, socket: &TcpSocket) -> io::Result<()> {
        self.diag.destroy(socket)
    }
}

fn one(to: impl ToSocketAddrs) -> io::Result<SocketAddr> {
    to.to_socket_addrs()?.next().ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
}
