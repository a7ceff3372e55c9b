//! A relay for UDP: each socket that sends to it gets a socket of its own towards the server.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::MOST;
use crate::locked::locked;
use crate::record::{Recorder, What};

/// A relay before one UDP server.
pub struct UdpRelay {
    shared: Arc<Shared>,
    addr: SocketAddr,
}

struct Shared {
    recorder: Recorder,
    client: String,
    server: String,
    to: SocketAddr,
    /// Where clients send to.
    socket: UdpSocket,
    over: AtomicBool,
    to_lose: AtomicUsize,
    replies_to_lose: AtomicUsize,
    /// The oldest comes first.
    routes: Mutex<Vec<Route>>,
}

/// The way of one client's socket.
struct Route {
    from: SocketAddr,
    /// Towards the server.
    socket: UdpSocket,
    over: Arc<AtomicBool>,
}

impl UdpRelay {
    pub(crate) fn before(
        recorder: &Recorder,
        client: &str,
        server: &str,
        to: SocketAddr,
    ) -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let addr = socket.local_addr()?;
        let shared = Arc::new(Shared {
            recorder: recorder.clone(),
            client: client.into(),
            server: server.into(),
            to,
            socket,
            over: AtomicBool::new(false),
            to_lose: AtomicUsize::new(0),
            replies_to_lose: AtomicUsize::new(0),
            routes: Mutex::default(),
        });
        let receiving = Arc::clone(&shared);
        thread::Builder::new().name("relay".into()).spawn(move || receiving.pass_on())?;
        Ok(UdpRelay { shared, addr })
    }

    /// Where clients send to.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Has the next datagram of the client vanish on its way.
    pub fn lose(&self) {
        self.shared.to_lose.fetch_add(1, Ordering::AcqRel);
    }

    /// Has the next datagram of the server's vanish on its way.
    pub fn lose_reply(&self) {
        self.shared.replies_to_lose.fetch_add(1, Ordering::AcqRel);
    }
}

impl Drop for UdpRelay {
    /// The threads wait for a datagram; each gets one, from its socket to itself.
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Release);
        let _ = self.shared.socket.send_to(&[], self.addr);
        locked(&self.shared.routes).clear();
    }
}

impl Drop for Route {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        let _ = self.socket.local_addr().and_then(|me| self.socket.send_to(&[], me));
    }
}

impl Shared {
    /// Passes on what clients send.
    fn pass_on(self: &Arc<Self>) {
        let mut buffer = vec![0; 65_536];
        while let Some((count, from)) = receive(&self.socket, &mut buffer) {
            if self.over.load(Ordering::Acquire) {
                return;
            }
            let bytes = &buffer[..count];
            if take_one(&self.to_lose) {
                self.record(What::SentDatagramLost, bytes);
                continue;
            }
            // It is on record before the reply can be.
            self.record(What::SentDatagram, bytes);
            if let Err(error) = self.send_on(from, bytes) {
                let why = netkit::cause(&error);
                self.recorder.note(&format!("the relay is in trouble: {why}"));
            }
        }
    }

    fn send_on(self: &Arc<Self>, from: SocketAddr, bytes: &[u8]) -> io::Result<()> {
        let mut routes = locked(&self.routes);
        // The relay may have been dropped since the datagram came: nobody would end a new route.
        if self.over.load(Ordering::Acquire) {
            return Ok(());
        }
        let at = match routes.iter().position(|route| route.from == from) {
            Some(at) => at,
            None => {
                if routes.len() >= MOST {
                    routes.remove(0);
                }
                routes.push(self.route(from)?);
                routes.len() - 1
            }
        };
        routes[at].socket.send_to(bytes, self.to).map(drop)
    }

