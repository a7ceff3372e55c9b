//! `netlings trace`: a scenario on a wire of two hosts, each with a kernel of its own where the
//! machine allows it, and every frame between them seen, held, lost or delivered by hand. Or a lesson:
//! then its own programs talk.

mod acts;
pub(crate) mod input;
mod lesson;
mod outputs;
mod play;
mod quiz;
pub(crate) mod scenario;
pub(crate) mod scenarios;
mod stage;
pub(crate) mod view;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use colored::Colorize;
use grader::text::near_match;
use wirelab::{Lab, SlowMotion, Tier};

use crate::course::Course;
use crate::ending::{PASSED, Stop};
use crate::screen::Screen;
use crate::trace::acts::Acted;
use crate::trace::input::Input;
use crate::trace::outputs::Outputs;
use crate::trace::play::{Ending, Manner, Play};
use crate::trace::scenario::{Scenario, Side, Told};
use crate::trace::view::View;
use crate::words::trace as words;

/// How long a frame is seen on the wire, where somebody watches and nothing else was asked for.
const PER_FRAME: Duration = Duration::from_secs(1);

#[derive(Args, Default)]
pub(crate) struct Options {
    /// What is shown: a scenario, or a lesson whose programs talk; without it the scenarios are listed
    #[arg(value_name = "SCENARIO|LESSON")]
    scenario: Option<String>,
    /// With a lesson: its finished programs, not your own
    #[arg(long)]
    solution: bool,
    /// With a lesson: play its prepared conversation, so that nobody has to type
    #[arg(long)]
    script: bool,
    /// Wait at each frame: deliver it, lose it, duplicate it, look at its fields
    #[arg(long)]
    step: bool,
    /// Ask for the next state before it is shown, and keep the score
    #[arg(long)]
    quiz: bool,
    /// How long each frame is on the wire, 0.05 to 60, or 0 for no pause, nor at what a script says
    /// [default: 1 at a terminal, 0 without one]
    #[arg(long, value_name = "SECONDS", value_parser = speed, allow_negative_numbers = true)]
    speed: Option<f64>,
    /// Lose the N-th frame
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    drop: Option<u64>,
    /// What the hosts are: kernels of their own, simulated, or this machine's loopback, which can
    /// only be watched [default: kernels, where it can]
    #[arg(long, value_name = "TIER", value_parser = ["kernel", "observe", "simulated"])]
    tier: Option<String>,
    /// Where simulated hosts take their sequence numbers from: the same seed, the same frames
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    #[command(flatten)]
    outputs: Outputs,
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

    fn tier(&self) -> Option<Tier> {
        self.tier.as_deref().and_then(|tier| tier.parse().ok())
    }

