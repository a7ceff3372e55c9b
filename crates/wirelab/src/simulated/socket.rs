//! A socket of a simulated host, as its program holds it.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread;

use super::node::Node;
use crate::locked::locked;
use crate::wire::Shared;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Listener,
    Connection,
    Datagrams,
}

pub(crate) struct Socket {
    wire: Arc<Shared>,
    node: Arc<Mutex<Node>>,
    kind: Kind,
    number: u32,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Socket");
        debug.field("kind", &self.kind).field("number", &self.number).finish_non_exhaustive()
    }
}

/// Does something on a host, and lets happen what comes of it at once.
pub(super) fn on<T>(wire: &Shared, node: &Mutex<Node>, act: impl FnOnce(&mut Node) -> T) -> T {
    let mut cable = locked(&wire.cable);
    let result = {
        let mut node = locked(node);
        let result = act(&mut node);
        node.act();
        result
    };
    wire.settle(&mut cable);
    result
}

impl Socket {
    pub(super) fn listening(
        wire: &Arc<Shared>,
        node: &Arc<Mutex<Node>>,
        port: u16,
    ) -> io::Result<Self> {
        let number = on(wire, node, |node| node.listen(port))?;
        Ok(Self::numbered(wire, node, Kind::Listener, number))
    }

    pub(super) fn dialling(
        wire: &Arc<Shared>,
        node: &Arc<Mutex<Node>>,
        port: u16,
        to: SocketAddr,
    ) -> io::Result<Self> {
        let number = on(wire, node, |node| node.dial(port, to))?;
        Ok(Self::numbered(wire, node, Kind::Connection, number))
    }

    pub(super) fn datagrams(
        wire: &Arc<Shared>,
        node: &Arc<Mutex<Node>>,
        port: u16,
    ) -> io::Result<Self> {
        let number = on(wire, node, |node| node.bind(port))?;
        Ok(Self::numbered(wire, node, Kind::Datagrams, number))
    }

    fn numbered(wire: &Arc<Shared>, node: &Arc<Mutex<Node>>, kind: Kind, number: u32) -> Self {
        Self { wire: Arc::clone(wire), node: Arc::clone(node), kind, number }
    }

    fn act<T>(
        &self,
        kind: Kind,
        act: impl FnOnce(&mut Node, u32) -> io::Result<T>,
    ) -> io::Result<T> {
        if self.kind != kind {
            let error = match kind {
                Kind::Connection => ErrorKind::NotConnected,
                Kind::Listener | Kind::Datagrams => ErrorKind::InvalidInput,
            };
            return Err(error.into());
        }
        on(&self.wire, &self.node, |node| act(node, self.number))
    }

    pub(crate) fn accept(&self) -> io::Result<Option<Self>> {
        let number = self.act(Kind::Listener, Node::accept)?;
        Ok(number.map(|number| Self::numbered(&self.wire, &self.node, Kind::Connection, number)))
    }

    pub(crate) fn send(&self, data: &[u8]) -> io::Result<usize> {
        self.act(Kind::Connection, |node, number| node.send(number, data))
    }

    pub(crate) fn receive(&self, into: &mut [u8]) -> io::Result<Option<usize>> {
        self.act(Kind::Connection, |node, number| node.receive(number, into))
    }

    pub(crate) fn send_to(&self, data: &[u8], to: SocketAddr) -> io::Result<usize> {
        self.act(Kind::Datagrams, |node, number| node.send_to(number, data, to))
    }

    pub(crate) fn receive_from(&self, into: &mut [u8]) -> io::Result<Option<(usize, SocketAddr)>> {
        self.act(Kind::Datagrams, |node, number| node.receive_from(number, into))
    }

    pub(crate) fn close_sending(&self) -> io::Result<()> {
        self.act(Kind::Connection, Node::close_sending)
    }

    pub(crate) fn abort(&self) -> io::Result<()> {
        match self.kind {
            Kind::Connection => self.act(Kind::Connection, |node, number| {
                node.abort(number);
                Ok(())
            }),
            // Dropped at once, it is closed.
            Kind::Listener | Kind::Datagrams => Ok(()),
        }
    }

    pub(crate) fn local_address(&self) -> io::Result<SocketAddr> {
        let mut node = locked(&self.node);
        let found = match self.kind {
            Kind::Listener => node.listeners.get(&self.number).map(|it| it.local),
            Kind::Connection => node.connections.get(&self.number).map(|it| it.local),
            Kind::Datagrams => return node.bound_to(self.number),
        };
        found.ok_or_else(|| ErrorKind::NotConnected.into())
    }

    pub(crate) fn take_error(&self) -> Option<io::Error> {
        let mut node = locked(&self.node);
        Some(node.connections.get_mut(&self.number)?.error.take()?.into())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // A rule that panicked must not do so again while that is dealt with.
        if thread::panicking() {
            return;
        }
        on(&self.wire, &self.node, |node| match self.kind {
            Kind::Listener => node.close_listener(self.number),
            Kind::Connection => node.close(self.number),
            Kind::Datagrams => node.unbind(self.number),
        });
    }
}
