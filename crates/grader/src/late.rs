//! When an awaited event is late, on a machine that may be busy.
//!
//! Patience is time that the program had. Time in which one of its threads was ready to run and
//! got no processor does not count, so a program is not called silent because others were loud.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::locked::locked;
use crate::stage::Stage;

/// A wait that has begun.
pub(crate) struct Late {
    stage: Arc<Stage>,
    until: Instant,
    /// How long the programs had been kept waiting for a processor when `until` was set.
    kept_waiting: Duration,
}

impl Late {
    pub(crate) fn after(stage: &Arc<Stage>, patience: Duration) -> Self {
        let until = (Instant::now() + patience).min(stage.deadline);
        Late { stage: Arc::clone(stage), until, kept_waiting: kept_waiting(stage) }
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

    /// Whether patience is over. Where a program was kept waiting meanwhile, it is not yet, and
    /// [`Late::until`] moves on by that time; but never beyond the check's own limit.
    pub(crate) fn is_over(&mut self) -> bool {
        let now = Instant::now();
        if now < self.until {
            return false;
        }
        let kept_waiting = kept_waiting(&self.stage);
        let more = kept_waiting.saturating_sub(self.kept_waiting);
        self.kept_waiting = kept_waiting;
        self.until = (now + more).min(self.stage.deadline);
        more < Duration::from_millis(1) || now >= self.stage.deadline
    }
}

/// How long the most neglected thread of this run's programs has been kept waiting for a
/// processor in all. Zero where the system does not tell.
fn kept_waiting(stage: &Stage) -> Duration {
    let processes = locked(&stage.processes);
    processes.iter().map(|process| process.kept_waiting()).max().unwrap_or_default()
}