    /// A new way to the server, and a thread that passes on what comes back on it.
    fn route(self: &Arc<Self>, from: SocketAddr) -> io::Result<Route> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let over = Arc::new(AtomicBool::new(false));
        let (shared, receiving, is_over) = (Arc::clone(self), socket.try_clone()?, over.clone());
        thread::Builder::new().name("relay".into()).spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Some((count, sender)) = receive(&receiving, &mut buffer) {
                if is_over.load(Ordering::Acquire) {
                    return;
                }
                if sender != shared.to {
                    continue; // a stranger's
                }
                let bytes = &buffer[..count];
                if take_one(&shared.replies_to_lose) {
                    shared.record(What::ReceivedDatagramLost, bytes);
                    continue;
                }
                shared.record(What::ReceivedDatagram, bytes);
                // Fails where the client has gone: then the datagram is lost, as it would be.
                let _ = shared.socket.send_to(bytes, from);
            }
        })?;
        Ok(Route { from, socket, over })
    }

    fn record(&self, what: What, bytes: &[u8]) {
        self.recorder.bytes(&self.client, &self.server, what, bytes);
    }
}

/// The next datagram; none when the socket cannot be read any more.
fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
    loop {
        match socket.recv_from(buffer) {
            Ok(came) => return Some(came),
            // Windows reports here that an earlier datagram found nobody.
            Err(error)
                if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionReset) => {}
            Err(_) => return None,
        }
    }
}

fn take_one(count: &AtomicUsize) -> bool {
    count.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    fn socket() -> UdpSocket {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        socket
    }

    #[test]
    fn the_server_tells_senders_apart_and_each_gets_its_own_reply() {
        let (sender, events) = channel();
        let recorder = Recorder::followed(move |event| drop(sender.send(event)));
        let (server, one, two) = (socket(), socket(), socket());
        let to = server.local_addr().unwrap();
        let relay = UdpRelay::before(&recorder, "client", "server", to).unwrap();
        let mut buffer = [0; 100];
        one.send_to(b"1", relay.addr()).unwrap();
        let (_, from_one) = server.recv_from(&mut buffer).unwrap();
        two.send_to(b"", relay.addr()).unwrap();
        let (_, from_two) = server.recv_from(&mut buffer).unwrap();
        assert_ne!(from_one, from_two);
        // A stranger's datagram goes nowhere; the server's, which comes after it, does.
        socket().send_to(b"stranger", from_two).unwrap();
        server.send_to(b"to two", from_two).unwrap();
        server.send_to(b"to one", from_one).unwrap();
        for (socket, reply) in [(&one, b"to one"), (&two, b"to two")] {
            let count = socket.recv(&mut buffer).unwrap();
            assert_eq!(&buffer[..count], reply);
        }
        drop(relay);
        let kinds: Vec<What> = events.iter().take(4).map(|event| event.what).collect();
        let (sent, received) = (What::SentDatagram, What::ReceivedDatagram);
        assert_eq!(kinds, [sent, sent, received, received]);
    }

    #[test]
    fn a_datagram_that_came_just_before_the_end_leaves_no_route_behind() {
        let recorder = Recorder::followed(drop);
        let (server, client) = (socket(), socket());
        let to = server.local_addr().unwrap();
        let relay = UdpRelay::before(&recorder, "client", "server", to).unwrap();
        let shared = Arc::clone(&relay.shared);
        drop(relay);
        // So far the relay's thread may be at that moment.
        shared.send_on(client.local_addr().unwrap(), b"late").unwrap();
        assert!(locked(&shared.routes).is_empty());
    }

    #[test]
    fn what_is_to_be_lost_is_told_and_does_not_arrive() {
        let (sender, events) = channel();
        let recorder = Recorder::followed(move |event| drop(sender.send(event)));
        let (server, client) = (socket(), socket());
        let to = server.local_addr().unwrap();
        let relay = UdpRelay::before(&recorder, "client", "server", to).unwrap();
        relay.lose();
        relay.lose_reply();
        let mut buffer = [0; 100];
        client.send_to(b"first", relay.addr()).unwrap();
        client.send_to(b"second", relay.addr()).unwrap();
        let (count, from) = server.recv_from(&mut buffer).unwrap();
        assert_eq!(&buffer[..count], b"second");
        server.send_to(b"one", from).unwrap();
        server.send_to(b"two", from).unwrap();
        let count = client.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..count], b"two");
        let kinds: Vec<What> = events.iter().take(4).map(|event| event.what).collect();
        use What::{ReceivedDatagram, ReceivedDatagramLost, SentDatagram, SentDatagramLost};
        assert_eq!(kinds, [SentDatagramLost, SentDatagram, ReceivedDatagramLost, ReceivedDatagram]);
    }
}
