//! Building a lab, and letting it go.

use std::fs::OpenOptions;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use namespaces::{Namespaces, Opening, Refusal};

use super::diag::Diag;
use super::host::{Host, Keeper};
use super::plug::{INTERFACE, Plug, Room, TUN, configure, plug_veth, quiet};
use super::pump;
use super::route::Route;
use crate::cable::{Cable, Look};
use crate::decode::Mac;
use crate::error::Error;
use crate::frame::Frame;
use crate::locked::locked;
use crate::port::PortKind;
use crate::record::Recorder;
use crate::rule::{Perfect, Rule};
use crate::tcp_state::Sighting;
use crate::wire::Wire;

/// An address is usable after a fraction of a millisecond, or something is wrong.
const ADDRESS_TAKES: Duration = Duration::from_secs(10);

/// What makes a host patient, on kernels that have it: rto_max since Linux 6.15.
const PATIENCE: [(&str, &str); 3] = [
    ("net/ipv4/tcp_rto_max_ms", "4000"),
    ("net/ipv4/neigh/default/mcast_solicit", "10000"),
    ("net/ipv4/neigh/default/delay_first_probe_time", "36000"),
];

/// Hosts, and the wire that they are all plugged into. When it is dropped, its programs are ended and
/// all of it is gone; a socket of a host that you still hold keeps that host's stack until you drop
/// it, but nothing comes or goes any more.
#[derive(Debug)]
pub struct Lab {
    // In this order they are let go: first the programs, then the wire, then the namespaces.
    keeper: Arc<Keeper>,
    wire: Wire,
    hosts: Vec<Host>,
    port: PortKind,
}

impl Lab {
    /// A lab without hosts yet.
    pub fn builder() -> Builder {
        Builder {
            hosts: Vec::new(),
            rule: Box::new(Perfect),
            record_states: false,
            pinned: false,
            settings: Vec::new(),
            patient: false,
            port: None,
            in_user_namespace: false,
            mistake: None,
        }
    }

    /// The hosts, in the order in which they were named.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The host of that name.
    ///
    /// # Panics
    /// If there is none.
    pub fn host(&self, name: &str) -> &Host {
        let found = self.hosts.iter().find(|host| host.name == name);
        found.unwrap_or_else(|| panic!("the lab has no host {name:?}"))
    }

    /// The wire.
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// How the hosts are plugged in.
    pub fn port(&self) -> PortKind {
        self.port
    }

    /// Whether the hosts are in a user namespace.
    pub fn has_user_namespace(&self) -> bool {
        self.hosts.iter().any(|host| host.namespaces.has_user_namespace())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        drop(locked(&self.keeper.warden).take());
    }
}

/// How a lab shall be.
#[must_use = "nothing is built before `build`"]
pub struct Builder {
    hosts: Vec<Plan>,
    rule: Box<dyn Rule>,
    record_states: bool,
    pinned: bool,
    settings: Vec<(String, String)>,
    patient: bool,
    port: Option<PortKind>,
    in_user_namespace: bool,
    mistake: Option<String>,
}

struct Plan {
    name: String,
    addresses: Vec<(IpAddr, u8)>,
}

impl Plan {
    fn has_six(&self) -> bool {
        self.addresses.iter().any(|(address, _)| address.is_ipv6())
    }
}

impl Builder {
    /// A host, with its address and the length of its network's prefix: `10.0.0.1/24`,
    /// `fd00::1/64`. IPv6 is switched off on hosts without an IPv6 address.
    pub fn host(mut self, name: &str, address: &str) -> Self {
        self.hosts.push(Plan { name: name.into(), addresses: Vec::new() });
        self.also(address)
    }

    /// Another address for the host named last.
    pub fn also(mut self, address: &str) -> Self {
        match (parse(address), self.hosts.last_mut()) {
            (Some(parsed), Some(host)) => host.addresses.push(parsed),
            (None, _) => {
                let text = format!("{address:?} is no address; write it as 10.0.0.1/24");
                self.mistake.get_or_insert(text);
            }
            (_, None) => {
                self.mistake.get_or_insert("name a host before its second address".into());
            }
        }
        self
    }

    /// The wire's rule from the first frame on. Without one everything passes.
    pub fn rule(mut self, rule: impl Rule + 'static) -> Self {
        self.rule = Box::new(rule);
        self
    }

