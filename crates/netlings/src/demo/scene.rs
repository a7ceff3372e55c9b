//! The programs of a demo, what stands between them, and everything that happens, in one thread.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io::BufRead;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use grader::ladder::{Place, Row, Side};
use grader::{Event, Program, Run, Subject, TcpRelay, Trouble, UdpRelay, What};
use tempfile::TempDir;

use crate::demo::script::{Act, Awaited, Kind, Script, Sign, role_of};
use crate::demo::seen::{Look, Seen};
use crate::demo::sockets::Sockets;
use crate::demo::view::View;
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

/// Of what watch prints no more is read, in bytes: as much as the engine reads of any program.
const MOST_WATCHED: usize = 1 << 20;

/// What comes to this thread.
enum Happening {
    Event(Event),
    Typed(String),
    InputEnds,
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
    programs: BTreeMap<String, Program>,
    /// What was run, without the places that the demo chose.
    commands: BTreeMap<String, String>,
    relays: BTreeMap<String, Relay>,
    /// Clients that will lose their first datagram.
    to_lose: Vec<String>,
    server: Option<SocketAddr>,
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
    pub(crate) typed: VecDeque<String>,
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
            Kind::File => Some(tempfile::tempdir().map_err(|error| {
                Problem::Machine(words::no_socket("cannot make a folder", &error))
            })?),
            _ => None,
        };
        Ok(Self {
            script,
            view,
            run: Some(Rc::new(run)),
            programs: BTreeMap::new(),
            commands: BTreeMap::new(),
            relays: BTreeMap::new(),
            to_lose: Vec::new(),
            server: None,
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
            typed: VecDeque::new(),
            input_ended: false,
            interrupted: false,
            seen: Seen::default(),
            gap: Duration::ZERO,
            last_row: Instant::now(),
            explains,
            explained: Vec::new(),
        })
    }

    /// From now on Ctrl-C ends the demo in order.
    pub(crate) fn ends_at_ctrl_c(&self) {
        let teller = self.teller.clone();
        grader::interrupt::instead(move || drop(teller.send(Happening::Interrupted)));
    }

    /// Reads what somebody types, in a thread of its own.
    pub(crate) fn reads_stdin(&self) -> Result<(), Problem> {
        let teller = self.teller.clone();
        let read = move || {
            let mut stdin = std::io::stdin().lock();
            loop {
                let mut line = Vec::new();
                let mut part = std::io::Read::take(&mut stdin, LONGEST_LINE);
                let happening = match part.read_until(b'\n', &mut line) {
                    Ok(0) | Err(_) => Happening::InputEnds,
                    Ok(_) => {
                        let line = String::from_utf8_lossy(&line);
                        Happening::Typed(line.trim_end_matches(['\n', '\r']).to_owned())
                    }
                };
                let is_end = matches!(happening, Happening::InputEnds);
                if teller.send(happening).is_err() || is_end {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name("typing".into()).spawn(read);
        thread.map(drop).map_err(|error| {
            Problem::Machine(words::no_socket("cannot read what is typed", &error))
        })
    }

    /// Takes down what runs and shows what had come before.
    pub(crate) fn end(&mut self) -> Result<(), Problem> {
        while let Ok(happening) = self.happenings.try_recv() {
            self.sort(happening);
        }
        self.gap = Duration::ZERO;
        self.handle_queue();
        self.view.end();
        self.relays.clear();
        self.programs.clear();
        // What comes from now on is of our own doing. Nobody listens, so nobody is held up.
        let (_, nothing) = sync_channel(1);
        self.happenings = nothing;
        match self.run.take().and_then(Rc::into_inner) {
            Some(run) => run.end().map_err(Problem::from),
            None => Ok(()),
        }
    }

    // Waiting.

    /// Takes in what comes until then; false when nothing came.
    pub(crate) fn receive(&mut self, until: Instant) -> bool {
        let left = until.saturating_duration_since(Instant::now());
        match self.happenings.recv_timeout(left) {
            Ok(happening) => {
                self.sort(happening);
                true
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => false,
        }
    }

    fn sort(&mut self, happening: Happening) {
        match happening {
            Happening::Event(event) => self.queue.push_back(event),
            Happening::Typed(line) => self.typed.push_back(line),
            Happening::InputEnds => self.input_ended = true,
            Happening::Interrupted => self.interrupted = true,
        }
    }

    /// Shows what has come.
    pub(crate) fn handle_queue(&mut self) {
        while let Some(event) = self.queue.pop_front() {
            self.take(event);
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
            // Who was started for one line ends by itself, perhaps after a sleep.
            let rests = |(name, program): (&String, &Program)| {
                program.has_ended() || (self.per_line(name).is_none() && program.asleep())
            };
            let all_rest = || self.programs.iter().all(rests);
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

    // Doing.

    /// A name for one more of a role: `client`, or `client 2` while that one runs.
    pub(crate) fn free_name(&self, role: &str) -> String {
        let names = (1..).map(|number| match number {
            1 => role.to_owned(),
            _ => format!("{role} {number}"),
        });
        let mut free = names.filter(|name| !self.runs(name));
        free.next().expect("numbers do not run out")
    }

    fn runs(&self, name: &str) -> bool {
        self.programs.get(name).is_some_and(|program| !program.has_ended())
    }

    fn program(&self, name: &str) -> Result<&Program, Problem> {
        let running: Vec<&str> =
            self.programs.keys().map(String::as_str).filter(|name| self.runs(name)).collect();
        match self.programs.get(name).filter(|_| running.contains(&name)) {
            Some(program) => Ok(program),
            None => Err(Problem::Words(words::not_running(name, &running))),
        }
    }

    /// Does what a step or somebody at the keyboard wants.
    pub(crate) fn perform(&mut self, act: &Act) -> Result<(), Problem> {
        match act {
            Act::Say(words) => {
                self.show(Row::told(words));
                Ok(())
            }
            Act::Wait(awaited) => self.wait(awaited),
            Act::Start { name, args, env } => self.start(name, args.as_deref(), env),
            Act::Type { into, line } => self.type_line(into, line),
            Act::End(name) => {
                self.program(name)?.close_stdin();
                Ok(())
            }
            Act::Kill(name) => Ok(self.program(name)?.kill()?),
            Act::Reset(name) => self.reset(name),
            Act::Lose(name) => self.lose(name),
            Act::Listen(_)
            | Act::Connect(_)
            | Act::Accept(_)
            | Act::HalfClose(_)
            | Act::Close(_) => self.drive_socket(act),
        }
    }

    fn start(
        &mut self,
        name: &str,
        args: Option<&[String]>,
        env: &BTreeMap<String, String>,
    ) -> Result<(), Problem> {
        if self.runs(name) {
            return Err(Problem::Words(words::runs_already(name)));
        }
        let role = role_of(name);
        let usual = self.script.role(role).args;
        let args = args.unwrap_or(&usual).to_vec();
        self.seen.forget(name);
        let words = args.iter().map(|word| grader::quoted_word(word).into_owned());
        let command: Vec<String> = std::iter::once(role.to_owned()).chain(words).collect();
        self.commands.insert(name.into(), command.join(" "));
        let run = Rc::clone(self.run.as_ref().ok_or(Problem::Interrupted)?);
        let run = &*run;
        let mut start = run.program(role).called(name);
        for (variable, value) in env {
            start = start.env(variable, value);
        }
        let program = match (self.script.kind, role) {
            (Kind::Tcp | Kind::Udp, "server") => {
                let server = start.args(args).listen()?;
                self.server = Some(server.addr());
                server.into_program()
            }
            (Kind::Tcp | Kind::Udp, _) => {
                let addr = match self.server.filter(|_| self.runs("server")) {
                    Some(to) => self.relay(name, run, to)?,
                    None => nobody_there(self.script.kind)?,
                };
                start.args(args).addr(addr).start()?
            }
            (Kind::File, _) => {
                let folder = self.folder.as_ref().expect("this kind has one");
                start.args(args).arg("--file").arg(folder.path().join("mailbox")).start()?
            }
            (Kind::Sockets, _) => {
                let Some(addr) = self.sockets.addr() else {
                    return Err(Problem::Words(words::WATCH_NEEDS_LISTENER.into()));
                };
                (self.watched, self.watch_printed) = (0, 0);
                start.args(args).addr(addr).arg("--for").arg("3600").start()?
            }
        };
        self.programs.insert(name.into(), program);
        Ok(())
    }

    fn type_line(&mut self, into: &str, line: &str) -> Result<(), Problem> {
        if self.script.kind == Kind::Sockets {
            let is_client = self.socket_named(into)?;
            let place = if is_client { Place::ToRight } else { Place::ToLeft };
            let data = format!("{} {}", grader::quoted(line.as_bytes()), line.len());
            self.show_now(place, &format!("{data} B"));
            let sent = self.sockets.send(is_client, line.as_bytes());
            return self.done_with_socket(sent, "cannot send");
        }
        let role = self.script.role(role_of(into));
        if role.reads_nothing {
            return Err(Problem::Words(words::reads_nothing(role_of(into))));
        }
        // A `send -` that runs reads its message from its input.
        let reads_it = self.script.kind == Kind::File && self.runs(into);
        let Some(per_line) = self.per_line(into).filter(|_| !reads_it) else {
            self.program(into)?.type_line(line);
            return Ok(());
        };
        let args: Vec<String> = per_line.iter().map(|word| word.replace("{line}", line)).collect();
        let name = if self.runs(into) { self.free_name(role_of(into)) } else { into.to_owned() };
        self.start(&name, Some(&args), &BTreeMap::new())
    }

    /// With what a line typed to `name` starts its role, if it does.
    fn per_line(&self, name: &str) -> Option<Vec<String>> {
        let role = role_of(name);
        let is_send = self.script.kind == Kind::File && role == "send";
        self.script.role(role).per_line.or_else(|| is_send.then(|| vec!["{line}".into()]))
    }

    fn reset(&mut self, name: &str) -> Result<(), Problem> {
        let is_server = role_of(name) == "server";
        let relays = self.relays.iter().filter(|(client, _)| is_server || *client == name);
        let broken: usize = relays
            .map(|(_, relay)| match relay {
                Relay::Tcp(relay) => relay.reset(),
                Relay::Udp(_) => 0,
            })
            .sum();
        if broken == 0 {
            return Err(Problem::Words(words::NO_CONNECTION.into()));
        }
        self.show_now(Place::Between, words::WIRE_BREAKS);
        Ok(())
    }

    /// The next datagram of a client, or of the server to whichever client, gets lost; also where
    /// the client that it concerns is still to be started.
    fn lose(&mut self, name: &str) -> Result<(), Problem> {
        let is_server = role_of(name) == "server";
        let concerned = |client: &String| (is_server || client == name) && self.runs(client);
        match self.relays.iter().find(|(client, _)| concerned(client)) {
            Some((_, Relay::Udp(relay))) if is_server => relay.lose_reply(),
            Some((_, Relay::Udp(relay))) => relay.lose(),
            _ => self.to_lose.push(name.into()),
        }
        Ok(())
    }

    /// A relay for a client that starts now.
    fn relay(&mut self, name: &str, run: &Run, to: SocketAddr) -> Result<SocketAddr, Problem> {
        let (relay, addr) = if self.script.kind == Kind::Tcp {
            let relay = run.tcp_relay(name, "server", to)?;
            let addr = relay.addr();
            (Relay::Tcp(relay), addr)
        } else {
            let relay = run.udp_relay(name, "server", to)?;
            self.to_lose.retain(|loser| {
                match loser.as_str() {
                    "server" => relay.lose_reply(),
                    client if client == name => relay.lose(),
                    _ => return true,
                }
                false
            });
            let addr = relay.addr();
            (Relay::Udp(relay), addr)
        };
        self.relays.insert(name.into(), relay);
        Ok(addr)
    }

    // Sockets of our own.

    fn socket_named(&self, name: &str) -> Result<bool, Problem> {
        let is_client = match name {
            "client" => true,
            "server" => false,
            _ => return Err(Problem::Words(words::not_from_here(name))),
        };
        match self.sockets.has(is_client) {
            true => Ok(is_client),
            false => Err(Problem::Words(words::has_no_connection(name))),
        }
    }

    fn drive_socket(&mut self, act: &Act) -> Result<(), Problem> {
        match act {
            Act::Listen(name) if name == "server" => {
                let listened = self.sockets.listen();
                let label = match &listened {
                    Ok(addr) => format!("listen on {addr}"),
                    Err(_) => "listen".into(),
                };
                self.show_now(Place::AtRight, &label);
                self.done_with_socket(listened.map(drop), "cannot listen")
            }
            Act::Connect(name) if name == "client" => {
                if self.sockets.addr().is_none() {
                    return Err(Problem::Words(words::CONNECT_NEEDS_LISTENER.into()));
                }
                self.show_now(Place::ToRight, "connect");
                let connected = self.sockets.connect();
                self.done_with_socket(connected, "cannot connect")
            }
            Act::Accept(name) if name == "server" => match self.sockets.accept() {
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    Err(Problem::Words(words::ACCEPT_NEEDS_CALL.into()))
                }
                accepted => {
                    self.show_now(Place::AtRight, "accept");
                    self.done_with_socket(accepted, "cannot accept")
                }
            },
            Act::HalfClose(name) => {
                let is_client = self.socket_named(name)?;
                let place = if is_client { Place::ToRight } else { Place::ToLeft };
                self.show_now(place, "half-close");
                let closed = self.sockets.half_close(is_client);
                self.done_with_socket(closed, "cannot half-close")
            }
            Act::Close(name) => {
                let is_client = self.socket_named(name)?;
                let place = if is_client { Place::ToRight } else { Place::ToLeft };
                self.show_now(place, "close");
                let closed = self.sockets.close(is_client);
                self.done_with_socket(closed, "cannot close")
            }
            _ => Err(Problem::Words(words::CLIENT_LISTENS_NOT.into())),
        }
    }

    fn done_with_socket(&self, done: std::io::Result<()>, what: &str) -> Result<(), Problem> {
        done.map_err(|error| Problem::Machine(words::no_socket(what, &error)))
    }

    // Showing.

    fn show_now(&mut self, place: Place, label: &str) {
        let at = (place != Place::Between).then(|| self.began.elapsed());
        self.show(Row::at(at, place, label));
    }

    /// Shows a row when the one before has stood for a moment.
    fn show(&mut self, row: Row) {
        self.keep_the_gap();
        self.view.row(row);
        self.last_row = Instant::now();
    }

    fn keep_the_gap(&mut self) {
        let next = self.last_row + self.gap;
        // Where much has come already, nobody can follow anyway.
        while Instant::now() < next && self.queue.len() < 12 && !self.interrupted {
            self.receive(next);
        }
    }

    fn take(&mut self, mut event: Event) {
        if event.what == What::Exit && self.comes_before_its_last_words(&event) {
            return;
        }
        self.seen.take(&event);
        if event.what == What::Stdout && event.program == "watch" {
            self.states(event.bytes);
            return;
        }
        match event.what {
            What::Run => {
                let command = self.commands.get(&event.program);
                event.text = command.cloned().unwrap_or_default();
            }
            What::TakenDown => event.text = words::KILLED.into(),
            _ => {}
        }
        let [left, right] = self.script.kind.sides();
        let actor = if event.peer.is_empty() { &event.program } else { &event.peer };
        let called = if [left, right].contains(&actor.as_str()) { "" } else { actor.as_str() };
        let called = called.to_owned();
        let side = if role_of(&event.program) == left { Side::Left } else { Side::Right };
        let mut row = Row::of(&event, side, &called);
        row.whole |= event.what == What::Stderr;
        let can_crowd = matches!(
            event.what,
            What::Stdin
                | What::Stdout
                | What::Stderr
                | What::Sent
                | What::Received
                | What::SentDatagram
                | What::ReceivedDatagram
        );
        if can_crowd {
            self.keep_the_gap();
            self.view.row_or_crowd(row, &called, event.bytes);
            self.last_row = Instant::now();
        } else {
            self.show(row);
        }
        if self.explains {
            self.explain(&event);
        }
        if matches!(event.what, What::Exit | What::Stdout) {
            self.look_into_folder();
        }
    }

    /// Whether a program's exit is known before the last that it printed; then it is put behind it.
    fn comes_before_its_last_words(&mut self, exit: &Event) -> bool {
        if let Some(program) = self.programs.get(&exit.program) {
            // Its streams have ended when this comes back, or something holds them open.
            let _ = program.wait_exit();
        }
        while let Ok(happening) = self.happenings.try_recv() {
            self.sort(happening);
        }
        let is_of_it = |event: &Event| {
            event.program == exit.program && matches!(event.what, What::Stdout | What::Stderr)
        };
        let Some(last) = self.queue.iter().rposition(is_of_it) else { return false };
        let mut exit = exit.clone();
        exit.at = exit.at.max(self.queue[last].at);
        self.queue.insert(last + 1, exit);
        true
    }

    /// Explains the first event of its kind.
    fn explain(&mut self, event: &Event) {
        let is_second = event.what == What::End && event.text == "close";
        let what = if event.what == What::End { What::HalfClose } else { event.what };
        let is_stream = self.script.kind == Kind::Tcp;
        let Some(words) = words::narration(what, is_second, is_stream) else { return };
        if !self.explained.contains(&words) {
            self.explained.push(words);
            self.show(Row::told(words));
        }
    }

    /// Shows the states that watch has printed, each at the lifeline of the socket that is in it.
    /// So many bytes are new.
    fn states(&mut self, bytes: u64) {
        let Some(watch) = self.programs.get("watch") else { return };
        self.watch_printed += usize::try_from(bytes).unwrap_or(MOST_WATCHED);
        let mut printed = watch.stdout();
        while printed.len() < self.watch_printed.min(MOST_WATCHED) {
            thread::yield_now(); // an event is told just before its bytes are there
            printed = watch.stdout();
        }
        let new = &printed[self.watched.min(printed.len())..];
        let Some(end) = new.iter().rposition(|byte| *byte == b'\n') else { return };
        let text = String::from_utf8_lossy(&new[..end]).into_owned();
        self.watched += end + 1;
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [local, remote, state] = words[..] else { continue };
            let Some(is_client) = self.sockets.is_clients(local, remote) else { continue };
            let key = (local.to_owned(), remote.to_owned());
            if self.states.insert(key, state.into()).as_deref() == Some(state) {
                continue;
            }
            let state = netkit::visible(state.as_bytes());
            let [left, right] = self.script.kind.sides();
            self.seen.note(if is_client { left } else { right }, Sign::Is, &state);
            let place = if is_client { Place::AtLeft } else { Place::AtRight };
            self.show_now(place, &state);
        }
    }

    /// Tells what the folder holds, when that is new.
    fn look_into_folder(&mut self) {
        let Some(folder) = &self.folder else { return };
        let mut files: Vec<String> = Vec::new();
        for entry in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            // Fails for a file that is gone again, as one is that is written and renamed.
            let Ok(content) = fs::read(entry.path()) else { continue };
            let name = netkit::visible(entry.file_name().to_string_lossy().as_bytes());
            let start = grader::quoted_start(&content, 24);
            files.push(format!("{name} {start} {}", grader::size(content.len() as u64)));
        }
        files.sort();
        let held = match &files[..] {
            [] => words::FOLDER_EMPTY.to_owned(),
            _ => words::folder_holds(&files.join(", ")),
        };
        if held != self.folder_held {
            self.folder_held.clone_from(&held);
            self.show(Row::at(None, Place::Between, held));
        }
    }
}

/// An address where nobody answers, for a client whose server is gone.
fn nobody_there(kind: Kind) -> Result<SocketAddr, Problem> {
    let any = (Ipv4Addr::LOCALHOST, 0);
    let addr = match kind {
        Kind::Tcp => TcpListener::bind(any).and_then(|it| it.local_addr()),
        _ => UdpSocket::bind(any).and_then(|it| it.local_addr()),
    };
    addr.map_err(|error| Problem::Machine(words::no_socket("cannot find a free port", &error)))
}
