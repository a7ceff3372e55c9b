//! A demo by lines of text: the ladder alone, row by row, and a line at a time that somebody types.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use colored::Colorize;
use grader::Subject;
use unicode_width::UnicodeWidthStr;

use super::{GAP_OF_TYPING, Options, Shown, act_on, begin, gap_of_script, play, stop};
use crate::asciicast::Asciicast;
use crate::demo::scene::Scene;
use crate::demo::script::{Kind, Script};
use crate::demo::typed::{Typed, Typing};
use crate::demo::view::View;
use crate::ending::Stop;
use crate::screen::Screen;
use crate::words::demo as words;

/// The ladder alone, line by line.
pub(super) fn by_lines(
    screen: &Screen,
    options: &Options,
    script: &Script,
    program: &Subject,
    title: &str,
    recording: Option<Asciicast>,
) -> Result<Shown, Stop> {
    if let Some(recording) = recording {
        screen.records(recording);
    }
    let is_terminal = std::io::stdout().is_terminal()
        && std::io::stdin().is_terminal()
        && std::env::var_os("TERM").is_none_or(|name| name != "dumb");
    let view = View::new(Some(screen), script.kind.sides(), is_terminal);
    let scene = Scene::new(script, program, view, !options.script);
    let mut scene = scene.map_err(stop)?;
    scene.ends_at_an_interrupt();
    screen.line(title.bold());
    let played = match options.script {
        true => {
            let speed = match std::io::stdout().is_terminal() {
                true => options.speed.unwrap_or(1.0),
                false => options.speed.unwrap_or(0.0),
            };
            play_watched(&mut scene, script, speed)
        }
        false => converse(&mut scene, script, screen),
    };
    let ended = scene.end().map_err(stop);
    let ended = if scene.interrupted { Ok(()) } else { played.and(ended) };
    Ok(Shown { rows: scene.view.rows(), recorded: screen.end_of_recording(), ended })
}

/// Plays the script for somebody who watches.
fn play_watched(scene: &mut Scene<'_>, script: &Script, speed: f64) -> Result<(), Stop> {
    if speed > 0.0 {
        scene.gap = gap_of_script(speed);
        if std::io::stdin().is_terminal() {
            scene.reads_stdin().map_err(stop)?;
        }
    }
    scene.view.heading();
    play(scene, script, speed)
}

/// Lets somebody type, until the input ends.
fn converse(scene: &mut Scene<'_>, script: &Script, screen: &Screen) -> Result<(), Stop> {
    let is_terminal = std::io::stdin().is_terminal();
    if std::io::stdout().is_terminal() {
        scene.gap = GAP_OF_TYPING;
    }
    let mut typing = Typing::new(script);
    legend(scene, &typing);
    screen.gap();
    scene.view.heading();
    begin(scene, script).map_err(stop)?;
    scene.reads_stdin().map_err(stop)?;
    loop {
        scene.handle_queue();
        if scene.interrupted {
            return Ok(());
        }
        if !is_terminal && (scene.input_ended || !scene.typed.is_empty()) {
            // Nobody is there to wait for an answer before typing on.
            scene.settle();
        }
        if let Some(line) = scene.typed.pop_front() {
            scene.view.typed();
            match typing.read(&line) {
                Ok(Typed::Quit) => return Ok(()),
                Ok(Typed::Help) => legend(scene, &typing),
                Ok(Typed::Act(act)) => act_on(scene, &mut typing, act)?,
                Err(words) => scene.view.remark("", &words),
            }
            continue;
        }
        if scene.input_ended {
            return Ok(());
        }
        scene.prompt(&words::prompt(typing.goes_to()));
        let soon = scene.view.has_crowd() || script.kind == Kind::File;
        let wait = if soon { Duration::from_millis(200) } else { Duration::from_secs(3600) };
        if !scene.receive(Instant::now() + wait) {
            scene.quiet_moment();
        }
    }
}

/// Says what can be typed.
fn legend(scene: &mut Scene<'_>, typing: &Typing<'_>) {
    let rows = typing.legend();
    let width = rows.iter().map(|(typed, _)| typed.width()).max().unwrap_or(0);
    for (typed, does) in rows {
        scene.view.remark(&format!("{typed:width$}  "), &does);
    }
}
