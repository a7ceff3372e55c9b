//! A host: what programs and sockets can do there.

use std::ffi::OsStr;
use std::io;
use std::net::UdpSocket;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::process::Command;

use namespaces::Entrance;

use crate::endpoint::Endpoint;
use crate::kernel;
use crate::simulated;
use crate::tcp_state::TcpSocket;

/// A host of a lab: a network stack of its own, with a name, addresses, and one interface.
///
/// [`listening`](Host::listening), [`dialling`](Host::dialling) and [`datagrams`](Host::datagrams)
/// make sockets that are used in the same way on every tier. The other sockets are the standard
/// library's, and programs are started with [`command`](Host::command): those live in a stack of a
/// host's own, and on a simulated or an observed host they are refused (`Unsupported`).
///
/// ```no_run
/// # let lab = wirelab::Lab::builder().host("alice", "10.0.0.1/24").host("bob", "10.0.0.2/24");
/// # let lab = lab.build()?;
/// // Programs that know nothing of the lab, one on each host.
/// let mut server = lab.host("bob").command("nc")?.args(["-l", "7000"]).spawn()?;
/// let mut client = lab.host("alice").command("nc")?.args(["10.0.0.2", "7000"]).spawn()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Host {
    name: String,
    place: usize,
    addresses: Vec<IpAddr>,
    stack: Stack,
}

/// What a host is made of.
#[derive(Debug)]
pub(crate) enum Stack {
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "there are none"))]
    Kernel(kernel::Host),
    Simulated(simulated::Host),
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "there are none"))]
    Observed(kernel::observe::Host),
}

impl Host {
    pub(crate) fn new(name: String, place: usize, addresses: Vec<IpAddr>, stack: Stack) -> Self {
        Self { name, place, addresses, stack }
    }

    #[cfg(all(test, target_os = "linux"))]
    pub(crate) fn stack(&self) -> &Stack {
        &self.stack
    }

    /// Its kernel, for what only kernels do.
    fn kernel(&self) -> io::Result<&kernel::Host> {
        match &self.stack {
            Stack::Kernel(host) => Ok(host),
            Stack::Simulated(_) => {
                let text = "a simulated host runs no programs and has none of the system's \
                    sockets; use listening, dialling and datagrams";
                Err(io::Error::new(io::ErrorKind::Unsupported, text))
            }
            Stack::Observed(_) => {
                let text = "an observed host is only a name for some ports of this machine; use \
                    listening, dialling and datagrams";
                Err(io::Error::new(io::ErrorKind::Unsupported, text))
            }
        }
    }

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

    /// The port of this host that stands for `wanted`, the same each time. Where a host has all
    /// ports for itself, that is `wanted`; on the observing tier all hosts and the machine's other
    /// programs share one address, and it is one that nobody else has.
    ///
    /// # Errors
    /// If the machine has no port left.
    pub fn port(&self, wanted: u16) -> io::Result<u16> {
        match &self.stack {
            Stack::Kernel(_) | Stack::Simulated(_) => Ok(wanted),
            Stack::Observed(host) => host.port(wanted),
        }
    }

    /// A listener at the host's first address that doesn't block, whatever the tier. Port 0 means
    /// any.
    ///
    /// # Errors
    /// If the host refuses the socket or the port.
    pub fn listening(&self, port: u16) -> io::Result<Endpoint> {
        match &self.stack {
            Stack::Kernel(host) => {
                Endpoint::kernel(host.listen_at((self.address(), port).into())?.into())
            }
            Stack::Simulated(host) => Ok(Endpoint::simulated(host.listening(port)?)),
            Stack::Observed(host) => host.listening(port),
        }
    }

    /// A connection from here that has just begun, whatever the tier: the SYN is on its way, and
    /// nothing ever blocks. Local port 0 means any.
    ///
    /// # Errors
    /// If it can't even begin, or the port is taken.
    pub fn dialling(&self, local_port: u16, to: SocketAddr) -> io::Result<Endpoint> {
        match &self.stack {
            Stack::Kernel(host) => Endpoint::kernel(host.begin_connecting(local_port, to)?),
            Stack::Simulated(host) => Ok(Endpoint::simulated(host.dialling(local_port, to)?)),
            Stack::Observed(host) => host.dialling(local_port, to),
        }
    }

    /// A datagram socket of the host that doesn't block, whatever the tier, and that may send to all
    /// at once. Port 0 means any.
    ///
    /// # Errors
    /// If the host refuses the socket or the port.
    pub fn datagrams(&self, port: u16) -> io::Result<Endpoint> {
        match &self.stack {
            Stack::Kernel(_) => {
                let socket = self.udp(port)?;
                socket.set_broadcast(true)?;
                Endpoint::kernel(socket.into())
            }
            Stack::Simulated(host) => Ok(Endpoint::simulated(host.datagrams(port)?)),
            Stack::Observed(host) => host.datagrams(port),
        }
    }

