//! Rules of chance. The same seed decides the same about the same number of frames, every time.

use std::time::Duration;

use fastrand::Rng;

use super::{Rule, Verdict};
use crate::frame::Frame;

/// Every frame takes a while.
#[derive(Clone, Debug)]
pub struct Delay {
    least: Duration,
    most: Duration,
    random: Rng,
}

impl Delay {
    /// Every frame takes as long, so their order stays.
    pub fn of(time: Duration) -> Self {
        Self { least: time, most: time, random: Rng::with_seed(0) }
    }

    /// Every frame takes its own time, evenly spread; frames overtake each other.
    pub fn between(least: Duration, most: Duration, seed: u64) -> Self {
        Self { least, most: most.max(least), random: Rng::with_seed(seed) }
    }
}

impl Rule for Delay {
    fn on_frame(&mut self, _: &Frame) -> Verdict {
        let spread = self.most - self.least;
        Verdict::Deliver(self.least.saturating_add(spread.mul_f64(self.random.f64())))
    }
}

/// A part of the frames is lost.
///
/// ```
/// use std::time::Duration;
///
/// use wirelab::{Delay, Duplication, Frame, Loss, Rule};
///
/// let a_while = Duration::from_millis(2);
/// // What is neither lost nor doubled takes its time; and only TCP meets all that.
/// let rule = Loss::of(0.03, 1).then(Duplication::of(0.02, a_while, 2)).then(Delay::of(a_while));
/// let rule = rule.only(|frame: &Frame| frame.decode().tcp().is_some());
/// # fn takes(_: impl Rule) {}
/// # takes(rule);
/// ```
#[derive(Clone, Debug)]
pub struct Loss {
    part: f64,
    random: Rng,
}

impl Loss {
    /// `part` is 0 for none to 1 for all.
    pub fn of(part: f64, seed: u64) -> Self {
        Self { part, random: Rng::with_seed(seed) }
    }
}

impl Rule for Loss {
    fn on_frame(&mut self, _: &Frame) -> Verdict {
        if self.random.f64() < self.part { Verdict::Drop } else { Verdict::Pass }
    }
}

/// A part of the frames comes twice.
#[derive(Clone, Debug)]
pub struct Duplication {
    part: f64,
    after: Duration,
    random: Rng,
}

impl Duplication {
    /// `part` is 0 for none to 1 for all. The second comes `after` the first.
    pub fn of(part: f64, after: Duration, seed: u64) -> Self {
        Self { part, after, random: Rng::with_seed(seed) }
    }
}

impl Rule for Duplication {
    fn on_frame(&mut self, _: &Frame) -> Verdict {
        if self.random.f64() < self.part {
            Verdict::Duplicate(vec![Duration::ZERO, self.after])
        } else {
            Verdict::Pass
        }
    }
}

/// A part of the frames is late, so that those behind overtake it.
#[derive(Clone, Debug)]
pub struct Reordering {
    part: f64,
    by: Duration,
    random: Rng,
}

impl Reordering {
    /// `part` is 0 for none to 1 for all; those come late `by` so long.
    pub fn of(part: f64, by: Duration, seed: u64) -> Self {
        Self { part, by, random: Rng::with_seed(seed) }
    }
}

impl Rule for Reordering {
    fn on_frame(&mut self, _: &Frame) -> Verdict {
        if self.random.f64() < self.part { Verdict::Deliver(self.by) } else { Verdict::Pass }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(mut rule: impl Rule) -> Vec<Verdict> {
        let frame = Frame { id: 1, from: 0, time: Duration::ZERO, bytes: [0; 60].into() };
        (0..1000).map(|_| rule.on_frame(&frame)).collect()
    }

    #[test]
    fn a_seed_decides_the_same_every_time_and_another_seed_otherwise() {
        assert_eq!(verdicts(Loss::of(0.3, 7)), verdicts(Loss::of(0.3, 7)));
        assert_ne!(verdicts(Loss::of(0.3, 7)), verdicts(Loss::of(0.3, 8)));
    }

    #[test]
    fn the_part_is_kept_to_and_none_and_all_are_exact() {
        let lost =
            |part| verdicts(Loss::of(part, 1)).iter().filter(|v| **v == Verdict::Drop).count();
        assert_eq!((lost(0.0), lost(1.0)), (0, 1000));
        assert!((250..350).contains(&lost(0.3)), "{}", lost(0.3));
    }

    #[test]
    fn what_one_rule_lets_pass_the_next_decides() {
        let late = Duration::from_millis(5);
        let all = verdicts(Loss::of(0.5, 1).then(Reordering::of(1.0, late, 1)));
        assert!(all.iter().all(|v| matches!(v, Verdict::Drop | Verdict::Deliver(_))));
        assert!(all.contains(&Verdict::Drop) && all.contains(&Verdict::Deliver(late)));
        assert!(verdicts(Loss::of(1.0, 1).only(|_| false)).iter().all(|v| *v == Verdict::Pass));
    }
}
