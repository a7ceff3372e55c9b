//! What a connection sent and heard, where the stack itself doesn't tell.

use super::node::{Node, ends};
use crate::decode::{Tcp, before, decode};

use smoltcp::socket::tcp::{Socket, State};

#[derive(Debug, Default)]
pub(super) struct Account {
    /// The highest number behind anything sent, and whether that was sent with an ACK.
    sent: Option<(u32, bool)>,
    acknowledged: Option<u32>,
    /// How often the oldest segment that isn't acknowledged was sent again.
    pub(super) retransmits: u8,
    /// The window that the other side gave last.
    pub(super) window: Option<u16>,
}

impl Account {
    fn sends(&mut self, tcp: &Tcp) {
        if tcp.space() == 0 {
            return;
        }
        let (end, ack) = (tcp.end(), tcp.flags.ack);
        match self.sent {
            // In a simultaneous open a SYN comes again with an ACK, and that isn't the same.
            Some((highest, had_ack)) if !before(highest, end) && (had_ack || !ack) => {
                self.retransmits = self.retransmits.saturating_add(1);
            }
            _ => self.sent = Some((end, ack)),
        }
    }

    fn hears(&mut self, tcp: &Tcp) {
        self.window = Some(tcp.window);
        if let Some(ack) = tcp.ack
            && self.acknowledged.is_none_or(|known| before(known, ack))
        {
            (self.acknowledged, self.retransmits) = (Some(ack), 0);
        }
    }
}

impl Node {
    /// Notes what is in a frame that this host sent, or got. Whether the stack may have it.
    ///
    /// Where only its FIN isn't acknowledged, the third duplicate acknowledgement makes the stack
    /// stop its timer for a fast retransmission, which it then has no data for; the FIN would never
    /// be sent again (smoltcp 0.14). So it doesn't get those.
    pub(super) fn note(&mut self, frame: &[u8], sent: bool) -> bool {
        let decoded = decode(frame);
        let (Some((_, tcp)), Some((from, to))) = (decoded.tcp(), decoded.ends()) else {
            return true;
        };
        let (own, other) = if sent { (from, to) } else { (to, from) };
        let sockets = &self.sockets;
        let found = self.connections.values_mut().find(|connection| {
            let socket: &Socket<'_> = sockets.get(connection.handle);
            let two = (socket.local_endpoint().map(ends), socket.remote_endpoint().map(ends));
            two == (Some(own), Some(other))
        });
        let Some(connection) = found else { return true };
        if sent {
            connection.account.sends(tcp);
            return true;
        }
        let socket: &Socket<'_> = sockets.get(connection.handle);
        let only_fin = matches!(socket.state(), State::FinWait1 | State::Closing | State::LastAck)
            && socket.send_queue() == 0;
        let says_nothing_new = tcp.space() == 0
            && !tcp.flags.rst
            && tcp.ack.is_some()
            && tcp.ack == connection.account.acknowledged;
        connection.account.hears(tcp);
        !(only_fin && says_nothing_new)
    }
}
