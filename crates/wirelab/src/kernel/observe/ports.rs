//! Which port of the loopback is whose: all that tells hosts apart that share an address.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, Weak};

use socket2::Socket;

use super::{Diag, bound, capture};
use crate::locked::locked;
use crate::tcp_state::TcpState;

/// So many ports a lab may have at once: the kernel's filter names each twice, and its jumps are
/// short.
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
    diag: Arc<Diag>,
    owned: Mutex<Owned>,
}

#[derive(Debug, Default)]
struct Owned {
    places: BTreeMap<(Transport, u16), Owner>,
    /// Those that were given back while the capture may still hold what was sent from there: whose
    /// they were, and when that was, in rounds.
    past: BTreeMap<(Transport, u16), (usize, u64)>,
    /// How often ports were given back.
    rounds: u64,
    /// Whose, in place of which port, which; and what keeps it from strangers.
    stand_ins: Vec<(usize, u16, u16, Socket)>,
}

/// Whose a port is, and for how long.
#[derive(Debug)]
struct Owner {
    place: usize,
    /// As long as a socket has this; `None` is as long as the lab is there.
    lease: Option<Weak<Lease>>,
}

impl Owner {
    fn is_there(&self) -> bool {
        self.lease.as_ref().is_none_or(|lease| lease.strong_count() > 0)
    }
}

/// What a socket has as long as a port is its host's.
#[derive(Debug)]
pub(super) struct Lease {
    ports: Arc<Ports>,
    transport: Transport,
}

impl Lease {
    /// Whether somebody is one of the lab's hosts, and not another program of this machine.
    pub(super) fn knows(&self, from: SocketAddr) -> bool {
        from.ip() == self.ports.here && self.ports.owner(self.transport, from.port()).is_some()
    }
}

impl Ports {
    pub(super) fn of(here: IpAddr, filtered: Socket, diag: Arc<Diag>) -> Self {
        Self { here, filtered, diag, owned: Mutex::default() }
    }

    /// Where all of them are.
    pub(super) fn here(&self) -> IpAddr {
        self.here
    }

    /// The place of the host that has this port.
    pub(super) fn owner(&self, transport: Transport, port: u16) -> Option<usize> {
        locked(&self.owned).places.get(&(transport, port)).map(|owner| owner.place)
    }

    /// The place of the host that had this port when a frame was captured.
    pub(super) fn owner_then(&self, transport: Transport, port: u16) -> Option<usize> {
        let owned = locked(&self.owned);
        let now = owned.places.get(&(transport, port)).map(|owner| owner.place);
        now.or_else(|| owned.past.get(&(transport, port)).map(|(place, _)| *place))
    }

    /// How often ports have been given back.
    pub(super) fn rounds(&self) -> u64 {
        locked(&self.owned).rounds
    }

    /// All that was captured before that round has been looked at.
    pub(super) fn looked_at(&self, round: u64) {
        locked(&self.owned).past.retain(|_, (_, given_back)| *given_back > round);
    }

    /// As long as the lease is there this is a port of that host, and what goes there from another is
    /// captured.
    pub(super) fn give(
        self: &Arc<Self>,
        transport: Transport,
        port: u16,
        place: usize,
    ) -> io::Result<Arc<Lease>> {
        let mut owned = locked(&self.owned);
        let before = owned.places.get(&(transport, port)).and_then(|owner| owner.lease.as_ref());
        let lease = before.and_then(Weak::upgrade);
        let lease = lease.unwrap_or_else(|| Arc::new(Lease { ports: Arc::clone(self), transport }));
        let owner = Owner { place, lease: Some(Arc::downgrade(&lease)) };
        self.enter(&mut owned, (transport, port), owner)?;
        Ok(lease)
    }

    fn enter(&self, owned: &mut Owned, key: (Transport, u16), owner: Owner) -> io::Result<()> {
        let before = owned.places.get(&key);
        if before.is_some_and(|before| before.place != owner.place && before.is_there()) {
            let text = format!("port {} is another host's, and all share one address", key.1);
            return Err(io::Error::new(io::ErrorKind::AddrInUse, text));
        }
        match before {
            // What the lab keeps stays.
            Some(Owner { lease: None, .. }) => return Ok(()),
            Some(_) => {}
            None => self.make_room(owned)?,
        }
        owned.places.insert(key, owner);
        let ports: Vec<u16> = owned.places.keys().map(|(_, port)| *port).collect();
        self.filtered.attach_filter(&capture::filter(self.here, &ports))
    }

    /// Takes ports back that no socket has any more, where there are too many.
    fn make_room(&self, owned: &mut Owned) -> io::Result<()> {
        if owned.places.len() < MOST {
            return Ok(());
        }
        // The kernel goes on closing a connection when its socket has been closed. In TIME-WAIT it
        // has nothing more to say, but that it is there.
        let sockets = self.diag.all()?;
        owned.rounds += 1;
        let round = owned.rounds;
        for with_time_wait in [true, false] {
            let counts = |state| with_time_wait || state != TcpState::TimeWait;
            let own = sockets.iter().filter(|it| it.local.ip() == self.here && counts(it.state));
            let closing: BTreeSet<u16> = own.map(|socket| socket.local.port()).collect();
            owned.places.retain(|(transport, port), owner| {
                let is_closing = *transport == Transport::Tcp && closing.contains(port);
                let stays = owner.is_there() || is_closing;
                if !stays {
                    owned.past.insert((*transport, *port), (owner.place, round));
                }
                stays
            });
            if owned.places.len() < MOST {
                return Ok(());
            }
        }
        let text = format!(
            "an observed lab has at most {MOST} ports at once, and each of them has a socket or a \
             connection that still closes"
        );
        Err(io::Error::other(text))
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
                let owner = Owner { place, lease: None };
                self.enter(&mut owned, (Transport::Tcp, port), owner)?;
                owned.stand_ins.push((place, wanted, port, keeper));
                return Ok(port);
            }
        }
        Err(io::ErrorKind::AddrInUse.into())
    }
}
