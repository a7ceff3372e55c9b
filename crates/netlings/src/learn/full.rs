//! The learner's seat on a full screen: one loop, to which all that happens comes.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::Command as Process;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Instant;

use crossterm::event::Event;
use grader::Subject;
use grader::report::Look;

use crate::course::Course;
use crate::demo::script::Script;
use crate::ending::{FAILED, PASSED, Stop};
use crate::learn::command::{Mode, Spots, of_event};
use crate::learn::compiler::Place;
use crate::learn::draw::{draw, linked};
use crate::learn::editor::Editor;
use crate::learn::grading::{Grading, Job};
use crate::learn::keys::Keys;
use crate::learn::message::Said;
use crate::learn::seat::{Act, Seat, Work};
use crate::learn::terminal::Taken;
#[cfg(unix)]
use crate::learn::terminal::stop_job;
use crate::learn::watch::{Contents, Watch, contents_of};
use crate::learn::work::Whose;
use crate::screen::Screen;
use crate::stage::play::Show;
use crate::words::learn as words;
use crate::{reset, solution};

mod interrupts;

use interrupts::{Interrupts, Meant};

/// What can happen.
enum Happening {
    Event(Event),
    /// The screen is to be drawn anew.
    Redraw,
    /// The terminal is gone.
    Gone,
    Quit,
    Saved(Vec<String>),
    /// What the grading of this number said; nothing where it has ended.
    Said(u64, Box<Option<Said>>),
}

/// So many happenings may wait; whoever has more to tell waits too.
const WAITING: usize = 256;

pub(crate) fn run(course: &Course, color: bool, polls: bool) -> Result<u8, Stop> {
    let mut seat = Seat::new(course);
    let mut stage = Stage::new(course, color, polls).map_err(|error| machine(&error))?;
    let begins = stage.does(&mut seat, Act::Grade(Vec::new()));
    let played = begins.and_then(|_| stage.play(&mut seat));
    drop(stage);
    played.map_err(|error| machine(&error))?;
    Ok(PASSED)
}

fn machine(error: &io::Error) -> Stop {
    Stop::infrastructure(netkit::cause(error))
}

/// Everything outside that the seat needs.
struct Stage<'a> {
    course: &'a Course,
    color: bool,
    teller: SyncSender<Happening>,
    happenings: Receiver<Happening>,
    grading: Option<Grading>,
    /// The number of the last grading; what others say came too late.
    number: u64,
    /// What is run when it is built.
    to_run: Option<Whose>,
    /// What the student's files said when the build for that began.
    built: Contents,
    /// A grading was given up for that.
    grades_then: bool,
    spots: Spots,
    keys: Keys,
    interrupts: Interrupts,
    terminal: Taken,
    _watch: Option<Watch>,
}

impl<'a> Stage<'a> {
    fn new(course: &'a Course, color: bool, polls: bool) -> io::Result<Self> {
        let (teller, happenings) = sync_channel(WAITING);
        let saves = teller.clone();
        let watch = Watch::over(course, polls, move |lessons| {
            let _ = saves.send(Happening::Saved(lessons)); // fails where the seat is left
        });
        let interrupts = Interrupts::of(teller.clone());
        let terminal = Taken::take()?;
        let events = teller.clone();
        let keys = Keys::read(move |event| {
            let _ = events.send(match event {
                Ok(Some(event)) => Happening::Event(event),
                Ok(None) => Happening::Redraw,
                Err(_) => Happening::Gone,
            });
        })?;
        Ok(Self {
            course,
            color,
            teller,
            happenings,
            grading: None,
            number: 0,
            to_run: None,
            built: Contents::new(),
            grades_then: false,
            spots: Spots::new(),
            keys,
            interrupts,
            terminal,
            _watch: watch.ok(),
        })
    }

    /// Draws and does what comes, until the student quits.
    fn play(&mut self, seat: &mut Seat<'_>) -> io::Result<()> {
        if self._watch.is_none() {
            seat.notice = Some(words::NO_WATCH.into());
        }
        loop {
            let (color, spots) = (self.color, &mut self.spots);
            let mut link = None;
            self.terminal.draw(|frame| {
                *spots = draw(seat, frame, color);
                link = linked(seat, frame.area().as_size());
            })?;
            if let Some(link) = link {
                self.terminal.adds(&link)?;
            }
            let Ok(first) = self.happenings.recv() else { return Ok(()) };
            let mut next = Some(first);
            // What came meanwhile is drawn at once.
            while let Some(happening) = next {
                if !self.takes(seat, happening)? {
                    return Ok(());
                }
                next = self.happenings.try_recv().ok();
            }
        }
    }

