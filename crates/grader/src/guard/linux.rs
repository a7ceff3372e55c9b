//! The guard on Linux: one process between the grader and each program under test.
//!
//! ```text
//! grader ──control socket── guard (child subreaper) ── program ── whatever it starts
//!    └───────────── stdin, stdout, stderr ────────────────┘
//! ```
//!
//! The guard's command line, environment and folder are the program's own. Its stdin is the
//! control socket, over which the program's stdin comes as a descriptor (unix(7), SCM_RIGHTS).
//! Lines back: `pid N`, `exit N`, `signal N`, `no-start ERRNO`, `gone`. The socket's end, from
//! either side, is the order to end.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, IoSlice, IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use rustix::process::{Pid, Resource, Rlimit, Signal, WaitOptions};

use super::{Exit, Launch, Life, NOT_INHERITED, Pipes, StartError};
use crate::locked::locked;
use crate::process_tree;

const MARK: &str = "--netlings-guard";
/// The variable that every program under test starts with, with a value of its own: what a guard
/// that was killed leaves behind is found by it.
const RUN: &str = "NETLINGS_RUN";
static RUNS: AtomicU64 = AtomicU64::new(0);

/// The grader's side of a guard.
pub(crate) struct Control {
    socket: UnixStream,
    guard: Mutex<Child>,
    root: u32,
    /// The variable in the environment of all that it started.
    variable: String,
}

impl Control {
    pub(crate) fn root(&self) -> u32 {
        self.root
    }

    pub(crate) fn order_end(&self) {
        // Fails only where the guard has gone already; then there is nothing left to order.
        let _ = self.socket.shutdown(Shutdown::Write);
    }

    /// For a program that killed or stopped its guard: ends the guard, and what has its variable
    /// in its environment. Whatever was started with another environment is not caught then.
    pub(super) fn force_end(&self) {
        let _ = locked(&self.guard).kill();
        end_marked(&self.variable);
    }

    /// Waits for the guard's own end, which follows its last word at once.
    pub(super) fn reap(&self) {
        let _ = locked(&self.guard).wait();
    }
}

pub(super) fn start(
    launch: &Launch<'_>,
    life: &Arc<Life>,
    on_exit: impl FnOnce(Exit) + Send + 'static,
) -> Result<(Control, Pipes), StartError> {
    let (ours, theirs) = UnixStream::pair()?;
    let (program_stdin, stdin) = io::pipe()?;
    let (stdout, program_stdout) = io::pipe()?;
    let (stderr, program_stderr) = io::pipe()?;
    let mut command = Command::new("/proc/self/exe");
    command
        .arg(MARK)
        .arg(launch.file_size_limit.map_or("-".into(), |limit| limit.to_string()))
        .arg(launch.program)
        .args(&launch.arguments)
        .stdin(OwnedFd::from(theirs))
        .stdout(program_stdout)
        .stderr(program_stderr)
        // Ctrl-C in the terminal is for the grader, which then takes everything down in order.
        .process_group(0);
    for name in NOT_INHERITED {
        command.env_remove(name);
    }
    command.envs(launch.environment.iter().map(|(name, value)| (name, value)));
    let run = format!("{}-{}", std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed));
    let variable = format!("{RUN}={run}");
    command.env(RUN, run);
    let mut guard = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => io::Error::other("there is no /proc/self/exe; mount /proc"),
        _ => error,
    })?;
    drop(command); // and with it the program's ends of the pipes
    send_descriptor(&ours, program_stdin.as_fd())?;
    let mut lines = BufReader::new(ours.try_clone()?).lines();
    let first = next_word(&mut lines);
    if first.as_ref().is_none_or(|(word, _)| word != "pid") {
        let _ = guard.wait(); // it ends by itself after any other first word
    }
    match first {
        Some((word, _)) if word == "pid" => {}
        Some((word, errno)) if word == "no-start" => {
            return Err(StartError::of_the_command(io::Error::from_raw_os_error(errno)));
        }
        _ => {
            end_marked(&variable);
            return Err(StartError::Machine(io::Error::other("the program's guard died")));
        }
    }
    let control = Control { socket: ours, root: guard.id(), guard: Mutex::new(guard), variable };
    let life = Arc::clone(life);
    thread::Builder::new().name("guard".into()).spawn(move || follow(lines, &life, on_exit))?;
    Ok((control, Pipes { stdin, stdout, stderr }))
}

/// Ends all processes with that variable. Each round finds what was started since the last.
fn end_marked(variable: &str) {
    let late = Instant::now() + super::TAKE_DOWN;
    loop {
        let left = process_tree::with_variable(variable);
        if left.is_empty() || Instant::now() > late {
            return;
        }
        for pid in left.into_iter().filter_map(|id| Pid::from_raw(id.cast_signed())) {
            let _ = rustix::process::kill_process(pid, Signal::KILL); // fails for one just gone
        }
        thread::yield_now();
    }
}

