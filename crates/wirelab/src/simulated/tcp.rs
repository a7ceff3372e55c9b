//! A simulated host's TCP sockets, made to behave as Linux's do where the stack leaves it open: a
//! listener stays one, what nobody owns any more goes its way, and unread data is a reset.

mod tidy;

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp::{RecvError, Socket, SocketBuffer, State};

use super::account::Account;
use super::node::{Node, ends};

/// Bytes of each direction of a connection. Fits a window that is not scaled.
const BUFFER: usize = 65_535;
/// So many connections wait at a listener; there is none for those after them.
pub(super) const BACKLOG: usize = 128;

/// Whose a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// It waits at that listener.
    Listener(u32),
    /// Somebody has it.
    Program,
    /// It was closed, and the stack brings it to its end.
    Nobody,
}

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) handle: SocketHandle,
    pub(super) owner: Owner,
    pub(super) local: SocketAddr,
    /// Whether others may be bound to its port, as Linux lets them with SO_REUSEADDR: what was
    /// accepted, or was dialled from a port that somebody named.
    shares_port: bool,
    /// Its state when it was looked at last, to see how it came to the next.
    seen: State,
    was_established: bool,
    /// What its owner has not been told yet.
    pub(super) error: Option<ErrorKind>,
    pub(super) account: Account,
}

#[derive(Debug)]
pub(super) struct Listener {
    pub(super) local: SocketAddr,
    /// The stack turns a listening socket into the connection. So here is always one in LISTEN,
    /// and none only where too many wait.
    spare: Option<SocketHandle>,
    /// Those that are established and wait, the oldest first.
    pub(super) waiting: VecDeque<u32>,
}

fn new_socket() -> Socket<'static> {
    let buffer = || SocketBuffer::new(vec![0; BUFFER]);
    let mut socket = Socket::new(buffer(), buffer());
    // As Linux does at a connection's beginning, and so that each frame has its answer.
    socket.set_ack_delay(None);
    socket
}

impl Node {
    fn tcp(&mut self, number: u32) -> io::Result<(&mut Socket<'static>, &mut Connection)> {
        let connection = self.connections.get_mut(&number).ok_or(ErrorKind::NotConnected)?;
        Ok((self.sockets.get_mut(connection.handle), connection))
    }

    pub(super) fn listen(&mut self, port: u16) -> io::Result<u32> {
        let taken = |node: &Self, port| {
            let has_it = |local: SocketAddr| local.port() == port;
            node.listeners.values().any(|it| has_it(it.local))
                || node.connections.values().any(|it| has_it(it.local) && !it.shares_port)
        };
        let port = self.port(port, taken)?;
        let number = self.number();
        let local = SocketAddr::new(self.first(), port);
        let listener = Listener { local, spare: None, waiting: VecDeque::new() };
        self.listeners.insert(number, listener);
        self.tidy();
        Ok(number)
    }

    pub(super) fn dial(&mut self, port: u16, to: SocketAddr) -> io::Result<u32> {
        let own = self.source_for(to.ip())?;
        if to.port() == 0 || !smoltcp::wire::IpAddress::from(to.ip()).is_unicast() {
            return Err(ErrorKind::AddrNotAvailable.into());
        }
        let any = port == 0;
        let taken = |node: &Self, port| {
            node.listeners.values().any(|it| it.local.port() == port)
                || node.connections.values().any(|it| {
                    let socket: &Socket<'_> = node.sockets.get(it.handle);
                    let same = any || socket.remote_endpoint().map(ends) == Some(to);
                    it.local.port() == port && same && socket.state() != State::Closed
                })
        };
        let port = self.port(port, taken)?;
        let mut socket = new_socket();
        let local = SocketAddr::new(own, port);
        let refused = |_| io::Error::from(ErrorKind::AddrNotAvailable);
        socket.connect(self.interface.context(), to, local).map_err(refused)?;
        let handle = self.sockets.add(socket);
        Ok(self.keep(handle, Owner::Program, local, !any))
    }

    fn keep(
        &mut self,
        handle: SocketHandle,
        owner: Owner,
        local: SocketAddr,
        shares_port: bool,
    ) -> u32 {
        let number = self.number();
        let connection = Connection {
            handle,
            owner,
            local,
            shares_port,
            seen: State::SynSent,
            was_established: false,
            error: None,
            account: Account::default(),
        };
        self.connections.insert(number, connection);
        number
    }

