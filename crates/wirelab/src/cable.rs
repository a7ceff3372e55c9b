//! The wire's inside: what comes from the ports, the rule, what is due later, what is held.
//!
//! It has no thread and no clock. Whoever drives it, a thread over a kernel's ports or a simulation
//! with a clock of its own, says what time it is.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::frame::Frame;
use crate::port::Port;
use crate::record::{Fate, Recorder};
use crate::rule::{Decision, Rule, Verdict};
use crate::tcp_state::Sighting;

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
    /// What goes later: when, in which order, what.
    due: BinaryHeap<Reverse<Due>>,
    delays: u64,
    pub(crate) held: VecDeque<Frame>,
    /// Pairs of hosts, both ways round, between which nothing goes.
    pub(crate) cut: HashSet<(usize, usize)>,
}

struct Due {
    time: Duration,
    order: u64,
    frame: Frame,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.time, self.order) == (other.time, other.order)
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.time, self.order).cmp(&(other.time, other.order))
    }
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
            due: BinaryHeap::new(),
            delays: 0,
            held: VecDeque::new(),
            cut: HashSet::new(),
        }
    }

    /// A frame came from a host.
    pub(crate) fn arrived(&mut self, from: usize, bytes: Arc<[u8]>, now: Duration) {
        self.frames += 1;
        let frame = Frame { id: self.frames, from, time: now, bytes };
        match self.rule.on_frame(&frame) {
            Verdict::Pass => self.deliver(frame, now),
            Verdict::Deliver(delay) => self.deliver_later(frame, now + delay),
            Verdict::Drop => self.record(frame, now, Fate::Lost),
            Verdict::Absorb => self.record(frame, now, Fate::Absorbed),
            Verdict::Duplicate(delays) if delays.is_empty() => {
                self.record(frame, now, Fate::Lost);
            }
            Verdict::Duplicate(delays) => {
                for delay in delays {
                    match delay {
                        Duration::ZERO => self.deliver(frame.clone(), now),
                        delay => self.deliver_later(frame.clone(), now + delay),
                    }
                }
            }
            Verdict::Hold => {
                self.held.push_back(frame.clone());
                let states = (self.look)(&frame);
                self.recorder.writing().push(frame, now, Fate::Held, states);
            }
        }
    }

    fn deliver_later(&mut self, frame: Frame, time: Duration) {
        self.delays += 1;
        self.due.push(Reverse(Due { time, order: self.delays, frame }));
    }

    /// When the next delayed frame goes.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.due.peek().map(|Reverse(due)| due.time)
    }

    /// Delivers what is due by now.
    pub(crate) fn deliver_due(&mut self, now: Duration) {
        while self.next_due().is_some_and(|time| time <= now) {
            if let Some(Reverse(due)) = self.due.pop() {
                self.deliver(due.frame, now);
            }
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
mod tests {
    use std::io;
    use std::sync::Mutex;

    use super::*;
    use crate::locked::locked;
    use crate::rule::Perfect;

    type Sent = Arc<Mutex<Vec<(usize, u8)>>>;

    /// Keeps what it was sent, as (port, first byte).
    struct Sink(usize, Sent);

    impl Port for Sink {
        fn recv(&mut self) -> io::Result<Option<Arc<[u8]>>> {
            Ok(None)
        }

        fn send(&mut self, frame: &[u8]) -> io::Result<()> {
            locked(&self.1).push((self.0, frame[0]));
            Ok(())
        }
    }

    fn cable(rule: impl Rule + 'static) -> (Cable, Sent, Recorder) {
        let sent = Sent::default();
        let port = |at| Box::new(Sink(at, Arc::clone(&sent))) as Box<dyn Port>;
        let recorder = Recorder::new(vec!["a".into(), "b".into(), "c".into()], Vec::new());
        let ports = vec![port(0), port(1), port(2)];
        let look = Box::new(|_: &Frame| Vec::new());
        let cable = Cable::new(ports, Box::new(rule), look, false, recorder.clone());
        (cable, sent, recorder)
    }

    const fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_frame_goes_to_all_others_but_not_across_a_partition() {
        let (mut cable, sent, recorder) = cable(Perfect);
        cable.arrived(0, [7].into(), at(0));
        assert_eq!(*locked(&sent), [(1, 7), (2, 7)]);
        cable.cut.extend([(0, 1), (1, 0)]);
        cable.arrived(0, [8].into(), at(0));
        assert_eq!(locked(&sent)[2..], [(2, 8)]);
        cable.cut.insert((0, 2));
        cable.arrived(0, [9].into(), at(0));
        let fates: Vec<_> = recorder.events().iter().map(|event| event.fate).collect();
        assert_eq!(fates, [Fate::Delivered, Fate::Delivered, Fate::Cut]);
    }

    #[test]
    fn delayed_frames_go_in_the_order_of_their_times_and_equal_ones_as_they_came() {
        let (mut cable, sent, _) =
            cable(|frame: &Frame| Verdict::Duplicate(vec![at(u64::from(frame.bytes[0])), at(20)]));
        for first in [9, 5] {
            cable.arrived(0, [first].into(), at(0));
        }
        assert_eq!(cable.next_due(), Some(at(5)));
        cable.deliver_due(at(9));
        cable.deliver_due(at(100));
        let order: Vec<_> = locked(&sent).iter().filter(|it| it.0 == 1).map(|it| it.1).collect();
        assert_eq!(order, [5, 9, 9, 5]);
    }

    #[test]
    fn a_held_frame_goes_nowhere_until_somebody_decides() {
        let (mut cable, sent, recorder) = cable(crate::rule::Hold);
        cable.arrived(0, [7].into(), at(0));
        cable.arrived(0, [8].into(), at(0));
        assert!(locked(&sent).is_empty());
        let (first, second) = (cable.held.pop_front(), cable.held.pop_front());
        cable.decided(&first.expect("held"), Decision::Lost, at(1));
        cable.decided(&second.expect("held"), Decision::Released, at(1));
        assert_eq!(*locked(&sent), [(1, 8), (2, 8)]);
        let fates: Vec<_> = recorder.events().iter().map(|event| event.fate).collect();
        assert_eq!(fates, [Fate::Held, Fate::Held, Fate::Lost, Fate::Delivered]);
    }

    #[test]
    fn a_held_frame_that_is_duplicated_goes_twice_and_has_an_event_for_each() {
        let (mut cable, sent, recorder) = cable(crate::rule::Hold);
        cable.arrived(2, [7].into(), at(0));
        let held = cable.held.pop_front().expect("held");
        cable.decided(&held, Decision::Duplicated, at(1));
        assert_eq!(*locked(&sent), [(0, 7), (1, 7), (0, 7), (1, 7)]);
        let fates: Vec<_> = recorder.events().iter().map(|event| event.fate).collect();
        assert_eq!(fates, [Fate::Held, Fate::Delivered, Fate::Delivered]);
    }
}
