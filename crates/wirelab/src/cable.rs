//! The wire's inside: what comes from the ports, the rule, what is due later, what is held.
//!
//! It has no thread and no clock. Whoever drives it, a thread over a kernel's ports or a simulation
//! with a clock of its own, says what time it is.

mod pending;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::frame::Frame;
use crate::port::Port;
use crate::record::{Fate, Recorder};
use crate::rule::{Decision, Rule, Verdict};
use crate::tcp_state::Sighting;

use pending::Pending;

/// Says what the hosts say of the connection that a frame belongs to.
pub(crate) type Look = Box<dyn FnMut(&Frame) -> Vec<Sighting> + Send>;

pub(crate) struct Cable {
    pub(crate) ports: Vec<Box<dyn Port>>,
    pub(crate) rule: Box<dyn Rule>,
    look: Look,
    /// Whether every event gets the hosts' states, or only those that a person waits for.
    always_look: bool,
    recorder: Recorder,
    frames: u64,
    /// What is held, and what goes later.
    pub(crate) pending: Pending,
    /// Pairs of hosts, both ways round, between which nothing goes.
    pub(crate) cut: HashSet<(usize, usize)>,
}

impl Cable {
    pub(crate) fn new(
        ports: Vec<Box<dyn Port>>,
        rule: Box<dyn Rule>,
        look: Look,
        always_look: bool,
        recorder: Recorder,
    ) -> Self {
        Self {
            ports,
            rule,
            look,
            always_look,
            recorder,
            frames: 0,
            pending: Pending::default(),
            cut: HashSet::new(),
        }
    }

    /// A frame came from a host.
    pub(crate) fn arrived(&mut self, from: usize, bytes: Arc<[u8]>, now: Duration) {
        self.frames += 1;
        let frame = Frame { id: self.frames, from, time: now, bytes };
        match self.rule.on_frame(&frame) {
            Verdict::Pass => self.deliver(frame, now),
            Verdict::Deliver(delay) => self.deliver_later(frame, now, delay),
            Verdict::Drop => self.record(frame, now, Fate::Lost),
            Verdict::Absorb => self.record(frame, now, Fate::Absorbed),
            Verdict::Duplicate(delays) if delays.is_empty() => {
                self.record(frame, now, Fate::Lost);
            }
            Verdict::Duplicate(delays) => {
                for delay in delays {
                    match delay {
                        Duration::ZERO => self.deliver(frame.clone(), now),
                        delay => self.deliver_later(frame.clone(), now, delay),
                    }
                }
            }
            Verdict::Hold if !self.pending.has_room_for(&frame) => self.no_room(frame, now),
            Verdict::Hold => {
                self.pending.hold(frame.clone());
                let states = (self.look)(&frame);
                self.recorder.writing().push(frame, now, Fate::Held, states);
            }
        }
    }

    fn deliver_later(&mut self, frame: Frame, now: Duration, delay: Duration) {
        if self.pending.has_room_for(&frame) {
            self.pending.delay(frame, now.saturating_add(delay));
        } else {
            self.no_room(frame, now);
        }
    }

    /// The rule may have to let its sender try again.
    fn no_room(&mut self, frame: Frame, now: Duration) {
        self.rule.on_decision(&frame, Decision::Lost);
        self.record(frame, now, Fate::Lost);
    }

    /// Delivers what is due by now.
    pub(crate) fn deliver_due(&mut self, now: Duration) {
        while let Some(frame) = self.pending.take_due(now) {
            self.deliver(frame, now);
        }
    }

    fn deliver(&mut self, frame: Frame, now: Duration) {
        let recorder = self.recorder.clone();
        let writing = recorder.writing();
        let fate = self.send(&frame);
        let states = if self.always_look { (self.look)(&frame) } else { Vec::new() };
        writing.push(frame, now, fate, states);
    }

    /// To every other port that no partition keeps it from, as a hub does it.
    fn send(&mut self, frame: &Frame) -> Fate {
        let mut fate = if self.ports.len() > 1 { Fate::Cut } else { Fate::Delivered };
        for (to, port) in self.ports.iter_mut().enumerate() {
            if to != frame.from && !self.cut.contains(&(frame.from, to)) {
                // A port that is gone, or takes no frame of that size, is as good as unplugged.
                let _ = port.send(&frame.bytes);
                fate = Fate::Delivered;
            }
        }
        fate
    }

    /// Frames went by that nobody could decide about, in this order. What the hosts say is kept with
    /// the last one, unless there is `more` by the time they have said it: then it is about that.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "nothing is observed there"))]
    pub(crate) fn went_by(
        &mut self,
        burst: Vec<(usize, Arc<[u8]>)>,
        now: Duration,
        more: impl FnOnce() -> bool,
    ) {
        let mut frames = Vec::new();
        for (from, bytes) in burst {
            self.frames += 1;
            frames.push(Frame { id: self.frames, from, time: now, bytes });
        }
        let Some(last) = frames.pop() else { return };
        let states = if self.always_look { (self.look)(&last) } else { Vec::new() };
        let states = if more() { Vec::new() } else { states };
        let recorder = self.recorder.clone();
        for frame in frames {
            recorder.writing().push(frame, now, Fate::Delivered, Vec::new());
        }
        recorder.writing().push(last, now, Fate::Delivered, states);
    }

    /// A person decided about a frame that was held.
    pub(crate) fn decided(&mut self, frame: &Frame, decision: Decision, now: Duration) {
        let times = if decision == Decision::Duplicated { 2 } else { 1 };
        self.rule.on_decision(frame, decision);
        for _ in 0..times {
            let recorder = self.recorder.clone();
            let writing = recorder.writing();
            let fate = match decision {
                Decision::Released | Decision::Duplicated => self.send(frame),
                Decision::Lost => Fate::Lost,
            };
            let states = (self.look)(frame);
            writing.push(frame.clone(), now, fate, states);
        }
    }

    /// A frame from nowhere, for one host.
    pub(crate) fn inject(&mut self, to: usize, bytes: Arc<[u8]>, now: Duration) {
        self.frames += 1;
        let frame = Frame { id: self.frames, from: to, time: now, bytes };
        let recorder = self.recorder.clone();
        let writing = recorder.writing();
        if let Some(port) = self.ports.get_mut(to) {
            let _ = port.send(&frame.bytes);
        }
        let states = (self.look)(&frame);
        writing.push(frame, now, Fate::Injected, states);
    }

    fn record(&mut self, frame: Frame, now: Duration, fate: Fate) {
        let states = if self.always_look { (self.look)(&frame) } else { Vec::new() };
        self.recorder.writing().push(frame, now, fate, states);
    }
}

#[cfg(test)]
mod tests;
