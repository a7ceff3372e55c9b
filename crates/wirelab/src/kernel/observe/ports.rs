//! Which port of the loopback is whose: all that tells hosts apart that share an address.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::Mutex;

use socket2::Socket;

use super::{bound, capture};
use crate::locked::locked;

/// So many ports a lab may have: the kernel's filter names each twice, and its jumps are short.
const MOST: usize = 60;
/// A port that is free for TCP is free for UDP too, or the next one is.
const TRIES: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Transport {
    Tcp,
    Udp,
}

#[derive(Debug)]
pub(super) struct Ports {
    /// The loopback's address, of one family or the other.
    here: IpAddr,
    /// The capture's own socket, whose filter knows the same ports.
    filtered: Socket,
    owned: Mutex<Owned>,
}

#[derive(Debug, Default)]
struct Owned {
    places: BTreeMap<(Transport, u16), usize>,
    /// Whose, in place of which port, which; and what keeps it from strangers.
    stand_ins: Vec<(usize, u16, u16, Socket)>,
}

impl Ports {
    pub(super) fn of(here: IpAddr, filtered: Socket) -> Self {
        Self { here, filtered, owned: Mutex::default() }
    }

    /// Where all of them are.
    pub(super) fn here(&self) -> IpAddr {
        self.here
    }

    /// The place of the host that has this port.
    pub(super) fn owner(&self, transport: Transport, port: u16) -> Option<usize> {
        locked(&self.owned).places.get(&(transport, port)).copied()
    }

    /// From now on this is a port of that host, and what goes there from another is captured.
    pub(super) fn give(&self, transport: Transport, port: u16, place: usize) -> io::Result<()> {
        self.enter(&mut locked(&self.owned), transport, port, place)
    }

    fn enter(
        &self,
        owned: &mut Owned,
        transport: Transport,
        port: u16,
        place: usize,
    ) -> io::Result<()> {
        if owned.places.len() >= MOST {
            let text = format!("an observed lab has at most {MOST} ports");
            return Err(io::Error::other(text));
        }
        if *owned.places.entry((transport, port)).or_insert(place) != place {
            let text = format!("port {port} is another host's, and all share one address");
            return Err(io::Error::new(io::ErrorKind::AddrInUse, text));
        }
        let ports: Vec<u16> = owned.places.keys().map(|(_, port)| *port).collect();
        self.filtered.attach_filter(&capture::filter(self.here, &ports))
    }

    /// A port that nobody else has, for a host that would use `wanted` if it had all ports for
    /// itself. The same each time. It is kept as long as the lab is there.
    pub(super) fn stand_in(&self, place: usize, wanted: u16) -> io::Result<u16> {
        let mut owned = locked(&self.owned);
        let is_it = |it: &&(usize, u16, u16, Socket)| (it.0, it.1) == (place, wanted);
        if let Some((_, _, port, _)) = owned.stand_ins.iter().find(is_it) {
            return Ok(*port);
        }
        // Bound without SO_REUSEADDR, so that it is one where no connection lingers either. With
        // it afterwards, so that the host's own socket can be bound there too.
        for _ in 0..TRIES {
            let (keeper, port) = bound(self.here, Transport::Tcp, 0, false)?;
            if bound(self.here, Transport::Udp, port, false).is_ok() {
                keeper.set_reuse_address(true)?;
                self.enter(&mut owned, Transport::Tcp, port, place)?;
                owned.stand_ins.push((place, wanted, port, keeper));
                return Ok(port);
            }
        }
        Err(io::ErrorKind::AddrInUse.into())
    }
}
