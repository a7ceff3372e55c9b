//! What happened on the wire, in order.

mod event;
mod html;
mod json;
mod ladder;
mod markup;
mod pcapng;
mod svg;
mod telling;

use std::collections::VecDeque;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};

use crate::frame::Frame;
use crate::locked::locked;
use crate::tcp_state::Sighting;

pub use event::{Event, Fate};
use event::{is_gone, remark};
pub use telling::{Deed, Telling};

/// So many events are kept, and so many bytes of frames; then the oldest go.
const MOST_EVENTS: usize = 100_000;
const MOST_BYTES: usize = 64 << 20;

/// A wire's events, bounded: after 100,000 events or 64 MiB of frames the oldest are forgotten. A
/// clone is the same recorder; it outlives the wire.
///
/// ```
/// use std::time::Duration;
///
/// use wirelab::Fate;
/// # use wirelab::{Lab, Tier};
/// # let lab = Lab::builder().host("alice", "10.0.0.1/24").host("bob", "10.0.0.2/24");
/// # let lab = lab.pin_neighbours().tier(Tier::Simulated).build()?;
///
/// let _alice = lab.host("alice").dialling(0, "10.0.0.2:7000".parse()?)?; // where nobody listens
/// let recorder = lab.wire().recorder().clone();
/// let refused = recorder.wait_for(Duration::from_secs(2), |event| event.frame.from == 1);
/// assert_eq!(refused.expect("bob answers").fate, Fate::Delivered);
/// drop(lab);
/// assert!(recorder.ladder().contains("SYN  seq 0"));
/// let mut capture = Vec::new(); // or a File, for Wireshark
/// recorder.write_pcapng(&[], &mut capture)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
}

struct Shared {
    hosts: Vec<String>,
    addresses: Vec<Vec<IpAddr>>,
    began: SystemTime,
    kept: Mutex<Kept>,
    more: Condvar,
    /// What lets time pass, where it doesn't by itself.
    simulation: OnceLock<Weak<dyn Waiting>>,
}

/// A wire whose time passes only while somebody waits.
pub(crate) trait Waiting: Send + Sync {
    /// Its time.
    fn now(&self) -> Duration;

    /// Goes to the next time at which something happens, but not beyond `until`. Whether that was
    /// before `until`.
    fn step(&self, until: Duration) -> bool;
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("hosts", &self.hosts()).finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<Event>,
    bytes: usize,
    /// The number of the first kept event, and so the count of those forgotten.
    first: u64,
    switched_off: bool,
    /// How many wait for more. Nobody is woken where there is nobody: for each frame that would be
    /// a system call.
    waiting: usize,
}

impl Recorder {
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "for kernels and tests"))]
    pub(crate) fn new(hosts: Vec<String>, addresses: Vec<Vec<IpAddr>>) -> Self {
        Self::beginning(SystemTime::now(), hosts, addresses)
    }

    /// As if the wire had begun then.
    pub(crate) fn beginning(
        began: SystemTime,
        hosts: Vec<String>,
        addresses: Vec<Vec<IpAddr>>,
    ) -> Self {
        let (kept, more, simulation) = (Mutex::default(), Condvar::new(), OnceLock::new());
        Self { shared: Arc::new(Shared { hosts, addresses, began, kept, more, simulation }) }
    }

    /// From now on waiting lets that simulation's time pass.
    pub(crate) fn simulated_by(&self, by: &Arc<dyn Waiting>) {
        let _ = self.shared.simulation.set(Arc::downgrade(by));
    }

    /// To be held while a frame is sent: whoever has got a frame then finds it recorded.
    pub(crate) fn writing(&self) -> Writing<'_> {
        Writing { kept: locked(&self.shared.kept), more: &self.shared.more }
    }

    /// The hosts' names, in the order in which frames count them.
    pub fn hosts(&self) -> &[String] {
        &self.shared.hosts
    }

    /// The addresses of a host, by its place.
    pub fn addresses(&self, host: usize) -> &[IpAddr] {
        self.shared.addresses.get(host).map_or(&[], Vec::as_slice)
    }

    /// The time of day at which the wire began.
    pub fn began(&self) -> SystemTime {
        self.shared.began
    }

    /// All events that are kept.
    pub fn events(&self) -> Vec<Event> {
        self.since(0)
    }

    /// The events from that number on.
    pub fn since(&self, number: u64) -> Vec<Event> {
        let kept = locked(&self.shared.kept);
        let skipped = usize::try_from(number.saturating_sub(kept.first)).unwrap_or(usize::MAX);
        kept.events.iter().skip(skipped).cloned().collect()
    }

    /// What became of each frame, the oldest first: all events but those of being held, since what
    /// was decided then is an event of its own.
    fn ends(&self) -> Vec<Event> {
        let mut events = self.events();
        events.retain(|event| event.fate != Fate::Held);
        events
    }

    /// A host's name, by its place.
    fn name(&self, host: usize) -> &str {
        self.shared.hosts.get(host).map_or("?", String::as_str)
    }

    /// The number that the next event gets: so many there were.
    pub fn next_number(&self) -> u64 {
        let kept = locked(&self.shared.kept);
        kept.first + kept.events.len() as u64
    }

    /// How many events were forgotten because there were too many.
    pub fn forgotten(&self) -> u64 {
        locked(&self.shared.kept).first
    }

    /// Records nothing from now on, or again.
    pub fn switch(&self, on: bool) {
        locked(&self.shared.kept).switched_off = !on;
    }

    /// The first event of which `wanted` is true, among those kept and those to come; `None` after
    /// `patience`. On the simulated tier that is time of the simulation, which this makes pass.
    /// `wanted` is asked while the record is locked: it must not call the recorder or the wire.
    pub fn wait_for(
        &self,
        patience: Duration,
        mut wanted: impl FnMut(&Event) -> bool,
    ) -> Option<Event> {
        let mut next = 0;
        if let Some(simulation) = self.shared.simulation.get() {
            let simulation = simulation.upgrade();
            let late = simulation.as_ref().map(|it| it.now().saturating_add(patience));
            let mut more = true;
            loop {
                let found = locked(&self.shared.kept).look(&mut next, &mut wanted);
                match (&simulation, late) {
                    (Some(simulation), Some(late)) if found.is_none() && more => {
                        more = simulation.step(late);
                    }
                    _ => return found,
                }
            }
        }
        let began = Instant::now();
        let mut kept = locked(&self.shared.kept);
        loop {
            if let Some(event) = kept.look(&mut next, &mut wanted) {
                return Some(event);
            }
            let left = patience.saturating_sub(began.elapsed());
            if left.is_zero() {
                return None;
            }
            kept.waiting += 1;
            kept = (self.shared.more.wait_timeout(kept, left))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            kept.waiting -= 1;
        }
    }
}

