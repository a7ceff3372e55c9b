//! The observing tier: hosts that are names only, on the loopback of this machine. What their sockets
//! send is captured there, and nothing can be done about it.
//!
//! Nothing of strangers comes here: the kernel's filter lets only frames through that go from a port
//! of the lab to a port of the lab, and sockets of others are neither told of nor accepted.

mod capture;
mod host;
mod ports;
mod watch;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use namespaces::{Refusal, Step};
use socket2::{Domain, Protocol, Socket, Type};

use super::diag::Diag;
use crate::cable::{Cable, Look};
use crate::frame::Frame;
use crate::host::Stack;
use crate::lab::Plan;
use crate::record::Recorder;
use crate::rule::Perfect;
use crate::tcp_state::Sighting;
use crate::wire::Wire;

use capture::Capture;
pub(crate) use host::Host;
use ports::{Ports, Transport};

/// Where all hosts are: where each of them was to have IPv6 addresses alone, at IPv6's loopback.
fn here(plan: &Plan) -> IpAddr {
    let is_six = |(address, _): &(IpAddr, u8)| address.is_ipv6();
    match plan.hosts.iter().all(|host| host.addresses.iter().all(is_six)) {
        true => Ipv6Addr::LOCALHOST.into(),
        false => Ipv4Addr::LOCALHOST.into(),
    }
}

/// Whether it could be done: opens what is needed, and closes it.
pub(crate) fn probe() -> Result<(), Refusal> {
    open().map(drop)
}

fn open() -> Result<(Capture, Diag), Refusal> {
    let capture = Capture::open().map_err(|error| Refusal::new(Step::Capture, None, error))?;
    let netlink = Domain::from(libc::AF_NETLINK);
    let protocol = Protocol::from(libc::NETLINK_SOCK_DIAG);
    let diag = Socket::new(netlink, Type::RAW, Some(protocol))
        .map_err(|error| Refusal::new(Step::Open, Some("sock_diag"), error))?;
    Ok((capture, Diag::over(diag.into())))
}

/// All hosts, and the wire that only looks.
pub(crate) fn build(plan: &Plan) -> Result<(Vec<crate::Host>, Wire), Refusal> {
    let (capture, diag) = open()?;
    let here = here(plan);
    // IPv6 may be switched off.
    bound(here, Transport::Tcp, 0, false).map_err(|error| {
        let name = format!("a socket at {here}");
        Refusal::new(Step::Open, Some(&name), error)
    })?;
    let diag = Arc::new(diag);
    let names = plan.names();
    let recorder = Recorder::new(names.clone(), vec![vec![here]; names.len()]);
    let failed = |error| Refusal::new(Step::Capture, None, error);
    let filtered = capture.socket().try_clone().map_err(failed)?;
    let ports = Arc::new(Ports::of(here, filtered, Arc::clone(&diag)));
    let look = look(Arc::clone(&ports), Arc::clone(&diag));
    let cable =
        Cable::new(Vec::new(), Box::new(Perfect), look, plan.record_states, recorder.clone());
    let wire = watch::start(cable, recorder, capture, Arc::clone(&ports)).map_err(failed)?;
    let hosts = names.into_iter().enumerate().map(|(place, name)| {
        let host = Host::new(place, Arc::clone(&ports), Arc::clone(&diag));
        crate::Host::new(name, place, vec![here], Stack::Observed(host))
    });
    Ok((hosts.collect(), wire))
}

/// Asks for the two sockets that a segment's ports name.
fn look(ports: Arc<Ports>, diag: Arc<Diag>) -> Look {
    Box::new(move |frame: &Frame| {
        let decoded = frame.decode();
        let (Some(_), Some((from, to))) = (decoded.tcp(), decoded.ends()) else {
            return Vec::new();
        };
        let sighting = |(own, other): (SocketAddr, SocketAddr)| {
            let host = ports.owner(Transport::Tcp, own.port())?;
            let socket = diag.one(own, other).unwrap_or_default();
            Some(Sighting {
                host,
                socket: socket.filter(|socket| socket.local.ip() == ports.here()),
            })
        };
        [(from, to), (to, from)].into_iter().filter_map(sighting).collect()
    })
}

/// A TCP or UDP socket of this machine, at a port of its loopback; 0 is any.
fn bound(here: IpAddr, transport: Transport, port: u16, again: bool) -> io::Result<(Socket, u16)> {
    let kind = match transport {
        Transport::Tcp => Type::STREAM,
        Transport::Udp => Type::DGRAM,
    };
    let socket = Socket::new(Domain::for_address((here, port).into()), kind, None)?;
    socket.set_reuse_address(again)?;
    socket.bind(&SocketAddr::from((here, port)).into())?;
    let port = socket.local_addr()?.as_socket().map_or(0, |own| own.port());
    Ok((socket, port))
}