    /// Says before anything is started what a wire that can only be watched doesn't do.
    fn can_be_done(&self, scenario: &Scenario) -> Result<(), Stop> {
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
}

impl Options {
    /// Says before anything is started that somebody would decide, answer or type (`typing`)
    /// without seeing anything. A prepared input need not see.
    fn can_be_seen(&self, typing: Option<&str>) -> Result<(), Stop> {
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
}

fn speed(typed: &str) -> Result<f64, String> {
    let speed: f64 = typed.parse().map_err(|_| words::NO_SPEED)?;
    if speed == 0.0 || (0.05..=60.0).contains(&speed) {
        Ok(speed)
    } else {
        Err(words::NO_SPEED.into())
    }
}

/// Lists the scenarios, or shows the one that was typed, and gives the exit code.
pub(crate) fn run(screen: &Screen, options: &Options) -> Result<u8, Stop> {
    let Some(typed) = &options.scenario else {
        list(screen);
        return Ok(PASSED);
    };
    let Some(scenario) = scenarios::ALL.iter().find(|it| it.name == *typed) else {
        return lesson_or_nothing(screen, options, typed);
    };
    let of_lessons = [("--solution", options.solution), ("--script", options.script)];
    if let Some((option, _)) = of_lessons.iter().find(|(_, is_asked)| *is_asked) {
        return Err(Stop::usage(words::no_programs(scenario.name, option)));
    }
    if options.quiz && !scenario.has_states() {
        return Err(Stop::usage(words::no_states(scenario.name)));
    }
    options.can_be_done(scenario)?;
    options.outputs.can_be_written()?;
    options.can_be_seen(None)?;
    let muted = Screen::muted();
    let rows = if options.outputs.on_stdout().is_some() { &muted } else { screen };
    let lab = lab(scenario, options)?;
    let mut acts = Vec::new();
    let shown = show(rows, options, scenario, &lab, &mut acts);
    // What there is of the record is worth keeping, however it ended.
    let title = words::title(scenario.name, scenario.summary);
    options.outputs.write(lab.wire().recorder(), &acts, &title, screen, rows)?;
    shown
}

/// What is no scenario may be a lesson, where there is a course around.
fn lesson_or_nothing(screen: &Screen, options: &Options, typed: &str) -> Result<u8, Stop> {
    let course = Course::find();
    let lessons = course.iter().flat_map(|course| &course.lessons).map(|it| it.name.as_str());
    let lessons: Vec<&str> = lessons.collect();
    if let Ok(course) = &course
        && lessons.contains(&typed)
    {
        return lesson::run(screen, options, course, typed);
    }
    let known = scenarios::ALL.iter().map(|it| it.name).chain(lessons);
    Err(Stop::usage(words::unknown_scenario(typed, near_match(typed, known))))
}

impl Options {
    /// How it is played, on a wire that can hold frames or only be watched, and whether stdout is a
    /// terminal that can take rows back.
    fn manner(&self, can_hold: bool) -> (Manner, bool) {
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

fn list(screen: &Screen) {
    let width = scenarios::ALL.iter().map(|it| it.name.len()).max().unwrap_or(0);
    for scenario in scenarios::ALL {
        let head = format!("{:width$}  ", scenario.name);
        screen.paragraph(&head, scenario.summary, width + 2);
    }
    screen.gap();
    screen.paragraph("", words::SHOW_ONE, 0);
    screen.line("  cargo netlings trace handshake --step");
    screen.paragraph("", words::SHOW_LESSON, 0);
    screen.line("  cargo netlings trace tcp-echo --solution");
    screen.paragraph("", words::SHOW_SCRIPT, 0);
    screen.line("  cargo netlings trace tcp-echo --solution --script");
}

/// Two hosts, every frame between them held.
fn lab(scenario: &Scenario, options: &Options) -> Result<Lab, Stop> {
    let motion = SlowMotion::stepped();
    let builder = Lab::builder()
        .host(Side::Alice.name(), "10.0.0.1/24")
        .host(Side::Bob.name(), "10.0.0.2/24")
        .patient()
        .seed(options.seed.unwrap_or_default());
    let builder = match options.tier() {
        Some(Tier::Observing) => {
            let built = builder.tier(Tier::Observing).record_states().build();
            return built.map_err(|error| Stop::infrastructure(words::no_view(&error.to_string())));
        }
        Some(tier) => builder.tier(tier),
        None => builder,
    };
    let builder = match scenario.with_arp {
        true => builder.rule(motion.with_neighbour_talk()),
        false => builder.rule(motion).pin_neighbours(),
    };
    builder.build().map_err(|error| Stop::infrastructure(words::no_lab(&error.to_string())))
}

/// Plays it. What the programs did comes to `acts`, however it ends.
fn show(
    screen: &Screen,
    options: &Options,
    scenario: &Scenario,
    lab: &Lab,
    acts: &mut Vec<Acted>,
) -> Result<u8, Stop> {
    let (manner, watched) = options.manner(lab.wire().can_hold());
    let mut input = Input::new();
    if options.step || options.quiz {
        input.reads_stdin(watched && std::io::stdin().is_terminal())?;
    }
    screen.line(words::title(scenario.name, scenario.summary).bold());
    screen.gap();
    let usual = Told { before: scenario.before, after: scenario.after };
    let said = scenario.observed.filter(|_| !lab.wire().can_hold()).unwrap_or(usual);
    screen.paragraph("", said.before, 0);
    screen.gap();
    let of_the_tier = match lab.tier() {
        Tier::Kernel => None,
        Tier::Simulated => Some(words::simulated(options.tier.is_some())),
        Tier::Observing => Some(words::OBSERVED),
    };
    if let Some(text) = of_the_tier {
        screen.paragraph("", text, 0);
        screen.gap();
    }
    if options.seed.is_some() && lab.tier() != Tier::Simulated {
        screen.paragraph("", words::SEED_IS_FOR_SIMULATIONS, 0);
        screen.gap();
    }
    let view = View::new(screen, watched);
    let mut play = Play::new(lab, scenario, manner, view, input);
    play.heading()?;
    let ending = play.run();
    // What hosts send when their programs are ended with the scenario belongs to no scenario.
    lab.wire().recorder().switch(false);
    acts.extend_from_slice(play.acts());
    let ending = ending?;
    screen.gap();
    match ending {
        Ending::Over => screen.paragraph("", said.after, 0),
        Ending::Stuck => screen.paragraph("", words::STUCK, 0),
        Ending::Left => {}
    }
    let differences = scenario.shows.iter().filter_map(|shows| lab.tier().difference(*shows));
    for difference in differences.filter(|_| ending == Ending::Over) {
        screen.gap();
        let text = match lab.tier() {
            Tier::Observing => words::observation_differs(difference.text),
            Tier::Kernel | Tier::Simulated => words::simulation_differs(difference.text),
        };
        screen.paragraph("", &text, 0);
    }
    if let Some(number) = options.drop.filter(|number| *number > play.frames()) {
        screen.paragraph("", &words::none_to_drop(number, play.frames()), 0);
    }
    let score = play.score();
    if score.asked > 0 {
        screen.paragraph("", &words::score(score.right, score.asked), 0);
    }
    Ok(PASSED)
}
