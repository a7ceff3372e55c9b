//! A program under test: starting it, typing into it, reading what it prints, its end.

use std::ffi::OsString;
use std::io::{PipeWriter, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::escape;
use crate::finished::Finished;
use crate::guard::{Exit, Guarded, Launch, Life, StartError};
use crate::locked::locked;
use crate::output::Output;
use crate::record::What;
use crate::stage::Stage;
use crate::subject::Subject;
use crate::tcp::TcpPeer;
use crate::udp::UdpPeer;
use crate::verdict::{Cause, Failure, Trouble, Verdict};

/// How long a program may take to start and announce its address.
const START: Duration = Duration::from_secs(5);
/// How long a program may take to end when it should.
const END: Duration = Duration::from_secs(5);
/// The most that is read of each of a program's two output streams, unless the check asks for more.
const OUTPUT_LIMIT: usize = 1 << 20;

/// How to start a program; made by [`Run::program`](crate::Run::program).
#[must_use = "nothing runs before start, listen or finish"]
pub struct Start<'a> {
    pub(crate) stage: &'a Arc<Stage>,
    pub(crate) subject: &'a Subject,
    pub(crate) role: String,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    output_limit: usize,
    file_size_limit: Option<u64>,
    addressed: bool,
}

impl<'a> Start<'a> {
    pub(crate) fn new(stage: &'a Arc<Stage>, subject: &'a Subject, role: &str) -> Self {
        Start {
            stage,
            subject,
            role: role.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            output_limit: OUTPUT_LIMIT,
            file_size_limit: None,
            addressed: false,
        }
    }

    /// Adds `--addr`.
    pub fn addr(mut self, addr: SocketAddr) -> Self {
        self.addressed = true;
        self.arg("--addr").arg(addr.to_string())
    }

    /// Adds one argument.
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of the program's environment.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// How many bytes of each output stream are read; 1 MiB unless this is called. A program that
    /// prints more finds the pipe full.
    pub fn output_limit(mut self, bytes: usize) -> Self {
        self.output_limit = bytes;
        self
    }

    /// The most bytes a file that the program writes may have; a write beyond it fails or ends the
    /// program (setrlimit(2), RLIMIT_FSIZE). Linux only.
    pub fn file_size_limit(mut self, bytes: u64) -> Self {
        self.file_size_limit = Some(bytes);
        self
    }

    /// Runs it. Its stdin stays open until [`Program::close_stdin`].
    ///
    /// # Errors
    /// The command cannot be run, which is the machine's trouble, not the program's.
    pub fn start(self) -> Verdict<Program> {
        let mut arguments = self.subject.own_arguments().to_vec();
        arguments.push(self.role.clone().into());
        arguments.extend(self.arguments);
        let words: Vec<_> =
            arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let command = words[self.subject.own_arguments().len()..].join(" ");
        let name = self.stage.name(&format!("your {}", self.role));
        let launch = Launch {
            program: self.subject.program_word(),
            arguments,
            environment: self.environment,
            file_size_limit: self.file_size_limit,
        };
        let process = Process::start(self.stage, &launch, name, &command, self.output_limit)?;
        let process = Arc::new(process);
        locked(&self.stage.processes).push(Arc::clone(&process));
        Ok(Program { stage: Arc::clone(self.stage), process })
    }

    /// Runs it as a server, on a free port unless [`Start::addr`] was called, and waits until it
    /// announces its address.
    ///
    /// # Errors
    /// The program's first line is not `listening on IP:PORT`, or does not come.
    pub fn listen(self) -> Verdict<Server> {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let start = if self.addressed { self } else { self.addr(free) };
        let program = start.start()?;
        let addr = program.announced_address()?;
        Ok(Server { program, addr })
    }

    /// Runs it with nothing on its stdin and waits for its end.
    ///
    /// # Errors
    /// It does not end within 5 s.
    pub fn finish(self) -> Verdict<Finished> {
        let program = self.start()?;
        program.close_stdin();
        program.finished()
    }
}

