//! What a connection sent and heard, where the stack itself doesn't tell.

use std::net::SocketAddr;
use std::sync::Arc;

use smoltcp::socket::tcp::{Socket, State};
use smoltcp::wire::{EthernetFrame, Ipv4Packet, Ipv6Packet, TcpPacket, TcpSeqNumber};

use super::node::{Node, ends};
use super::tcp::Connection;
use crate::decode::{Tcp, before, decode};

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
    /// The number that a segment which takes none has to carry: the highest sent, as far as the
    /// other side's window goes (RFC 9293 section 3.4, SND.NXT).
    fn next(&self) -> Option<u32> {
        let (Some((highest, _)), Some(ack), Some(window)) =
            (self.sent, self.acknowledged, self.window)
        else {
            return None;
        };
        let edge = ack.wrapping_add(window.into());
        Some(if before(edge, highest) { edge } else { highest })
    }

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
    /// Notes what is in a frame that this host sends, and gives it as it has to be if that is
    /// otherwise.
    ///
    /// After a retransmission or a window probe the stack's acknowledgements carry a number before
    /// the highest sent (smoltcp 0.14). The other side may not take those, and where both sides
    /// probe none would ever hear that the other's window is open.
    pub(super) fn note_sent(&mut self, frame: &[u8]) -> Option<Arc<[u8]>> {
        let decoded = decode(frame);
        let (Some((_, tcp)), Some((own, other))) = (decoded.tcp(), decoded.ends()) else {
            return None;
        };
        let connection = self.connection(own, other)?;
        connection.account.sends(tcp);
        let next = connection.account.next()?;
        let is_bare = tcp.space() == 0 && !tcp.flags.rst;
        (is_bare && before(tcp.seq, next)).then(|| renumbered(frame, next, own, other))
    }

    /// Notes what is in a frame that comes to this host. Whether the stack may have it.
    ///
    /// Where only its FIN isn't acknowledged, the third duplicate acknowledgement makes the stack
    /// stop its timer for a fast retransmission, which it then has no data for; the FIN would never
    /// be sent again (smoltcp 0.14). So it doesn't get those.
    pub(super) fn note_heard(&mut self, frame: &[u8]) -> bool {
        let decoded = decode(frame);
        let (Some((_, tcp)), Some((other, own))) = (decoded.tcp(), decoded.ends()) else {
            return true;
        };
        let Some(connection) = self.connection(own, other) else { return true };
        let says_nothing_new = tcp.space() == 0
            && !tcp.flags.rst
            && tcp.ack.is_some()
            && tcp.ack == connection.account.acknowledged;
        connection.account.hears(tcp);
        let handle = connection.handle;
        let socket: &Socket<'_> = self.sockets.get(handle);
        let has_only_fin =
            matches!(socket.state(), State::FinWait1 | State::Closing | State::LastAck)
                && socket.send_queue() == 0;
        !(has_only_fin && says_nothing_new)
    }

    fn connection(&mut self, own: SocketAddr, other: SocketAddr) -> Option<&mut Connection> {
        let sockets = &self.sockets;
        self.connections.values_mut().find(|connection| {
            let socket: &Socket<'_> = sockets.get(connection.handle);
            let two = (socket.local_endpoint().map(ends), socket.remote_endpoint().map(ends));
            two == (Some(own), Some(other))
        })
    }
}

/// The same segment with that number.
fn renumbered(frame: &[u8], seq: u32, from: SocketAddr, to: SocketAddr) -> Arc<[u8]> {
    let mut bytes = frame.to_vec();
    let mut ethernet = EthernetFrame::new_unchecked(&mut bytes);
    let renumber = |segment: &mut [u8]| {
        let mut segment = TcpPacket::new_unchecked(segment);
        segment.set_seq_number(TcpSeqNumber(seq.cast_signed()));
        segment.fill_checksum(&from.ip().into(), &to.ip().into());
    };
    match from {
        SocketAddr::V4(_) => {
            renumber(Ipv4Packet::new_unchecked(ethernet.payload_mut()).payload_mut());
        }
        SocketAddr::V6(_) => {
            renumber(Ipv6Packet::new_unchecked(ethernet.payload_mut()).payload_mut());
        }
    }
    bytes.into()
}
