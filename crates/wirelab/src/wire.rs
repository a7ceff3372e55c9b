//! The wire between the hosts, as whoever uses a lab holds it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::cable::Cable;
use crate::frame::Frame;
use crate::locked::locked;
use crate::record::Recorder;
use crate::rule::{Decision, Perfect, Rule};

const RULE_PANICKED: &str = "the wire has stopped: its rule panicked";

/// One wire that all hosts of a lab are plugged into, like a hub. If its rule panics it stops, and
/// says so where somebody waits for it or drops it.
pub struct Wire {
    pub(crate) shared: Arc<Shared>,
    recorder: Recorder,
    thread: Option<JoinHandle<()>>,
}

/// What the wire's thread shares with its users.
pub(crate) struct Shared {
    pub(crate) cable: Mutex<Cable>,
    pub(crate) held: Condvar,
    pub(crate) over: AtomicBool,
    began: Instant,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Shared {
    /// For the thread: whoever waits for it need not, once this is dropped.
    pub(crate) fn until_the_end(&self) -> impl Drop + '_ {
        struct End<'a>(&'a Shared);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                self.0.over.store(true, Ordering::SeqCst);
                // With the lock, so that it is not between somebody's look and their wait.
                let _cable = locked(&self.0.cable);
                self.0.held.notify_all();
            }
        }
        End(self)
    }

    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed()
    }
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
        let (cable, held) = (Mutex::new(cable), Condvar::new());
        let (over, began) = (AtomicBool::new(false), Instant::now());
        let shared = Arc::new(Shared { cable, held, over, began, wake });
        let thread = Some(run(&shared)?);
        Ok(Self { shared, recorder, thread })
    }

    /// Replaces the rule for all frames that come from now on. What was held stays held, what is
    /// delayed comes when it would have.
    pub fn rule(&self, rule: impl Rule + 'static) {
        let before = {
            let mut cable = locked(&self.shared.cable);
            std::mem::replace(&mut cable.rule, Box::new(rule))
        };
        drop(before); // not under the lock: its drop is the caller's code
    }

    /// Lets everything pass from now on. The same as `rule(Perfect)`.
    pub fn perfect(&self) {
        self.rule(Perfect);
    }

    /// The oldest frame that is held and not taken yet; waits for one as long as `patience`.
    ///
    /// # Panics
    /// If the rule has panicked: there will be none.
    pub fn next_held(&self, patience: Duration) -> Option<Held<'_>> {
        let over = || self.shared.over.load(Ordering::SeqCst);
        let cable = locked(&self.shared.cable);
        let none_yet = |cable: &mut Cable| cable.held.is_empty() && !over();
        let waited = self.shared.held.wait_timeout_while(cable, patience, none_yet);
        let (mut cable, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let frame = cable.held.pop_front();
        drop(cable);
        assert!(frame.is_some() || !over(), "{RULE_PANICKED}");
        frame.map(|frame| Held { wire: self, frame: Some(frame) })
    }

    /// Gives a host a frame that nobody sent. `host` is its place in the order of names.
    ///
    /// # Panics
    /// If there is no such host.
    pub fn inject(&self, host: usize, frame: &[u8]) {
        let mut cable = locked(&self.shared.cable);
        assert!(host < cable.ports.len(), "there is no host {host}");
        cable.inject(host, frame.into(), self.shared.now());
    }

    /// Keeps frames from going between the hosts of one group and those of the other, both ways,
    /// until [`heal`](Wire::heal). Further partitions add to it. What is delayed or held meets the
    /// partition when it goes.
    pub fn partition(&self, some: &[usize], others: &[usize]) {
        let mut cable = locked(&self.shared.cable);
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

    /// How long ago it began: the clock of frames and events.
    pub fn now(&self) -> Duration {
        self.shared.now()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        (self.shared.wake)();
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

/// A frame that waits for a decision. Dropped without one, it is released: a wire lets go on what
/// nobody stops.
#[derive(Debug)]
#[must_use = "dropped at once, it is released at once"]
pub struct Held<'a> {
    wire: &'a Wire,
    frame: Option<Frame>,
}

impl Held<'_> {
    /// The frame.
    pub fn frame(&self) -> &Frame {
        self.frame.as_ref().expect("it is there until the decision")
    }

    /// Delivers it. When this returns, the receiver's kernel has dealt with it.
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
        locked(&shared.cable).decided(&frame, decision, shared.now());
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
