//! The programs of a demo, what stands between them, and everything that happens, in one thread.

mod acts;
mod rows;

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufRead, Read};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::Event as Input;
use grader::{Event, Run, Subject, TcpRelay, Trouble, UdpRelay};
use tempfile::TempDir;

use crate::demo::keyboard::{Key, Keys, Line, NoEcho, Pressed};
use crate::demo::programs::Programs;
use crate::demo::script::{Awaited, Kind, Script};
use crate::demo::seen::{Look, Seen};
use crate::demo::sockets::Sockets;
use crate::demo::view::View;
use crate::stage::{Stage, Wish};
use crate::words::demo as words;

/// So much can be on its way to this thread; who tells more waits.
const ON_THE_WAY: usize = 1024;
/// How long an awaited event may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// It has become quiet when nothing happens for so long while every program sleeps.
const QUIET: Duration = Duration::from_millis(150);
/// It is taken for quiet after so long in any case.
const NEVER_QUIET: Duration = Duration::from_secs(3);
/// The longest line that is typed, in bytes; what is longer is typed in parts.
const LONGEST_LINE: u64 = 64 * 1024;

/// What comes to this thread.
enum Happening {
    Event(Event),
    Key(Key),
    Typed(String),
    InputEnds,
    /// On the stage: what its terminal sends.
    Heard(io::Result<Option<Input>>),
    Interrupted,
}

/// Why something was not done.
pub(crate) enum Problem {
    /// It cannot be done, or did not come, in words.
    Words(String),
    /// The machine is in the way.
    Machine(String),
    /// Somebody typed Ctrl-C.
    Interrupted,
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Failed(failure) => match &failure.got {
                Some(got) => Problem::Words(format!("{}: {got}", failure.message)),
                None => Problem::Words(failure.message),
            },
            Trouble::Machine(words) | Trouble::Skipped(words) => Problem::Machine(words),
        }
    }
}

enum Relay {
    Tcp(TcpRelay),
    Udp(UdpRelay),
}

