//! The wire of programs that nobody has checked: as slow as a learner wants, and it holds no more than
//! somebody could ever look at.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wirelab::{Decision, Frame, Rule, SlowMotion, Verdict};

/// So many segments of TCP can wait on the wire, and so many other frames. A kernel's connections
/// stay below it, by their windows; datagrams have none, and segments that a program makes itself, on
/// a raw socket, keep to none.
const MOST: usize = 1024;

/// How many frames found the wire full.
#[derive(Default)]
pub(super) struct Lost {
    segments: AtomicU64,
    datagrams: AtomicU64,
}

impl Lost {
    /// Whether segments were lost, and whether other frames were.
    pub(super) fn kinds(&self) -> [bool; 2] {
        [&self.segments, &self.datagrams].map(|lost| lost.load(Ordering::Relaxed) > 0)
    }

    pub(super) fn some(&self) -> bool {
        self.kinds().contains(&true)
    }
}

/// Holds every frame, and loses those that come while too many of their kind are held.
pub(super) struct Crowded {
    motion: SlowMotion,
    segments: usize,
    datagrams: usize,
    lost: Arc<Lost>,
}

impl Crowded {
    /// Counts what it loses in `lost`.
    pub(super) fn counting(lost: &Arc<Lost>) -> Self {
        let (motion, lost) = (SlowMotion::stepped(), Arc::clone(lost));
        Self { motion, segments: 0, datagrams: 0, lost }
    }

    /// How many of this frame's kind are held, and were lost.
    fn of_its_kind(&mut self, frame: &Frame) -> (&mut usize, &AtomicU64) {
        match frame.decode().tcp() {
            Some(_) => (&mut self.segments, &self.lost.segments),
            None => (&mut self.datagrams, &self.lost.datagrams),
        }
    }
}

impl Rule for Crowded {
    fn on_frame(&mut self, frame: &Frame) -> Verdict {
        let (held, lost) = self.of_its_kind(frame);
        if *held >= MOST {
            // Slow motion doesn't hear of it: when a kernel sends it again, it is the first time.
            lost.fetch_add(1, Ordering::Relaxed);
            return Verdict::Drop;
        }
        let verdict = self.motion.on_frame(frame);
        *self.of_its_kind(frame).0 += usize::from(verdict == Verdict::Hold);
        verdict
    }

    fn on_decision(&mut self, frame: &Frame, decision: Decision) {
        let (held, _) = self.of_its_kind(frame);
        *held = held.saturating_sub(1);
        self.motion.on_decision(frame, decision);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn frame(id: u64, bytes: Vec<u8>) -> Frame {
        Frame { id, from: 0, time: Duration::ZERO, bytes: bytes.into() }
    }

    /// Neither takes numbers nor ends anything: what slow motion always holds.
    fn segment(id: u64) -> Frame {
        let mut bytes = vec![0; 54];
        bytes[12..15].copy_from_slice(&[8, 0, 0x45]); // IPv4, five words
        bytes[16..18].copy_from_slice(&40_u16.to_be_bytes());
        bytes[23] = 6; // TCP
        bytes[30..34].copy_from_slice(&u32::try_from(id).unwrap().to_be_bytes());
        (bytes[46], bytes[47]) = (0x50, 0x10); // five words, ACK
        let frame = frame(id, bytes);
        assert!(frame.decode().tcp().is_some(), "{:?}", frame.decode());
        frame
    }

    #[test]
    fn a_flood_of_either_kind_is_lost_beyond_what_the_wire_holds_and_leaves_room_for_the_other() {
        let lost = Arc::default();
        let mut rule = Crowded::counting(&lost);
        let datagram = |id| frame(id, vec![0; 60]);
        let kinds: [&dyn Fn(u64) -> Frame; 2] = [&segment, &datagram];
        for (place, of_kind) in kinds.into_iter().enumerate() {
            for id in 0..MOST as u64 {
                assert_eq!(rule.on_frame(&of_kind(id)), Verdict::Hold);
            }
            assert!(!lost.kinds()[place]);
            assert_eq!(rule.on_frame(&of_kind(9999)), Verdict::Drop);
            assert!(lost.kinds()[place]);
            rule.on_decision(&of_kind(0), Decision::Released);
            assert_eq!(rule.on_frame(&of_kind(10_000)), Verdict::Hold);
            assert_eq!(rule.on_frame(&of_kind(10_001)), Verdict::Drop);
        }
        let counts = [&lost.segments, &lost.datagrams].map(|count| count.load(Ordering::Relaxed));
        assert_eq!(counts, [2, 2]);
    }
}
