//! A host that is a kernel: what programs and sockets can do there.

use std::ffi::OsStr;
use std::io;
use std::net::UdpSocket;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};

use namespaces::{Entrance, Namespaces, Warden};
use socket2::{Domain, Socket, Type};

use super::diag::Diag;
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

/// A host's inside: a network stack of its own, with a hostname, addresses, and one interface,
/// `eth0`, besides its loopback.
#[derive(Debug)]
pub(crate) struct Host {
    pub(super) addresses: Vec<IpAddr>,
    pub(super) namespaces: Namespaces,
    pub(super) diag: Arc<Diag>,
    pub(super) keeper: Arc<Keeper>,
}

impl Host {
    pub(crate) fn command(&self, program: &OsStr) -> io::Result<Command> {
        self.keeper.begin()?;
        let mut command = Command::new(program);
        self.namespaces.enter(&mut command);
        Ok(command)
    }

    pub(crate) fn entrance(&self) -> io::Result<Entrance> {
        self.keeper.begin()?;
        Ok(self.namespaces.entrance())
    }

    pub(crate) fn listen_at(&self, address: SocketAddr) -> io::Result<TcpListener> {
        self.namespaces.listen(address)
    }

    pub(crate) fn connect(&self, to: SocketAddr) -> io::Result<TcpStream> {
        self.namespaces.connect(to)
    }

    /// A socket that doesn't block, with its SYN on the way.
    pub(crate) fn begin_connecting(&self, port: u16, to: SocketAddr) -> io::Result<Socket> {
        let socket = self.namespaces.socket(Domain::for_address(to), Type::STREAM, None)?;
        if port != 0 {
            let own = self.addresses.iter().find(|address| address.is_ipv4() == to.is_ipv4());
            let own = own.ok_or(io::ErrorKind::AddrNotAvailable)?;
            socket.set_reuse_address(true)?;
            socket.bind(&SocketAddr::from((*own, port)).into())?;
        }
        socket.set_nonblocking(true)?;
        match socket.connect(&to.into()) {
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
            begun => begun?,
        }
        Ok(socket)
    }

    pub(crate) fn udp(&self, address: SocketAddr) -> io::Result<UdpSocket> {
        self.namespaces.udp(address)
    }

    pub(crate) fn tcp_states(&self) -> io::Result<Vec<TcpSocket>> {
        self.diag.all()
    }

    pub(crate) fn destroy(&self, socket: &TcpSocket) -> io::Result<()> {
        self.diag.destroy(socket)
    }
}
