//! A lesson's prepared conversation, played on the wire.

use std::time::{Duration, Instant};

use super::talk::Turn;
use super::{Lesson, stop};
use crate::demo::scene::Problem;
use crate::demo::script::{Act, Awaited, Broken, Player};
use crate::demo::seen::Look;
use crate::ending::Stop;
use crate::trace::play::Ending;
use crate::trace::words;
use crate::words::demo as demo_words;

/// How long what is awaited may take, beside what programs wait by their own clocks.
const PATIENCE: Duration = Duration::from_secs(10);
/// And where a host's clock is going to send something again.
const CLOCKS_TAKE: Duration = Duration::from_secs(60);

/// How a script is played.
#[derive(Clone, Copy)]
pub(super) struct Playing {
    /// Whether what is said stands until it can have been read.
    pub(super) lets_read: bool,
    /// How much longer than usual the programs wait.
    pub(super) longer: Duration,
    /// Whether the programs are the course's own, which do what the script expects.
    pub(super) is_solution: bool,
}

impl Lesson<'_> {
    /// From the first step to the last packet.
    pub(super) fn play_script(&mut self, playing: Playing) -> Result<Ending, Stop> {
        let script = self.script;
        let mut scripted = Scripted { lesson: self, playing };
        let played = script.play(&mut scripted, if playing.lets_read { 1.0 } else { 0.0 });
        let ended = match played {
            Ok(()) => scripted.until_quiet().map(|()| Ending::Over).map_err(stop),
            Err(Broken { problem: Problem::Interrupted, .. }) => return Ok(Ending::Left),
            Err(Broken { step, problem: Problem::Words(words) }) => {
                // What it printed says more than that something did not come.
                self.tell();
                if self.play.is_disturbed() {
                    self.screen.paragraph("", &words::otherwise(&words), 0);
                    return Ok(Ending::Stuck);
                }
                Err(Stop::failed(match (playing.is_solution, playing.longer.is_zero()) {
                    (true, true) => script.wrong_step(step, &words).to_string(),
                    (true, false) => words::not_as_slow(&words),
                    (false, _) => words::not_as_prepared(&words),
                }))
            }
            Err(Broken { problem, .. }) => Err(stop(problem)),
        };
        match ended {
            Err(Stop { code: crate::ending::PASSED, .. }) => Ok(Ending::Left),
            ended => ended,
        }
    }
}

struct Scripted<'a, 'b> {
    lesson: &'a mut Lesson<'b>,
    playing: Playing,
}

impl Player for Scripted<'_, '_> {
    fn act(&mut self, act: &Act) -> Result<(), Problem> {
        if let Act::Wait(awaited) = act {
            return self.wait(awaited);
        }
        // What the act before has caused is seen to its end.
        self.until_quiet()?;
        match act {
            Act::Say(words) => {
                self.lesson.play.view.told(words);
                Ok(())
            }
            act => {
                self.lesson.new_cause();
                self.lesson.perform(act)
            }
        }
    }

    fn let_read(&mut self, time: Duration) -> Result<(), Problem> {
        match self.lesson.play.input.let_read(time) {
            true => Ok(()),
            false => Err(Problem::Interrupted),
        }
    }
}

impl Scripted<'_, '_> {
    fn turn(&mut self) -> Result<Turn, Problem> {
        match self.lesson.turn() {
            Ok(Turn::Left) => Err(Problem::Interrupted),
            Ok(turn) => Ok(turn),
            Err(stop) => Err(Problem::Machine(stop.words)),
        }
    }

    /// Shows what comes until nothing more does.
    fn until_quiet(&mut self) -> Result<(), Problem> {
        let machine = |stop: Stop| Problem::Machine(stop.words);
        while self.turn()? == Turn::Frame || !self.lesson.is_quiet().map_err(machine)? {}
        Ok(())
    }

    /// Shows what comes until this has been seen.
    fn wait(&mut self, awaited: &Awaited) -> Result<(), Problem> {
        let patience = PATIENCE + self.playing.longer;
        let mut since = Instant::now();
        loop {
            let turn = self.turn()?;
            match self.lesson.cast.seen.look(awaited) {
                Look::Yes => return Ok(()),
                Look::Otherwise(how) => {
                    let code = awaited.code.unwrap_or_default();
                    return Err(Problem::Words(demo_words::exited_otherwise(
                        &awaited.who,
                        &how,
                        code,
                    )));
                }
                Look::NotYet => {}
            }
            if turn == Turn::Frame {
                since = Instant::now();
            }
            if since.elapsed() < patience {
                continue;
            }
            let has_a_clock = self.lesson.has_a_clock();
            let has_a_clock = has_a_clock.map_err(|stop| Problem::Machine(stop.words))?;
            if !has_a_clock || since.elapsed() > patience + CLOCKS_TAKE {
                let what = demo_words::sign(awaited.sign, awaited.text.as_deref());
                let seconds = since.elapsed().as_secs();
                return Err(Problem::Words(demo_words::did_not_come(&awaited.who, &what, seconds)));
            }
        }
    }
}
