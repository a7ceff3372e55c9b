//! A simulated host: a TCP/IP stack with its card.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use smoltcp::iface::{
    Config, Interface, PollIngressSingleResult, PollResult, SocketHandle, SocketSet,
};
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr};

use super::clock::{Clock, time};
use super::neighbours;
use super::nic::Nic;
use super::tcp::{Connection, Listener};
use crate::decode::Mac;
use crate::locked::locked;
use crate::port::Port;

/// Known neighbours are told again so often; the stack forgets them after a minute.
const PINNED_FOR: Duration = Duration::from_secs(30);
/// The first of the ports that are given to whoever asks for any (RFC 6335 section 6).
const FIRST_ANY: u16 = 49_152;

pub(crate) struct Node {
    pub(super) clock: Arc<Clock>,
    pub(super) interface: Interface,
    nic: Nic,
    pub(super) addresses: Vec<(IpAddr, u8)>,
    pub(super) sockets: SocketSet<'static>,
    /// Sockets are counted from 1 and keep their numbers; that they are ordered makes all that
    /// happens the same every time.
    pub(super) connections: BTreeMap<u32, Connection>,
    pub(super) listeners: BTreeMap<u32, Listener>,
    pub(super) datagrams: BTreeMap<u32, SocketHandle>,
    last_number: u32,
    last_any: u16,
    /// What tells it all its neighbours' hardware addresses, and when it was told last.
    pins: Vec<Vec<u8>>,
    pinned: Option<Duration>,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

impl Node {
    /// `addresses` are unicast, and no more than the stack has room for.
    pub(super) fn new(
        clock: Arc<Clock>,
        mac: Mac,
        addresses: Vec<(IpAddr, u8)>,
        random: &mut Rng,
    ) -> Self {
        let mut nic = Nic::default();
        let mut config = Config::new(EthernetAddress(mac.0).into());
        config.random_seed = random.u64(..);
        let mut interface = Interface::new(config, &mut nic, clock.instant());
        interface.update_ip_addrs(|room| {
            for (address, prefix) in &addresses {
                let _ = room.push(IpCidr::new((*address).into(), *prefix));
            }
        });
        Self {
            clock,
            interface,
            nic,
            addresses,
            sockets: SocketSet::new(Vec::new()),
            connections: BTreeMap::new(),
            listeners: BTreeMap::new(),
            datagrams: BTreeMap::new(),
            last_number: 0,
            last_any: FIRST_ANY + random.u16(..8192),
            pins: Vec::new(),
            pinned: None,
        }
    }

    /// Knows the hardware address at that end from now on, without asking.
    pub(super) fn pin(&mut self, own: Mac, neighbour: neighbours::End) {
        let answers = self.addresses.iter();
        self.pins.extend(answers.filter_map(|(to, _)| neighbours::answer(neighbour, (own, *to))));
    }

    /// A frame arrives.
    fn take(&mut self, frame: &[u8]) {
        self.learn_pins();
        if self.note_heard(frame) {
            self.nic.received.push_back(frame.to_vec());
        }
        self.act();
    }

    fn learn_pins(&mut self) {
        let now = self.clock.now();
        if self.pinned.is_none_or(|then| now >= then + PINNED_FOR) {
            self.pinned = Some(now);
            self.nic.received.extend(self.pins.iter().cloned());
        }
    }

    /// Lets the stack do all that is to be done at this time.
    pub(super) fn act(&mut self) {
        self.learn_pins();
        let (now, before) = (self.clock.instant(), self.nic.sent.len());
        loop {
            let one = self.interface.poll_ingress_single(now, &mut self.nic, &mut self.sockets);
            if one == PollIngressSingleResult::None {
                break;
            }
            self.tidy();
        }
        // What a socket sends may end it, and what ends one may have to be sent.
        while self.interface.poll_egress(now, &mut self.nic, &mut self.sockets) != PollResult::None
            || self.tidy()
        {}
        for place in before..self.nic.sent.len() {
            let frame = Arc::clone(&self.nic.sent[place]);
            if let Some(corrected) = self.note_sent(&frame) {
                self.nic.sent[place] = corrected;
            }
        }
    }

    /// Whether a frame waits to be taken by the wire.
    pub(super) fn has_sent(&self) -> bool {
        !self.nic.sent.is_empty()
    }

    /// When the stack has something to do by itself.
    pub(super) fn next_time(&mut self) -> Option<Duration> {
        self.interface.poll_at(self.clock.instant(), &self.sockets).map(time)
    }

    pub(super) fn number(&mut self) -> u32 {
        self.last_number += 1;
        self.last_number
    }

    /// The port, or the next one that `is_taken` isn't true of where it is 0.
    pub(super) fn port(
        &mut self,
        asked: u16,
        is_taken: impl Fn(&Self, u16) -> bool,
    ) -> io::Result<u16> {
        if asked != 0 {
            return if is_taken(self, asked) {
                Err(ErrorKind::AddrInUse.into())
            } else {
                Ok(asked)
            };
        }
        for _ in FIRST_ANY..=u16::MAX {
            self.last_any = self.last_any.checked_add(1).unwrap_or(FIRST_ANY);
            if !is_taken(self, self.last_any) {
                return Ok(self.last_any);
            }
        }
        Err(ErrorKind::AddrInUse.into())
    }

    /// The own address from which that address is reached.
    pub(super) fn source_for(&self, to: IpAddr) -> io::Result<IpAddr> {
        if to.is_loopback() || self.addresses.iter().any(|(own, _)| *own == to) {
            let text = "a simulated host has no loopback: it can't talk to itself";
            return Err(io::Error::new(ErrorKind::Unsupported, text));
        }
        let to = IpAddress::from(to);
        let near = |(address, prefix): &&(IpAddr, u8)| {
            IpCidr::new((*address).into(), *prefix).contains_addr(&to)
        };
        let found = self.addresses.iter().find(near).map(|(address, _)| *address);
        found.ok_or_else(|| ErrorKind::NetworkUnreachable.into())
    }

    /// Its first address, where programs listen.
    pub(super) fn first(&self) -> IpAddr {
        self.addresses[0].0
    }
}

pub(super) fn ends(end: smoltcp::wire::IpEndpoint) -> SocketAddr {
    SocketAddr::new(end.addr.into(), end.port)
}

/// The node's end of the wire.
pub(super) struct Plug(pub(super) Arc<Mutex<Node>>);

impl Port for Plug {
    fn recv(&mut self) -> io::Result<Option<Arc<[u8]>>> {
        Ok(locked(&self.0).nic.sent.pop_front())
    }

    fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        locked(&self.0).take(frame);
        Ok(())
    }
}
