//! Building a lab of kernels, and letting it go.

use std::fs::OpenOptions;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use namespaces::{Namespaces, Opening, Refusal};

use super::diag::Diag;
use super::host::{Host, Keeper};
use super::plug::{FarEnds, INTERFACE, Plug, Room, TUN, configure, quiet};
use super::pump;
use super::route::Route;
use super::side_by_side::side_by_side;
use crate::cable::Cable;
use crate::error::Error;
use crate::host::Stack;
use crate::lab::{Lab, Plan, Planned, look, mac};
use crate::locked::locked;
use crate::port::PortKind;
use crate::record::Recorder;
use crate::tier::Tier;
use crate::wire::Wire;

/// An address is usable after a fraction of a millisecond, or something is wrong.
const ADDRESS_TAKES: Duration = Duration::from_secs(10);

/// Settings of TCP that keep it from giving up while a person thinks.
const PATIENT: [(&str, &str); 5] = [
    ("syn_retries", "60"),
    ("synack_retries", "60"),
    ("retries2", "60"),
    ("orphan_retries", "60"),
    ("fin_timeout", "36000"),
];
/// What makes a host more patient still, on kernels that have it: rto_max since Linux 6.15.
const MORE_PATIENT: [(&str, &str); 3] = [
    ("net/ipv4/tcp_rto_max_ms", "4000"),
    ("net/ipv4/neigh/default/mcast_solicit", "10000"),
    ("net/ipv4/neigh/default/delay_first_probe_time", "36000"),
];

/// What a lab of kernels has beside its hosts and its wire. Dropped before them, it ends the
/// programs.
#[derive(Debug)]
pub(crate) struct Whole {
    keeper: Arc<Keeper>,
    port: PortKind,
}

impl Whole {
    pub(crate) fn port(&self) -> PortKind {
        self.port
    }

    pub(crate) fn has_user_namespace(&self) -> bool {
        self.keeper.hosts.iter().any(Namespaces::has_user_namespace)
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        drop(locked(&self.keeper.warden).take());
    }
}

/// All hosts, set up and plugged in, but for the wire.
pub(crate) struct Prepared {
    port: PortKind,
    rooms: Vec<Room>,
    plugs: Vec<Plug>,
}

/// Makes hosts that are plugged in as was asked for, or in the best way that the machine allows.
pub(crate) fn prepare(plan: &Plan) -> Result<Prepared, Refusal> {
    let make = |port| plan.make(port).map(|(rooms, plugs)| Prepared { port, rooms, plugs });
    match plan.port {
        Some(port) => make(port),
        None if tap_is_open() => {
            make(PortKind::Tap).or_else(|refusal| make(PortKind::VethPacket).map_err(|_| refusal))
        }
        None => make(PortKind::VethPacket),
    }
}

/// Puts the wire between the hosts.
pub(crate) fn assemble(
    mut plan: Plan,
    prepared: Prepared,
) -> Result<(Vec<crate::Host>, Wire, Whole), Refusal> {
    let Prepared { port, rooms, plugs } = prepared;
    let (ports, descriptors) = plugs.into_iter().map(|plug| (plug.port, plug.descriptor)).unzip();
    let (names, addresses) = (plan.names(), plan.addresses());
    let recorder = Recorder::new(names.clone(), addresses.clone());
    let asked = rooms.iter().map(|room| {
        let diag = Arc::clone(&room.diag);
        move |local: SocketAddr, remote: SocketAddr| diag.one(local, remote).unwrap_or_default()
    });
    let look = look(addresses.iter().cloned().zip(asked).collect());
    let cable = Cable::new(ports, plan.rule(), look, plan.record_states, recorder.clone());
    let wire = pump::start(cable, recorder, descriptors)
        .map_err(|error| configure("the wire's thread", error))?;
    let all = rooms.iter().map(|room| room.namespaces.clone()).collect();
    let keeper = Arc::new(Keeper { hosts: all, warden: Mutex::new(None) });
    let hosts = rooms.into_iter().zip(names.into_iter().zip(addresses)).enumerate();
    let hosts = hosts.map(|(place, (room, (name, addresses)))| {
        let (keeper, own) = (Arc::clone(&keeper), addresses.clone());
        let stack = Host { addresses: own, namespaces: room.namespaces, diag: room.diag, keeper };
        crate::Host::new(name, place, addresses, Stack::Kernel(stack))
    });
    Ok((hosts.collect(), wire, Whole { keeper, port }))
}

impl Plan {
    /// All hosts, set up and plugged in, but for the wire.
    fn make(&self, port: PortKind) -> Result<(Vec<Room>, Vec<Plug>), Refusal> {
        let mut hosts = self.hosts.iter();
        let mut rooms: Vec<Room> = Vec::new();
        let mut far_ends = None;
        // The others are beside the first.
        if let Some(plan) = hosts.next() {
            rooms.push(self.room(0, plan, port, None)?);
            if port == PortKind::VethPacket {
                let (first, has_six) = (&rooms[0].namespaces, self.hosts.iter().any(has_six));
                far_ends = Some(FarEnds::beside(first, self.hosts.len(), has_six)?);
            }
            let others =
                side_by_side(hosts, |place, plan| self.room(place + 1, plan, port, rooms.first()))?;
            rooms.extend(others);
        }
        let plugs = match far_ends {
            Some(far_ends) => far_ends.plug(&rooms)?,
            None => side_by_side(rooms.iter_mut(), |_, room| room.plug_tap())?,
        };
        self.configure(&rooms)?;
        Ok((rooms, plugs))
    }

