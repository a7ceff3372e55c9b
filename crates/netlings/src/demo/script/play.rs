//! Playing the steps, whoever carries them out: `netlings demo` between a relay, `netlings trace` on
//! the wire of two hosts.

use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use super::{Act, Script, Step};
use crate::demo::scene::Problem;

/// Somebody who watches reads so many columns in a second, after a moment to notice.
const READING: f64 = 16.0;
const NOTICING: f64 = 1.0;
/// The longest pause, in seconds.
const LONGEST_PAUSE: f64 = 3600.0;

/// Whoever carries out what a script says.
pub(crate) trait Player {
    /// Does it, or waits until it has been seen.
    fn act(&mut self, act: &Act) -> Result<(), Problem>;

    /// Lets somebody read for so long.
    fn let_read(&mut self, time: Duration) -> Result<(), Problem>;
}

/// A step that could not be done.
pub(crate) struct Broken<'a> {
    pub(crate) step: &'a Step,
    pub(crate) problem: Problem,
}

impl Script {
    /// Has all steps done in their order. What is said stands for as long as somebody reads it who
    /// is `speed` times as fast as most; with 0 nothing pauses.
    pub(crate) fn play(&self, player: &mut impl Player, speed: f64) -> Result<(), Broken<'_>> {
        for step in &self.steps {
            let mut done = player.act(&step.act);
            if let (Ok(()), Act::Say(words)) = (&done, &step.act)
                && speed > 0.0
            {
                let seconds = (NOTICING + words.width() as f64 / READING) / speed;
                done = player.let_read(Duration::from_secs_f64(seconds.min(LONGEST_PAUSE)));
            }
            done.map_err(|problem| Broken { step, problem })?;
        }
        Ok(())
    }
}
