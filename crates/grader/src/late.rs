//! When an awaited event is late, on a machine that may be busy.
//!
//! Patience is time that the program had. Time in which one of its threads was ready to run and
//! got no processor does not count, so a program is not called silent because others were loud.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::locked::locked;
use crate::stage::Stage;

/// A wait may become so many times as long as patience is, and no longer: a program that keeps
/// itself waiting, with more busy threads than there are processors, must not gain by it.
const AT_MOST: u32 = 3;

/// What is awaited has mostly come by then. Only after it are the program's threads looked at, which
/// costs more than most waits do.
const FIRST_LOOK: Duration = Duration::from_millis(10);

/// A wait that has begun.
pub(crate) struct Late {
    stage: Arc<Stage>,
    until: Instant,
    last: Instant,
    threads: Threads,
}

/// What is known of the program's threads.
enum Threads {
    /// Nothing yet, before the first look; so much patience is left after it.
    Unseen { left: Duration },
    /// How long each had been kept waiting for a processor when `until` was set.
    KeptWaiting(HashMap<u32, Duration>),
}

impl Late {
    pub(crate) fn after(stage: &Arc<Stage>, patience: Duration) -> Self {
        let now = Instant::now();
        // The time before the first look is not made up for, so it must be a small part.
        let (look, threads) = if patience < 10 * FIRST_LOOK {
            (patience, Threads::KeptWaiting(kept_waiting(stage)))
        } else {
            (FIRST_LOOK, Threads::Unseen { left: patience - FIRST_LOOK })
        };
        let until = (now + look).min(stage.deadline);
        let last = (now + patience * AT_MOST).min(stage.deadline);
        Late { stage: Arc::clone(stage), until, last, threads }
    }

    /// When to look whether it is late.
    pub(crate) fn until(&self) -> Instant {
        self.until
    }

    /// The time until then, at least a little, as a socket's time limit must be.
    pub(crate) fn left(&self) -> Duration {
        let left = self.until.saturating_duration_since(Instant::now());
        left.max(Duration::from_micros(100))
    }

    /// Whether patience is over. Where a thread was kept waiting meanwhile, it is not yet, and
    /// [`Late::until`] moves on by that time; but not for ever.
    pub(crate) fn is_over(&mut self) -> bool {
        let now = Instant::now();
        if now < self.until {
            return false;
        }
        let kept_waiting = kept_waiting(&self.stage);
        let more = match &self.threads {
            // From now on, however late this look is: the grader may have got no processor itself.
            Threads::Unseen { left } => *left,
            Threads::KeptWaiting(before) => {
                let before = |thread: &u32| before.get(thread).copied().unwrap_or_default();
                let since = kept_waiting.iter().map(|(id, time)| time.saturating_sub(before(id)));
                since.max().unwrap_or_default()
            }
        };
        self.threads = Threads::KeptWaiting(kept_waiting);
        self.until = (now + more).min(self.last);
        more < Duration::from_millis(1) || now >= self.last
    }
}

/// How long each thread of this run's programs has been kept waiting for a processor in all.
/// Empty where the system does not tell.
fn kept_waiting(stage: &Stage) -> HashMap<u32, Duration> {
    locked(&stage.processes).iter().flat_map(|process| process.kept_waiting()).collect()
}