    /// Asks the hosts for their TCP states at every event, not only where a person decides. That
    /// takes some microseconds for each frame.
    pub fn record_states(mut self) -> Self {
        self.record_states = true;
        self
    }

    /// Tells each host the others' hardware addresses, so that none ever asks: no ARP on the wire.
    pub fn pin_neighbours(mut self) -> Self {
        self.pinned = true;
        self
    }

    /// Keeps the kernels from giving up while a person thinks: many more retransmissions, and no
    /// early end of FIN-WAIT-2. Where the kernel lets itself be told (newer ones do), a neighbour's
    /// hardware address is asked for as often as it takes and not checked later, and what was lost
    /// is sent again after 4 s at most, however long the wait was before.
    pub fn patient(mut self) -> Self {
        self.patient = true;
        let tcp = |key: &str| format!("net/ipv4/tcp_{key}");
        self.setting(&tcp("syn_retries"), "60")
            .setting(&tcp("synack_retries"), "60")
            .setting(&tcp("retries2"), "60")
            .setting(&tcp("orphan_retries"), "60")
            .setting(&tcp("fin_timeout"), "36000")
    }

    /// Writes a setting of every host, such as `("net/ipv4/tcp_syn_retries", "2")`, below /proc/sys.
    pub fn setting(mut self, key: &str, value: &str) -> Self {
        self.settings.push((key.into(), value.into()));
        self
    }

    /// Plugs the hosts in this way only. Otherwise the way is chosen by what the machine allows.
    pub fn port(mut self, kind: PortKind) -> Self {
        self.port = Some(kind);
        self
    }

    /// Puts the hosts in a user namespace even where that isn't needed, that is for root.
    pub fn in_user_namespace(mut self) -> Self {
        self.in_user_namespace = true;
        self
    }

    /// Builds it.
    ///
    /// # Errors
    /// If what was asked for makes no sense, or the machine refuses it.
    pub fn build(self) -> Result<Lab, Error> {
        self.check()?;
        let kinds = match self.port {
            Some(kind) => vec![kind],
            None if tap_is_open() => vec![PortKind::Tap, PortKind::VethPacket],
            None => vec![PortKind::VethPacket],
        };
        let mut refused = None;
        for kind in kinds {
            match self.make(kind) {
                Ok((rooms, plugs)) => return self.assemble(kind, rooms, plugs),
                Err(refusal) => refused.get_or_insert(refusal),
            };
        }
        Err(refused.map_or_else(|| Error::Asked("name a kind of port".into()), Error::Refused))
    }

    /// All hosts, set up and plugged in, but for the wire.
    fn make(&self, port: PortKind) -> Result<(Vec<Room>, Vec<Plug>), Refusal> {
        let mut rooms: Vec<Room> = Vec::new();
        for (place, plan) in self.hosts.iter().enumerate() {
            rooms.push(self.room(place, plan, port, rooms.first())?);
        }
        let plugs = match port {
            PortKind::Tap => rooms.iter_mut().map(Room::plug_tap).collect::<Result<_, _>>()?,
            PortKind::VethPacket => plug_veth(&rooms, self.hosts.iter().any(Plan::has_six))?,
        };
        self.configure(&rooms)?;
        Ok((rooms, plugs))
    }

    fn check(&self) -> Result<(), Error> {
        if let Some(mistake) = &self.mistake {
            return Err(Error::Asked(mistake.clone()));
        }
        for (place, plan) in self.hosts.iter().enumerate() {
            if plan.name.is_empty() || plan.name.len() > 64 {
                let text = format!("a host's name has 1 to 64 bytes, and {:?} has not", plan.name);
                return Err(Error::Asked(text));
            }
            if self.hosts[..place].iter().any(|other| other.name == plan.name) {
                return Err(Error::Asked(format!("two hosts are named {:?}", plan.name)));
            }
            let others = self.hosts[..place].iter().flat_map(|other| &other.addresses);
            let taken =
                |(address, _): &&(IpAddr, u8)| plan.addresses.iter().any(|it| it.0 == *address);
            if let Some((address, _)) = { others }.find(taken) {
                return Err(Error::Asked(format!("two hosts have the address {address}")));
            }
        }
        Ok(())
    }