/// A process under guard, with its streams.
pub(crate) struct Process {
    pub(crate) name: String,
    life: Arc<Life>,
    guarded: Mutex<Guarded>,
    root: u32,
    stdin: Mutex<Option<mpsc::Sender<Vec<u8>>>>,
    pub(crate) stdout: Arc<Output>,
    pub(crate) stderr: Arc<Output>,
}

impl Process {
    fn start(
        stage: &Arc<Stage>,
        launch: &Launch<'_>,
        name: String,
        command: &str,
        output_limit: usize,
    ) -> Verdict<Self> {
        let recorder = |what: What| {
            let (recorder, name) = (stage.recorder.clone(), name.clone());
            move |bytes: &[u8]| recorder.bytes("", &name, what, bytes)
        };
        stage.recorder.words("", &name, What::Run, command);
        let (exits, exit_name) = (stage.recorder.clone(), name.clone());
        let on_exit = move |exit: Exit| {
            exits.words("", &exit_name, What::Exit, &exit.to_string());
        };
        let (guarded, pipes) = Guarded::start(launch, on_exit).map_err(|error| match error {
            StartError::Machine(error) => Trouble::machine("cannot start a program", &error),
            StartError::Command(error) => {
                let word = launch.program.to_string_lossy();
                Trouble::machine(&format!("cannot run `{word}`"), &error)
            }
        })?;
        let machine = |error| Trouble::machine("cannot follow a program", &error);
        let stdin = type_from_queue(pipes.stdin, recorder(What::Stdin)).map_err(machine)?;
        Ok(Process {
            life: Arc::clone(guarded.life()),
            root: guarded.root(),
            guarded: Mutex::new(guarded),
            stdin: Mutex::new(Some(stdin)),
            stdout: Output::follow(pipes.stdout, output_limit, recorder(What::Stdout))
                .map_err(machine)?,
            stderr: Output::follow(pipes.stderr, output_limit, recorder(What::Stderr))
                .map_err(machine)?,
            name,
        })
    }

    /// Kills it with all it started; afterwards its streams have ended.
    pub(crate) fn take_down(&self) -> Verdict {
        let down = locked(&self.guarded).take_down();
        down.map_err(|error| Trouble::machine("cannot end a program under test", &error))?;
        // Whoever could write is gone, so the end is there; it only needs to be read.
        let soon = Instant::now() + Duration::from_secs(1);
        self.stdout.wait_for_end(soon);
        self.stderr.wait_for_end(soon);
        Ok(())
    }

    /// How it ended, if it has.
    pub(crate) fn exit(&self) -> Option<Exit> {
        self.life.exit(Instant::now())
    }

    /// Whether every thread of it and of all it started sleeps. `None` where the system can't tell.
    pub(crate) fn asleep(&self) -> Option<bool> {
        #[cfg(target_os = "linux")]
        return crate::process_tree::all_asleep_below(self.root).ok();
        #[cfg(not(target_os = "linux"))]
        return None;
    }
}

/// Writes what is queued to a program's stdin, in a thread of its own, so that typing never blocks
/// a check. The stdin ends when the queue does.
fn type_from_queue(
    mut pipe: PipeWriter,
    record: impl Fn(&[u8]) + Send + 'static,
) -> std::io::Result<mpsc::Sender<Vec<u8>>> {
    let (sender, queue) = mpsc::channel::<Vec<u8>>();
    thread::Builder::new().name("stdin".into()).spawn(move || {
        for bytes in queue {
            record(&bytes);
            // A program that reads no stdin is free to; what it should have done shows elsewhere.
            if pipe.write_all(&bytes).is_err() {
                break;
            }
        }
    })?;
    Ok(sender)
}

/// A running program under test.
pub struct Program {
    pub(crate) stage: Arc<Stage>,
    pub(crate) process: Arc<Process>,
}