    /// A host's namespaces, and what is needed from inside.
    fn room(
        &self,
        place: usize,
        plan: &Planned,
        port: PortKind,
        beside: Option<&Room>,
    ) -> Result<Room, Refusal> {
        let mut builder = quiet(Namespaces::builder().hostname(&plan.name), has_six(plan));
        for (key, value) in PATIENT.iter().filter(|_| self.patient) {
            builder = builder.setting(&format!("net/ipv4/tcp_{key}"), value);
        }
        for (key, value) in &self.settings {
            builder = builder.setting(key, value);
        }
        for (key, value) in MORE_PATIENT.iter().filter(|_| self.patient) {
            builder = builder.setting_if_possible(key, value);
        }
        builder = match beside {
            Some(first) => builder.beside(&first.namespaces),
            None if self.in_user_namespace => builder.in_user_namespace(),
            None => builder,
        };
        let netlink = |protocol| Opening::socket(libc::AF_NETLINK, libc::SOCK_RAW, protocol);
        let mut open = vec![netlink(libc::NETLINK_ROUTE), netlink(libc::NETLINK_SOCK_DIAG)];
        if port == PortKind::Tap {
            open.push(Opening::device(TUN));
        }
        let (namespaces, opened) = builder.build_with(&open)?;
        let mut opened = opened.into_iter();
        let missing = || configure("descriptors", io::ErrorKind::UnexpectedEof.into());
        let route = Route::over(opened.next().ok_or_else(missing)?);
        let diag = Arc::new(Diag::over(opened.next().ok_or_else(missing)?));
        Ok(Room { namespaces, route, diag, tun: opened.next(), mac: mac(place) })
    }

    fn configure(&self, rooms: &[Room]) -> Result<(), Refusal> {
        let set_up_all = side_by_side(rooms.iter().zip(&self.hosts), |_, (room, plan)| {
            let set_up = || -> io::Result<()> {
                let index = room.route.index(INTERFACE)?;
                let _ = room.route.no_own_address(index);
                room.route.set_mac(index, room.mac)?;
                room.route.bring_up(index)?;
                for (address, prefix) in &plan.addresses {
                    room.route.add_address(index, *address, *prefix)?;
                }
                for (address, _) in &plan.addresses {
                    wait_until_own(&room.route, *address)?;
                }
                let others = rooms.iter().zip(&self.hosts).filter(|(it, _)| it.mac != room.mac);
                for (other, neighbour) in others.filter(|_| self.pinned) {
                    // A host without IPv6 has no use for the address, and its kernel refuses it.
                    for (address, _) in neighbour.addresses.iter().filter(|it| has_kin(plan, it)) {
                        room.route.pin_neighbour(index, *address, other.mac)?;
                    }
                }
                Ok(())
            };
            set_up().map_err(|error| configure(&format!("{INTERFACE} of {}", plan.name), error))
        });
        set_up_all.map(drop)
    }
}

/// One host without an address that anybody could meet, to see whether it can be made.
pub(super) fn alone(port: PortKind) -> Result<Lab, Error> {
    Lab::builder().host("probe", "192.0.2.1/24").tier(Tier::Kernel).port(port).build()
}

fn has_six(plan: &Planned) -> bool {
    plan.addresses.iter().any(|(address, _)| address.is_ipv6())
}

/// Whether it has an address of the same family.
fn has_kin(plan: &Planned, (address, _): &(IpAddr, u8)) -> bool {
    plan.addresses.iter().any(|(own, _)| own.is_ipv4() == address.is_ipv4())
}

/// Without this the first frame to an IPv6 address may be lost at its own host.
fn wait_until_own(route: &Route, address: IpAddr) -> io::Result<()> {
    let late = Instant::now() + ADDRESS_TAKES;
    while !route.is_own(address)? {
        if Instant::now() > late {
            let text = format!("{address} is not the host's own after {ADDRESS_TAKES:?}");
            return Err(io::Error::new(io::ErrorKind::TimedOut, text));
        }
        thread::sleep(Duration::from_micros(200));
    }
    Ok(())
}

fn tap_is_open() -> bool {
    OpenOptions::new().read(true).write(true).open(TUN).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device whose other end lies in a host's namespace goes when the kernel removes that
    /// namespace, and not before.
    #[test]
    fn the_kernel_removes_a_hosts_namespace_after_the_lab_is_dropped() {
        for port in [PortKind::Tap, PortKind::VethPacket] {
            let plan = Lab::builder().host("alice", "10.0.0.1/24").port(port);
            let Ok(lab) = plan.in_user_namespace().build() else {
                eprintln!("not run: the machine refuses {port}");
                continue;
            };
            let Stack::Kernel(alice) = lab.host("alice").stack() else { panic!("a kernel") };
            let alice = &alice.namespaces;
            let route = Opening::socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE);
            let beside = Namespaces::builder().beside(alice);
            let (witness, opened) = beside.build_with(&[route]).expect("one more");
            let route = Route::over(opened.into_iter().next().expect("a socket"));
            route.add_veth("here", "there", alice.net()).expect("a pair");
            assert!(route.index("here").is_ok());
            drop(lab);
            let late = Instant::now() + Duration::from_secs(20);
            while route.index("here").is_ok() {
                assert!(Instant::now() < late, "the namespace is still there");
                thread::yield_now();
            }
            drop(witness);
        }
    }
}
