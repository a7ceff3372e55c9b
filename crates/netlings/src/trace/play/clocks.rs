//! The clocks of a scenario that are worth a look: when a lost frame comes again, and TIME-WAIT.

use std::io;
use std::time::Duration;

use wirelab::{TcpState, Tier, TimerKind};

use super::{LONGEST, LOOK, Play, told};
use crate::ending::Stop;
use crate::trace::acts::Moment;
use crate::trace::scenario::{Act, Side};
use crate::trace::stage::Done;
use crate::trace::view::{End, Row};
use crate::words::trace as words;

/// How often the rest of TIME-WAIT is shown to somebody who watches, and how long between.
const READINGS: u32 = 3;
const BETWEEN_READINGS: Duration = Duration::from_secs(1);

impl Play<'_> {
    /// A clock that is worth a look: when a lost frame comes again, and the rest of TIME-WAIT.
    pub(super) fn remark(&self, row: &Row) -> io::Result<String> {
        if row.end == End::Lost {
            // Whoever has something out that nobody acknowledged will try again.
            for side in [row.from, row.from.other()] {
                let timer = self.stage.socket(side)?.and_then(|socket| socket.timer);
                if let Some(timer) = timer.filter(|it| it.kind == TimerKind::Retransmission) {
                    return Ok(words::again_in(side.name(), timer.left));
                }
            }
            return Ok(String::new());
        }
        for side in Side::BOTH {
            // The same clock runs in FIN-WAIT-2 once the program is gone, and says nothing there.
            let waits = self.stage.socket(side)?.filter(|it| it.state == TcpState::TimeWait);
            let timer = waits.and_then(|socket| socket.timer);
            if let Some(timer) = timer.filter(|timer| timer.kind == TimerKind::TimeWait) {
                return Ok(words::waits(side.name(), timer.left));
            }
        }
        Ok(String::new())
    }

    /// Shows how long TIME-WAIT has still to go, and ends it. False when somebody wants no more.
    pub(super) fn end_time_wait(&mut self, side: Side) -> Result<bool, Stop> {
        let readings = if self.manner.per_frame.is_zero() { 0 } else { READINGS };
        for _ in 0..readings {
            let states = self.stage.states().map_err(told)?;
            let timer = self.stage.socket(side).map_err(told)?.and_then(|socket| socket.timer);
            let remark = timer.map(|timer| words::waits(side.name(), timer.left));
            self.view.states(states, &remark.unwrap_or_default());
            if !self.input.pause(BETWEEN_READINGS) {
                return Ok(false);
            }
        }
        let moment = Moment::of(self.lab);
        let socket = self.stage.socket(side).map_err(told)?;
        let mut ended = None;
        if self.lab.tier() == Tier::Simulated {
            // Its time costs nothing, so it is waited for.
            let left = socket.and_then(|socket| socket.timer).map(|timer| timer.left);
            self.lab.wire().run_for(left.unwrap_or(LONGEST) + LOOK);
            ended = Some(words::later(left.unwrap_or_default()));
        } else if let Some(socket) = socket {
            // Kernels can be built without that (CONFIG_INET_DIAG_DESTROY).
            let destroyed = self.lab.hosts()[side.place()].destroy(&socket);
            ended = destroyed.is_ok().then(|| words::LAB_ENDS_IT.into());
        }
        let waits_on = match self.lab.tier() {
            Tier::Observing => words::WAITS_ALONE,
            _ => words::WAITS_ON,
        };
        match ended {
            Some(text) => self.has_acted(moment, Done { side, act: Act::EndTimeWait, text })?,
            None => self.view.act(side, waits_on),
        }
        self.stage.time_wait_is_over();
        Ok(true)
    }
}