impl Kept {
    /// The first event of which `wanted` is true, from number `next` on, which comes to stand
    /// behind the last.
    fn look(&self, next: &mut u64, mut wanted: impl FnMut(&Event) -> bool) -> Option<Event> {
        let skipped = usize::try_from(*next - self.first.min(*next)).unwrap_or(usize::MAX);
        let found = self.events.iter().skip(skipped).find(|event| wanted(event));
        *next = self.first + self.events.len() as u64;
        found.cloned()
    }
}

/// While this lives nobody reads.
pub(crate) struct Writing<'a> {
    kept: MutexGuard<'a, Kept>,
    more: &'a Condvar,
}

impl Writing<'_> {
    pub(crate) fn push(mut self, frame: Frame, time: Duration, fate: Fate, states: Vec<Sighting>) {
        let kept = &mut *self.kept;
        if kept.switched_off {
            return;
        }
        let number = kept.first + kept.events.len() as u64;
        kept.bytes += frame.bytes.len();
        kept.events.push_back(Event { number, time, frame, fate, states });
        while kept.events.len() > MOST_EVENTS || kept.bytes > MOST_BYTES {
            if let Some(gone) = kept.events.pop_front() {
                kept.bytes -= gone.frame.bytes.len();
                kept.first += 1;
            }
        }
        if kept.waiting > 0 {
            self.more.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(id: u64, length: usize) -> Frame {
        Frame { id, from: 0, time: Duration::ZERO, bytes: vec![0; length].into() }
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many_bytes() {
        let recorder = Recorder::new(vec!["alice".into()], Vec::new());
        for id in 0..70 {
            recorder.writing().push(
                frame(id, 1 << 20),
                Duration::ZERO,
                Fate::Delivered,
                Vec::new(),
            );
        }
        assert_eq!((recorder.forgotten(), recorder.events().len()), (6, 64));
        assert_eq!(recorder.since(68)[0].frame.id, 68);
        assert_eq!(recorder.since(2)[0].number, 6);
        assert_eq!(recorder.next_number(), 70);
    }

    #[test]
    fn waiting_finds_what_came_before_and_what_comes_later() {
        let recorder = Recorder::new(Vec::new(), Vec::new());
        recorder.writing().push(frame(1, 60), Duration::ZERO, Fate::Lost, Vec::new());
        // However long somebody is ready to wait.
        let seen = |id: u64| recorder.wait_for(Duration::MAX, |it| it.frame.id == id);
        assert_eq!(seen(1).expect("it is there").fate, Fate::Lost);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| seen(2));
            recorder.writing().push(frame(2, 60), Duration::ZERO, Fate::Held, Vec::new());
            assert_eq!(waiting.join().expect("no panic").expect("it came").fate, Fate::Held);
        });
        assert!(recorder.wait_for(Duration::ZERO, |it| it.frame.id == 3).is_none());
    }
}
