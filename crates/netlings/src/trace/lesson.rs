//! `netlings trace LESSON`: a lesson's own programs on the two hosts, somebody or the lesson's script
//! typing for either, and every packet between them as in a scenario.
//!
//! One thread does all of it. The wire holds each frame until it has been shown; what the programs
//! did meanwhile waits in a bounded channel, and what somebody types waits until nothing is on the
//! wire. Where nobody sits at a terminal, a line is typed once the programs rest: so a conversation
//! can be piped in, and comes out in the same order. A script's steps are done at the same moments.

mod acts;
mod cast;
mod crowded;
mod quiet;
mod scripted;
mod signs;
mod talk;
mod telling;

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::{Duration, Instant};

use colored::Colorize;
use wirelab::{Deed, Lab, Telling, Tier};

use super::play::{Ending, Manner, Play};
use super::scenario::{Scenario, Side};
use super::view::View;
use super::{Options, words};
use crate::build;
use crate::course::Course;
use crate::demo::script::{Kind, Script};
use crate::demo::stop;
use crate::demo::typed::Typing;
use crate::ending::{PASSED, Stop};
use crate::screen::Screen;
use cast::Cast;
use crowded::{Crowded, Lost};
use scripted::Playing;
use signs::Signs;
use talk::Lesson;

/// So much longer a program waits by its own clock where somebody decides about each packet.
const SOMEBODYS_TIME: Duration = Duration::from_secs(8);

/// A play without a plan: the programs know their own parts.
const NO_PLAN: Scenario = Scenario {
    name: "",
    summary: "",
    before: "",
    after: "",
    steps: &[],
    prepared: &[],
    notes: &[],
    shows: &[],
    with_arp: false,
    observed: None,
};

/// Shows the lesson that was typed, and gives the exit code.
pub(super) fn run(
    screen: &Screen,
    options: &Options,
    course: &Course,
    typed: &str,
) -> Result<u8, Stop> {
    let lessons = course.lessons_named(&[typed.to_owned()])?;
    let lesson = lessons[0];
    let (manner, watched) = options.manner(true);
    let longer = longer(&manner);
    let script = Script::load_for(&course.exercise(&lesson.name), longer)?;
    match script.kind {
        Kind::Tcp | Kind::Udp => {}
        Kind::File => return Err(Stop::usage(words::nothing_crosses(&lesson.name))),
        Kind::Sockets => return Err(Stop::usage(words::is_about_states(&lesson.name))),
    }
    let has_states = script.kind == Kind::Tcp;
    if options.quiz && !has_states {
        return Err(Stop::usage(words::no_states(&lesson.name)));
    }
    if options.tier.as_deref().is_some_and(|tier| tier != "kernel") || options.seed.is_some() {
        return Err(Stop::usage(words::programs_need_kernels(&lesson.name)));
    }
    options.outputs.can_be_written()?;
    options.can_be_seen((!options.script).then_some(words::TYPING))?;
    let muted = Screen::muted();
    let rows = if options.outputs.on_stdout().is_some() { &muted } else { screen };
    let lost: Arc<Lost> = Arc::default();
    let lab = Lab::builder()
        .host(Side::Alice.name(), "10.0.0.1/24")
        .host(Side::Bob.name(), "10.0.0.2/24")
        .tier(Tier::Kernel)
        .patient()
        .pin_neighbours()
        .rule(Crowded::counting(&lost))
        .build()
        .map_err(|error| {
            Stop::infrastructure(words::no_lab_for_programs(&lesson.name, &error.to_string()))
        })?;
    let program = match options.solution {
        true => build::solution(&course.root, &lesson.name)?,
        false => build::exercise(&course.root, &lesson.name)?,
    };
    let title = words::title(&lesson.name, &lesson.title);
    rows.line(title.bold());
    let cast = Cast::new(&script, &program, &lab).map_err(stop)?;
    let playing = options.script.then(|| Playing {
        lets_read: !manner.per_frame.is_zero(),
        longer,
        is_solution: options.solution,
    });
    let show = Show { screen: rows, options, script: &script, lab: &lab, lost: &lost };
    let mut deeds = Vec::new();
    let shown = show.run(cast, manner, watched, playing, &mut deeds);
    // What there is of the record is worth keeping, however it ended.
    let telling = Telling { deeds, ..title.as_str().into() };
    options.outputs.write(lab.wire().recorder(), &telling, screen, rows)?;
    shown.map(|()| PASSED)
}

