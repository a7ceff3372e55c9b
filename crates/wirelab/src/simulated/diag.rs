//! What a simulated host says of its TCP sockets.

use std::net::{IpAddr, SocketAddr};

use smoltcp::iface::SocketSet;
use smoltcp::socket::tcp::{Socket, SocketBuffer, State};

use super::clock::time;
use super::node::{Node, ends};
use super::tcp::{BACKLOG, Listener};
use crate::tcp_state::{TcpSocket, TcpState, Timer, TimerKind};

impl Node {
    pub(super) fn tcp_states(&mut self) -> Vec<TcpSocket> {
        let listeners = self.listeners.iter().map(|(number, it)| listening(*number, it));
        let mut all: Vec<TcpSocket> = listeners.collect();
        for number in self.connections.keys().copied().collect::<Vec<_>>() {
            all.extend(self.connected(number));
        }
        all
    }

    /// The socket for a connection, or else the listener that would take it.
    pub(super) fn one(&mut self, local: SocketAddr, remote: SocketAddr) -> Option<TcpSocket> {
        let numbers: Vec<u32> = self.connections.keys().copied().collect();
        let mut connected = numbers.into_iter().filter_map(|number| self.connected(number));
        let found = connected.find(|it| (it.local, it.remote) == (local, remote));
        found.or_else(|| {
            let mut listeners = self.listeners.iter();
            let found = listeners.find(|(_, it)| it.local == local);
            found.map(|(number, it)| listening(*number, it))
        })
    }

    fn connected(&mut self, number: u32) -> Option<TcpSocket> {
        let connection = self.connections.get(&number)?;
        let socket: &mut Socket<'static> = self.sockets.get_mut(connection.handle);
        let (state, remote) = (tcp_state(socket.state()), socket.remote_endpoint().map(ends)?);
        if state == TcpState::Closed {
            return None;
        }
        let local = socket.local_endpoint().map_or(connection.local, ends);
        let (unread, unsent) = (count(socket.recv_queue()), count(socket.send_queue()));
        // A SYN and a FIN take a number, and wait to be acknowledged as a byte does.
        let flags = matches!(
            state,
            TcpState::SynSent | TcpState::FinWait1 | TcpState::Closing | TcpState::LastAck
        );
        // The stack tells the next time of a set of sockets. So it is asked about a set of one.
        let alone = std::mem::replace(socket, nothing());
        let mut set = SocketSet::new(Vec::new());
        let handle = set.add(alone);
        let next = self.interface.poll_at(self.clock.instant(), &set);
        let smoltcp::socket::Socket::Tcp(alone) = set.remove(handle) else { return None };
        *self.sockets.get_mut(connection.handle) = alone;
        let kind = match state {
            TcpState::TimeWait => TimerKind::TimeWait,
            _ if unsent > 0 && connection.account.window == Some(0) => TimerKind::WindowProbe,
            _ => TimerKind::Retransmission,
        };
        let left = next.map(|at| time(at).saturating_sub(self.clock.now()));
        Some(TcpSocket {
            local,
            remote,
            state,
            timer: left.filter(|left| !left.is_zero()).map(|left| Timer { kind, left }),
            retransmits: connection.account.retransmits,
            unread,
            unacknowledged: unsent + u32::from(flags),
            cookie: [number, 0],
        })
    }
}

/// A socket that takes a place.
fn nothing() -> Socket<'static> {
    Socket::new(SocketBuffer::new(Vec::new()), SocketBuffer::new(Vec::new()))
}

fn listening(number: u32, listener: &Listener) -> TcpSocket {
    let nowhere: IpAddr = match listener.local {
        SocketAddr::V4(_) => [0; 4].into(),
        SocketAddr::V6(_) => [0; 16].into(),
    };
    TcpSocket {
        local: listener.local,
        remote: (nowhere, 0).into(),
        state: TcpState::Listen,
        timer: None,
        retransmits: 0,
        unread: count(listener.waiting.len()),
        unacknowledged: count(BACKLOG),
        cookie: [number, 0],
    }
}

fn count(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn tcp_state(state: State) -> TcpState {
    match state {
        State::Closed => TcpState::Closed,
        State::Listen => TcpState::Listen,
        State::SynSent => TcpState::SynSent,
        State::SynReceived => TcpState::SynReceived,
        State::Established => TcpState::Established,
        State::FinWait1 => TcpState::FinWait1,
        State::FinWait2 => TcpState::FinWait2,
        State::CloseWait => TcpState::CloseWait,
        State::Closing => TcpState::Closing,
        State::LastAck => TcpState::LastAck,
        State::TimeWait => TcpState::TimeWait,
    }
}
