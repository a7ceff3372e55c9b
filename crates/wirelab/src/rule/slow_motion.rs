//! Slow motion: a person sees each frame of the exchange once, however long it is held.
//!
//! Kernels don't know that the wire is slow. What isn't acknowledged in time is sent again, 35
//! frames instead of 10 when each is held for 1.5 s. So a segment is absorbed if it takes sequence
//! numbers and all of them have been on the wire before. That must not hide what the kernel sends
//! again for a good reason:
//!
//! - the person lost a segment: what it carried passes again, once;
//! - the person lost an acknowledgement: the segment that it acknowledged passes again, once, since
//!   its sender can't know better. Unless a later acknowledgement, which says the same, is on its
//!   way or has arrived.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::{Decision, Rule, Verdict};
use crate::decode::{Decoded, Tcp, before};
use crate::frame::Frame;

/// So many directions of connections are remembered. When there are more, all are forgotten, and
/// what is sent again then is shown once more: programs that call from ever new ports, or lie about
/// their addresses, must not fill the memory.
const MOST: usize = 1 << 14;

/// Holds every frame, or delays it, and absorbs what is only sent again because of that.
///
/// ```
/// use std::time::Duration;
///
/// use wirelab::SlowMotion;
/// # use wirelab::{Lab, Tier};
/// # let lab = Lab::builder().host("alice", "10.0.0.1/24").host("bob", "10.0.0.2/24");
/// # let lab = lab.pin_neighbours().tier(Tier::Simulated).build()?;
///
/// lab.wire().rule(SlowMotion::stepped());
/// let _alice = lab.host("alice").dialling(0, "10.0.0.2:7000".parse()?)?;
/// let syn = lab.wire().next_held(Duration::from_secs(2)).expect("a SYN");
/// // Alice sends it again and again meanwhile, and nobody is shown that.
/// assert!(lab.wire().next_held(Duration::from_secs(60)).is_none());
/// syn.lose();
/// // But what was lost by hand is shown again.
/// assert!(lab.wire().next_held(Duration::from_secs(60)).is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SlowMotion {
    /// `None` holds.
    delay: Option<Duration>,
    neighbour_talk: bool,
    directions: HashMap<(SocketAddr, SocketAddr), Direction>,
    /// Frames other than TCP that are held: the same bytes again are absorbed.
    held: Vec<Frame>,
}

/// What one end of a connection has sent.
#[derive(Debug, Default)]
struct Direction {
    /// The number of its SYN.
    first: Option<u32>,
    /// Whether it has sent that SYN with an ACK.
    first_has_ack: bool,
    /// The highest number behind anything it sent.
    end: Option<u32>,
    /// What was lost by hand and not sent again yet: from, and behind.
    lost: Vec<(u32, u32)>,
    /// The acknowledgements that are held.
    held_acks: Vec<u32>,
    /// The highest acknowledgement that was delivered.
    delivered_ack: Option<u32>,
    /// The highest acknowledgement that was lost by hand.
    lost_ack: Option<u32>,
}

fn higher(known: Option<u32>, seen: u32) -> Option<u32> {
    Some(known.filter(|known| !before(*known, seen)).unwrap_or(seen))
}

impl SlowMotion {
    /// Holds each frame until it is released by hand.
    pub fn stepped() -> Self {
        Self { delay: None, neighbour_talk: false, directions: HashMap::new(), held: Vec::new() }
    }

    /// Lets each frame take so long.
    pub fn delayed(by: Duration) -> Self {
        Self { delay: Some(by), ..Self::stepped() }
    }

    /// Slows ARP and IPv6's neighbour discovery too. Otherwise they pass, since what waits for them
    /// isn't on the wire yet.
    pub fn with_neighbour_talk(self) -> Self {
        Self { neighbour_talk: true, ..self }
    }

    fn slowed(&self) -> Verdict {
        self.delay.map_or(Verdict::Hold, Verdict::Deliver)
    }