pub(crate) struct Scene<'a> {
    script: &'a Script,
    pub(crate) view: View<'a>,
    /// None once it has ended.
    run: Option<Rc<Run>>,
    pub(crate) programs: Programs,
    /// How much of what each has printed was read for the stage, on stdout and on stderr.
    read: BTreeMap<String, [usize; 2]>,
    /// What each was started with.
    pub(crate) args: BTreeMap<String, Vec<String>>,
    /// What was run, without the places that the demo chose.
    commands: BTreeMap<String, String>,
    relays: BTreeMap<String, Relay>,
    /// Clients that will lose their first datagram.
    to_lose: Vec<String>,
    /// Where the server is, or was.
    server: Option<SocketAddr>,
    /// Where each client was told that the server is.
    called_at: BTreeMap<String, SocketAddr>,
    sockets: Sockets,
    /// Where the mailbox is, for a demo of kind `file`.
    folder: Option<TempDir>,
    folder_held: String,
    /// How much of what watch prints has been read.
    watched: usize,
    /// How much it has printed.
    watch_printed: usize,
    states: BTreeMap<(String, String), String>,
    began: Instant,
    happenings: Receiver<Happening>,
    teller: SyncSender<Happening>,
    queue: VecDeque<Event>,
    /// The line that is being typed.
    line: Line,
    no_echo: Option<NoEcho>,
    pub(crate) typed: VecDeque<String>,
    /// What somebody wants on the stage.
    pub(crate) wishes: VecDeque<Wish>,
    pub(crate) input_ended: bool,
    pub(crate) interrupted: bool,
    seen: Seen,
    /// Between two rows, so that an eye can follow.
    pub(crate) gap: Duration,
    last_row: Instant,
    /// Whether events are explained when the first of a kind comes.
    explains: bool,
    explained: Vec<&'static str>,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(
        script: &'a Script,
        subject: &Subject,
        view: View<'a>,
        explains: bool,
    ) -> Result<Self, Problem> {
        let (teller, happenings) = sync_channel(ON_THE_WAY);
        let events = teller.clone();
        // Fails when the scene has ended: nobody wants to know any more.
        let run = Run::followed(subject, move |event| drop(events.send(Happening::Event(event))));
        let folder = match script.kind {
            Kind::File => {
                Some(tempfile::Builder::new().prefix("demo-").tempdir().map_err(|error| {
                    Problem::Machine(words::no_socket("cannot make a folder", &error))
                })?)
            }
            _ => None,
        };
        Ok(Self {
            script,
            view,
            run: Some(Rc::new(run)),
            programs: Programs::default(),
            read: BTreeMap::new(),
            args: BTreeMap::new(),
            commands: BTreeMap::new(),
            relays: BTreeMap::new(),
            to_lose: Vec::new(),
            server: None,
            called_at: BTreeMap::new(),
            sockets: Sockets::default(),
            folder,
            folder_held: String::new(),
            watched: 0,
            watch_printed: 0,
            states: BTreeMap::new(),
            began: Instant::now(),
            happenings,
            teller,
            queue: VecDeque::new(),
            line: Line::default(),
            no_echo: None,
            typed: VecDeque::new(),
            wishes: VecDeque::new(),
            input_ended: false,
            interrupted: false,
            seen: Seen::default(),
            gap: Duration::ZERO,
            last_row: Instant::now(),
            explains,
            explained: Vec::new(),
        })
    }

    /// From now on Ctrl-C, as a signal, ends the demo in order; gives whether one has come.
    pub(crate) fn ends_at_an_interrupt(&self) -> Arc<AtomicBool> {
        let (teller, has_come) = (self.teller.clone(), Arc::<AtomicBool>::default());
        let noted = Arc::clone(&has_come);
        grader::interrupt::instead(move || {
            noted.store(true, Ordering::SeqCst);
            drop(teller.send(Happening::Interrupted));
        });
        has_come
    }

    /// Tells this scene what the stage's terminal sends.
    pub(crate) fn ear(&self) -> impl Fn(io::Result<Option<Input>>) + Send + Sync + 'static {
        let teller = self.teller.clone();
        move |heard| drop(teller.send(Happening::Heard(heard))) // fails when the scene has ended
    }

    /// Reads what somebody types, in a thread of its own: letter by letter at a terminal that can,
    /// otherwise line by line.
    pub(crate) fn reads_stdin(&mut self) -> Result<(), Problem> {
        self.no_echo = self.view.is_terminal().then(|| NoEcho::on_stdin(|| {})).flatten();
        let (teller, by_letter) = (self.teller.clone(), self.no_echo.is_some());
        let read = move || {
            let mut stdin = io::stdin().lock();
            // The teller fails when the demo is over.
            let over = match by_letter {
                true => Keys::of(stdin).any(|key| teller.send(Happening::Key(key)).is_err()),
                false => std::iter::from_fn(|| next_line(&mut stdin))
                    .any(|line| teller.send(Happening::Typed(line)).is_err()),
            };
            if !over {
                let _ = teller.send(Happening::InputEnds);
            }
        };
        let thread = thread::Builder::new().name("typing".into()).spawn(read);
        thread.map(drop).map_err(|error| {
            Problem::Machine(words::no_socket("cannot read what is typed", &error))
        })
    }

    /// Shows where a line goes that is typed now.
    pub(crate) fn prompt(&mut self, words: &str) {
        self.view.prompt(words, &self.line.text);
    }

    /// Takes down what runs and shows what had come before.
    pub(crate) fn end(&mut self) -> Result<(), Problem> {
        self.receive_all();
        self.gap = Duration::ZERO;
        self.handle_queue();
        self.view.end();
        self.no_echo = None;
        // What comes from now on is of our own doing. Nobody listens, so nobody is held up.
        let (_, nothing) = sync_channel(1);
        self.happenings = nothing;
        self.relays.clear();
        self.programs = Programs::default();
        match self.run.take().and_then(Rc::into_inner) {
            Some(run) => run.end().map_err(Problem::from),
            None => Ok(()),
        }
    }

    // Waiting.

    /// Takes in what comes until then; false when nothing came.
    pub(crate) fn receive(&mut self, until: Instant) -> bool {
        loop {
            // On the stage there may be something to draw meanwhile.
            let stage = self.view.stage.as_ref();
            let draws_at = stage.and_then(|stage| stage.draws_at()).filter(|at| *at < until);
            let left = draws_at.unwrap_or(until).saturating_duration_since(Instant::now());
            match self.happenings.recv_timeout(left) {
                Ok(happening) => {
                    self.sort(happening);
                    self.draws(|stage| stage.draw_if_due());
                    return true;
                }
                Err(RecvTimeoutError::Timeout) if draws_at.is_some() => {
                    self.draws(|stage| stage.draw());
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    fn draws(&mut self, draw: impl FnOnce(&mut Stage<'_>)) {
        if let Some(stage) = &mut self.view.stage {
            draw(stage);
            self.interrupted |= stage.is_gone();
        }
    }

    /// Takes in what has come already.
    fn receive_all(&mut self) {
        for _ in 0..ON_THE_WAY {
            let Ok(happening) = self.happenings.try_recv() else { return };
            self.sort(happening);
        }
    }

    fn sort(&mut self, happening: Happening) {
        match happening {
            Happening::Event(event) => self.queue.push_back(event),
            Happening::Key(key) => match self.line.press(key) {
                Pressed::Changed => self.view.typing(&self.line.text),
                Pressed::Entered(line) => {
                    self.view.typed();
                    self.typed.push_back(line);
                }
                Pressed::End => self.input_ended = true,
            },
            Happening::Typed(line) => self.typed.push_back(line),
            Happening::InputEnds => self.input_ended = true,
            Happening::Interrupted => self.interrupted = true,
            Happening::Heard(heard) => {
                let stage = self.view.stage.as_mut();
                match stage.and_then(|stage| stage.hears(&heard)) {
                    Some(Wish::Leave) => self.interrupted = true,
                    Some(Wish::GoOn) => self.typed.push_back(String::new()),
                    Some(wish) => self.wishes.push_back(wish),
                    None => {}
                }
            }
        }
    }

    /// Shows what has come.
    pub(crate) fn handle_queue(&mut self) {
        while let Some(event) = self.queue.pop_front() {
            self.take(event);
            self.draws(|stage| stage.draw_if_due());
            if self.interrupted {
                self.gap = Duration::ZERO;
            }
        }
    }

    /// Shows what comes for so long; a typed line ends it early.
    pub(crate) fn pause(&mut self, time: Duration) {
        let until = Instant::now() + time;
        loop {
            self.handle_queue();
            if self.interrupted || self.typed.pop_front().is_some() || !self.receive(until) {
                break;
            }
        }
        self.quiet_moment();
    }

    /// Shows what comes until nothing more does.
    pub(crate) fn settle(&mut self) {
        let late = Instant::now() + NEVER_QUIET;
        loop {
            self.handle_queue();
            let came = self.receive(Instant::now() + QUIET);
            let all_rest = || self.programs.rest(|name| self.per_line(name).is_some());
            if self.interrupted || Instant::now() > late || (!came && all_rest()) {
                break;
            }
        }
        self.handle_queue();
        self.quiet_moment();
    }

    /// When nothing comes for the moment, what was put off is shown.
    pub(crate) fn quiet_moment(&mut self) {
        self.view.settle_crowd();
        self.look_into_folder();
    }

    /// Waits for something to be seen.
    pub(crate) fn wait(&mut self, awaited: &Awaited) -> Result<(), Problem> {
        let late = Instant::now() + PATIENCE;
        loop {
            self.handle_queue();
            match self.seen.look(awaited) {
                Look::Yes => return Ok(()),
                Look::Otherwise(how) => {
                    let code = awaited.code.unwrap_or_default();
                    return Err(Problem::Words(words::exited_otherwise(&awaited.who, &how, code)));
                }
                Look::NotYet => {}
            }
            if self.interrupted {
                return Err(Problem::Interrupted);
            }
            if !self.receive(late) && Instant::now() >= late {
                let what = words::sign(awaited.sign, awaited.text.as_deref());
                let seconds = PATIENCE.as_secs();
                return Err(Problem::Words(words::did_not_come(&awaited.who, &what, seconds)));
            }
        }
    }
}

/// The next line of an input that is no terminal, or of a terminal that hands over lines.
fn next_line(stdin: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    let count = stdin.take(LONGEST_LINE).read_until(b'\n', &mut line).ok()?;
    let line = String::from_utf8_lossy(&line);
    (count > 0).then(|| line.trim_end_matches(['\n', '\r']).to_owned())
}
