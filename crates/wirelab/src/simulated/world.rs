//! The simulated hosts together: what makes time pass.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::clock::Clock;
use super::node::Node;
use crate::cable::Cable;
use crate::locked::locked;

/// A wire carries one frame at a time, and each takes so long. So everything has a time of its own.
const FRAME_TAKES: Duration = Duration::from_micros(10);
/// So many frames one act may cause before time is asked for. Nothing that is right comes near.
const MOST_FRAMES: usize = 100_000;
/// When a stack that wanted to do something at once, and did nothing, is asked again.
const AGAIN: Duration = Duration::from_millis(1);

#[derive(Debug)]
pub(crate) struct World {
    pub(super) clock: Arc<Clock>,
    pub(super) nodes: Vec<Arc<Mutex<Node>>>,
}

impl World {
    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    /// Lets all happen that happens by itself at this time: frames go, and are answered.
    pub(crate) fn settle(&self, cable: &mut Cable) {
        let mut frames = 0;
        cable.deliver_due(self.now());
        while frames < MOST_FRAMES && self.nodes.iter().any(|node| locked(node).has_sent()) {
            for port in 0..cable.ports.len() {
                if let Ok(Some(bytes)) = cable.ports[port].recv() {
                    cable.arrived(port, bytes, self.now());
                    frames += 1;
                    self.clock.move_to(self.now() + FRAME_TAKES);
                    cable.deliver_due(self.now());
                }
            }
            if cable.ports.is_empty() {
                return; // the lab is gone, and this is a socket that outlived it
            }
        }
    }

    /// Lets time pass until then, or until it is `enough`.
    pub(crate) fn run(
        &self,
        cable: &mut Cable,
        until: Duration,
        mut enough: impl FnMut(&Cable) -> bool,
    ) {
        self.settle(cable);
        while !enough(cable) && self.step(cable, until) {}
    }

    /// Goes to the next time at which something happens, but not beyond `until`. Whether that was
    /// before `until`.
    pub(crate) fn step(&self, cable: &mut Cable, until: Duration) -> bool {
        // The clock's own end is an end of all patience.
        let until = until.min(Clock::END);
        let next = self.next(cable).filter(|next| *next <= until);
        self.clock.move_to(next.unwrap_or(until));
        cable.deliver_due(self.now());
        for node in &self.nodes {
            locked(node).act();
        }
        self.settle(cable);
        next.is_some()
    }

    fn next(&self, cable: &Cable) -> Option<Duration> {
        let now = self.now();
        let own = self.nodes.iter().filter_map(|node| locked(node).next_time());
        let own = own.map(|time| if time <= now { now + AGAIN } else { time });
        own.chain(cable.pending.next_due()).min()
    }
}
