//! Sequence numbers as people read them: from 0, where the connection began.

use std::collections::HashMap;
use std::net::SocketAddr;

use super::{Decoded, decode, payload};

/// So many directions of connections are remembered.
const MOST: usize = 8192;

/// Remembers where each direction of each connection began. Show it the frames in order.
///
/// It is bounded: of more than 8192 directions those are forgotten that were silent for longest. What
/// comes of such a connection then is as of one that began unseen.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    first: HashMap<(SocketAddr, SocketAddr), First>,
    /// How many segments there were.
    segments: u64,
}

/// Where a direction began.
#[derive(Clone, Copy, Debug)]
struct First {
    number: u32,
    /// The last segment that was about it.
    seen: u64,
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
        self.segments += 1;
        self.forget_the_silent();
        if tcp.flags.syn {
            self.first.remove(&(from, to));
            self.first((from, to), tcp.seq);
        }
        // A reset that answers a SYN has number 0 and belongs to no connection (RFC 9293 3.10.7.1).
        let unknown = if tcp.flags.rst { tcp.seq } else { tcp.seq.wrapping_sub(1) };
        let seq = match tcp.flags.rst {
            true => self.first.get(&(from, to)).map_or(unknown, |first| first.number),
            false => self.first((from, to), unknown),
        };
        let ack = tcp.ack.map(|ack| {
            let other = self.first((to, from), ack.wrapping_sub(1));
            ack.wrapping_sub(other)
        });
        Some(Relative { seq: tcp.seq.wrapping_sub(seq), ack })
    }

    /// Where this direction began, if that is known; else there.
    fn first(&mut self, direction: (SocketAddr, SocketAddr), there: u32) -> u32 {
        let seen = self.segments;
        let first = self.first.entry(direction).or_insert(First { number: there, seen });
        first.seen = seen;
        first.number
    }

    /// Makes room when there is none: half of the directions go, so that it costs little for each.
    fn forget_the_silent(&mut self) {
        // A segment is about two directions.
        if self.first.len() + 2 <= MOST {
            return;
        }
        let mut seen: Vec<u64> = self.first.values().map(|first| first.seen).collect();
        let (_, middle, _) = seen.select_nth_unstable(MOST / 2);
        let middle = *middle;
        self.first.retain(|_, first| first.seen > middle);
    }

    /// A frame in one line, a segment with relative numbers: [`Decoded::line`].
    pub fn line(&mut self, frame: &[u8]) -> String {
        let decoded = decode(frame);
        let numbers = self.relative(&decoded);
        decoded.line(numbers, payload(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Flags, Ip, Mac, Packet, Tcp};
    use super::*;

    fn segment(from: u16, seq: u32, syn: bool) -> Decoded {
        let flags = Flags { syn, ack: !syn, ..Flags::default() };
        let (ack, options, window) = ((!syn).then_some(100), Vec::new(), 0);
        let (source, destination, data) = (from, 7000, 0);
        let tcp = Tcp { source, destination, seq, ack, flags, window, options, data };
        let (here, there) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let ip = Ip { source: here, destination: there, hops: 64, protocol: 6, fragment: false };
        let (source, destination) = (Mac::default(), Mac::default());
        Decoded { source, destination, packet: Packet::Tcp(ip, tcp), fault: None }
    }

    #[test]
    fn of_too_many_connections_the_silent_ones_are_forgotten() {
        let mut numbers = Numbers::default();
        let mut seq = |port, seq, syn| {
            let relative = numbers.relative(&segment(port, seq, syn)).expect("a segment");
            assert!(numbers.first.len() <= MOST);
            relative.seq
        };
        assert_eq!((seq(1, 500, true), seq(2, 500, true)), (0, 0));
        for port in 3..60_000 {
            seq(port, 500, true);
            // Somebody goes on talking.
            assert_eq!(seq(2, 510, false), 10);
        }
        assert_eq!(seq(1, 510, false), 1, "as of one that began unseen");
    }
}