    /// A host's namespaces, and what is needed from inside.
    fn room(
        &self,
        place: usize,
        plan: &Plan,
        port: PortKind,
        beside: Option<&Room>,
    ) -> Result<Room, Refusal> {
        let mut builder = quiet(Namespaces::builder().hostname(&plan.name), plan.has_six());
        for (key, value) in &self.settings {
            builder = builder.setting(key, value);
        }
        for (key, value) in PATIENCE.iter().filter(|_| self.patient) {
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
        for (room, plan) in rooms.iter().zip(&self.hosts) {
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
                for (other, plan) in rooms.iter().zip(&self.hosts).filter(|_| self.pinned) {
                    for (address, _) in plan.addresses.iter().filter(|_| other.mac != room.mac) {
                        room.route.pin_neighbour(index, *address, other.mac)?;
                    }
                }
                Ok(())
            };
            set_up().map_err(|error| configure(&format!("{INTERFACE} of {}", plan.name), error))?;
        }
        Ok(())
    }

    fn assemble(self, port: PortKind, rooms: Vec<Room>, plugs: Vec<Plug>) -> Result<Lab, Error> {
        let (ports, descriptors) =
            plugs.into_iter().map(|plug| (plug.port, plug.descriptor)).unzip();
        let addresses = |plan: &Plan| plan.addresses.iter().map(|it| it.0).collect::<Vec<_>>();
        let names = self.hosts.iter().map(|plan| plan.name.clone()).collect();
        let recorder = Recorder::new(names, self.hosts.iter().map(addresses).collect());
        let whose = self.hosts.iter().map(addresses);
        let diags = rooms.iter().map(|room| Arc::clone(&room.diag));
        let look = look(whose.zip(diags).collect());
        let cable = Cable::new(ports, self.rule, look, self.record_states, recorder.clone());
        let wire = pump::start(cable, recorder, descriptors)
            .map_err(|error| configure("the wire's thread", error))?;
        let all = rooms.iter().map(|room| room.namespaces.clone()).collect();
        let keeper = Arc::new(Keeper { hosts: all, warden: Mutex::new(None) });
        let hosts = rooms.into_iter().zip(&self.hosts).enumerate().map(|(place, (room, plan))| {
            let (name, addresses) = (plan.name.clone(), addresses(plan));
            let keeper = Arc::clone(&keeper);
            Host { name, place, addresses, namespaces: room.namespaces, diag: room.diag, keeper }
        });
        Ok(Lab { hosts: hosts.collect(), keeper, wire, port })
    }
}

/// One host without an address that anybody could meet, to see whether it can be made.
pub(super) fn alone(port: Option<PortKind>) -> Result<Lab, Error> {
    Builder { port, ..Lab::builder() }.host("probe", "192.0.2.1/24").build()
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

/// Locally administered, and the host's place, counted from 1, at the end.
fn mac(place: usize) -> Mac {
    let [.., high, low] = (place + 1).to_be_bytes();
    Mac([2, 0, 0, 0, high, low])
}

fn parse(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) = text.split_once('/')?;
    let (address, prefix): (IpAddr, u8) = (address.parse().ok()?, prefix.parse().ok()?);
    let most = if address.is_ipv4() { 32 } else { 128 };
    (prefix <= most).then_some((address, prefix))
}

/// Asks the two hosts that a segment's addresses name.
fn look(hosts: Vec<(Vec<IpAddr>, Arc<Diag>)>) -> Look {
    Box::new(move |frame: &Frame| {
        let decoded = frame.decode();
        let (Some(_), Some((from, to))) = (decoded.tcp(), decoded.ends()) else {
            return Vec::new();
        };
        let mut seen = Vec::new();
        for (own, other) in [(from, to), (to, from)] {
            let host = hosts.iter().position(|(addresses, _)| addresses.contains(&own.ip()));
            let Some(host) = host else { continue };
            let socket = hosts[host].1.one(own, other).unwrap_or_default();
            seen.push(Sighting { host, socket });
        }
        seen
    })
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
            let alice = &lab.host("alice").namespaces;
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

    #[test]
    fn an_address_is_written_with_the_length_of_its_prefix() {
        assert_eq!(parse("10.0.0.1/24"), Some(([10, 0, 0, 1].into(), 24)));
        assert!(parse("fd00::1/128").is_some());
        for wrong in ["10.0.0.1", "10.0.0.1/33", "10.0.0/24", "fd00::1/129", "x/1", ""] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
