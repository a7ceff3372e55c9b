use std::io;
use std::sync::Mutex;

use super::pending::ROOM;
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
    assert_eq!(cable.pending.next_due(), Some(at(5)));
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
    let (first, second) = (cable.pending.take_held(), cable.pending.take_held());
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
    let held = cable.pending.take_held().expect("held");
    cable.decided(&held, Decision::Duplicated, at(1));
    assert_eq!(*locked(&sent), [(0, 7), (1, 7), (0, 7), (1, 7)]);
    let fates: Vec<_> = recorder.events().iter().map(|event| event.fate).collect();
    assert_eq!(fates, [Fate::Held, Fate::Delivered, Fate::Delivered]);
}

/// Holds everything, or delays it, and counts what it is told was lost.
struct Waiting(Verdict, Arc<Mutex<usize>>);

impl Rule for Waiting {
    fn on_frame(&mut self, _: &Frame) -> Verdict {
        self.0.clone()
    }

    fn on_decision(&mut self, _: &Frame, decision: Decision) {
        assert_eq!(decision, Decision::Lost);
        *locked(&self.1) += 1;
    }
}

#[test]
fn what_finds_no_room_to_wait_is_lost_and_the_rule_learns_of_it() {
    const LARGE: usize = 1 << 20;
    let bytes: Arc<[u8]> = vec![7; LARGE].into();
    for verdict in [Verdict::Hold, Verdict::Deliver(at(5)), Verdict::Duplicate(vec![at(5)])] {
        let told = Arc::new(Mutex::new(0));
        let (mut cable, sent, recorder) = cable(Waiting(verdict, Arc::clone(&told)));
        for _ in 0..ROOM / LARGE + 10 {
            cable.arrived(0, Arc::clone(&bytes), at(0));
        }
        let lost = |recorder: &Recorder| {
            recorder.events().iter().filter(|event| event.fate == Fate::Lost).count()
        };
        assert_eq!((lost(&recorder), *locked(&told)), (11, 11), "each takes a little more");
        // Whoever goes leaves room.
        cable.deliver_due(at(5));
        let waited = std::iter::from_fn(|| cable.pending.take_held()).count();
        assert_eq!(waited + locked(&sent).len() / 2, ROOM / LARGE - 1);
        cable.arrived(0, bytes.clone(), at(6));
        assert_eq!(*locked(&told), 11);
    }
}

#[test]
fn a_delay_without_end_never_ends() {
    let (mut cable, sent, _) = cable(|_: &Frame| Verdict::Deliver(Duration::MAX));
    cable.arrived(0, [7].into(), at(1));
    cable.deliver_due(at(u64::MAX));
    assert!(locked(&sent).is_empty());
}
