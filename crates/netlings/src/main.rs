//! netlings: the course in the terminal. The map, the grading, and the course's own gate.

mod asciicast;
mod build;
mod check;
mod course;
mod demo;
mod doctor;
mod ending;
mod flaky;
mod gauge;
mod hint;
mod ink;
mod inside;
mod lab;
mod learn;
mod map;
mod markdown;
mod mistake;
mod new;
mod next;
mod peer;
mod recordings;
mod reset;
mod rows;
mod screen;
mod show;
mod skeletons;
mod solution;
mod stage;
mod steps;
mod todo;
mod trace;
mod variants;
mod verify;
mod words;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::course::Course;
use crate::ending::{INFRASTRUCTURE, Stop};
use crate::screen::{Screen, diagnostic};

/// A course in network programming: shows the map, grades your programs, explains failures
#[derive(Parser)]
#[command(name = "netlings", version)]
struct Line {
    #[command(flatten)]
    colour: netkit::screen::Options,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Learn: a full screen that grades each save (what netlings does without a command)
    Learn(learn::Options),
    /// Show the lessons and how far you are
    List,
    /// Read a lesson
    Show(show::Options),
    /// Build and grade your programs
    Check(check::Options),
    /// Show one more hint for a check
    Hint(hint::Options),
    /// Run the finished program, to try yours against it
    Peer(peer::Options),
    /// Compare your program with the solution, once yours has passed
    Solution(solution::Options),
    /// Start a lesson anew; what you wrote is kept aside
    Reset(reset::Options),
    /// Begin a lesson: writes its files, with one check that works
    #[command(hide = true)]
    New(new::Options),
    /// Show a lesson's programs talking, and the ladder of what they say as it grows
    Demo(demo::Options),
    /// Show a scenario on a real wire, one packet at a time, with both kernels' TCP states
    Trace(trace::Options),
    /// Have hosts on one wire until Ctrl-C, and a shell on each
    Lab(lab::Options),
    /// Say what this machine gives for traces, why not more, and what to do
    Doctor,
    /// Build and grade for the learner's seat
    #[command(hide = true)]
    Work(learn::work::Options),
    /// Give the terminal back when the learner's seat is gone
    #[command(hide = true)]
    Keep,
    /// Become a program on a host of a running lab
    #[command(hide = true)]
    Inside(inside::Options),
    /// Write the exercises' skeletons from the marked solutions
    #[command(hide = true)]
    Skeletons(skeletons::Options),
    /// Record the scenarios anew, and write the page about their states
    #[command(hide = true)]
    Recordings(recordings::Options),
    /// Test the lessons: known mistakes are caught, right programs pass
    #[command(hide = true)]
    Verify(verify::Options),
    /// Grade solutions and mistakes again and again under load
    #[command(hide = true)]
    Flaky(flaky::Options),
}

/// What netlings runs itself, so that its help need not tell of it.
const NOT_TYPED: [&str; 3] = ["work", "keep", "inside"];

fn main() -> ExitCode {
    // A program under test is started by a copy of this program. That copy never gets past here.
    grader::guard::serve_if_asked();
    let line = match read_line() {
        Ok(line) => line,
        Err(refused) => return said_by_clap(&refused),
    };
    line.colour.apply();
    if let Some(Command::Inside(options)) = &line.command {
        let stop = inside::run(options);
        diagnostic(words::error(stop.words));
        return stop.code.into();
    }
    if let Some(Command::Keep) = &line.command {
        learn::terminal::keep();
        return ExitCode::SUCCESS;
    }
    let screen = Screen::stdout();
    let outcome = grader::interrupt::watch()
        .map_err(|error| Stop::infrastructure(netkit::cause(&error)))
        .and_then(|()| carry_out(line.command, &screen));
    let mut code = outcome.unwrap_or_else(|stop| {
        diagnostic(words::error(stop.words));
        stop.code
    });
    if let Some(error) = screen.trouble() {
        diagnostic(words::error(words::stdout_failed(&error)));
        code = INFRASTRUCTURE;
    }
    code.into()
}

fn carry_out(command: Option<Command>, screen: &Screen) -> Result<u8, Stop> {
    // These need no clone around them.
    match &command {
        Some(Command::Trace(options)) => return trace::run(screen, options),
        Some(Command::Doctor) => return Ok(doctor::run(screen)),
        Some(Command::Lab(options)) => return lab::run(screen, options),
        _ => {}
    }
    let course = Course::find()?;
    if let Some(
        Command::Reset(_) | Command::New(_) | Command::Skeletons(_) | Command::Recordings(_),
    ) = command
    {
        course.is_around_here()?;
    }
    match command {
        None if learn::has_terminal() => learn::run(&course, screen, &learn::Options::default()),
        None => Ok(map::show(&course, screen)),
        Some(Command::Learn(options)) => learn::run(&course, screen, &options),
        Some(Command::Work(options)) => learn::work::run(&course, screen, &options),
        Some(Command::List) => Ok(map::list(&course, screen)),
        Some(Command::Show(options)) => show::run(&course, screen, &options),
        Some(Command::Check(options)) => check::run(&course, screen, &options),
        Some(Command::Hint(options)) => hint::run(&course, screen, &options),
        Some(Command::Peer(options)) => peer::run(&course, &options),
        Some(Command::Solution(options)) => solution::run(&course, screen, &options),
        Some(Command::Reset(options)) => reset::run(&course, screen, &options),
        Some(Command::New(options)) => new::run(&course, screen, &options),
        Some(Command::Demo(options)) => demo::run(&course, screen, &options),
        Some(Command::Trace(options)) => trace::run(screen, &options),
        Some(Command::Doctor) => Ok(doctor::run(screen)),
        Some(Command::Lab(options)) => lab::run(screen, &options),
        Some(Command::Inside(options)) => Err(inside::run(&options)),
        Some(Command::Keep) => Ok(ending::PASSED), // done before the course was looked for
        Some(Command::Skeletons(options)) => skeletons::run(&course, screen, &options),
        Some(Command::Recordings(options)) => recordings::run(&course, screen, &options),
        Some(Command::Verify(options)) => verify::run(&course, screen, &options),
        Some(Command::Flaky(options)) => flaky::run(&course, screen, &options),
    }
}

/// Reads the command line. The help tells the commands of students and of authors apart, and the
/// exit codes.
fn read_line() -> Result<Line, clap::Error> {
    let command = Line::command();
    let authors = command.get_subcommands().filter(|it| it.is_hide_set());
    let authors = authors.filter(|it| !NOT_TYPED.contains(&it.get_name()));
    let authors =
        authors.map(|it| (it.get_name().to_owned(), it.get_about().map(ToString::to_string)));
    let after = words::after_help(authors);
    Line::from_arg_matches(&command.after_help(after).try_get_matches()?)
}

/// Prints what clap has to say. Help that nobody reads is no error; help that cannot be written is.
fn said_by_clap(refused: &clap::Error) -> ExitCode {
    match refused.print() {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            diagnostic(words::error(words::stdout_failed(&error)));
            INFRASTRUCTURE.into()
        }
        _ => u8::try_from(refused.exit_code()).unwrap_or(ending::USAGE).into(),
    }
}