    /// The host's TCP sockets as its kernel, or its simulated stack, tells them, in no order. What
    /// is CLOSED isn't there.
    ///
    /// # Errors
    /// If the kernel doesn't tell.
    pub fn tcp_states(&self) -> io::Result<Vec<TcpSocket>> {
        match &self.stack {
            Stack::Kernel(host) => host.tcp_states(),
            Stack::Simulated(host) => Ok(host.tcp_states()),
            Stack::Observed(host) => host.tcp_states(),
        }
    }

    /// Ends a socket from outside: TIME-WAIT at once, a connection as if its program had aborted
    /// it.
    ///
    /// # Errors
    /// If it is gone already, or the kernel can't do it (CONFIG_INET_DIAG_DESTROY), or doesn't let
    /// the user do it (the observing tier, without CAP_NET_ADMIN).
    pub fn destroy(&self, socket: &TcpSocket) -> io::Result<()> {
        match &self.stack {
            Stack::Kernel(host) => host.destroy(socket),
            Stack::Simulated(host) => host.destroy(socket),
            Stack::Observed(host) => host.destroy(socket),
        }
    }

    /// A command whose program runs here. It, and all that it starts, ends with the lab, or when
    /// this process dies. Files are the machine's own; only network and hostname are the host's.
    ///
    /// Start it while the lab is there: nobody ends what is started later. Nor is a program found
    /// that has moved itself to another network namespace, as `unshare --net` does.
    ///
    /// # Errors
    /// If the process that watches over a lab's programs can't be started, or the host has no kernel
    /// of its own.
    pub fn command(&self, program: impl AsRef<OsStr>) -> io::Result<Command> {
        self.kernel()?.command(program.as_ref())
    }

    /// Where another process of the same user comes in, as long as the lab is there. What it starts
    /// ends with the lab too.
    ///
    /// # Errors
    /// If the process that watches over a lab's programs can't be started, or the host is simulated.
    pub fn entrance(&self) -> io::Result<Entrance> {
        self.kernel()?.entrance()
    }

    /// A TCP socket that listens at the host's first address. Port 0 means any.
    ///
    /// # Errors
    /// If the system refuses the socket or the port, or the host has no kernel of its own.
    pub fn listen(&self, port: u16) -> io::Result<TcpListener> {
        self.listen_at((self.address(), port).into())
    }

    /// A TCP socket that listens at this address of the host.
    ///
    /// # Errors
    /// If the system refuses the socket or the address, or the host has no kernel of its own.
    pub fn listen_at(&self, address: SocketAddr) -> io::Result<TcpListener> {
        self.kernel()?.listen_at(address)
    }

    /// A TCP connection from here. Returns when it is made: while the wire holds its frames, that
    /// must be another thread's work; see [`connecting`](Host::connecting).
    ///
    /// # Errors
    /// If the connection can't be made, or the host has no kernel of its own.
    pub fn connect(&self, to: impl ToSocketAddrs) -> io::Result<TcpStream> {
        self.kernel()?.connect(one(to)?)
    }

    /// A TCP connection from here that has just begun: the SYN is on its way. The first read or
    /// write waits until it is made, or fails as it failed.
    ///
    /// # Errors
    /// If it can't even begin, or the host has no kernel of its own.
    pub fn connecting(&self, to: impl ToSocketAddrs) -> io::Result<TcpStream> {
        self.connecting_from(0, to)
    }

    /// As [`connecting`](Host::connecting), from this port. 0 means any.
    ///
    /// # Errors
    /// If it can't even begin, or the port is taken, or the host has no kernel of its own.
    pub fn connecting_from(&self, port: u16, to: impl ToSocketAddrs) -> io::Result<TcpStream> {
        let socket = self.kernel()?.begin_connecting(port, one(to)?)?;
        socket.set_nonblocking(false)?;
        Ok(socket.into())
    }

    /// A UDP socket for all addresses of the host, of the first one's family. Port 0 means any.
    ///
    /// # Errors
    /// If the system refuses the socket or the port, or the host has no kernel of its own.
    pub fn udp(&self, port: u16) -> io::Result<UdpSocket> {
        let all: IpAddr = match self.address() {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        self.kernel()?.udp((all, port).into())
    }
}

fn one(to: impl ToSocketAddrs) -> io::Result<SocketAddr> {
    to.to_socket_addrs()?.next().ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
}