    /// False where it is the end.
    fn takes(&mut self, seat: &mut Seat<'_>, happening: Happening) -> io::Result<bool> {
        if self.interrupts.have_quit() {
            return Ok(false);
        }
        let act = match happening {
            Happening::Gone | Happening::Quit => return Ok(false),
            Happening::Redraw => None,
            Happening::Saved(lessons) if self.builds_what(seat, &lessons) => {
                self.grades_then = true;
                let now = contents_of(&self.source(seat));
                self.to_run.filter(|_| now != self.built).map(Act::Run)
            }
            Happening::Saved(lessons) => seat.saved(&lessons, Instant::now()),
            Happening::Said(number, said) => {
                if number == self.number {
                    match *said {
                        Some(Said::Program { path }) => {
                            seat.hears(Said::Program { path: path.clone() });
                            return self.runs(seat, path);
                        }
                        Some(said) => seat.hears(said),
                        None => seat.grading_is_gone(),
                    }
                }
                None
            }
            Happening::Event(event) => {
                let mode = match (&seat.search, &seat.paper) {
                    (Some(_), _) => Mode::Searching,
                    (None, Some(paper)) if paper.asks.is_some() => Mode::Asked,
                    _ => Mode::Usual,
                };
                of_event(&event, mode, &self.spots).and_then(|command| seat.command(command))
            }
        };
        match act {
            Some(act) => self.does(seat, act),
            None => Ok(true),
        }
    }

    /// Does what the seat cannot. False where it is the end.
    fn does(&mut self, seat: &mut Seat<'_>, act: Act) -> io::Result<bool> {
        match act {
            Act::Quit => return Ok(false),
            Act::Grade(checks) => self.grades(seat, checks),
            Act::Edit(place) => self.edits(seat, place)?,
            Act::Solution { anyway } => {
                let options = solution::Options { lesson: seat.entry().name.clone(), anyway };
                match self.kept(|screen| solution::run(self.course, screen, &options)) {
                    Ok(text) => seat.shows(words::SOLUTION, text),
                    Err(stop) if stop.code == FAILED && !anyway => {
                        let act = Act::Solution { anyway: true };
                        seat.asks(words::ask_solution(&stop.words), act);
                    }
                    Err(stop) => seat.notice = Some(stop.words),
                }
            }
            Act::Reset => {
                let options = reset::Options { lesson: seat.entry().name.clone() };
                match self.kept(|screen| reset::run(self.course, screen, &options)) {
                    Ok(text) => seat.shows(words::RESET, text),
                    Err(stop) => seat.shows(words::RESET, stop.words),
                }
            }
            Act::Run(whose) => {
                self.built = contents_of(&self.source(seat));
                self.grades_then |= matches!(seat.work, Work::Building | Work::Grading);
                self.to_run = Some(whose);
                seat.build_begins();
                self.begins(seat, Vec::new(), Some(whose));
            }
            Act::Instead(arguments) => self.lends(&arguments)?,
            Act::Stop => self.stops()?,
        }
        Ok(true)
    }

    fn grades(&mut self, seat: &mut Seat<'_>, checks: Vec<String>) {
        (self.to_run, self.grades_then) = (None, false);
        seat.grading_begins(&checks);
        self.begins(seat, checks, None);
    }

    fn begins(&mut self, seat: &mut Seat<'_>, checks: Vec<String>, only_build: Option<Whose>) {
        self.grading = None; // the one before is ended
        self.number += 1;
        let job = Job {
            root: self.course.root.clone(),
            lesson: seat.entry().name.clone(),
            checks,
            only_build,
            colored: self.color,
        };
        let (teller, number) = (self.teller.clone(), self.number);
        let begun = Grading::begin(&job, move |said| {
            let _ = teller.send(Happening::Said(number, Box::new(said)));
        });
        match begun {
            Ok(grading) => self.grading = Some(grading),
            Err(error) => seat.hears(Said::Stopped {
                code: crate::ending::INFRASTRUCTURE,
                words: words::cannot_run("netlings", &error),
            }),
        }
    }

