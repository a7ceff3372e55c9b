//! Sequence numbers as people read them: from 0, where the connection began.

use std::collections::HashMap;
use std::net::SocketAddr;

use super::{Decoded, Packet};

/// Remembers where each direction of each connection began. Show it the frames in order.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    first: HashMap<(SocketAddr, SocketAddr), u32>,
}

/// A segment's numbers relative to where its connection began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relative {
    /// 0 for a SYN, 1 for the first byte of data.
    pub seq: u32,
    /// Relative to the other direction; `None` without the ACK flag.
    pub ack: Option<u32>,
}

impl Numbers {
    /// The segment's numbers; `None` for what isn't TCP.
    ///
    /// A connection that began unseen counts as if the byte before the first one seen had been its
    /// SYN, as Wireshark does it.
    pub fn relative(&mut self, decoded: &Decoded) -> Option<Relative> {
        let (from, to) = decoded.ends()?;
        let (_, tcp) = decoded.tcp()?;
        if tcp.flags.syn {
            self.first.insert((from, to), tcp.seq);
        }
        // A reset that answers a SYN has number 0 and belongs to no connection (RFC 9293 3.10.7.1).
        let unknown = if tcp.flags.rst { tcp.seq } else { tcp.seq.wrapping_sub(1) };
        let seq = match tcp.flags.rst {
            true => self.first.get(&(from, to)).copied().unwrap_or(unknown),
            false => *self.first.entry((from, to)).or_insert(unknown),
        };
        let ack = tcp.ack.map(|ack| {
            let other = *self.first.entry((to, from)).or_insert(ack.wrapping_sub(1));
            ack.wrapping_sub(other)
        });
        Some(Relative { seq: tcp.seq.wrapping_sub(seq), ack })
    }

    /// The frame in one line, a segment with relative numbers.
    pub fn line(&mut self, decoded: &Decoded) -> String {
        let (Packet::Tcp(_, tcp), Some(numbers)) = (&decoded.packet, self.relative(decoded)) else {
            return decoded.to_string();
        };
        let mut line = String::new();
        // Writing to a String can't fail.
        let _ = tcp.write(&mut line, numbers.seq, numbers.ack);
        if let Some(fault) = &decoded.fault {
            line.push_str(&format!(" ({fault})"));
        }
        line
    }
}
