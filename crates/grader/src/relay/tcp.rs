//! A relay for TCP: two streams a conversation, each passed on piece by piece.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use super::{MOST, PIECE};
use crate::locked::locked;
use crate::record::{Recorder, What};

/// How long a server may take to answer a call.
const CALL: Duration = Duration::from_secs(5);

/// A relay before one TCP server. Dropping it ends its conversations by a reset.
pub struct TcpRelay {
    addr: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    recorder: Recorder,
    client: String,
    server: String,
    to: SocketAddr,
    over: AtomicBool,
    conversations: Mutex<Vec<Weak<Conversation>>>,
}

/// Both sockets of a conversation. They are closed when both directions are done with them.
struct Conversation {
    client: TcpStream,
    server: TcpStream,
    /// It was reset; whatever the other direction meets from now on is no event.
    broken: AtomicBool,
    /// How many directions have ended in order.
    ended: AtomicUsize,
}

/// A direction: where from, and what the record calls what comes from there.
#[derive(Clone, Copy)]
enum From {
    Client,
    Server,
}

impl TcpRelay {
    pub(crate) fn before(
        recorder: &Recorder,
        client: &str,
        server: &str,
        to: SocketAddr,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared {
            recorder: recorder.clone(),
            client: client.into(),
            server: server.into(),
            to,
            over: AtomicBool::new(false),
            conversations: Mutex::default(),
        });
        let accepting = Arc::clone(&shared);
        thread::Builder::new().name("relay".into()).spawn(move || accepting.accept(&listener))?;
        Ok(TcpRelay { addr, shared })
    }

    /// Where clients call it.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Breaks every conversation: both ends get a reset. Gives how many there were.
    pub fn reset(&self) -> usize {
        let conversations = std::mem::take(&mut *locked(&self.shared.conversations));
        let alive = conversations.iter().filter_map(Weak::upgrade);
        alive.filter(|conversation| conversation.break_off()).count()
    }
}