type Lines = io::Lines<BufReader<UnixStream>>;

fn next_word(lines: &mut Lines) -> Option<(String, i32)> {
    let line = lines.next()?.ok()?;
    let (word, number) = line.split_once(' ').unwrap_or((&line, "0"));
    Some((word.into(), number.parse().ok()?))
}

/// Turns the guard's lines into what is known of the program.
fn follow(mut lines: Lines, life: &Life, on_exit: impl FnOnce(Exit)) {
    let mut on_exit = Some(on_exit);
    let mut told_gone = false;
    while let Some((word, number)) = next_word(&mut lines) {
        let exit = match word.as_str() {
            "exit" => Exit { code: Some(number), signal: None },
            "signal" => Exit { code: None, signal: Some(number) },
            "gone" => {
                told_gone = true;
                continue;
            }
            _ => continue,
        };
        if let Some(tell) = on_exit.take() {
            tell(exit);
        }
        life.update(|state| state.exit = Some(exit));
    }
    life.update(|state| {
        state.gone = true;
        if !told_gone {
            state.broken = Some("the guard of a program under test died".into());
        }
    });
}

fn send_descriptor(socket: &UnixStream, descriptor: std::os::fd::BorrowedFd<'_>) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let descriptors = [descriptor];
    ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
    sendmsg(socket, &[IoSlice::new(b"i")], &mut ancillary, SendFlags::NOSIGNAL)?;
    Ok(())
}

fn receive_descriptor(socket: &UnixStream) -> io::Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(socket, &mut [IoSliceMut::new(&mut byte)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    ancillary
        .drain()
        .find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
            _ => None,
        })
        .ok_or_else(|| io::Error::other("the grader sent no stdin"))
}

// ---- from here on: the guard's own process

pub(super) fn serve_if_asked() {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|word| word == MARK) {
        // Nobody reads the guard's own words: a failure shows as its missing `gone`.
        std::process::exit(i32::from(serve(words).is_err()));
    }
}

fn serve(mut words: impl Iterator<Item = OsString>) -> io::Result<()> {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let control = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let stdin = receive_descriptor(&control)?;
    let limit = words.next().unwrap_or_default();
    if let Some(bytes) = limit.to_str().and_then(|text| text.parse().ok()) {
        let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
        rustix::process::setrlimit(Resource::Fsize, limit)?;
    }
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).stdin(stdin).process_group(0);
    let program = match command.spawn() {
        Ok(program) => program.id(),
        Err(error) => {
            writeln!(&control, "no-start {}", error.raw_os_error().unwrap_or(0))?;
            return Ok(());
        }
    };
    drop(command);
    // The program's streams are its own: they end when it and its children have closed them.
    let null = std::fs::File::open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    writeln!(&control, "pid {program}")?;
    let (all_gone, nobody_left) = mpsc::channel();
    let reports = control.try_clone()?;
    thread::spawn(move || reap(program, &reports, &all_gone));
    // Nothing is ever sent this way: the read ends with the grader's order, or with the grader.
    let _ = io::copy(&mut &control, &mut io::sink());
    end_all(&nobody_left)?;
    writeln!(&control, "gone")
}

/// Waits for every child, the program and the orphans that became ours, until none is left.
fn reap(program: u32, control: &UnixStream, all_gone: &mpsc::Sender<()>) {
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid.as_raw_nonzero().get().cast_unsigned() == program => {
                // Fails when the grader has gone; then nobody wants to know.
                let _ = match (status.exit_status(), status.terminating_signal()) {
                    (Some(code), _) => writeln!(&mut &*control, "exit {code}"),
                    (None, signal) => writeln!(&mut &*control, "signal {}", signal.unwrap_or(0)),
                };
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => break, // ECHILD: none left, and who has no child gets no orphan
        }
    }
    let _ = all_gone.send(());
}

/// Kills until no child is left. Each round finds what was started since the last.
fn end_all(nobody_left: &mpsc::Receiver<()>) -> io::Result<()> {
    let deadline = Instant::now() + super::TAKE_DOWN;
    let me = std::process::id();
    while Instant::now() < deadline {
        for process in process_tree::below(me)? {
            if let Some(pid) = Pid::from_raw(process.cast_signed()) {
                // Fails for one that has just died.
                let _ = rustix::process::kill_process(pid, Signal::KILL);
            }
        }
        match nobody_left.recv_timeout(Duration::from_millis(2)) {
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            _ => return Ok(()),
        }
    }
    Err(io::Error::other("some process could not be killed"))
}
