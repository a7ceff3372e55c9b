//! A program under test: starting it, typing into it, reading what it prints, its end.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::escape;
use crate::finished::Finished;
use crate::guard::Exit;
use crate::late::Late;
use crate::locked::locked;
use crate::output::Output;
use crate::record::What;
use crate::stage::Stage;
use crate::tcp::TcpPeer;
use crate::udp::UdpPeer;
use crate::verdict::{Cause, Failure, Trouble, Verdict};

mod printed;
mod process;
mod start;

pub(crate) use process::Process;
use process::Typed;
pub use start::Start;

/// How long a program may take to start and announce its address.
const START: Duration = Duration::from_secs(5);
/// How long a program may take to end when it should.
const END: Duration = Duration::from_secs(5);
/// How long the output of a program that has ended may still be on its way.
const LAST_WORDS: Duration = Duration::from_secs(1);

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
            let _ = queue.send(Typed::Bytes(bytes.to_vec()));
        }
    }

    /// Types a line.
    pub fn type_line(&self, line: &str) {
        self.write_stdin(format!("{line}\n").as_bytes());
    }

    /// Ends the program's stdin after what is queued.
    pub fn close_stdin(&self) {
        if let Some(queue) = locked(&self.process.stdin).take() {
            let _ = queue.send(Typed::End); // fails as above
        }
    }

    /// The next line on stdout, without its end and without leading prompts. Prompts that stand
    /// behind the last line when stdout ends are none.
    ///
    /// # Errors
    /// None comes.
    pub fn next_line(&self) -> Verdict<String> {
        let next = || self.line_of(&self.process.stdout, "stdout", self.stage.late());
        let line = next()?;
        let text = line.trim_start_matches(">>> ");
        if text.is_empty() && !line.is_empty() && self.process.stdout.state().ends_within_a_line() {
            return next();
        }
        Ok(text.to_owned())
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
                return Err(failure
                    .expected(escape::quoted_start(expected.as_bytes(), 120))
                    .into());
            }
            line => line?,
        };
        crate::stage::expect_bytes("another line was printed", expected.as_bytes(), line.as_bytes())
    }

    fn line_of(&self, output: &Output, stream: &str, mut late: Late) -> Verdict<String> {
        let since = Instant::now();
        loop {
            if let Some(line) = output.line(late.until()) {
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            if output.is_over() || late.is_over() {
                break;
            }
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
        let late = Late::after(&self.stage, START);
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
                let message = match addr {
                    Some(addr) if addr.port() == 0 => {
                        "port 0 was announced; that is what was asked for, not the port it became"
                    }
                    _ => "the first line is not the announcement of a reachable address",
                };
                let shown = escape::quoted(line.as_bytes());
                Err(Failure::new(message).expected(expected).got(shown).into())
            }
        }
    }

    /// Waits for the program to end by itself, at most 5 s. What it printed has then been read.
    ///
    /// # Errors
    /// It runs on.
    pub fn wait_exit(&self) -> Verdict<Exit> {
        let since = Instant::now();
        let mut late = Late::after(&self.stage, END.max(self.stage.patience()));
        let exit = loop {
            let exit = self.process.life.exit(late.until());
            if exit.is_some() || self.process.life.is_gone() || late.is_over() {
                break exit;
            }
        };
        let Some(exit) = exit else {
            self.stage.waited(since, "", &format!("{} runs on", self.process.name));
            let message = format!("{} did not end", self.process.name);
            let failure = Failure::new(message).cause(Cause::Silence);
            return Err(failure.expected("the program ends").into());
        };
        // Its last words may still lie in the pipes, or something it started may hold them open.
        let soon = Instant::now() + LAST_WORDS;
        self.process.stdout.wait_for_end(soon);
        self.process.stderr.wait_for_end(soon);
        Ok(exit)
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