    fn segment(&mut self, decoded: &Decoded, tcp: &Tcp) -> Verdict {
        let Some((from, to)) = decoded.ends() else { return self.slowed() };
        if self.directions.len() >= MOST && !self.directions.contains_key(&(from, to)) {
            self.directions.clear();
        }
        if tcp.flags.syn {
            let direction = self.directions.entry((from, to)).or_default();
            if direction.first != Some(tcp.seq) {
                // Another connection between the same ends.
                *direction = Direction { first: Some(tcp.seq), ..Direction::default() };
            }
        }
        // In a simultaneous open each side sends its SYN twice, first without an ACK and then with
        // one. The second is no repetition (RFC 9293 section 3.5, figure 7).
        let direction = self.directions.entry((from, to)).or_default();
        let first_syn_ack = tcp.flags.syn && tcp.flags.ack && !direction.first_has_ack;
        direction.first_has_ack |= first_syn_ack;
        let repeated = tcp.space() > 0 && !first_syn_ack && self.is_repeated(from, to, tcp);
        if repeated {
            return Verdict::Absorb;
        }
        let holds = self.delay.is_none();
        let direction = self.directions.entry((from, to)).or_default();
        if tcp.space() > 0 {
            direction.end = higher(direction.end, tcp.end());
            direction.sent_again(tcp.seq, tcp.end());
        }
        if let Some(ack) = tcp.ack.filter(|_| holds) {
            direction.held_acks.push(ack);
        }
        self.slowed()
    }

    /// Whether all of it has been on the wire, and nothing that was lost makes it needed again.
    fn is_repeated(&mut self, from: SocketAddr, to: SocketAddr, tcp: &Tcp) -> bool {
        let (seq, end) = (tcp.seq, tcp.end());
        let Some(direction) = self.directions.get(&(from, to)) else { return false };
        if direction.end.is_none_or(|highest| before(highest, end)) {
            return false;
        }
        if direction.lost.iter().any(|(first, behind)| before(seq, *behind) && before(*first, end))
        {
            return false;
        }
        let Some(other) = self.directions.get_mut(&(to, from)) else { return true };
        let covers = |ack: u32| !before(ack, end);
        let is_known = other.delivered_ack.is_some_and(covers);
        let will_be_known = other.held_acks.iter().any(|ack| covers(*ack));
        if other.lost_ack.is_some_and(covers) && !is_known && !will_be_known {
            other.lost_ack = None; // once
            return false;
        }
        true
    }
}

impl Direction {
    /// What is on the wire again isn't lost any more.
    fn sent_again(&mut self, seq: u32, end: u32) {
        let mut left = Vec::new();
        for (first, behind) in self.lost.drain(..) {
            if !(before(seq, behind) && before(first, end)) {
                left.push((first, behind));
                continue;
            }
            if before(first, seq) {
                left.push((first, seq));
            }
            if before(end, behind) {
                left.push((end, behind));
            }
        }
        self.lost = left;
    }
}

impl Rule for SlowMotion {
    fn on_frame(&mut self, frame: &Frame) -> Verdict {
        let decoded = frame.decode();
        if decoded.is_neighbour_talk() && !self.neighbour_talk {
            return Verdict::Pass;
        }
        if let Some((_, tcp)) = decoded.tcp() {
            return self.segment(&decoded, tcp);
        }
        let is_held = |held: &Frame| held.from == frame.from && held.bytes == frame.bytes;
        if decoded.is_neighbour_talk() && self.held.iter().any(is_held) {
            return Verdict::Absorb;
        }
        if self.delay.is_none() {
            self.held.push(frame.clone());
        }
        self.slowed()
    }

    fn on_decision(&mut self, frame: &Frame, decision: Decision) {
        self.held.retain(|held| held.id != frame.id);
        let decoded = frame.decode();
        let (Some(ends), Some((_, tcp))) = (decoded.ends(), decoded.tcp()) else { return };
        let Some(direction) = self.directions.get_mut(&ends) else { return };
        if let Some(ack) = tcp.ack {
            if let Some(place) = direction.held_acks.iter().position(|held| *held == ack) {
                direction.held_acks.remove(place);
            }
            let highest = match decision {
                Decision::Released | Decision::Duplicated => &mut direction.delivered_ack,
                Decision::Lost => &mut direction.lost_ack,
            };
            *highest = higher(*highest, ack);
        }
        if decision == Decision::Lost && tcp.space() > 0 {
            direction.lost.push((tcp.seq, tcp.end()));
        }
    }
}

#[cfg(test)]
mod tests;
