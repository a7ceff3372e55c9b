//! The wire between the hosts, as whoever uses a lab holds it.

mod held;
mod shared;

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::cable::Cable;
use crate::locked::locked;
use crate::record::{Recorder, Waiting};
use crate::rule::{Perfect, Rule};
use crate::simulated::World;

pub use held::Held;
use shared::Drive;
pub(crate) use shared::Shared;

const ONLY_OBSERVES: &str = "this wire only observes: ask Wire::can_hold first";
const RULE_PANICKED: &str = "the wire has stopped: its rule panicked";

/// One wire that all hosts of a lab are plugged into, like a hub. If its rule panics it stops, and
/// says so where somebody waits for it or drops it.
///
/// ```
/// # use wirelab::{Lab, Tier};
/// let lab = Lab::builder()
///     .host("alice", "10.0.0.1/24")
///     .host("bob", "10.0.0.2/24")
///     .pin_neighbours() // no ARP: nothing but what is done here is on the wire
///     .tier(Tier::Simulated)
///     .build()?;
/// let (alice, bob) = (lab.host("alice").datagrams(0)?, lab.host("bob").datagrams(9000)?);
/// lab.wire().partition(&[0], &[1]);
/// alice.send_to(b"never heard", "10.0.0.2:9000".parse()?)?;
/// lab.wire().heal();
/// alice.send_to(b"hello", "10.0.0.2:9000".parse()?)?;
/// let mut buffer = [0; 99];
/// let (count, _) = bob.receive_from(&mut buffer)?.expect("a simulated wire takes no waiting");
/// assert_eq!(&buffer[..count], b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Wire {
    pub(crate) shared: Arc<Shared>,
    recorder: Recorder,
    thread: Option<JoinHandle<()>>,
    can_hold: bool,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("hosts", &self.recorder.hosts()).finish_non_exhaustive()
    }
}

impl Wire {
    /// `wake` wakes the thread that `run` starts, for it to look what has changed.
    pub(crate) fn start(
        cable: Cable,
        recorder: Recorder,
        wake: Box<dyn Fn() + Send + Sync>,
        run: impl FnOnce(&Arc<Shared>) -> std::io::Result<JoinHandle<()>>,
    ) -> std::io::Result<Self> {
        let shared = Shared::over(cable, Drive::Thread { began: Instant::now(), wake });
        let thread = Some(run(&shared)?);
        Ok(Self { shared, recorder, thread, can_hold: true })
    }

    /// As `start`, for frames that have gone by when they are seen.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "nothing is observed there"))]
    pub(crate) fn observing(
        cable: Cable,
        recorder: Recorder,
        wake: Box<dyn Fn() + Send + Sync>,
        run: impl FnOnce(&Arc<Shared>) -> std::io::Result<JoinHandle<()>>,
    ) -> std::io::Result<Self> {
        let mut wire = Self::start(cable, recorder, wake, run)?;
        wire.can_hold = false;
        Ok(wire)
    }

    /// Whether this wire can do anything to frames: hold, lose, delay, inject. On the observing tier
    /// it can't. Frames have gone by when they are seen there.
    pub fn can_hold(&self) -> bool {
        self.can_hold
    }

    fn must_hold(&self) {
        assert!(self.can_hold, "{ONLY_OBSERVES}");
    }

    /// Without a thread: whoever waits for something makes it happen.
    pub(crate) fn simulated(cable: Cable, recorder: Recorder, world: World) -> Self {
        let shared = Shared::over(cable, Drive::Simulation(world));
        let waiting: Arc<dyn Waiting> = Arc::clone(&shared) as Arc<dyn Waiting>;
        recorder.simulated_by(&waiting);
        Self { shared, recorder, thread: None, can_hold: true }
    }

    /// Replaces the rule for all frames that come from now on. What was held stays held, what is
    /// delayed comes when it would have.
    ///
    /// # Panics
    /// If the wire [can't hold](Wire::can_hold) anything.
    pub fn rule(&self, rule: impl Rule + 'static) {
        self.must_hold();
        let before = {
            let mut cable = locked(&self.shared.cable);
            std::mem::replace(&mut cable.rule, Box::new(rule))
        };
        drop(before); // not under the lock: its drop is the caller's code
    }

    /// Lets everything pass from now on. The same as `rule(Perfect)`, and all that a wire that only
    /// observes ever does.
    pub fn perfect(&self) {
        if self.can_hold {
            self.rule(Perfect);
        }
    }

