//! The wire of programs that nobody has checked: as slow as a learner wants, and no larger than this
//! machine's memory.

use wirelab::{Decision, Frame, Rule, SlowMotion, Verdict};

/// So many frames can wait on the wire. TCP's windows end far below that; datagrams have none.
const MOST: usize = 8192;

/// Holds every frame, and loses what comes while too many are held.
pub(super) struct Crowded {
    motion: SlowMotion,
    held: usize,
}

impl Crowded {
    pub(super) fn new() -> Self {
        Self { motion: SlowMotion::stepped(), held: 0 }
    }
}

impl Rule for Crowded {
    fn on_frame(&mut self, frame: &Frame) -> Verdict {
        let verdict = self.motion.on_frame(frame);
        if verdict != Verdict::Hold {
            return verdict;
        }
        if self.held >= MOST {
            self.motion.on_decision(frame, Decision::Lost);
            return Verdict::Drop;
        }
        self.held += 1;
        Verdict::Hold
    }

    fn on_decision(&mut self, frame: &Frame, decision: Decision) {
        self.held = self.held.saturating_sub(1);
        self.motion.on_decision(frame, decision);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_flood_of_datagrams_is_lost_beyond_what_the_wire_holds() {
        let mut rule = Crowded::new();
        let frame = |id| Frame { id, from: 0, time: Duration::ZERO, bytes: vec![0; 60].into() };
        for id in 0..MOST as u64 {
            assert_eq!(rule.on_frame(&frame(id)), Verdict::Hold);
        }
        assert_eq!(rule.on_frame(&frame(9999)), Verdict::Drop);
        rule.on_decision(&frame(0), Decision::Released);
        assert_eq!(rule.on_frame(&frame(10_000)), Verdict::Hold);
        assert_eq!(rule.on_frame(&frame(10_001)), Verdict::Drop);
    }
}
