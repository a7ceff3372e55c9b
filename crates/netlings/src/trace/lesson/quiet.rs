//! When a conversation rests, so that the next line may be typed.

use std::time::Duration;

use wirelab::TimerKind;

use super::Lesson;
use crate::ending::Stop;
use crate::trace::words;

/// It has become quiet when nothing happens for so long while every program sleeps.
const QUIET: Duration = Duration::from_millis(150);
/// It is taken for quiet after so long in any case: without a clock that runs in a host, and with
/// one.
const NEVER_QUIET: Duration = Duration::from_secs(10);
const CLOCKS_TAKE: Duration = Duration::from_secs(40);
/// And after so many frames.
const MOST_FRAMES: usize = 1000;

impl Lesson<'_> {
    /// Whether nothing more happens by itself, or it has gone on for so long that it never ends.
    pub(super) fn is_quiet(&self) -> Result<bool, Stop> {
        if self.goes_on_for_ever() || self.cause.elapsed() > CLOCKS_TAKE {
            return Ok(true);
        }
        if self.has_a_clock()? {
            return Ok(false);
        }
        let since = self.last.max(self.busy);
        let rests = since.elapsed() > QUIET && !self.awaited;
        Ok(rests || self.last.elapsed() > NEVER_QUIET)
    }

    /// Nobody waits for the end of a flood, unless they watch it.
    pub(super) fn goes_on_for_ever(&self) -> bool {
        !self.is_terminal && (self.lost.some() || self.frames > MOST_FRAMES)
    }

    /// Whether a host is going to send something again.
    pub(super) fn has_a_clock(&self) -> Result<bool, Stop> {
        for host in self.lab.hosts() {
            let sockets = host.tcp_states();
            let sockets = sockets.map_err(|error| Stop::infrastructure(words::stopped(&error)))?;
            let kinds = [TimerKind::Retransmission, TimerKind::WindowProbe];
            if sockets.iter().filter_map(|it| it.timer).any(|timer| kinds.contains(&timer.kind)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
