//! Plugging a host into the wire, in one of two ways.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::thread::{self, ScopedJoinHandle};

use namespaces::{Namespaces, Opening, Refusal, Step};

use super::diag::Diag;
use super::packet::Packet;
use super::route::Route;
use super::tap::Tap;
use crate::decode::Mac;
use crate::port::Port;
use crate::sys;

/// A host's interface.
pub(super) const INTERFACE: &str = "eth0";
/// What becomes a TAP device.
pub(super) const TUN: &str = "/dev/net/tun";
/// Frames that may wait in a TAP device for the wire. More than any TCP has on its way here.
const TAP_QUEUE: u32 = 8192;
/// So many sockets are opened by one errand.
const BATCH: usize = 50;

/// A host while the lab is built.
pub(super) struct Room {
    pub(super) namespaces: Namespaces,
    pub(super) route: Route,
    pub(super) diag: Arc<Diag>,
    pub(super) tun: Option<OwnedFd>,
    pub(super) mac: Mac,
}

/// A port, and the descriptor that says when it has a frame.
pub(super) struct Plug {
    pub(super) port: Box<dyn Port>,
    pub(super) descriptor: Arc<OwnedFd>,
}

impl Room {
    pub(super) fn plug_tap(&mut self) -> Result<Plug, Refusal> {
        let refused = |error| Refusal::new(Step::Configure, Some("a TAP device"), error);
        let device = self.tun.take().ok_or_else(|| refused(io::ErrorKind::NotFound.into()))?;
        let tap = Tap::attach(device, INTERFACE).map_err(refused)?;
        let index = self.route.index(INTERFACE).map_err(refused)?;
        self.route.set_queue(index, TAP_QUEUE).map_err(refused)?;
        let descriptor = tap.descriptor();
        Ok(Plug { port: Box::new(tap), descriptor })
    }
}

/// One hidden namespace has the far ends of all hosts' veth pairs, each under a packet socket.
pub(super) fn plug_veth(rooms: &[Room], has_six: bool) -> Result<Vec<Plug>, Refusal> {
    let Some(first) = rooms.first() else { return Ok(Vec::new()) };
    let builder = quiet(Namespaces::builder().beside(&first.namespaces), has_six);
    let route = Opening::socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE);
    let (hidden, opened) = builder.build_with(&[route])?;
    let route = opened.into_iter().next().map(Route::over);
    let route = route.ok_or_else(|| configure("rtnetlink", io::ErrorKind::NotFound.into()))?;
    let mut sockets = Vec::new();
    for batch in rooms.chunks(BATCH) {
        let socket = Opening::socket(libc::AF_PACKET, libc::SOCK_RAW, 0);
        sockets.extend(hidden.open(&vec![socket; batch.len()])?);
    }
    let mut indices = Vec::new();
    for (place, room) in rooms.iter().enumerate() {
        let name = format!("wire{place}");
        let pair = || -> io::Result<u32> {
            route.add_veth(&name, INTERFACE, room.namespaces.net())?;
            let index = route.index(&name)?;
            let _ = route.no_own_address(index);
            sys::switch_offloads_off(room.route.as_fd(), INTERFACE)?;
            route.bring_up(index)?;
            Ok(index)
        };
        indices.push(pair().map_err(|error| configure("a veth pair", error))?);
    }
    // The kernel makes each ring wait until all processors have passed a quiet point. Side by side
    // they wait for the same one.
    let plugs = thread::scope(|scope| {
        let attach = |(index, socket)| {
            thread::Builder::new().spawn_scoped(scope, move || -> io::Result<Plug> {
                let packet = Packet::attach(socket, index, rooms.len())?;
                let descriptor = packet.descriptor();
                Ok(Plug { port: Box::new(packet), descriptor })
            })
        };
        let attached: Vec<_> = indices.into_iter().zip(sockets).map(attach).collect();
        attached.into_iter().map(|thread| join(thread?)).collect::<io::Result<Vec<_>>>()
    });
    plugs.map_err(|error| configure("a packet socket", error))
}

fn join<T>(thread: ScopedJoinHandle<'_, io::Result<T>>) -> io::Result<T> {
    thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread panicked")))
}

/// Keeps the kernel from talking by itself: no IPv6 where nobody asked for it, and where somebody
/// did, none of the talk that makes addresses up. In a container /proc/sys may be read-only; then
/// interfaces without an address of their own are the next best.
pub(super) fn quiet(builder: namespaces::Builder, has_six: bool) -> namespaces::Builder {
    let (key, value) = if has_six { ("accept_ra", "0") } else { ("disable_ipv6", "1") };
    let six = |set: &str, key: &str| format!("net/ipv6/conf/{set}/{key}");
    builder
        .setting_if_possible(&six("all", key), value)
        .setting_if_possible(&six("default", key), value)
        .setting_if_possible(&six("default", "router_solicitations"), "0")
}

pub(super) fn configure(what: &str, error: io::Error) -> Refusal {
    Refusal::new(Step::Configure, Some(what), error)
}
