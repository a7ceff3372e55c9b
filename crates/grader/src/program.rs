//! A program under test: starting it, typing into it, reading what it prints, its end.

use std::collections::HashMap;
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
/// Of the lines that came while another was waited for so many are shown, the last ones.
const CAME_SHOWN: usize = 6;
/// How often a program must be seen asleep before it counts as resting. Once may be an accident of
/// a program that computes without end.
const TIMES_ASLEEP: usize = 3;

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

    /// What `find` makes of all that was printed on stdout; it is asked again whenever more came.
    /// For what no line ends, such as a prompt.
    ///
    /// # Errors
    /// `find` gives nothing in time, or until stdout ends.
    pub fn find_in_stdout<T>(&self, find: impl Fn(&[u8]) -> Option<T>) -> Verdict<T> {
        let output = &self.process.stdout;
        let (since, mut late) = (Instant::now(), self.stage.late());
        loop {
            let over = output.is_over();
            let state = output.wait(late.until(), |state| find(&state.bytes).is_some());
            if let Some(found) = find(&state.bytes) {
                return Ok(found);
            }
            drop(state);
            if over || late.is_over() {
                return Err(self.no_line(output, "stdout", since).into());
            }
        }
    }

    /// Waits until each of the lines `wanted` has come on stdout, in any order, without leading
    /// prompts. Other lines are passed over; `passing` sees each of them, and what it says ends
    /// the wait.
    ///
    /// # Errors
    /// One does not come within the usual time, whatever else does; the failure's `received` has
    /// the lines that came meanwhile. Or what `passing` says.
    pub fn find_lines(
        &self,
        wanted: &[String],
        mut passing: impl FnMut(&str) -> Verdict,
    ) -> Verdict {
        let stdout = &self.process.stdout;
        let mut missing: Vec<&String> = wanted.iter().collect();
        let mut came = Vec::new();
        let (mut since, mut late) = (Instant::now(), self.stage.late());
        while !missing.is_empty() {
            if let Some(line) = stdout.line(late.until()) {
                let line = String::from_utf8_lossy(&line).into_owned();
                let line = line.trim_start_matches(">>> ").to_owned();
                let before = missing.len();
                missing.retain(|wanted| **wanted != line);
                if missing.len() < before {
                    (since, late) = (Instant::now(), self.stage.late());
                } else {
                    passing(&line)?;
                }
                came.push(line);
            }
            // A program that prints on and on is no less late than a silent one.
            if !missing.is_empty() && (stdout.is_over_and_taken() || late.is_over()) {
                return Err(self.lines_missing(&missing, &came, since).into());
            }
        }
        Ok(())
    }

    fn lines_missing(&self, missing: &[&String], came: &[String], since: Instant) -> Failure {
        let name = &self.process.name;
        let exit = self.process.life.exit(Instant::now() + Duration::from_millis(200));
        let ended = self.process.stdout.is_over();
        let mut failure = match exit.filter(|_| ended) {
            Some(exit) => Failure::new(format!("{name} ended first: {exit}")).cause(Cause::Ended),
            None => self.stage.nothing_came(since, "", &format!("{name} did not print it")),
        };
        let last = &came[came.len().saturating_sub(CAME_SHOWN)..];
        let quoted = |line: &&String| escape::quoted_start(line.as_bytes(), 96);
        let mut shown: Vec<_> = last.iter().map(|line| quoted(&line)).collect();
        if came.len() > last.len() {
            shown.insert(0, format!("{} lines, the last of them", came.len()));
        }
        failure.received = came.join("\n").into_bytes();
        let got = if shown.is_empty() { "nothing".into() } else { shown.join("\n") };
        let expected: Vec<_> = missing.iter().map(quoted).collect();
        failure.expected(expected.join("\n")).got(got)
    }

    /// Whether it comes to rest: true once every thread of it and of all it started has been seen
    /// asleep a few times, or gets no processor; false when it has computed for `most` without.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn rests(&self, most: Duration) -> Verdict<bool> {
        let enough = self.cpu()? + most;
        let mut late = Late::after(&self.stage, END);
        let mut seen_asleep = 0;
        while seen_asleep < TIMES_ASLEEP {
            if self.process.exit().is_some() {
                return Ok(true);
            }
            seen_asleep += usize::from(self.process.asleep() == Some(true));
            if self.cpu()? >= enough {
                return Ok(false);
            }
            if late.is_over() {
                return Ok(true); // it hardly got a processor, so it kept none busy
            }
            // Between two looks a program that was just woken gets its turn.
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(true)
    }

    fn line_of(&self, output: &Output, stream: &str, mut late: Late) -> Verdict<String> {
        let since = Instant::now();
        loop {
            // Asked before the look: what came with the end is there then.
            let over = output.is_over();
            if let Some(line) = output.line(late.until()) {
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            if over || late.is_over() {
                return Err(self.no_line(output, stream, since).into());
            }
        }
    }

    fn no_line(&self, output: &Output, stream: &str, since: Instant) -> Failure {
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
        failure
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
        // Moved, not copied: a check may run hundreds of programs with much to say.
        let stdout = self.process.stdout.take_all();
        Ok(Finished::new(exit, stdout, self.stderr(), self.process.name.clone()))
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

    /// The share of one processor that it and all it started use from now on: 1.0 is all of one.
    ///
    /// It is measured over `time` that they have: while one of their threads gets no processor the
    /// clock stands, up to three times as long. So a busy machine makes no busy program idle.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn cpu_share(&self, time: Duration) -> Verdict<f64> {
        let waited = || self.process.kept_waiting().into_iter().collect::<HashMap<_, _>>();
        let (begun, cpu, ran, before) = (Instant::now(), self.cpu()?, self.process.ran(), waited());
        let mut late = Late::after(&self.stage, time);
        while !late.is_over() && self.process.life.exit(late.until()).is_none() {}
        let since = |(id, time): (&u32, &Duration)| time.saturating_sub(*before.get(id)?).into();
        let kept_waiting = waited().iter().filter_map(since).max().unwrap_or_default();
        let had = begun.elapsed().saturating_sub(kept_waiting).max(Duration::from_millis(1));
        let ran = self.process.ran().saturating_sub(ran);
        let used = self.cpu()?.saturating_sub(cpu).max(ran);
        Ok(used.as_secs_f64() / had.as_secs_f64())
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
        self.process.recorder.words("", &self.process.name, What::TakenDown, "");
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

    /// The program alone.
    #[must_use]
    pub fn into_program(self) -> Program {
        self.program
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
