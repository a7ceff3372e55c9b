//! `netlings demo`: a lesson's programs at work, for a class to watch. What crosses between them is
//! drawn as a ladder while it happens; somebody types, or the lesson's script does.

pub(crate) mod keyboard;
mod lines;
pub(crate) mod programs;
pub(crate) mod scene;
pub(crate) mod script;
pub(crate) mod seen;
mod sockets;
pub(crate) mod typed;
pub(crate) mod view;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use grader::ladder::Row;
use grader::progress::replace_file;
use grader::{Subject, ladder};

use crate::asciicast::Asciicast;
use crate::build;
use crate::course::Course;
use crate::demo::scene::{Problem, Scene};
use crate::demo::script::{Act, Broken, Kind, Player, Script, role_of};
use crate::demo::typed::Typing;
use crate::demo::view::View;
use crate::ending::{PASSED, Stop};
use crate::learn;
use crate::learn::keys::Keys;
use crate::learn::terminal::Taken;
use crate::screen::Screen;
use crate::stage::play::Show;
use crate::trace;
use crate::words::demo as words;

/// Between two rows, where somebody watches: while a script plays, and while somebody types.
const GAP_OF_SCRIPT: Duration = Duration::from_millis(500);
const LONGEST_GAP: Duration = Duration::from_secs(1);
pub(crate) const GAP_OF_TYPING: Duration = Duration::from_millis(120);
#[derive(Args)]
pub(crate) struct Options {
    /// The lesson whose programs are shown: those of its solution
    #[arg(value_name = "LESSON")]
    lesson: String,
    /// Play the lesson's prepared conversation, at reading speed; Enter goes on at once
    #[arg(long)]
    script: bool,
    /// How fast the script plays: 2 is twice as fast, 0 does not pause at all; without a terminal
    /// nothing pauses
    #[arg(long, value_name = "N", value_parser = speed, requires = "script")]
    speed: Option<f64>,
    /// Write the ladder as a picture into this file, for slides
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write what the terminal shows into this file, as an asciicast: `asciinema play FILE` shows it
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Lines of text instead of a full screen: for screen readers, editors' terminals and scripts
    #[arg(long)]
    plain: bool,
    /// Packets instead of messages: the same programs on two hosts, as `netlings trace` shows them
    #[arg(long, conflicts_with_all = ["record", "plain"])]
    packets: bool,
}

fn speed(typed: &str) -> Result<f64, String> {
    let speed: f64 = typed.parse().map_err(|_| words::NO_SPEED)?;
    if speed == 0.0 || (0.001..=1000.0).contains(&speed) {
        Ok(speed)
    } else {
        Err(words::NO_SPEED.into())
    }
}

/// Shows the lesson that was typed and gives the exit code.
pub(crate) fn run(course: &Course, screen: &Screen, options: &Options) -> Result<u8, Stop> {
    let lessons = course.lessons_named(std::slice::from_ref(&options.lesson))?;
    let lesson = lessons[0];
    if options.packets {
        // There a speed is so many seconds for each frame, one unless it is said.
        let speed =
            options.speed.map(|it| if it > 0.0 { (1.0 / it).clamp(0.05, 60.0) } else { 0.0 });
        let svg = options.svg.clone();
        let packets = trace::Options::of_solution(&lesson.name, options.script, speed, svg);
        return trace::run(screen, &packets);
    }
    let script = Script::load(&course.exercise(&lesson.name))?;
    for path in options.svg.iter().chain(&options.record) {
        can_be_written(path)?;
    }
    if options.svg.is_some() && options.svg == options.record {
        return Err(Stop::usage(words::WRITTEN_TWICE));
    }
    let program = Subject::program(build::solution(&course.root, &lesson.name)?);
    let title = words::title(&lesson.name, &lesson.title);
    let is_on_stage = !options.plain && learn::has_terminal();
    let recording = match &options.record {
        Some(path) => Some(begin_recording(path, &title, screen, is_on_stage)?),
        None => None,
    };
    let shown = match is_on_stage {
        true => on_stage(screen, options, &script, &program, &title, recording)?,
        false => lines::by_lines(screen, options, &script, &program, &title, recording)?,
    };
    // What there is of the ladder is worth a picture, however it ended.
    if let Some(path) = &options.svg {
        let [left, right] = script.kind.sides();
        let picture = ladder::svg(&title, left, right, &shown.rows);
        replace_file(path, picture.as_bytes())
            .map_err(|error| Stop::infrastructure(crate::words::unwritable(path, &error)))?;
        screen.paragraph("", &words::svg_written(path), 0);
    }
    if let Some(path) = &options.record {
        shown
            .recorded
            .map_err(|error| Stop::infrastructure(crate::words::unwritable(path, &error)))?;
        screen.paragraph("", &words::recording_written(path), 0);
    }
    shown.ended.map(|()| PASSED)
}

/// What is left of a demo that is over.
struct Shown {
    rows: Vec<Row>,
    recorded: std::io::Result<()>,
    ended: Result<(), Stop>,
}