impl Drop for TcpRelay {
    /// The thread waits for a call; this is one.
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Release);
        self.reset();
        // Fails where the listener is gone already, and the thread with it.
        let _ = TcpStream::connect(self.addr);
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        loop {
            let call = listener.accept();
            if self.over.load(Ordering::Acquire) {
                return;
            }
            let begun = call.and_then(|(client, _)| {
                let alive = {
                    let mut conversations = locked(&self.conversations);
                    conversations.retain(|conversation| conversation.strong_count() > 0);
                    conversations.len()
                };
                if alive >= MOST {
                    return Ok(()); // closed at once
                }
                // Not under the lock: whoever is told of it may be waiting for that lock.
                self.converse(client)
            });
            if let Err(error) = begun {
                let why = netkit::cause(&error);
                self.recorder.note(&format!("the relay is in trouble: {why}"));
                thread::sleep(Duration::from_millis(10)); // until somebody hangs up
            }
        }
    }

    /// Calls the server for `client` and passes on what each of the two sends.
    fn converse(self: &Arc<Self>, client: TcpStream) -> io::Result<()> {
        let server = match TcpStream::connect_timeout(&self.to, CALL) {
            Ok(server) => server,
            Err(error) => {
                self.words(What::Connect, "");
                self.words(What::ResetReceived, &format!("refused: {}", netkit::cause(&error)));
                return SockRef::from(&client).set_linger(Some(Duration::ZERO));
            }
        };
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let from = server.local_addr()?;
        let (broken, ended) = (AtomicBool::new(false), AtomicUsize::new(0));
        let conversation = Arc::new(Conversation { client, server, broken, ended });
        // Before anybody is told of it: whoever is may want to break it.
        locked(&self.conversations).push(Arc::downgrade(&conversation));
        if self.over.load(Ordering::Acquire) {
            conversation.break_off(); // the relay was dropped meanwhile
        }
        // The server will see this address: what it prints can be understood.
        self.words(What::Connect, &format!("connect from {from}"));
        for from in [From::Client, From::Server] {
            let (shared, conversation) = (Arc::clone(self), Arc::clone(&conversation));
            let thread = thread::Builder::new().name("relay".into());
            thread.spawn(move || shared.pass_on(&conversation, from))?;
        }
        Ok(())
    }

    fn pass_on(&self, conversation: &Conversation, from: From) {
        let (source, target) = match from {
            From::Client => (&conversation.client, &conversation.server),
            From::Server => (&conversation.server, &conversation.client),
        };
        let mut buffer = vec![0; PIECE];
        loop {
            let read = (&mut &*source).read(&mut buffer);
            if conversation.broken.load(Ordering::Acquire) {
                return;
            }
            match read {
                Ok(0) => {
                    let is_second = conversation.ended.fetch_add(1, Ordering::AcqRel) > 0;
                    // Whether the program still listens cannot be seen; what the connection is can.
                    let state = if is_second { "FIN: closed" } else { "FIN: half-closed" };
                    match from {
                        From::Client if is_second => self.words(What::Close, state),
                        From::Client => self.words(What::HalfClose, state),
                        From::Server => self.words(What::End, state),
                    }
                    // Fails where the other end has gone meanwhile, which its direction tells.
                    let _ = target.shutdown(Shutdown::Write);
                    return;
                }
                Ok(count) => {
                    let what = match from {
                        From::Client => What::Sent,
                        From::Server => What::Received,
                    };
                    self.recorder.bytes(&self.client, &self.server, what, &buffer[..count]);
                    if (&mut &*target).write_all(&buffer[..count]).is_err() {
                        // The one that was written to has hung up.
                        return self.broken(conversation, from.other());
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return self.broken(conversation, from),
            }
        }
    }

    /// One end has reset the conversation: so is the other.
    fn broken(&self, conversation: &Conversation, by: From) {
        if conversation.break_off() {
            self.words(by.reset(), "");
        }
    }

    fn words(&self, what: What, text: &str) {
        self.recorder.words(&self.client, &self.server, what, text);
    }
}

impl From {
    fn other(self) -> Self {
        match self {
            From::Client => From::Server,
            From::Server => From::Client,
        }
    }

    fn reset(self) -> What {
        match self {
            From::Client => What::Reset,
            From::Server => What::ResetReceived,
        }
    }
}

impl Conversation {
    /// Has both sockets closed by a reset; false when somebody did so before.
    fn break_off(&self) -> bool {
        if self.broken.swap(true, Ordering::AcqRel) {
            return false;
        }
        for socket in [&self.client, &self.server] {
            // Each fails where that end has gone already. The reads that wait end by the second
            // call, and with the last of them the sockets are closed, which is the reset.
            let _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
            let _ = socket.shutdown(Shutdown::Read);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Event;
    use std::sync::mpsc::{Receiver, channel, sync_channel};

    fn relay() -> (TcpListener, TcpRelay, Receiver<Event>) {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (sender, events) = channel();
        let recorder = Recorder::followed(move |event| drop(sender.send(event)));
        let to = server.local_addr().unwrap();
        (server, TcpRelay::before(&recorder, "client", "server", to).unwrap(), events)
    }

    fn next(events: &Receiver<Event>) -> (What, String) {
        let event = events.recv_timeout(Duration::from_secs(10)).expect("an event comes");
        (event.what, event.text)
    }

    #[test]
    fn what_crosses_is_recorded_and_arrives_as_it_was_sent() {
        let (server, relay, events) = relay();
        let mut client = TcpStream::connect(relay.addr()).unwrap();
        let (mut served, from) = server.accept().unwrap();
        assert_eq!(next(&events), (What::Connect, format!("connect from {from}")));
        client.write_all(b"hel").unwrap();
        assert_eq!(next(&events), (What::Sent, "\"hel\"".into()));
        let mut came = [0; 3];
        served.read_exact(&mut came).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!(next(&events).0, What::HalfClose);
        assert_eq!(served.read(&mut came).unwrap(), 0);
        served.write_all(b"lo!").unwrap();
        assert_eq!(next(&events), (What::Received, "\"lo!\"".into()));
        drop(served);
        assert_eq!(next(&events), (What::End, "FIN: closed".into()));
        let mut all = Vec::new();
        client.read_to_end(&mut all).unwrap();
        assert_eq!((&came, &*all), (b"hel", &b"lo!"[..]));
    }

    #[test]
    fn a_reset_of_one_end_reaches_the_other_and_is_told_once() {
        let (server, relay, events) = relay();
        let client = TcpStream::connect(relay.addr()).unwrap();
        let (mut served, _) = server.accept().unwrap();
        assert_eq!(next(&events).0, What::Connect);
        SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
        drop(client);
        assert_eq!(next(&events).0, What::Reset);
        let error = served.read(&mut [0; 1]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        drop(relay);
        assert!(events.recv_timeout(Duration::from_secs(10)).is_err(), "the recorder is gone");
    }

    #[test]
    fn whoever_is_told_of_a_conversation_can_reset_it() {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (sender, events) = channel();
        let (go_on, may_go_on) = channel::<()>();
        let may_go_on = Mutex::new(may_go_on);
        let recorder = Recorder::followed(move |event| {
            drop(sender.send(event));
            let _ = locked(&may_go_on).recv_timeout(Duration::from_secs(10)); // or nobody waits
        });
        let to = server.local_addr().unwrap();
        let relay = TcpRelay::before(&recorder, "client", "server", to).unwrap();
        let mut client = TcpStream::connect(relay.addr()).unwrap();
        assert_eq!(next(&events).0, What::Connect);
        let broken = relay.reset();
        drop(go_on);
        assert_eq!(broken, 1);
        let error = client.read(&mut [0; 1]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }

    #[test]
    fn a_reset_on_demand_reaches_both_ends() {
        let (server, relay, events) = relay();
        let mut client = TcpStream::connect(relay.addr()).unwrap();
        let (mut served, _) = server.accept().unwrap();
        assert_eq!(next(&events).0, What::Connect);
        client.write_all(b"x").unwrap(); // both directions have begun by now
        assert_eq!(next(&events).0, What::Sent);
        assert_eq!(served.read(&mut [0; 1]).unwrap(), 1);
        assert_eq!((relay.reset(), relay.reset()), (1, 0));
        for end in [&mut client, &mut served] {
            let error = end.read(&mut [0; 1]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        }
    }

    #[test]
    fn who_sends_without_end_is_slowed_down_and_not_collected() {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        // Room for a few events, which nobody takes: the relay waits.
        let (sender, events) = sync_channel(4);
        let recorder = Recorder::followed(move |event| drop(sender.send(event)));
        let to = server.local_addr().unwrap();
        let relay = TcpRelay::before(&recorder, "client", "server", to).unwrap();
        let client = TcpStream::connect(relay.addr()).unwrap();
        client.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
        let piece = vec![b'x'; PIECE];
        let mut sent = 0;
        while sent < 64 << 20 {
            match (&mut &client).write(&piece) {
                Ok(count) => sent += count,
                Err(_) => break,
            }
        }
        assert!(sent < 64 << 20, "it was never blocked");
        drop(events);
        drop(relay);
    }
}
