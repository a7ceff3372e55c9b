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