fn begin_recording(
    path: &Path,
    title: &str,
    screen: &Screen,
    is_on_stage: bool,
) -> Result<Asciicast, Stop> {
    let whole = crossterm::terminal::size().ok().filter(|_| is_on_stage);
    let lines = || (u16::try_from(screen.look.width).unwrap_or(80), 24);
    Asciicast::begin(path, title, whole.unwrap_or_else(lines))
        .map_err(|error| Stop::infrastructure(crate::words::unwritable(path, &error)))
}

/// Two programs side by side, on the whole screen.
fn on_stage(
    screen: &Screen,
    options: &Options,
    script: &Script,
    program: &Subject,
    title: &str,
    recording: Option<Asciicast>,
) -> Result<Shown, Stop> {
    let machine = |error| Stop::infrastructure(netkit::cause(&error));
    let mut terminal = Taken::take().map_err(machine)?;
    if let Some(recording) = recording {
        terminal.records(recording).map_err(machine)?;
    }
    let keys = Keys::unread().map_err(machine)?;
    let show = Show {
        script,
        subject: program,
        title,
        whose: crate::words::stage::SOLUTIONS,
        color: screen.look.color,
        speed: options.script.then(|| options.speed.unwrap_or(1.0)),
        is_lesson: true,
        is_changed: &|| false,
        is_outdated: false.into(),
    };
    let shown = show.run(&mut terminal, &keys);
    let recorded = terminal.end_of_recording();
    drop(terminal);
    Ok(Shown { rows: shown.rows, recorded, ended: shown.ended })
}

/// Plays a lesson's script without anybody watching, for `verify`.
pub(crate) fn rehearse(script: &Script, subject: &Subject) -> Result<(), Stop> {
    let mut scene = Scene::new(script, subject, View::new(None, script.kind.sides(), false), false)
        .map_err(stop)?;
    let played = play(&mut scene, script, 0.0);
    scene.end().map_err(stop)?;
    played
}

pub(crate) fn stop(problem: Problem) -> Stop {
    match problem {
        Problem::Words(words) => Stop::failed(words),
        Problem::Machine(words) => Stop::infrastructure(words),
        Problem::Interrupted => Stop { code: PASSED, words: String::new() },
    }
}

/// Says before anything is started that a picture could not be written.
pub(crate) fn can_be_written(path: &Path) -> Result<(), Stop> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if path.is_dir() || path.file_name().is_none() {
        return Err(Stop::usage(words::svg_is_folder(path)));
    }
    if !folder.is_dir() {
        return Err(Stop::usage(words::svg_no_folder(path)));
    }
    // Tried, because permissions alone do not tell. The file is gone again at once.
    let tried = tempfile::tempfile_in(folder);
    tried.map(drop).map_err(|error| {
        Stop::usage(crate::words::unwritable(path, &std::io::Error::from(error.kind())))
    })
}

/// Between two rows of a script that plays so fast.
pub(crate) fn gap_of_script(speed: f64) -> Duration {
    match speed > 0.0 {
        true => Duration::from_secs_f64(GAP_OF_SCRIPT.as_secs_f64() / speed).min(LONGEST_GAP),
        false => Duration::ZERO,
    }
}

/// Plays the script, without more ado.
pub(crate) fn play(scene: &mut Scene<'_>, script: &Script, speed: f64) -> Result<(), Stop> {
    match script.play(scene, speed) {
        Ok(()) => {}
        Err(Broken { problem: Problem::Interrupted, .. }) => return Ok(()),
        Err(Broken { step, problem: Problem::Words(words) }) => {
            return Err(Stop::failed(script.wrong_step(step, &words).to_string()));
        }
        Err(Broken { problem, .. }) => return Err(stop(problem)),
    }
    scene.handle_queue();
    scene.quiet_moment();
    Ok(())
}

impl Player for Scene<'_> {
    fn act(&mut self, act: &Act) -> Result<(), Problem> {
        let done = self.perform(act);
        if self.interrupted { Err(Problem::Interrupted) } else { done }
    }

    fn let_read(&mut self, time: Duration) -> Result<(), Problem> {
        self.pause(time);
        Ok(())
    }
}

/// Starts whom a conversation needs from the beginning.
pub(crate) fn begin(scene: &mut Scene<'_>, script: &Script) -> Result<(), Problem> {
    let start = |name: &str| Act::Start { name: name.into(), args: None, env: Default::default() };
    match script.kind {
        Kind::Tcp | Kind::Udp => {
            scene.perform(&start("server"))?;
            if script.role("client").per_line.is_none() {
                scene.settle();
                scene.perform(&start("client"))?;
            }
        }
        Kind::File => scene.quiet_moment(),
        Kind::Sockets => {
            scene.perform(&Act::Listen("server".into()))?;
            scene.perform(&start("watch"))?;
        }
    }
    Ok(())
}

pub(crate) fn act_on(scene: &mut Scene<'_>, typing: &mut Typing<'_>, act: Act) -> Result<(), Stop> {
    let act = match act {
        Act::Start { name, args, env } => {
            Act::Start { name: scene.programs.free_name(role_of(&name)), args, env }
        }
        act => act,
    };
    match scene.perform(&act) {
        Err(Problem::Words(words)) => {
            scene.view.remark("", &words);
            Ok(())
        }
        Ok(()) => {
            if let Act::Start { name, .. } = &act {
                typing.has_started(name);
            }
            Ok(())
        }
        Err(problem) => Err(stop(problem)),
    }
}
