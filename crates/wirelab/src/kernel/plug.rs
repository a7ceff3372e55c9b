//! Plugging a host into the wire, in one of two ways.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

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
pub(super) struct FarEnds {
    route: Route,
    packets: Coming,
}

/// Packet sockets whose memory is being made, each by a thread: the kernel has each wait for the same
/// thing. Whoever lets go of them waits too, so that nothing of a lab is made after its end.
struct Coming(Vec<JoinHandle<io::Result<Packet>>>);

impl Drop for Coming {
    fn drop(&mut self) {
        for thread in self.0.drain(..) {
            let _ = thread.join();
        }
    }
}

impl FarEnds {
    /// Begins with the sockets, which take longest; hosts can be made meanwhile.
    pub(super) fn beside(first: &Namespaces, hosts: usize, has_six: bool) -> Result<Self, Refusal> {
        let builder = quiet(Namespaces::builder().beside(first), has_six);
        let route = Opening::socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE);
        let (hidden, opened) = builder.build_with(&[route])?;
        let route = opened.into_iter().next().map(Route::over);
        let route = route.ok_or_else(|| configure("rtnetlink", io::ErrorKind::NotFound.into()))?;
        let mut packets = Coming(Vec::new());
        let mut missing = hosts;
        while missing > 0 {
            let batch = missing.min(BATCH);
            let socket = Opening::socket(libc::AF_PACKET, libc::SOCK_RAW, 0);
            for socket in hidden.open(&vec![socket; batch])? {
                let make = move || Packet::with_room(socket, hosts);
                let thread = thread::Builder::new().spawn(make).map_err(no_packet_socket)?;
                packets.0.push(thread);
            }
            missing -= batch;
        }
        Ok(Self { route, packets })
    }

    /// Plugs in the hosts for which it was begun, as many.
    pub(super) fn plug(mut self, rooms: &[Room]) -> Result<Vec<Plug>, Refusal> {
        let mut indices = Vec::new();
        for (place, room) in rooms.iter().enumerate() {
            let pair = self.pair(&format!("wire{place}"), room);
            indices.push(pair.map_err(|error| configure("a veth pair", error))?);
        }
        let panicked = |_| Err(io::Error::other("a thread panicked"));
        let packets = self.packets.0.drain(..).map(|it| it.join().unwrap_or_else(panicked));
        let packets: Vec<_> = packets.collect(); // all, whatever becomes of one
        let plugs = packets.into_iter().zip(indices).map(|(packet, index)| {
            let packet = packet?;
            packet.attach(index)?;
            let descriptor = packet.descriptor();
            Ok(Plug { port: Box::new(packet), descriptor })
        });
        plugs.collect::<io::Result<_>>().map_err(no_packet_socket)
    }

    /// Gives a host its interface, and its far end's number.
    fn pair(&self, name: &str, room: &Room) -> io::Result<u32> {
        self.route.add_veth(name, INTERFACE, room.namespaces.net())?;
        let index = self.route.index(name)?;
        let _ = self.route.no_own_address(index);
        sys::switch_offloads_off(room.route.as_fd(), INTERFACE)?;
        self.route.bring_up(index)?;
        Ok(index)
    }
}

fn no_packet_socket(error: io::Error) -> Refusal {
    configure("a packet socket", error)
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
