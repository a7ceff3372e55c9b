//! A program under test: starting it, typing into it, reading what it prints, its end.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::finished::Finished;
use crate::guard::Exit;
use crate::late::Late;
use crate::locked::locked;
use crate::record::What;
use crate::rest::{Looks, at_rest_within, until_at_rest};
use crate::stage::Stage;
use crate::tcp::TcpPeer;
use crate::udp::UdpPeer;
use crate::verdict::{Cause, Failure, Trouble, Verdict};

mod printed;
mod process;
mod start;

pub use printed::PROMPT;
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

    /// Whether it ever pauses: true once every thread of it and of all it started has been seen
    /// asleep a few times, or gets no processor; false when it has computed for `most` without.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn rests(&self, most: Duration) -> Verdict<bool> {
        let most = self.cpu()? + most;
        let mut late = Late::after(&self.stage, END);
        let (mut trouble, mut no_loop) = (None, false);
        let rests = until_at_rest(&std::iter::once(&*self.process), Looks::ThreeInAll, || {
            // One that has ended, or hardly got a processor, keeps none busy.
            no_loop = self.process.exit().is_some() || late.is_over();
            let cpu = self.cpu().map_err(|error| trouble = Some(error));
            no_loop || cpu.map_or(true, |cpu| cpu >= most)
        });
        match trouble {
            Some(trouble) if !no_loop => Err(trouble),
            _ => Ok(rests || no_loop),
        }
    }

    /// Waits, at most `time`, until it has done what it was woken for: until every thread of it and
    /// of all it started is seen asleep twice in a row, or it has ended. Where the system does not
    /// tell, it gets a few milliseconds. Says whether that was so.
    pub fn comes_to_rest(&self, time: Duration) -> bool {
        at_rest_within(&std::iter::once(&*self.process), time)
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

    /// What it has printed on stdout so far, without the first `from` bytes.
    #[must_use]
    pub fn stdout_from(&self, from: usize) -> Vec<u8> {
        self.process.stdout.state().bytes.get(from..).unwrap_or_default().to_vec()
    }

    /// What it has printed on stderr so far, without the first `from` bytes.
    #[must_use]
    pub fn stderr_from(&self, from: usize) -> Vec<u8> {
        self.process.stderr.state().bytes.get(from..).unwrap_or_default().to_vec()
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
