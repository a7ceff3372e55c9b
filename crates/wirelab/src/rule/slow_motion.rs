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
mod tests {
    use etherparse::PacketBuilder;

    use super::*;

    /// A segment from alice (0) or bob (1).
    fn segment(from: usize, seq: u32, ack: Option<u32>, syn: bool, data: &[u8]) -> Frame {
        let ip = |host: usize| [10, 0, 0, if host == 0 { 1 } else { 2 }];
        let mut header = etherparse::TcpHeader::new(5000, 5000, seq, 512);
        (header.syn, header.ack) = (syn, ack.is_some());
        header.acknowledgment_number = ack.unwrap_or(0);
        let builder = PacketBuilder::ethernet2([0; 6], [0; 6])
            .ipv4(ip(from), ip(1 - from), 64)
            .tcp_header(header);
        let mut bytes = Vec::new();
        builder.write(&mut bytes, data).expect("a Vec takes it");
        Frame { id: u64::from(seq), from, time: Duration::ZERO, bytes: bytes.into() }
    }

    #[test]
    fn what_is_held_is_shown_once_however_often_it_is_sent() {
        let mut rule = SlowMotion::stepped();
        let syn = segment(0, 100, None, true, b"");
        assert_eq!(rule.on_frame(&syn), Verdict::Hold);
        assert_eq!(rule.on_frame(&syn), Verdict::Absorb);
        rule.on_decision(&syn, Decision::Released);
        assert_eq!(rule.on_frame(&syn), Verdict::Absorb);
    }

    #[test]
    fn a_syn_that_comes_again_with_an_ack_is_shown() {
        let mut rule = SlowMotion::stepped();
        let (syn, syn_ack) =
            (segment(0, 100, None, true, b""), segment(0, 100, Some(501), true, b""));
        assert_eq!(rule.on_frame(&syn), Verdict::Hold);
        assert_eq!(rule.on_frame(&syn_ack), Verdict::Hold);
        assert_eq!(rule.on_frame(&syn_ack), Verdict::Absorb);
        assert_eq!(rule.on_frame(&syn), Verdict::Absorb);
    }

    #[test]
    fn slow_motion_by_itself_delays_each_frame_and_absorbs_as_well() {
        let delay = Duration::from_secs(3);
        let mut rule = SlowMotion::delayed(delay);
        let syn = segment(0, 100, None, true, b"");
        assert_eq!(rule.on_frame(&syn), Verdict::Deliver(delay));
        assert_eq!(rule.on_frame(&syn), Verdict::Absorb);
        let ack = segment(0, 101, Some(501), false, b"");
        assert_eq!(rule.on_frame(&ack), Verdict::Deliver(delay));
        assert_eq!(rule.on_frame(&ack), Verdict::Deliver(delay), "it takes no numbers");
    }

    #[test]
    fn what_was_lost_by_hand_is_shown_again_once() {
        let mut rule = SlowMotion::stepped();
        let data = segment(0, 101, Some(1), false, b"hello");
        assert_eq!(rule.on_frame(&data), Verdict::Hold);
        rule.on_decision(&data, Decision::Lost);
        assert_eq!(rule.on_frame(&data), Verdict::Hold);
        assert_eq!(rule.on_frame(&data), Verdict::Absorb);
    }

    #[test]
    fn lost_data_may_come_again_in_other_pieces() {
        let mut rule = SlowMotion::stepped();
        let data = segment(0, 101, Some(1), false, b"hello");
        rule.on_frame(&data);
        rule.on_decision(&data, Decision::Lost);
        let (first, second) =
            (segment(0, 101, Some(1), false, b"he"), segment(0, 103, Some(1), false, b"llo"));
        assert_eq!(rule.on_frame(&first), Verdict::Hold);
        assert_eq!(rule.on_frame(&first), Verdict::Absorb);
        assert_eq!(rule.on_frame(&second), Verdict::Hold);
        assert_eq!(rule.on_frame(&data), Verdict::Absorb);
    }

    #[test]
    fn a_lost_acknowledgement_lets_the_segment_pass_again_once() {
        let mut rule = SlowMotion::stepped();
        let syn_ack = segment(1, 500, Some(101), true, b"");
        let ack = segment(0, 101, Some(501), false, b"");
        rule.on_frame(&syn_ack);
        rule.on_decision(&syn_ack, Decision::Released);
        assert_eq!(rule.on_frame(&ack), Verdict::Hold);
        assert_eq!(rule.on_frame(&syn_ack), Verdict::Absorb, "its answer is held");
        rule.on_decision(&ack, Decision::Lost);
        assert_eq!(rule.on_frame(&syn_ack), Verdict::Hold, "its answer was lost");
        assert_eq!(rule.on_frame(&syn_ack), Verdict::Absorb);
    }

    #[test]
    fn a_lost_acknowledgement_is_made_good_by_a_later_one() {
        let mut rule = SlowMotion::stepped();
        let data = segment(1, 500, Some(1), false, b"x");
        let (ack, later) =
            (segment(0, 101, Some(501), false, b""), segment(0, 101, Some(501), false, b"y"));
        for frame in [&data, &ack, &later] {
            assert_eq!(rule.on_frame(frame), Verdict::Hold);
        }
        rule.on_decision(&ack, Decision::Lost);
        assert_eq!(rule.on_frame(&data), Verdict::Absorb, "another is on its way");
        rule.on_decision(&later, Decision::Released);
        assert_eq!(rule.on_frame(&data), Verdict::Absorb, "another arrived");
    }

    #[test]
    fn a_flood_of_connections_is_shown_and_not_remembered_for_ever() {
        let mut rule = SlowMotion::stepped();
        for place in 0..2 * MOST {
            let mut bytes = segment(0, 100, None, true, b"").bytes.to_vec();
            bytes[28..30].copy_from_slice(&u16::try_from(place).expect("few").to_be_bytes());
            let syn = Frame { bytes: bytes.into(), ..segment(0, 100, None, true, b"") };
            assert_eq!(rule.on_frame(&syn), Verdict::Hold);
            assert_eq!(rule.on_frame(&syn), Verdict::Absorb);
            assert!(rule.directions.len() <= MOST);
        }
    }

    #[test]
    fn a_new_connection_between_the_same_ends_starts_afresh() {
        let mut rule = SlowMotion::stepped();
        rule.on_frame(&segment(0, 1_000_000, None, true, b""));
        assert_eq!(rule.on_frame(&segment(0, 7, None, true, b"")), Verdict::Hold);
    }
}