    pub(super) fn accept(&mut self, listener: u32) -> io::Result<Option<u32>> {
        let listener = self.listeners.get_mut(&listener).ok_or(ErrorKind::InvalidInput)?;
        let Some(number) = listener.waiting.pop_front() else { return Ok(None) };
        self.tcp(number)?.1.owner = Owner::Program;
        self.tidy();
        Ok(Some(number))
    }

    pub(super) fn send(&mut self, number: u32, data: &[u8]) -> io::Result<usize> {
        let (socket, connection) = self.tcp(number)?;
        match socket.state() {
            State::SynSent | State::SynReceived => Err(ErrorKind::WouldBlock.into()),
            State::Established | State::CloseWait => match socket.send_slice(data) {
                Ok(0) if !data.is_empty() => Err(ErrorKind::WouldBlock.into()),
                sent => sent.map_err(|_| ErrorKind::BrokenPipe.into()),
            },
            _ => Err(connection.error.take().unwrap_or(ErrorKind::BrokenPipe).into()),
        }
    }

    pub(super) fn receive(&mut self, number: u32, into: &mut [u8]) -> io::Result<Option<usize>> {
        let (socket, connection) = self.tcp(number)?;
        match socket.recv_slice(into) {
            Ok(0) if !into.is_empty() => Ok(None),
            Ok(count) => Ok(Some(count)),
            Err(RecvError::Finished) => match connection.error.take() {
                Some(kind) => Err(kind.into()),
                None => Ok(Some(0)),
            },
            Err(RecvError::InvalidState) => match (socket.state(), connection.error.take()) {
                (State::Closed, Some(kind)) => Err(kind.into()),
                (State::SynSent | State::SynReceived, _) => Ok(None),
                _ => Ok(Some(0)),
            },
        }
    }

    pub(super) fn close_sending(&mut self, number: u32) -> io::Result<()> {
        let (socket, _) = self.tcp(number)?;
        match socket.state() {
            State::Closed | State::SynSent | State::TimeWait => Err(ErrorKind::NotConnected.into()),
            _ => {
                socket.close();
                Ok(())
            }
        }
    }

    /// Its program lets it go.
    pub(super) fn close(&mut self, number: u32) {
        let Ok((socket, connection)) = self.tcp(number) else { return };
        connection.owner = Owner::Nobody;
        match socket.state() {
            State::SynSent => self.forget(number),
            _ if socket.can_recv() => socket.abort(),
            _ => socket.close(),
        }
        self.tidy();
    }

    /// Its program lets it go at once (RFC 9293 section 3.10.5).
    pub(super) fn abort(&mut self, number: u32) {
        let Ok((socket, connection)) = self.tcp(number) else { return };
        connection.owner = Owner::Nobody;
        match socket.state() {
            State::SynSent | State::Closing | State::LastAck => self.forget(number),
            State::TimeWait => {}
            _ => socket.abort(),
        }
        self.tidy();
    }

    /// Ends it from outside. Its program learns of it.
    pub(super) fn destroy(&mut self, number: u32) -> io::Result<()> {
        if self.listeners.contains_key(&number) {
            self.close_listener(number);
            return Ok(());
        }
        let (socket, connection) = self.tcp(number)?;
        connection.seen = State::Closed;
        let state = socket.state();
        if state != State::TimeWait {
            connection.error = Some(ErrorKind::ConnectionAborted);
        }
        match state {
            State::TimeWait | State::SynSent => *socket = new_socket(),
            _ => socket.abort(),
        }
        self.tidy();
        Ok(())
    }

    pub(super) fn close_listener(&mut self, number: u32) {
        let Some(listener) = self.listeners.remove(&number) else { return };
        if let Some(spare) = listener.spare {
            self.sockets.remove(spare);
        }
        let at_it = self.connections.iter().filter(|(_, it)| it.owner == Owner::Listener(number));
        for number in at_it.map(|(number, _)| *number).collect::<Vec<_>>() {
            self.abort(number);
        }
    }

    fn forget(&mut self, number: u32) {
        if let Some(connection) = self.connections.remove(&number) {
            self.sockets.remove(connection.handle);
        }
    }
}
