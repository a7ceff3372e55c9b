//! What the wire does with each frame.

mod chance;
mod slow_motion;

use std::time::Duration;

use crate::frame::Frame;

pub use chance::{Delay, Duplication, Loss, Reordering};
pub use slow_motion::SlowMotion;

/// What shall become of a frame. There is room for 64 MiB of frames that wait, held or on their way;
/// what finds none is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes to the other hosts at once.
    Pass,
    /// It goes after a while. Frames with shorter delays overtake it.
    Deliver(Duration),
    /// It is lost.
    Drop,
    /// It goes once for each delay: two for a duplicate, none is as good as lost.
    Duplicate(Vec<Duration>),
    /// It waits until somebody takes it with [`Wire::next_held`](crate::Wire::next_held).
    Hold,
    /// It is taken off the wire because it only repeats another; the recorder says so.
    Absorb,
}

/// What a person, or a test, did with a frame that was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It was delivered.
    Released,
    /// It was delivered twice.
    Duplicated,
    /// It was lost.
    Lost,
}

/// Decides about each frame, in the order in which they come. A closure is one:
///
/// ```
/// use wirelab::{Frame, Rule, Verdict};
///
/// let mut first_syn_is_lost = true;
/// let rule = move |frame: &Frame| match frame.decode().tcp() {
///     Some((_, tcp)) if tcp.flags.syn && std::mem::take(&mut first_syn_is_lost) => Verdict::Drop,
///     _ => Verdict::Pass,
/// };
/// # fn takes(_: impl Rule) {}
/// # takes(rule);
/// ```
///
/// A rule runs while the wire is locked: it must not call the wire.
pub trait Rule: Send {
    /// What shall become of this frame.
    fn on_frame(&mut self, frame: &Frame) -> Verdict;

    /// Somebody decided about a frame that this rule held, or one that it is combined with. Or there
    /// was no room to keep one that was held or delayed: then it is lost.
    fn on_decision(&mut self, frame: &Frame, decision: Decision) {
        let _ = (frame, decision);
    }

    /// Asks this rule only about frames of which `wanted` is true; the others pass.
    fn only<W: FnMut(&Frame) -> bool + Send>(self, wanted: W) -> Only<W, Self>
    where
        Self: Sized,
    {
        Only { wanted, rule: self }
    }

    /// Asks `next` about what this rule lets pass.
    fn then<R: Rule>(self, next: R) -> Then<Self, R>
    where
        Self: Sized,
    {
        Then { first: self, next }
    }
}

impl<F: FnMut(&Frame) -> Verdict + Send> Rule for F {
    fn on_frame(&mut self, frame: &Frame) -> Verdict {
        self(frame)
    }
}

/// A wire as it should be: everything passes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Perfect;

impl Rule for Perfect {
    fn on_frame(&mut self, _: &Frame) -> Verdict {
        Verdict::Pass
    }
}

/// Holds every frame.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hold;

impl Rule for Hold {
    fn on_frame(&mut self, _: &Frame) -> Verdict {
        Verdict::Hold
    }
}

/// See [`Rule::only`].
#[derive(Clone, Debug)]
pub struct Only<W, R> {
    wanted: W,
    rule: R,
}

impl<W: FnMut(&Frame) -> bool + Send, R: Rule> Rule for Only<W, R> {
    fn on_frame(&mut self, frame: &Frame) -> Verdict {
        if (self.wanted)(frame) { self.rule.on_frame(frame) } else { Verdict::Pass }
    }

    fn on_decision(&mut self, frame: &Frame, decision: Decision) {
        self.rule.on_decision(frame, decision);
    }
}

/// See [`Rule::then`].
#[derive(Clone, Debug)]
pub struct Then<A, B> {
    first: A,
    next: B,
}

impl<A: Rule, B: Rule> Rule for Then<A, B> {
    fn on_frame(&mut self, frame: &Frame) -> Verdict {
        match self.first.on_frame(frame) {
            Verdict::Pass => self.next.on_frame(frame),
            verdict => verdict,
        }
    }

    fn on_decision(&mut self, frame: &Frame, decision: Decision) {
        self.first.on_decision(frame, decision);
        self.next.on_decision(frame, decision);
    }
}
