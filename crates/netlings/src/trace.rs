//! `netlings trace`: a scenario on a wire of two hosts, each with a kernel of its own where the
//! machine allows it, and every frame between them seen, held, lost or delivered by hand. Or a lesson:
//! then its own programs talk.

mod acts;
pub(crate) mod input;
mod lesson;
mod options;
mod outputs;
mod play;
mod quiz;
pub(crate) mod scenario;
pub(crate) mod scenarios;
mod stage;
pub(crate) mod view;

use std::io::IsTerminal;

use colored::Colorize;
use grader::text::near_match;
use wirelab::{Lab, SlowMotion, Telling, Tier};

use crate::course::Course;
use crate::ending::{PASSED, Stop};
use crate::screen::Screen;
use crate::trace::input::Input;
pub(crate) use crate::trace::options::Options;
use crate::trace::play::{Ending, Play};
use crate::trace::scenario::{Scenario, Side, Told};
use crate::trace::view::View;
use crate::words::trace as words;

/// Lists the scenarios, or shows the one that was typed, and gives the exit code.
pub(crate) fn run(screen: &Screen, options: &Options) -> Result<u8, Stop> {
    let Some(typed) = &options.scenario else {
        if let Some(option) = options.any() {
            return Err(Stop::usage(words::needs_scenario(option)));
        }
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
    let title = words::title(scenario.name, scenario.summary);
    let mut telling = Telling::from(title.as_str());
    let (manner, watched) = options.manner(lab.wire().can_hold());
    let mut input = Input::new();
    if options.step || options.quiz {
        input.reads_stdin(watched && std::io::stdin().is_terminal())?;
    }
    let mut play = Play::new(&lab, scenario, manner, View::new(rows, watched), input);
    let shown = show(rows, options, scenario, &lab, &mut play, &mut telling);
    // What there is of the record is worth keeping, however it ended.
    options.outputs.write(lab.wire().recorder(), &telling, screen, rows)?;
    if shown? != Ending::Left {
        play.linger();
    }
    Ok(PASSED)
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

/// Plays it. What is said of it and what the programs did comes to `telling`, however it ends.
fn show(
    screen: &Screen,
    options: &Options,
    scenario: &Scenario,
    lab: &Lab,
    play: &mut Play<'_>,
    telling: &mut Telling<'_>,
) -> Result<Ending, Stop> {
    screen.line(telling.title.bold());
    screen.gap();
    let usual = Told { before: scenario.before, after: scenario.after };
    let said = scenario.observed.filter(|_| !lab.wire().can_hold()).unwrap_or(usual);
    telling.before.push(said.before.into());
    telling.before.extend(match lab.tier() {
        Tier::Kernel => None,
        Tier::Simulated => Some(words::simulated(lab.refusal())),
        Tier::Observing => Some(words::OBSERVED.into()),
    });
    if options.seed.is_some() && lab.tier() != Tier::Simulated {
        telling.before.push(words::SEED_IS_FOR_SIMULATIONS.into());
    }
    for text in &telling.before {
        screen.paragraph("", text, 0);
        screen.gap();
    }
    play.heading()?;
    let ending = play.run();
    // What hosts send when their programs are ended with the scenario belongs to no scenario.
    lab.wire().recorder().switch(false);
    telling.deeds.extend_from_slice(play.deeds());
    let ending = ending?;
    match ending {
        Ending::Over => telling.after = after(scenario, said, lab.tier()),
        Ending::Stuck => telling.after.push(words::STUCK.into()),
        Ending::Left => screen.gap(),
    }
    for text in &telling.after {
        screen.gap();
        screen.paragraph("", text, 0);
    }
    if let Some(number) = options.drop.filter(|number| *number > play.frames()) {
        screen.paragraph("", &words::none_to_drop(number, play.frames()), 0);
    }
    let score = play.score();
    if score.asked > 0 {
        screen.paragraph("", &words::score(score.right, score.asked), 0);
    }
    Ok(ending)
}

/// What is said behind the last frame: what to look at, and what would be different on Linux.
fn after(scenario: &Scenario, said: Told, tier: Tier) -> Vec<String> {
    let differences = scenario.shows.iter().filter_map(|shows| tier.difference(*shows));
    let differences = differences.map(|difference| match tier {
        Tier::Observing => words::observation_differs(difference.text),
        Tier::Kernel | Tier::Simulated => words::simulation_differs(difference.text),
    });
    std::iter::once(said.after.to_owned()).chain(differences).collect()
}

#[cfg(test)]
mod tests {
    use wirelab::{Decoded, Ip, Mac, Packet, Udp};

    /// What packets carry and what programs print stands side by side.
    #[test]
    fn a_packet_quotes_what_it_carries_as_the_engine_quotes_what_is_printed() {
        let (source, destination) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let ip = Ip { source, destination, hops: 64, protocol: 17, fragment: false };
        let udp = Udp { source: 1, destination: 2, data: 16 };
        let (source, destination) = (Mac::default(), Mac::default());
        let packet = Packet::Udp(ip, udp);
        let datagram = Decoded { source, destination, packet, fault: None };
        let says = |data: &[u8]| {
            let wanted = format!("UDP  {}", grader::quoted_start(data, 16));
            assert_eq!(datagram.line(None, data), wanted, "{data:?}");
        };
        for c in (1..=0x3_ffff).filter_map(char::from_u32) {
            says(c.to_string().as_bytes());
        }
        for length in 1..40 {
            says(&"aé好🦀".repeat(10).as_bytes()[..length]);
            says(&[b'a', 0xe5, 0xff, 0].repeat(10)[..length]);
        }
    }
}
