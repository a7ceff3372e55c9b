//! What can be asked of a trace, and what makes no sense.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use wirelab::Tier;

use super::outputs::Outputs;
use super::play::Manner;
use super::scenario::Scenario;
use crate::ending::Stop;
use crate::words::trace as words;

/// How long a frame is seen on the wire, where somebody watches and nothing else was asked for.
const PER_FRAME: Duration = Duration::from_secs(1);

#[derive(Args, Default)]
pub(crate) struct Options {
    /// What is shown: a scenario, or a lesson whose programs talk; without it the scenarios are listed
    #[arg(value_name = "SCENARIO|LESSON")]
    pub(super) scenario: Option<String>,
    /// With a lesson: its finished programs, not your own
    #[arg(long)]
    pub(super) solution: bool,
    /// With a lesson: play its prepared conversation, so that nobody has to type
    #[arg(long)]
    pub(super) script: bool,
    /// Wait at each frame: deliver it, lose it, duplicate it, look at its fields
    #[arg(long)]
    pub(super) step: bool,
    /// Ask for the next state before it is shown, and keep the score
    #[arg(long)]
    pub(super) quiz: bool,
    /// How long each frame is on the wire, 0.05 to 60, or 0 for no pause, nor at what a script says
    /// [default: 1 at a terminal, 0 without one]
    #[arg(long, value_name = "SECONDS", value_parser = speed, allow_negative_numbers = true)]
    pub(super) speed: Option<f64>,
    /// Lose the N-th frame
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) drop: Option<u64>,
    /// What the hosts are: kernels of their own, simulated, or this machine's loopback, which can
    /// only be watched [default: kernels, where it can]
    #[arg(long, value_name = "TIER", value_parser = ["kernel", "observe", "simulated"])]
    pub(super) tier: Option<String>,
    /// Where simulated hosts take their sequence numbers from: the same seed, the same frames
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    #[command(flatten)]
    pub(super) outputs: Outputs,
}

impl Options {
    /// For a lesson's finished programs: typed to, or playing their script; with so many seconds for
    /// each frame.
    pub(crate) fn of_solution(
        lesson: &str,
        script: bool,
        speed: Option<f64>,
        svg: Option<PathBuf>,
    ) -> Self {
        Self {
            scenario: Some(lesson.into()),
            solution: true,
            script,
            speed,
            outputs: Outputs::picture(svg),
            ..Self::default()
        }
    }

    pub(super) fn tier(&self) -> Option<Tier> {
        self.tier.as_deref().and_then(|tier| tier.parse().ok())
    }

    /// One of the options that say how something is shown, where there is one.
    pub(super) fn any(&self) -> Option<&'static str> {
        let asked = [
            ("--solution", self.solution),
            ("--script", self.script),
            ("--step", self.step),
            ("--quiz", self.quiz),
            ("--speed", self.speed.is_some()),
            ("--drop", self.drop.is_some()),
            ("--tier", self.tier.is_some()),
            ("--seed", self.seed.is_some()),
        ];
        let asked = asked.into_iter().find(|(_, is_asked)| *is_asked).map(|(option, _)| option);
        asked.or_else(|| self.outputs.any())
    }

    /// Says before anything is started what a wire that can only be watched doesn't do.
    pub(super) fn can_be_done(&self, scenario: &Scenario) -> Result<(), Stop> {
        if self.tier() != Some(Tier::Observing) {
            return Ok(());
        }
        let asked = [
            ("--step", self.step),
            ("--quiz", self.quiz),
            ("--drop", self.drop.is_some()),
            ("--speed", self.speed.is_some_and(|speed| speed > 0.0)),
        ];
        if let Some((option, _)) = asked.iter().find(|(_, is_asked)| *is_asked) {
            return Err(Stop::usage(words::only_observed(option)));
        }
        match scenario.needs().filter(|_| scenario.observed.is_none()) {
            Some(need) => Err(Stop::usage(words::cannot_be_observed(scenario.name, need))),
            None => Ok(()),
        }
    }

    /// Says before anything is started that somebody would decide, answer or type (`typing`)
    /// without seeing anything. A prepared input need not see.
    pub(super) fn can_be_seen(&self, typing: Option<&str>) -> Result<(), Stop> {
        let Some(output) = self.outputs.on_stdout() else { return Ok(()) };
        let by_hand = std::io::stdin().is_terminal();
        let asked = [
            self.quiz.then_some("--quiz"),
            (self.step && by_hand).then_some("--step"),
            typing.filter(|_| by_hand),
        ];
        match asked.into_iter().flatten().next() {
            Some(asked) => Err(Stop::usage(words::nothing_to_see(asked, output))),
            None => Ok(()),
        }
    }

    /// How it is played, on a wire that can hold frames or only be watched, and whether stdout is a
    /// terminal that can take rows back.
    pub(super) fn manner(&self, can_hold: bool) -> (Manner, bool) {
        let is_terminal = std::io::stdout().is_terminal() && self.outputs.on_stdout().is_none();
        let watched = is_terminal && std::env::var_os("TERM").is_none_or(|name| name != "dumb");
        let is_slow = is_terminal && can_hold;
        let usual = if is_slow { PER_FRAME } else { Duration::ZERO };
        let manner = Manner {
            per_frame: self.speed.map_or(usual, Duration::from_secs_f64),
            steps: self.step,
            asks: self.quiz,
            drop: self.drop,
            watched,
        };
        (manner, watched)
    }
}

fn speed(typed: &str) -> Result<f64, String> {
    let speed: f64 = typed.parse().map_err(|_| words::NO_SPEED)?;
    if speed == 0.0 || (0.05..=60.0).contains(&speed) {
        Ok(speed)
    } else {
        Err(words::NO_SPEED.into())
    }
}
