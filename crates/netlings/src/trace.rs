//! `netlings trace`: a scenario on a wire of two hosts, each with a kernel of its own where the
//! machine allows it, and every frame between them seen, held, lost or delivered by hand. Or a lesson:
//! then its own programs talk.

pub(crate) mod input;
mod lesson;
mod outputs;
mod play;
mod quiz;
pub(crate) mod scenario;
mod scenarios;
mod stage;
pub(crate) mod view;

use std::io::IsTerminal;
use std::time::Duration;

use clap::Args;
use colored::Colorize;
use grader::text::near_match;
use wirelab::{Lab, SlowMotion, Tier};

use crate::course::Course;
use crate::ending::{PASSED, Stop};
use crate::screen::Screen;
use crate::trace::input::Input;
use crate::trace::outputs::Outputs;
use crate::trace::play::{Ending, Manner, Play};
use crate::trace::scenario::{Scenario, Side};
use crate::trace::view::View;
use crate::words::trace as words;

/// How long a frame is seen on the wire, where somebody watches and nothing else was asked for.
const PER_FRAME: Duration = Duration::from_secs(1);

#[derive(Args)]
pub(crate) struct Options {
    /// What is shown: a scenario, or a lesson whose programs talk; without it the scenarios are listed
    #[arg(value_name = "SCENARIO|LESSON")]
    scenario: Option<String>,
    /// With a lesson: its finished programs, not your own
    #[arg(long)]
    solution: bool,
    /// Wait at each frame: deliver it, lose it, duplicate it, look at its fields
    #[arg(long)]
    step: bool,
    /// Ask for the next state before it is shown, and keep the score
    #[arg(long)]
    quiz: bool,
    /// How long each frame is on the wire, 0.05 to 60, or 0 for no pause [default: 1 at a terminal,
    /// 0 without one]
    #[arg(long, value_name = "SECONDS", value_parser = speed, allow_negative_numbers = true)]
    speed: Option<f64>,
    /// Lose the N-th frame
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    drop: Option<u64>,
    /// What the hosts are: this machine's kernel, or simulated [default: the kernel, where it can]
    #[arg(long, value_name = "TIER", value_parser = ["kernel", "simulated"])]
    tier: Option<String>,
    /// Where simulated hosts take their sequence numbers from: the same seed, the same frames
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    #[command(flatten)]
    outputs: Outputs,
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
    if options.solution {
        return Err(Stop::usage(words::no_solution(scenario.name)));
    }
    if options.quiz && !scenario.has_states() {
        return Err(Stop::usage(words::no_states(scenario.name)));
    }
    options.outputs.can_be_written()?;
    let lab = lab(scenario, options)?;
    let shown = show(screen, options, scenario, &lab);
    // What there is of the record is worth keeping, however it ended.
    let title = words::title(scenario.name, scenario.summary);
    options.outputs.write(lab.wire().recorder(), &title, screen)?;
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
    /// How it is played, and whether stdout is a terminal that can take rows back.
    fn manner(&self) -> (Manner, bool) {
        let watched = std::io::stdout().is_terminal()
            && std::env::var_os("TERM").is_none_or(|name| name != "dumb");
        let usual = if std::io::stdout().is_terminal() { PER_FRAME } else { Duration::ZERO };
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
}

/// Two hosts, every frame between them held.
fn lab(scenario: &Scenario, options: &Options) -> Result<Lab, Stop> {
    let motion = SlowMotion::stepped();
    let builder = Lab::builder()
        .host(Side::Alice.name(), "10.0.0.1/24")
        .host(Side::Bob.name(), "10.0.0.2/24")
        .patient()
        .seed(options.seed.unwrap_or_default());
    let builder = match options.tier.as_deref().and_then(|tier| tier.parse().ok()) {
        Some(tier) => builder.tier(tier),
        None => builder,
    };
    let builder = match scenario.with_arp {
        true => builder.rule(motion.with_neighbour_talk()),
        false => builder.rule(motion).pin_neighbours(),
    };
    builder.build().map_err(|error| Stop::infrastructure(words::no_lab(&error.to_string())))
}

fn show(screen: &Screen, options: &Options, scenario: &Scenario, lab: &Lab) -> Result<u8, Stop> {
    let (manner, watched) = options.manner();
    let mut input = Input::new();
    if options.step || options.quiz {
        input.reads_stdin(watched && std::io::stdin().is_terminal())?;
    }
    screen.line(words::title(scenario.name, scenario.summary).bold());
    screen.gap();
    screen.paragraph("", scenario.before, 0);
    screen.gap();
    if lab.tier() == Tier::Simulated {
        let by_choice = options.tier.is_some();
        screen.paragraph("", words::simulated(by_choice), 0);
        screen.gap();
    }
    let view = View::new(screen, watched);
    let names = Side::BOTH.map(|side| {
        let host = &lab.hosts()[side.place()];
        format!("{} {}:{}", host.name(), host.address(), side.port())
    });
    view.heading(&names);
    let mut play = Play::new(lab, scenario, manner, view, input);
    let ending = play.run()?;
    screen.gap();
    match ending {
        Ending::Over => screen.paragraph("", scenario.after, 0),
        Ending::Stuck => screen.paragraph("", words::STUCK, 0),
        Ending::Left => {}
    }
    let differences = scenario.shows.iter().filter_map(|shows| lab.tier().difference(*shows));
    for difference in differences.filter(|_| ending == Ending::Over) {
        screen.gap();
        screen.paragraph("", &words::simulation_differs(difference.text), 0);
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
