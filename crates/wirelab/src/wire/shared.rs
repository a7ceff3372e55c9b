//! What the wire's thread and its users share, and what makes frames go and time pass.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::cable::Cable;
use crate::locked::locked;
use crate::record::Waiting;
use crate::simulated::World;

/// What the wire's thread, or a simulated host's sockets, share with the wire's users.
pub(crate) struct Shared {
    pub(crate) cable: Mutex<Cable>,
    held: Condvar,
    /// How many wait for `held`. Changed while the cable is locked.
    waiting: AtomicUsize,
    pub(crate) over: AtomicBool,
    /// How often the thread has emptied all ports. Changed while the cable is locked.
    pub(super) rounds: AtomicU64,
    pub(super) drive: Drive,
}

/// What makes frames go, and time.
pub(super) enum Drive {
    /// A thread, and the machine's clock. `wake` wakes it, for it to look what has changed.
    Thread { began: Instant, wake: Box<dyn Fn() + Send + Sync> },
    /// Whoever waits, and a clock that they move.
    Simulation(World),
}

impl Shared {
    /// For the thread, with the cable locked: all ports are empty.
    pub(crate) fn round_is_over(&self) {
        self.rounds.fetch_add(1, Ordering::SeqCst);
        self.look_again();
    }

    /// For the thread, with the cable locked: whoever waits is to look what has changed. Where
    /// nobody does this takes no system call.
    pub(crate) fn look_again(&self) {
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.held.notify_all();
        }
    }

    /// Waits for the thread while that is so, or so long.
    pub(super) fn wait_while<'a>(
        &self,
        cable: MutexGuard<'a, Cable>,
        patience: Option<Duration>,
        condition: impl FnMut(&mut Cable) -> bool,
    ) -> MutexGuard<'a, Cable> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let waited = match patience {
            None => self.held.wait_while(cable, condition).unwrap_or_else(PoisonError::into_inner),
            Some(patience) => {
                let waited = self.held.wait_timeout_while(cable, patience, condition);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        waited
    }

    pub(super) fn over(cable: Cable, drive: Drive) -> Arc<Self> {
        let (cable, held) = (Mutex::new(cable), Condvar::new());
        Arc::new(Self {
            cable,
            held,
            over: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            rounds: AtomicU64::new(0),
            drive,
        })
    }

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
        match &self.drive {
            Drive::Thread { began, .. } => began.elapsed(),
            Drive::Simulation(world) => world.now(),
        }
    }

    /// After an act: in a simulation nobody else lets happen what comes of it.
    pub(crate) fn settle(&self, cable: &mut Cable) {
        self.simulate(|world| world.settle(cable));
    }

    /// Does something with the simulation, if it is one that still runs. If a rule panics then, it
    /// is over.
    pub(super) fn simulate<T>(&self, act: impl FnOnce(&World) -> T) -> Option<T> {
        struct OverInPanic<'a>(&'a AtomicBool);
        impl Drop for OverInPanic<'_> {
            fn drop(&mut self) {
                if thread::panicking() {
                    self.0.store(true, Ordering::SeqCst);
                }
            }
        }
        match &self.drive {
            Drive::Simulation(world) if !self.over.load(Ordering::SeqCst) => {
                let _guard = OverInPanic(&self.over);
                Some(act(world))
            }
            _ => None,
        }
    }
}

impl Waiting for Shared {
    fn now(&self) -> Duration {
        Shared::now(self)
    }

    fn step(&self, until: Duration) -> bool {
        let mut cable = locked(&self.cable);
        self.simulate(|world| world.step(&mut cable, until)).unwrap_or(false)
    }
}