    /// Runs programs side by side, until the student leaves them. False where it is the end.
    fn runs(&mut self, seat: &mut Seat<'_>, program: PathBuf) -> io::Result<bool> {
        let Some(whose) = self.to_run.take() else { return Ok(true) };
        let entry = seat.entry();
        let script = match Script::load(&self.course.exercise(&entry.name)) {
            Ok(script) => script,
            Err(error) => {
                seat.shows(words::CANNOT_RUN, error.to_string());
                return Ok(true);
            }
        };
        let title = entry.lesson.as_ref().map_or("", |lesson| lesson.title.as_str());
        let src = self.source(seat);
        let is_changed = || whose == Whose::Own && contents_of(&src) != self.built;
        let show = Show {
            script: &script,
            subject: &Subject::program(program),
            title: &crate::words::demo::title(&entry.name, title),
            whose: match whose {
                Whose::Own => crate::words::stage::YOURS,
                Whose::Solutions => crate::words::stage::SOLUTIONS,
            },
            color: self.color,
            speed: None,
            is_lesson: whose == Whose::Solutions,
            is_changed: &is_changed,
            is_outdated: false.into(),
        };
        let shown = show.run(&mut self.terminal, &self.keys);
        self.interrupts.come_here(); // it took them for itself
        if let Err(stop) = shown.ended {
            seat.shows(words::CANNOT_RUN, stop.words);
        }
        if shown.is_gone || shown.is_interrupted {
            return Ok(false); // nothing begins any more
        }
        if show.is_outdated.get() {
            return self.does(seat, Act::Run(whose));
        }
        if self.grades_then {
            self.grades(seat, Vec::new());
        }
        Ok(true)
    }

    /// The student's own files.
    fn source(&self, seat: &Seat<'_>) -> PathBuf {
        self.course.exercise(&seat.entry().name).join("src")
    }

    /// Whether a program that is just built to be run is among what was saved.
    fn builds_what(&self, seat: &Seat<'_>, saved: &[String]) -> bool {
        self.to_run == Some(Whose::Own) && saved.contains(&seat.entry().name)
    }

    /// What a command prints, for the whole screen.
    fn kept(&self, command: impl FnOnce(&Screen) -> Result<u8, Stop>) -> Result<String, Stop> {
        let (width, _) = crossterm::terminal::size().unwrap_or((80, 24));
        let width = usize::from(width).saturating_sub(2).clamp(20, 100);
        let screen = Screen::kept(Look { width, color: self.color });
        command(&screen).map(|_| screen.into_text())
    }

    fn edits(&mut self, seat: &mut Seat<'_>, place: Place) -> io::Result<()> {
        let Some(editor) = Editor::of_environment() else {
            seat.link = Some(place);
            return Ok(());
        };
        let mut command = editor.command(&place);
        command.current_dir(&self.course.root);
        let ran = match editor.has_window {
            true => command.spawn().map(|mut child| {
                // Nobody waits for it, but its end is taken note of.
                std::thread::spawn(move || child.wait());
            }),
            false => self.lent_to(&mut command)?,
        };
        if let Err(error) = ran {
            seat.notice = Some(words::cannot_run(editor.name(), &error));
            seat.link = Some(place);
        }
        Ok(())
    }

    /// Runs another command of netlings in the whole terminal.
    fn lends(&mut self, arguments: &[String]) -> io::Result<()> {
        let mut command = Process::new(std::env::current_exe()?);
        command.args(arguments).current_dir(&self.course.root);
        let ran = self.lent_to(&mut command)?;
        let asks = || {
            let mut stdout = io::stdout();
            writeln!(stdout, "\n{}", words::ENTER_GOES_BACK)?;
            stdout.flush()?;
            self.interrupts.until_one_or_a_line()
        };
        self.interrupts.mean(Meant::Back);
        let asked = self.keys.pause(|| self.terminal.lent(asks));
        self.interrupts.mean(Meant::Quit);
        ran.and(asked?)
    }

    /// A program of its own has the terminal, until it ends.
    fn lent_to(&mut self, command: &mut Process) -> io::Result<io::Result<()>> {
        self.interrupts.mean(Meant::EndAll);
        let ran = self.keys.pause(|| self.terminal.lent_to(command));
        self.interrupts.mean(Meant::Quit);
        ran
    }

    /// Ctrl-Z: sleeps until the shell says `fg`.
    fn stops(&mut self) -> io::Result<()> {
        #[cfg(unix)]
        self.keys.pause(|| self.terminal.lent(stop_job))?;
        Ok(())
    }
}
