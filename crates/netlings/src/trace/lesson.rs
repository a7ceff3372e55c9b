//! `netlings trace LESSON`: a lesson's own programs on the two hosts, somebody typing for either, and
//! every packet between them as in a scenario.
//!
//! One thread does all of it. The wire holds each frame until it has been shown; what the programs
//! did meanwhile waits in a bounded channel, and what somebody types waits until nothing is on the
//! wire. Where nobody sits at a terminal, a line is typed once the programs rest: so a conversation
//! can be piped in, and comes out in the same order.

mod cast;
mod crowded;

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use colored::Colorize;
use grader::{Event, What};
use wirelab::{Lab, Tier, TimerKind};

use super::input::Typed as Input;
use super::play::{Ending, Play};
use super::scenario::{Kind as FrameKind, Scenario, Side};
use super::view::View;
use super::{Options, words};
use crate::build;
use crate::course::Course;
use crate::demo::scene::Problem;
use crate::demo::script::{Act, Kind, Script, role_of};
use crate::demo::stop;
use crate::demo::typed::{Typed, Typing};
use crate::ending::{PASSED, Stop};
use crate::screen::Screen;
use crate::words::demo as demo_words;
use cast::{Cast, side_of};
use crowded::Crowded;

/// How long the wire is asked for a frame before everything else is looked at again.
const LOOK: Duration = Duration::from_millis(20);
/// It has become quiet when nothing happens for so long while every program sleeps.
const QUIET: Duration = Duration::from_millis(150);
/// It is taken for quiet after so long in any case: without a clock that runs in a host, and with
/// one.
const NEVER_QUIET: Duration = Duration::from_secs(10);
const CLOCKS_TAKE: Duration = Duration::from_secs(40);
/// And after so many frames.
const MOST_FRAMES: usize = 1000;

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
    let script = Script::load(&course.exercise(&lesson.name))?;
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
    let lost = Arc::default();
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
    screen.line(title.bold());
    let cast = Cast::new(&script, &program, &lab).map_err(stop)?;
    let shown = show(screen, options, &script, &lab, cast, &lost);
    // What there is of the record is worth keeping, however it ended.
    options.outputs.write(lab.wire().recorder(), &[], &title, screen)?;
    shown.map(|()| PASSED)
}

fn show(
    screen: &Screen,
    options: &Options,
    script: &Script,
    lab: &Lab,
    cast: Cast<'_>,
    lost: &AtomicU64,
) -> Result<(), Stop> {
    let (manner, watched) = options.manner(true);
    let mut input = super::Input::new();
    input.reads_stdin(watched && std::io::stdin().is_terminal())?;
    let view = View::new(screen, watched);
    let typing = Typing::new(script);
    for (head, does) in legend(&typing) {
        screen.paragraph(&head, &does, head.chars().count());
    }
    screen.gap();
    let [alice, bob] = Side::BOTH.map(|side| &lab.hosts()[side.place()]);
    view.heading(&[
        format!("alice {}", alice.address()),
        format!("bob {}:{}", bob.address(), Side::Bob.port()),
    ]);
    let play = Play::new(lab, &NO_PLAN, manner, view, input);
    let play = play.of_many_connections(script.kind == Kind::Tcp);
    let is_terminal = std::io::stdin().is_terminal();
    let now = Instant::now();
    let mut lesson = Lesson {
        screen,
        script,
        lab,
        play,
        cast,
        typing,
        is_terminal,
        prompted: false,
        cause: now,
        last: now,
        busy: now,
        awaited: false,
        frames: 0,
        lost,
    };
    let played = lesson.run();
    lesson.hide_prompt();
    let frames = lesson.play.frames();
    let score = lesson.play.score();
    let ended = lesson.cast.end().map_err(stop);
    if lost.load(Ordering::Relaxed) > 0 {
        screen.paragraph("", words::FLOOD, 0);
    }
    if let Some(number) = options.drop.filter(|number| *number > frames) {
        screen.paragraph("", &words::none_to_drop(number, frames), 0);
    }
    if score.asked > 0 {
        screen.paragraph("", &words::score(score.right, score.asked), 0);
    }
    played?;
    ended
}

/// What can be typed, each with what it does.
fn legend(typing: &Typing<'_>) -> Vec<(String, String)> {
    let rows = typing.legend();
    let width = rows.iter().map(|(typed, _)| typed.chars().count()).max().unwrap_or(0);
    rows.into_iter().map(|(typed, does)| (format!(" {typed:width$}  "), does)).collect()
}