impl Program {
    /// Types `bytes`. They are queued; this never blocks.
    pub fn write_stdin(&self, bytes: &[u8]) {
        if let Some(queue) = &*locked(&self.process.stdin) {
            // Fails when the program has closed its stdin, which it may.
            let _ = queue.send(bytes.to_vec());
        }
    }

    /// Types a line.
    pub fn type_line(&self, line: &str) {
        self.write_stdin(format!("{line}\n").as_bytes());
    }

    /// Ends the program's stdin after what is queued.
    pub fn close_stdin(&self) {
        if locked(&self.process.stdin).take().is_some() {
            self.stage.recorder.words("", &self.process.name, What::StdinClosed, "");
        }
    }

    /// The next line on stdout, without its end and without leading prompts.
    ///
    /// # Errors
    /// None comes.
    pub fn next_line(&self) -> Verdict<String> {
        let line = self.line_of(&self.process.stdout, "stdout", self.stage.late())?;
        Ok(line.trim_start_matches(">>> ").to_owned())
    }

    /// The next line on stderr, without its end.
    ///
    /// # Errors
    /// None comes.
    pub fn next_stderr_line(&self) -> Verdict<String> {
        self.line_of(&self.process.stderr, "stderr", self.stage.late())
    }

    /// Checks that the next line on stdout is `expected`.
    ///
    /// # Errors
    /// Another one comes, or none.
    pub fn expect_line(&self, expected: &str) -> Verdict {
        let line = match self.next_line() {
            Err(Trouble::Failed(failure)) if failure.expected.is_none() => {
                return Err(failure.expected(escape::quoted(expected.as_bytes())).into());
            }
            line => line?,
        };
        crate::stage::expect_bytes("another line was printed", expected.as_bytes(), line.as_bytes())
    }

    fn line_of(&self, output: &Output, stream: &str, late: Instant) -> Verdict<String> {
        let since = Instant::now();
        if let Some(line) = output.line(late) {
            return Ok(String::from_utf8_lossy(&line).into_owned());
        }
        let state = output.state();
        let rest = (!state.rest().is_empty()).then(|| escape::quoted_start(state.rest(), 64));
        let ended = state.ended;
        drop(state);
        let mut failure = if ended {
            // The exit is known a moment after the streams' end; wait so that the ladder has it.
            let exit = self.process.life.exit(Instant::now() + Duration::from_millis(200));
            let end = exit.map_or("closed".into(), |exit| format!("closed ({exit})"));
            Failure::new(format!("no line on {stream}: it was {end}")).cause(Cause::Ended)
        } else {
            let name = &self.process.name;
            let message = format!("{name} printed no line on {stream}");
            self.stage.nothing_came(since, "", &message)
        };
        if let Some(rest) = rest {
            failure = failure.got(format!("{rest} and no end of line"));
        }
        Err(failure.into())
    }

    fn announced_address(&self) -> Verdict<SocketAddr> {
        let expected = "listening on IP:PORT";
        let late = self.stage.late_after(START);
        let line = match self.line_of(&self.process.stdout, "stdout", late) {
            Err(Trouble::Failed(mut failure)) => {
                failure.message =
                    format!("the server did not announce itself: {}", failure.message);
                return Err(failure.expected(format!("{expected} as the first line")).into());
            }
            line => line?,
        };
        let addr =
            line.strip_prefix("listening on ").and_then(|addr| addr.parse::<SocketAddr>().ok());
        match addr {
            Some(addr) if addr.ip().is_loopback() && addr.port() != 0 => Ok(addr),
            _ => {
                let message = "the first line is not the announcement of a reachable address";
                let shown = escape::quoted(line.as_bytes());
                Err(Failure::new(message).expected(expected).got(shown).into())
            }
        }
    }

