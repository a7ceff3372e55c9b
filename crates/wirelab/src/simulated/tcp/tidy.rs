//! What Linux would have done by itself, and the stack leaves to its user.

use std::io::ErrorKind;

use smoltcp::socket::tcp::{Socket, State};
use smoltcp::wire::IpListenEndpoint;

use super::super::node::Node;
use super::{BACKLOG, Owner, new_socket};

impl Node {
    /// What Linux would have done by now and the stack leaves to its user. Whether that gives the
    /// stack something to do.
    pub(in crate::simulated) fn tidy(&mut self) -> bool {
        let mut more = false;
        for number in self.connections.keys().copied().collect::<Vec<_>>() {
            more |= self.tidy_connection(number);
        }
        for number in self.listeners.keys().copied().collect::<Vec<_>>() {
            self.tidy_listener(number);
        }
        more
    }

    fn tidy_connection(&mut self, number: u32) -> bool {
        let Ok((socket, connection)) = self.tcp(number) else { return false };
        let (state, before, owner) = (socket.state(), connection.seen, connection.owner);
        connection.seen = state;
        if state == State::Closed && before != state && owner != Owner::Nobody {
            // After a LAST-ACK or a TIME-WAIT it has ended well.
            connection.error = match before {
                State::SynSent => Some(ErrorKind::ConnectionRefused),
                State::CloseWait => Some(ErrorKind::BrokenPipe),
                State::SynReceived | State::Established | State::FinWait1 | State::FinWait2 => {
                    Some(ErrorKind::ConnectionReset)
                }
                _ => None,
            };
        }
        let open =
            !matches!(state, State::SynSent | State::SynReceived | State::Listen | State::Closed);
        let is_new = open && !connection.was_established;
        connection.was_established |= open;
        let was_established = connection.was_established;
        let is_over = state == State::Closed && socket.remote_endpoint().is_none();
        match owner {
            Owner::Listener(listener) => {
                if is_new && let Some(listener) = self.listeners.get_mut(&listener) {
                    listener.waiting.push_back(number);
                }
                // A RST in SYN-RECEIVED makes the stack listen again.
                if state == State::Listen || is_over && !was_established {
                    self.forget(number);
                }
                false
            }
            Owner::Program => false,
            Owner::Nobody if is_over => {
                self.forget(number);
                false
            }
            // Nobody will ever read it (RFC 2525 section 2.17).
            Owner::Nobody if socket.can_recv() && state != State::Closed => {
                socket.abort();
                true
            }
            Owner::Nobody => false,
        }
    }

    fn tidy_listener(&mut self, number: u32) {
        let Some(listener) = self.listeners.get_mut(&number) else { return };
        let local = listener.local;
        if let Some(spare) = listener.spare {
            let state = self.sockets.get::<Socket<'_>>(spare).state();
            if state == State::Listen {
                return;
            }
            listener.spare = None;
            self.keep(spare, Owner::Listener(number), local, true);
        }
        let at_it = self.connections.values().filter(|it| it.owner == Owner::Listener(number));
        if at_it.count() < BACKLOG {
            let mut socket = new_socket();
            let (addr, port) = (Some(local.ip().into()), local.port());
            // It fails only for port 0.
            let _ = socket.listen(IpListenEndpoint { addr, port });
            let spare = self.sockets.add(socket);
            if let Some(listener) = self.listeners.get_mut(&number) {
                listener.spare = Some(spare);
            }
        }
    }
}
