//! What packets say of a lesson's programs, for a script that waits for it: who connects, sends,
//! loses, closes, resets. Only what has arrived counts, and each byte of a stream once.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use wirelab::{Tcp, payload};

use crate::demo::script::Sign;
use crate::demo::seen::Seen;
use crate::trace::play::Crossed;
use crate::trace::scenario::Side;
use crate::trace::view::End;

/// So many pieces of a stream are kept that came before their turn.
const MOST_EARLY: usize = 256;

#[derive(Default)]
pub(super) struct Signs {
    /// Whose each of alice's ports is.
    clients: BTreeMap<u16, String>,
    /// The client that was started or typed into last: a port that nobody knows is its.
    latest: String,
    directions: BTreeMap<(SocketAddr, SocketAddr), Direction>,
}

/// One direction of a connection.
#[derive(Default)]
struct Direction {
    /// The number of the next byte that was not there yet.
    next: Option<u32>,
    /// What came before its turn: its number, its bytes.
    early: Vec<(u32, Vec<u8>)>,
    connected: bool,
    closed: bool,
}

impl Signs {
    /// A program starts. What packets were those of an earlier one of its name are nobody's now.
    pub(super) fn starts(&mut self, name: &str) {
        for client in self.clients.values_mut().filter(|client| *client == name) {
            client.clear();
        }
        self.acts(name);
    }

    /// Somebody has a program do something.
    pub(super) fn acts(&mut self, name: &str) {
        if name != "server" {
            name.clone_into(&mut self.latest);
        }
    }

    /// Takes note of what this one says, in `seen`.
    pub(super) fn take(&mut self, crossed: &Crossed, seen: &mut Seen) {
        let decoded = crossed.frame.decode();
        let Some((from, to)) = decoded.ends() else { return };
        let port = if crossed.from == Side::Alice { from.port() } else { to.port() };
        let client = self.clients.entry(port).or_insert_with(|| self.latest.clone());
        let who = if crossed.from == Side::Alice { client.as_str() } else { "server" };
        if who.is_empty() {
            return;
        }
        let bytes = payload(&crossed.frame.bytes);
        let Some((_, tcp)) = decoded.tcp() else {
            match crossed.end {
                End::Lost => seen.note(who, Sign::Loses, ""),
                End::HeldUp | End::OnTheWire => {}
                _ => seen.note_sent(who, bytes),
            }
            return;
        };
        if matches!(crossed.end, End::Lost | End::HeldUp | End::OnTheWire) {
            return;
        }
        let direction = self.directions.entry((from, to)).or_default();
        if tcp.flags.syn {
            *direction = Direction { next: Some(tcp.seq.wrapping_add(1)), ..Direction::default() };
            return;
        }
        if tcp.flags.rst {
            seen.note(who, Sign::Resets, "");
            return;
        }
        if crossed.from == Side::Alice && !std::mem::replace(&mut direction.connected, true) {
            seen.note(who, Sign::Connects, "");
        }
        for bytes in direction.take(tcp, bytes) {
            seen.note_sent(who, &bytes);
        }
        if tcp.flags.fin && !std::mem::replace(&mut direction.closed, true) {
            seen.note(who, Sign::Closes, "");
        }
    }
}

impl Direction {
    /// The bytes whose turn has come, with those that were there before theirs.
    fn take(&mut self, tcp: &Tcp, bytes: &[u8]) -> Vec<Vec<u8>> {
        // A connection whose SYN nobody saw begins with what comes first.
        let next = self.next.get_or_insert(tcp.seq);
        if !bytes.is_empty() && self.early.len() < MOST_EARLY {
            self.early.push((tcp.seq, bytes.to_vec()));
        }
        let mut taken = Vec::new();
        loop {
            // How much of each was there already; a piece beyond the next number has a hole before it.
            let known = |from: u32| next.wrapping_sub(from);
            self.early.retain(|(from, bytes)| {
                known(*from) > u32::MAX / 2 || (known(*from) as usize) < bytes.len()
            });
            let Some(place) = self.early.iter().position(|(from, _)| known(*from) <= u32::MAX / 2)
            else {
                return taken;
            };
            let (from, mut bytes) = self.early.swap_remove(place);
            bytes.drain(..known(from) as usize);
            *next = next.wrapping_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
            taken.push(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(seq: u32) -> Tcp {
        let (source, destination, flags) = (5000, 7000, wirelab::Flags::default());
        let (ack, options) = (None, Vec::new());
        Tcp { source, destination, seq, ack, flags, window: 0, options, data: 0 }
    }

    #[test]
    fn each_byte_counts_once_and_in_its_turn_however_often_and_late_it_comes() {
        let first = u32::MAX - 1;
        let mut direction = Direction { next: Some(first), ..Direction::default() };
        let mut take =
            |at: u32, bytes: &[u8]| direction.take(&segment(first.wrapping_add(at)), bytes);
        assert_eq!(take(0, b"he"), [b"he"]);
        assert_eq!(take(4, b"o!").len(), 0, "a hole before it");
        assert_eq!(take(0, b"he").len(), 0, "once more");
        assert_eq!(take(1, b"ell").concat(), b"llo!");
        assert_eq!(take(4, b"o!").len(), 0);
        assert_eq!(take(6, b"").len(), 0);
    }
}
