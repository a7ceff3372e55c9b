//! A clock that stands until it is moved.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use smoltcp::time::Instant;

/// The time of a simulation, in nanoseconds since it began.
#[derive(Debug, Default)]
pub(crate) struct Clock(AtomicU64);

impl Clock {
    /// As far as it goes: some 584 years.
    pub(super) const END: Duration = Duration::from_nanos(u64::MAX);

    pub(crate) fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::SeqCst))
    }

    /// The same for the stacks, which count microseconds.
    pub(super) fn instant(&self) -> Instant {
        Instant::from_micros(i64::try_from(self.now().as_micros()).unwrap_or(i64::MAX))
    }

    /// Never back.
    pub(super) fn move_to(&self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.0.fetch_max(nanoseconds, Ordering::SeqCst);
    }
}

/// What a stack means by a time of its own.
pub(super) fn time(instant: Instant) -> Duration {
    Duration::from_micros(u64::try_from(instant.total_micros()).unwrap_or_default())
}