/// How much longer than usual a program waits by its own clock: where its packets are held up for
/// somebody to see, it would give up before they had crossed.
fn longer(manner: &Manner) -> Duration {
    match manner.steps || manner.asks {
        true => SOMEBODYS_TIME,
        // A question and its answer, and as much again.
        false => manner.per_frame * 4,
    }
}

/// What is shown to whom.
struct Show<'a> {
    screen: &'a Screen,
    options: &'a Options,
    script: &'a Script,
    lab: &'a Lab,
    lost: &'a Lost,
}

impl Show<'_> {
    fn run(
        &self,
        cast: Cast<'_>,
        manner: Manner,
        watched: bool,
        playing: Option<Playing>,
        deeds: &mut Vec<Deed>,
    ) -> Result<(), Stop> {
        let is_terminal = std::io::stdin().is_terminal();
        let mut input = super::Input::new();
        // A script is not typed: then there are packets to decide about, and words to go on from.
        let by_key = watched && is_terminal;
        let reads = playing.is_none_or(|it| by_key && it.lets_read);
        if reads || manner.steps || manner.asks {
            input.reads_stdin(by_key)?;
        }
        let view = View::new(self.screen, watched);
        let typing = Typing::new(self.script);
        if playing.is_none() {
            for (head, does) in legend(&typing) {
                self.screen.paragraph(&head, &does, head.chars().count());
            }
        }
        self.screen.gap();
        let [alice, bob] = Side::BOTH.map(|side| &self.lab.hosts()[side.place()]);
        view.heading(&[
            format!("alice {}", alice.address()),
            format!("bob {}:{}", bob.address(), Side::Bob.port()),
        ]);
        let play = Play::new(self.lab, &NO_PLAN, manner, view, input);
        let play = play.of_many_connections(self.script.kind == Kind::Tcp);
        let now = Instant::now();
        let mut lesson = Lesson {
            screen: self.screen,
            script: self.script,
            lab: self.lab,
            play,
            cast,
            signs: Signs::default(),
            typing,
            is_terminal: is_terminal && playing.is_none(),
            prompted: false,
            cause: now,
            last: now,
            busy: now,
            awaited: false,
            frames: 0,
            lost: self.lost,
            deeds: Vec::new(),
        };
        let played = match playing {
            Some(playing) => lesson.play_script(playing),
            None => lesson.run(),
        };
        lesson.hide_prompt();
        let (frames, score) = (lesson.play.frames(), lesson.play.score());
        *deeds = std::mem::take(&mut lesson.deeds);
        let ended = lesson.cast.end().map_err(stop);
        if self.lost.some() {
            self.screen.paragraph("", &words::flood(self.lost.kinds()), 0);
        }
        if let Some(number) = self.options.drop.filter(|number| *number > frames) {
            self.screen.paragraph("", &words::none_to_drop(number, frames), 0);
        }
        if score.asked > 0 {
            self.screen.paragraph("", &words::score(score.right, score.asked), 0);
        }
        let ending = played?;
        ended?;
        // Whoever types has ended it.
        if playing.is_some() && ending != Ending::Left {
            lesson.play.linger();
        }
        Ok(())
    }
}

/// What can be typed, each with what it does.
fn legend(typing: &Typing<'_>) -> Vec<(String, String)> {
    let rows = typing.legend();
    let width = rows.iter().map(|(typed, _)| typed.chars().count()).max().unwrap_or(0);
    rows.into_iter().map(|(typed, does)| (format!(" {typed:width$}  "), does)).collect()
}
