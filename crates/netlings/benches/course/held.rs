//! Programs that the bench starts: each in a process group of its own, and ended with all it
//! started when the bench is done with it, fails, or is interrupted.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// The ids of the programs that run.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// A running program. Ends, with its group, when this is dropped.
pub(crate) struct Held {
    child: Child,
    /// Its end was waited for, so its id may be somebody else's by now.
    is_gone: bool,
    lines: Receiver<Line>,
}

/// A line that a program printed.
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) stream: Stream,
    /// When it was read here.
    pub(crate) at: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// What a program did from its start to its end.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) lines: Vec<Line>,
    pub(crate) took: Duration,
    /// When it had ended.
    pub(crate) at: Instant,
}

impl Ended {
    /// Its stderr, the end of it: what to show when it failed.
    pub(crate) fn complaint(&self) -> String {
        let lines: Vec<&str> = self
            .lines
            .iter()
            .filter(|line| line.stream == Stream::Err)
            .map(|line| line.text.as_str())
            .collect();
        lines[lines.len().saturating_sub(20)..].join("\n    ")
    }

    /// The lines of stdout.
    pub(crate) fn out(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.stream == Stream::Out)
    }
}

impl Held {
    /// Starts a program with both outputs read as it prints, and with an empty stdin.
    pub(crate) fn start(mut command: Command) -> io::Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Under the lock, so that an interrupt finds either nothing started or all noted.
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut child = command.spawn()?;
        running.push(child.id());
        drop(running);
        let (sender, lines) = mpsc::channel();
        let pipes: [(Stream, Option<Box<dyn Read + Send>>); 2] = [
            (Stream::Out, child.stdout.take().map(|pipe| Box::new(pipe) as _)),
            (Stream::Err, child.stderr.take().map(|pipe| Box::new(pipe) as _)),
        ];
        for (stream, pipe) in pipes {
            let (pipe, sender) = (pipe.expect("it was asked for"), sender.clone());
            thread::spawn(move || {
                for text in BufReader::new(pipe).lines().map_while(Result::ok) {
                    // Nobody may want it any more; it is read all the same, or the pipe fills up.
                    let _ = sender.send(Line { text, stream, at: Instant::now() });
                }
            });
        }
        Ok(Self { child, is_gone: false, lines })
    }

    /// The next line it prints, on either output, at most `patience` from now.
    pub(crate) fn next_line(&self, patience: Duration) -> Result<Line, RecvTimeoutError> {
        self.lines.recv_timeout(patience)
    }

    fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait();
        self.is_gone = true;
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|id| *id != self.child.id());
        status
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.is_gone {
            end_group(self.child.id());
            let _ = self.child.kill();
            let _ = self.wait();
        }
    }
}

/// Runs a program to its end, which must come within `limit`.
pub(crate) fn run(command: Command, limit: Duration) -> anyhow::Result<Ended> {
    let shown = shown(&command);
    let start = Instant::now();
    let mut held = Held::start(command).with_context(|| format!("cannot run `{shown}`"))?;
    let mut lines = Vec::new();
    loop {
        let left = limit.saturating_sub(start.elapsed());
        match held.next_line(left) {
            Ok(line) => lines.push(line),
            // Both outputs are closed: it ends.
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => bail!("`{shown}` did not end within {limit:?}"),
        }
    }
    let status = held.wait()?;
    let at = Instant::now();
    Ok(Ended { status, lines, took: at - start, at })
}

/// Runs a program that has to succeed.
pub(crate) fn run_well(command: Command, limit: Duration) -> anyhow::Result<Ended> {
    let shown = shown(&command);
    let ended = run(command, limit)?;
    if !ended.status.success() {
        bail!("`{shown}` failed ({}):\n    {}", ended.status, ended.complaint());
    }
    Ok(ended)
}

fn shown(command: &Command) -> String {
    let arguments = command.get_args().map(|argument| format!(" {}", argument.to_string_lossy()));
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    format!("{name}{}", arguments.collect::<String>())
}

/// From now on Ctrl-C, SIGTERM and SIGHUP end every program before they end the bench.
pub(crate) fn end_all_on_interrupt() -> io::Result<()> {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        thread::spawn(move || {
            if let Some(signal) = signals.forever().next() {
                // The lock is kept: nothing new may start.
                let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
                running.iter().copied().for_each(end_group);
                std::process::exit(128 + signal);
            }
        });
    }
    Ok(())
}

/// Ends the processes of the group that the program `id` leads. It has not been waited for.
#[cfg(unix)]
fn end_group(id: u32) {
    let id = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(id) = id {
        // An error says that nothing of the group is left.
        let _ = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
    }
}

/// Elsewhere only the program itself is ended, by its owner.
#[cfg(not(unix))]
fn end_group(_: u32) {}
