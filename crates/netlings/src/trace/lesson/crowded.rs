//! The wire of programs that nobody has checked: as slow as a learner wants, and it holds no more than
//! somebody could ever look at.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wirelab::{Decision, Frame, Rule, SlowMotion, Verdict};

/// So many frames other than TCP's can wait on the wire. TCP's windows bound what waits of a
/// connection; datagrams have none.
const MOST: usize = 1024;

/// Holds every frame, and loses datagrams that come while too many are held.
pub(super) struct Crowded {
    motion: SlowMotion,
    held: usize,
    lost: Arc<AtomicU64>,
}

impl Crowded {
    /// Counts what it loses in `lost`.
    pub(super) fn counting(lost: &Arc<AtomicU64>) -> Self {
        Self { motion: SlowMotion::stepped(), held: 0, lost: Arc::clone(lost) }
    }
}

impl Rule for Crowded {
    fn on_frame(&mut self, frame: &Frame) -> Verdict {
        if frame.decode().tcp().is_some() {
            return self.motion.on_frame(frame);
        }
        if self.held >= MOST {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return Verdict::Drop;
        }
        let verdict = self.motion.on_frame(frame);
        self.held += usize::from(verdict == Verdict::Hold);
        verdict
    }

    fn on_decision(&mut self, frame: &Frame, decision: Decision) {
        if frame.decode().tcp().is_none() {
            self.held = self.held.saturating_sub(1);
        }
        self.motion.on_decision(frame, decision);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_flood_of_datagrams_is_lost_beyond_what_the_wire_holds() {
        let lost = Arc::default();
        let mut rule = Crowded::counting(&lost);
        let frame = |id| Frame { id, from: 0, time: Duration::ZERO, bytes: vec![0; 60].into() };
        for id in 0..MOST as u64 {
            assert_eq!(rule.on_frame(&frame(id)), Verdict::Hold);
        }
        assert_eq!(rule.on_frame(&frame(9999)), Verdict::Drop);
        rule.on_decision(&frame(0), Decision::Released);
        assert_eq!(rule.on_frame(&frame(10_000)), Verdict::Hold);
        assert_eq!(rule.on_frame(&frame(10_001)), Verdict::Drop);
        assert_eq!(lost.load(Ordering::Relaxed), 2);
    }
}