    /// Waits for the program to end by itself, at most 5 s.
    ///
    /// # Errors
    /// It runs on.
    pub fn wait_exit(&self) -> Verdict<Exit> {
        let since = Instant::now();
        let late = self.stage.late_after(END.max(self.stage.patience()));
        self.process.life.exit(late).ok_or_else(|| {
            self.stage.waited(since, "", &format!("{} runs on", self.process.name));
            let message = format!("{} did not end", self.process.name);
            Failure::new(message).cause(Cause::Silence).expected("the program ends").into()
        })
    }

    /// Waits for the program to end by itself with this exit code.
    ///
    /// # Errors
    /// It runs on, or ends otherwise.
    pub fn expect_exit(&self, code: i32) -> Verdict {
        let exit = self.wait_exit()?;
        if exit.code == Some(code) {
            return Ok(());
        }
        let message = format!("{} ended otherwise than it should", self.process.name);
        let failure = Failure::new(message).cause(Cause::Exited);
        Err(failure.expected(format!("exit code {code}")).got(exit.to_string()).into())
    }

    /// Waits for the program to end by itself and gives all it printed.
    ///
    /// # Errors
    /// It runs on.
    pub fn finished(self) -> Verdict<Finished> {
        let exit = self.wait_exit()?;
        self.process.take_down()?; // what it left behind holds its streams open
        Ok(Finished::new(exit, self.stdout(), self.stderr(), self.process.name.clone()))
    }

    /// What it has printed on stdout so far.
    #[must_use]
    pub fn stdout(&self) -> Vec<u8> {
        self.process.stdout.state().bytes.clone()
    }

    /// What it has printed on stderr so far.
    #[must_use]
    pub fn stderr(&self) -> Vec<u8> {
        self.process.stderr.state().bytes.clone()
    }

    /// The memory (resident set, bytes) that it and all it started hold now.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn memory(&self) -> Verdict<u64> {
        #[cfg(target_os = "linux")]
        return crate::process_tree::memory_below(self.process.root)
            .map_err(|error| Trouble::machine("cannot read a program's memory in /proc", &error));
        #[cfg(not(target_os = "linux"))]
        Err(Trouble::Skipped("a program's memory can be measured on Linux only".into()))
    }

    /// The CPU time that it and all it started have used, in steps of about 10 ms.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn cpu(&self) -> Verdict<Duration> {
        #[cfg(target_os = "linux")]
        return crate::process_tree::cpu_below(self.process.root).map_err(|error| {
            Trouble::machine("cannot read a program's CPU time in /proc", &error)
        });
        #[cfg(not(target_os = "linux"))]
        Err(Trouble::Skipped("a program's CPU time can be measured on Linux only".into()))
    }

    /// Whether every thread of it and of all it started sleeps now. Where the system does not
    /// tell: yes.
    #[must_use]
    pub fn asleep(&self) -> bool {
        self.process.asleep().unwrap_or(true)
    }

    /// Whether it has ended by itself, or was killed.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.process.exit().is_some()
    }

    /// Kills it with everything it started, and returns when all are gone.
    ///
    /// # Errors
    /// The machine does not let them die.
    pub fn kill(&self) -> Verdict {
        self.stage.recorder.words("", &self.process.name, What::TakenDown, "");
        self.process.take_down()
    }
}

/// A program that has announced its address.
pub struct Server {
    program: Program,
    addr: SocketAddr,
}

impl Deref for Server {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.program
    }
}

impl Server {
    /// The address it announced.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Connects to it over TCP.
    ///
    /// # Errors
    /// It cannot be reached.
    pub fn connect(&self) -> Verdict<TcpPeer> {
        TcpPeer::connect(&self.program, self.addr)
    }

    /// A UDP socket of the grader's, aimed at it.
    ///
    /// # Errors
    /// The machine gives no socket.
    pub fn udp(&self) -> Verdict<UdpPeer> {
        let name = self.stage.name("client");
        let mut peer = UdpPeer::bind(&self.stage, name, &self.process.name)?;
        peer.aim(self.addr);
        Ok(peer)
    }
}
