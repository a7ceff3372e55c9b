//! A frame that somebody has in hand.

use super::Wire;
use crate::frame::Frame;
use crate::locked::locked;
use crate::rule::Decision;

/// A frame that waits for a decision. Dropped without one, it is released: a wire lets go on what
/// nobody stops.
///
/// ```
/// use std::time::Duration;
///
/// use wirelab::{Hold, TcpState};
/// # use wirelab::{Lab, Tier};
/// # let lab = Lab::builder().host("alice", "10.0.0.1/24").host("bob", "10.0.0.2/24");
/// # let lab = lab.pin_neighbours().tier(Tier::Simulated).build()?;
///
/// lab.wire().rule(Hold);
/// let _alice = lab.host("alice").dialling(0, "10.0.0.2:7000".parse()?)?; // where nobody listens
/// let syn = lab.wire().next_held(Duration::from_secs(2)).expect("a SYN");
/// assert_eq!(lab.host("alice").tcp_states()?[0].state, TcpState::SynSent);
/// syn.release();
/// let answer = lab.wire().next_held(Duration::from_secs(2)).expect("a refusal");
/// assert!(answer.frame().decode().tcp().is_some_and(|(_, tcp)| tcp.flags.rst));
/// answer.lose(); // alice will try again
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "dropped at once, it is released at once"]
pub struct Held<'a> {
    wire: &'a Wire,
    frame: Option<Frame>,
}

impl<'a> Held<'a> {
    pub(super) fn of(wire: &'a Wire, frame: Frame) -> Self {
        Self { wire, frame: Some(frame) }
    }

    /// The frame.
    pub fn frame(&self) -> &Frame {
        self.frame.as_ref().expect("it is there until the decision")
    }

    /// Delivers it. When this returns, the receiver's kernel, or stack, has dealt with it.
    pub fn release(mut self) -> Frame {
        self.decide(Decision::Released)
    }

    /// Delivers it twice, one copy right behind the other.
    pub fn duplicate(mut self) -> Frame {
        self.decide(Decision::Duplicated)
    }

    /// Loses it.
    pub fn lose(mut self) -> Frame {
        self.decide(Decision::Lost)
    }

    fn decide(&mut self, decision: Decision) -> Frame {
        let frame = self.frame.take().expect("it is there until the decision");
        let shared = &self.wire.shared;
        let mut cable = locked(&shared.cable);
        cable.decided(&frame, decision, shared.now());
        shared.settle(&mut cable);
        frame
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.frame.is_some() {
            self.decide(Decision::Released);
        }
    }
}