struct Lesson<'a> {
    screen: &'a Screen,
    script: &'a Script,
    lab: &'a Lab,
    play: Play<'a>,
    cast: Cast<'a>,
    typing: Typing<'a>,
    /// Whether somebody sits there and types when they like.
    is_terminal: bool,
    /// Whether the prompt stands on the screen.
    prompted: bool,
    /// When the last line was typed, when something was seen to happen last, and when a program
    /// last had something to do.
    cause: Instant,
    last: Instant,
    busy: Instant,
    /// A client has been started and nothing has come of it yet.
    awaited: bool,
    /// How many frames have been shown since the last line.
    frames: usize,
    /// How many datagrams found the wire full.
    lost: &'a AtomicU64,
}

impl Lesson<'_> {
    fn run(&mut self) -> Result<Ending, Stop> {
        if let Err(problem) = self.begin() {
            // What it printed says more than that it does not listen.
            self.tell();
            return Err(stop(problem));
        }
        loop {
            if self.tell() {
                self.last = Instant::now();
            }
            if !self.cast.rests() {
                self.busy = Instant::now();
            }
            if !self.goes_on_for_ever() && self.play.has_frame(LOOK) {
                self.tell(); // what was printed before it was sent
                self.hide_prompt();
                if !self.play.show_next()? {
                    return Ok(Ending::Left);
                }
                (self.last, self.frames) = (Instant::now(), self.frames + 1);
                self.awaited = false;
                // Somebody at a terminal may want to say something against a flood.
                if !self.is_terminal {
                    if !self.play.input.pause(Duration::ZERO) {
                        return Ok(Ending::Left);
                    }
                    continue;
                }
            }
            if !self.play.input.pause(Duration::ZERO) {
                return Ok(Ending::Left);
            }
            if !(self.is_terminal || self.is_quiet()?) {
                continue;
            }
            if let Some(ending) = self.read()? {
                return Ok(ending);
            }
        }
    }

    /// Starts whom a conversation needs from the beginning.
    fn begin(&mut self) -> Result<(), Problem> {
        let none = std::collections::BTreeMap::new();
        self.cast.start("server", None, &none)?;
        self.tell();
        self.play.show_states().map_err(|stop| Problem::Machine(stop.words))?;
        if self.script.role("client").per_line.is_none() {
            self.start("client", None, &none)?;
        }
        Ok(())
    }

    /// Takes in what is typed by now.
    fn read(&mut self) -> Result<Option<Ending>, Stop> {
        if self.play.input.by_key() && !self.prompted {
            self.draw_prompt(self.play.input.begun());
            self.prompted = true;
        }
        let prompt = demo_words::prompt(self.typing.goes_to());
        let view = &self.play.view;
        let line = match self.play.input.line_by_now(|text| view.typing(&prompt, text)) {
            None => return Ok(None),
            Some(Input::End) => return Ok(Some(Ending::Over)),
            Some(Input::Interrupted) => return Ok(Some(Ending::Left)),
            Some(Input::Command(_)) => return Ok(None),
            Some(Input::Line(line)) => line,
        };
        self.hide_prompt();
        self.cast.new_cause();
        let now = Instant::now();
        (self.cause, self.last, self.frames) = (now, now, 0);
        match self.typing.read(&line) {
            Ok(Typed::Quit) => return Ok(Some(Ending::Left)),
            Ok(Typed::Help) => {
                for (head, does) in legend(&self.typing) {
                    self.screen.paragraph(&head, &does, head.chars().count());
                }
            }
            Ok(Typed::Act(act)) => match self.perform(&act) {
                Ok(()) => {}
                Err(Problem::Words(words)) => self.screen.paragraph(" ", &words, 1),
                Err(problem) => return Err(stop(problem)),
            },
            Err(words) => self.screen.paragraph(" ", &words, 1),
        }
        Ok(None)
    }

    fn perform(&mut self, act: &Act) -> Result<(), Problem> {
        match act {
            Act::Type { into, line } => {
                if self.script.role(role_of(into)).per_line.is_none() {
                    self.cast.program(into)?;
                    let typed = grader::quoted_start(format!("{line}\n").as_bytes(), 256);
                    self.show_act(into, &words::is_typed(&typed));
                }
                self.cast.type_line(into, line)
            }
            Act::Start { name, args, env } => {
                let name = self.cast.free_name(role_of(name));
                self.start(&name, args.as_deref(), env)
            }
            Act::End(name) => {
                self.cast.program(name)?;
                self.show_act(name, words::INPUT_ENDS);
                self.cast.program(name)?.close_stdin();
                Ok(())
            }
            Act::Kill(name) => Ok(self.cast.program(name)?.kill()?),
            Act::Reset(name) => self.reset(name),
            Act::Lose(name) => {
                self.play.lose_next(side_of(name), FrameKind::Datagram);
                Ok(())
            }
            _ => Err(Problem::Words(words::NOT_HERE.into())),
        }
    }

    fn start(
        &mut self,
        name: &str,
        args: Option<&[String]>,
        env: &std::collections::BTreeMap<String, String>,
    ) -> Result<(), Problem> {
        self.cast.start(name, args, env)?;
        // It calls, or ends, however long it takes to start; only then is the next line typed.
        self.awaited = self.script.kind == Kind::Tcp && side_of(name) == Side::Alice;
        Ok(())
    }

    /// Has the kernel break off what connections that side has; its RST crosses the wire.
    fn reset(&mut self, name: &str) -> Result<(), Problem> {
        let host = &self.lab.hosts()[side_of(name).place()];
        let machine = |error: std::io::Error| Problem::Machine(words::stopped(&error));
        let mut sockets = host.tcp_states().map_err(machine)?;
        sockets.retain(|socket| {
            ![wirelab::TcpState::Listen, wirelab::TcpState::TimeWait].contains(&socket.state)
        });
        match &sockets[..] {
            [] => Err(Problem::Words(demo_words::NO_CONNECTION.into())),
            [socket] => {
                host.destroy(socket).map_err(machine)?;
                self.play.view.act(side_of(name), words::LAB_RESETS);
                Ok(())
            }
            several => Err(Problem::Words(words::which_connection(name, several.len()))),
        }
    }

    /// Whether nothing more happens by itself, or it has gone on for so long that it never ends.
    fn is_quiet(&self) -> Result<bool, Stop> {
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
    fn goes_on_for_ever(&self) -> bool {
        let is_full = self.lost.load(Ordering::Relaxed) > 0;
        !self.is_terminal && (is_full || self.frames > MOST_FRAMES)
    }

    /// Whether a host is going to send something again.
    fn has_a_clock(&self) -> Result<bool, Stop> {
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

    /// Shows what the programs have done; whether there was something.
    fn tell(&mut self) -> bool {
        let mut some = false;
        // Not more than that at once: the wire has its turn too.
        for _ in 0..256 {
            let Some(event) = self.cast.next_event() else { break };
            some = true;
            self.awaited &= event.what != What::Exit;
            if let Some(text) = act(&event) {
                // A panic says where, at its end.
                let most = if event.what == What::Stderr { 8 } else { 3 };
                self.show_act_in(most, &event.program, &text);
            }
        }
        let untold = self.cast.passed_over();
        if untold > 0 && !some {
            some = true;
        }
        if untold > 0 {
            self.hide_prompt();
            self.screen.paragraph(" ", &words::passed_over(untold), 1);
        }
        some
    }

    /// What a program does, beside its host. The plain names need not be said: the server is bob's,
    /// the client alice's.
    fn show_act(&mut self, name: &str, does: &str) {
        self.show_act_in(3, name, does);
    }

    fn show_act_in(&mut self, most: usize, name: &str, does: &str) {
        self.hide_prompt();
        let is_plain = name == role_of(name);
        let text = if is_plain { does.to_owned() } else { words::of_program(name, does) };
        self.play.view.act_in_rows(side_of(name), &text, most);
    }

    fn draw_prompt(&self, text: &str) {
        self.play.view.typing(&demo_words::prompt(self.typing.goes_to()), text);
    }

    fn hide_prompt(&mut self) {
        if std::mem::take(&mut self.prompted) {
            self.play.view.typed();
        }
    }
}

/// What a program did, in words; `None` for what the wire shows, or has been told already.
fn act(event: &Event) -> Option<String> {
    let text = &event.text;
    Some(match event.what {
        What::Run => words::runs(text),
        What::Stdout => words::prints(text),
        What::Stderr => words::complains(text),
        What::Exit => words::exits(text),
        What::TakenDown => text.clone(),
        _ => return None,
    })
}