    /// The oldest frame that is held and not taken yet; waits for one as long as `patience`. On
    /// the simulated tier that is what makes time pass, up to the moment at which one is held.
    ///
    /// # Panics
    /// If the rule has panicked: there will be none. If the wire [can't hold](Wire::can_hold)
    /// anything.
    pub fn next_held(&self, patience: Duration) -> Option<Held<'_>> {
        self.must_hold();
        let frame = self.until_held(patience).pending.take_held();
        frame.map(|frame| Held::of(self, frame))
    }

    /// Lets so much time pass, or less: it returns as soon as a frame is held and not taken yet, at
    /// once if there is one already.
    ///
    /// On the kernel tier it waits that long. On the simulated tier the clock is moved, and all
    /// that is due by then happens; nothing else but the other waiting calls moves it.
    ///
    /// # Panics
    /// If the rule has panicked.
    pub fn run_for(&self, time: Duration) {
        drop(self.until_held(time));
    }

    /// Waits until the wire has taken in all that the hosts have sent by now, and has decided about
    /// it. On the simulated tier it always has.
    ///
    /// # Panics
    /// If the rule has panicked.
    pub fn catch_up(&self) {
        let Drive::Thread { wake, .. } = &self.shared.drive else { return };
        let over = || self.shared.over.load(Ordering::SeqCst);
        let rounds = || self.shared.rounds.load(Ordering::SeqCst);
        let mut cable = locked(&self.shared.cable);
        // A round that has begun already may have looked at the ports too early.
        for _ in 0..2 {
            let before = rounds();
            wake();
            let not_yet = |_: &mut Cable| rounds() == before && !over();
            cable = self.shared.wait_while(cable, None, not_yet);
        }
        assert!(!over(), "{RULE_PANICKED}");
    }

    /// Waits until a frame is held, or so long.
    fn until_held(&self, patience: Duration) -> MutexGuard<'_, Cable> {
        let over = || self.shared.over.load(Ordering::SeqCst);
        let mut cable = locked(&self.shared.cable);
        match &self.shared.drive {
            Drive::Thread { .. } => {
                let none_yet = |cable: &mut Cable| !cable.pending.is_holding() && !over();
                cable = self.shared.wait_while(cable, Some(patience), none_yet);
            }
            Drive::Simulation(world) => {
                let until = world.now().saturating_add(patience);
                let is_held = |cable: &Cable| cable.pending.is_holding();
                self.shared.simulate(|world| world.run(&mut cable, until, is_held));
            }
        }
        assert!(cable.pending.is_holding() || !over(), "{RULE_PANICKED}");
        cable
    }

    /// Gives a host a frame that nobody sent. `host` is its place in the order of names. The bytes
    /// may be anything; what the host's interface doesn't take, since it is too short or too long,
    /// is recorded all the same.
    ///
    /// # Panics
    /// If there is no such host, or the wire [only observes](Wire::can_hold).
    pub fn inject(&self, host: usize, frame: &[u8]) {
        self.must_hold();
        let mut cable = locked(&self.shared.cable);
        assert!(host < cable.ports.len(), "there is no host {host}");
        cable.inject(host, frame.into(), self.shared.now());
        self.shared.settle(&mut cable);
    }

    /// Keeps frames from going between the hosts of one group and those of the other, both ways,
    /// until [`heal`](Wire::heal). Hosts are named by their [places](crate::Host::place). Further
    /// partitions add to it. What is delayed or held meets the partition when it goes.
    ///
    /// # Panics
    /// If there is no such host, or the wire [only observes](Wire::can_hold).
    pub fn partition(&self, some: &[usize], others: &[usize]) {
        self.must_hold();
        let mut cable = locked(&self.shared.cable);
        for &host in some.iter().chain(others) {
            assert!(host < cable.ports.len(), "there is no host {host}");
        }
        for &a in some {
            for &b in others {
                cable.cut.insert((a, b));
                cable.cut.insert((b, a));
            }
        }
    }

    /// Ends all partitions.
    pub fn heal(&self) {
        locked(&self.shared.cable).cut.clear();
    }

    /// What happened on it.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// How long ago it began, by the clock of frames and events: the machine's, or the simulated
    /// one.
    pub fn now(&self) -> Duration {
        self.shared.now()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        let Drive::Thread { wake, .. } = &self.shared.drive else {
            locked(&self.shared.cable).ports.clear();
            return;
        };
        wake();
        let ended = self.thread.take().map(JoinHandle::join);
        // The kernel lets go of each port only after a wait, for the same moment if side by side.
        let ports = std::mem::take(&mut locked(&self.shared.cable).ports);
        thread::scope(|scope| {
            for port in ports {
                // Where no thread can be had, the port is dropped here, with the closure.
                let _ = thread::Builder::new().spawn_scoped(scope, move || drop(port));
            }
        });
        // A test whose rule panicked must not pass.
        assert!(!matches!(ended, Some(Err(_))) || thread::panicking(), "{RULE_PANICKED}");
    }
}
