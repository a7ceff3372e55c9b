//! The guard on Linux: one process between the grader and each program under test.
//!
//! ```text
//! grader ──control socket── guard (child subreaper) ── program ── whatever it starts
//!    └───────────── stdin, stdout, stderr ────────────────┘
//! ```
//!
//! The control socket is the guard's stdin. An order to run comes over it, with the program's
//! standard streams as descriptors (unix(7), SCM_RIGHTS). Lines back: `pid N`, `exit N`,
//! `signal N`, `no-start ERRNO`, `gone`. The order to end is one byte; then the guard is idle and
//! waits for the next order of the same grading. The socket's end, from either side, ends it, too.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak, mpsc};
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
/// The order to end what was started.
const END: &[u8] = b"e";
/// The variable that every program under test starts with, with a value of its own: what a guard
/// that was killed leaves behind is found by it.
const RUN: &str = "NETLINGS_RUN";
/// Runs the command behind it with SIGXFSZ ignored, which exec(2) hands on: a write beyond the
/// limit on a file's size then fails and no longer ends the program.
const UNHARMED: [&str; 4] = ["sh", "-c", r#"trap '' XFSZ; exec "$@""#, "sh"];
static RUNS: AtomicU64 = AtomicU64::new(0);

/// A guard, from the grader's side.
struct Guard {
    socket: UnixStream,
    /// What it says.
    lines: Lines,
    process: Child,
}

impl Guard {
    fn start() -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let mut command = Command::new("/proc/self/exe");
        command
            .arg(MARK)
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in the terminal is for the grader, which then takes everything down in order.
            .process_group(0);
        for name in NOT_INHERITED {
            command.env_remove(name);
        }
        let process = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => io::Error::other("there is no /proc/self/exe; mount /proc"),
            _ => error,
        })?;
        let lines = BufReader::new(ours.try_clone()?).lines();
        Ok(Guard { socket: ours, lines, process })
    }
}

/// Guards whose programs are gone with all they started: they serve for the next ones. They end
/// when this is dropped.
#[derive(Default)]
pub(crate) struct Idle(Mutex<Vec<Guard>>);

impl Drop for Idle {
    fn drop(&mut self) {
        let mut guards = std::mem::take(&mut *locked(&self.0));
        for guard in &guards {
            let _ = guard.socket.shutdown(Shutdown::Both);
        }
        for guard in &mut guards {
            let _ = guard.process.wait();
        }
    }
}

/// The grader's side of a guard that guards a program.
pub(crate) struct Control {
    /// None once the guard is idle, or waited for.
    guard: Arc<Mutex<Option<(UnixStream, Child)>>>,
    root: u32,
    /// The variable in the environment of all that it started.
    variable: String,
}

impl Control {
    pub(crate) fn root(&self) -> u32 {
        self.root
    }

    pub(crate) fn order_end(&self) {
        if let Some((socket, _)) = &*locked(&self.guard) {
            // Fails only where the guard has gone already; then there is nothing left to order.
            let _ = (&mut &*socket).write_all(END);
        }
    }

    /// For a program that killed or stopped its guard: ends the guard, and what has its variable
    /// in its environment. Whatever was started with another environment is not caught then.
    pub(super) fn force_end(&self) {
        if let Some((_, process)) = &mut *locked(&self.guard) {
            let _ = process.kill();
        }
        end_marked(&self.variable);
    }

    /// Waits for the guard's own end, unless it is idle: what it could not do is known by now.
    pub(super) fn reap(&self) {
        if let Some((socket, mut process)) = locked(&self.guard).take() {
            let _ = socket.shutdown(Shutdown::Both);
            let _ = process.wait();
        }
    }
}

pub(super) fn start(
    launch: &Launch<'_>,
    idle: &Arc<Idle>,
    life: &Arc<Life>,
    on_exit: impl FnOnce(Exit) + Send + 'static,
) -> Result<(Control, Pipes), StartError> {
    let (program_stdin, stdin) = io::pipe()?;
    let (stdout, program_stdout) = io::pipe()?;
    let (stderr, program_stderr) = io::pipe()?;
    let run = format!("{}-{}", std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed));
    let variable = format!("{RUN}={run}");
    let order = order_to_run(launch, &run);
    let waiting = locked(&idle.0).pop();
    let mut guard = waiting.map_or_else(Guard::start, Ok)?;
    let streams = [program_stdin.as_fd(), program_stdout.as_fd(), program_stderr.as_fd()];
    let ordered = send_descriptors(&guard.socket, &streams)
        .and_then(|()| (&mut &guard.socket).write_all(&order));
    drop((program_stdin, program_stdout, program_stderr));
    let first = ordered.ok().and_then(|()| next_word(&mut guard.lines));
    match first {
        Some((word, _)) if word == "pid" => {}
        other => {
            let _ = guard.socket.shutdown(Shutdown::Both);
            let _ = guard.process.wait();
            return Err(match other {
                Some((word, errno)) if word == "no-start" => {
                    StartError::of_the_command(io::Error::from_raw_os_error(errno))
                }
                _ => {
                    end_marked(&variable);
                    StartError::Machine(io::Error::other("the program's guard died"))
                }
            });
        }
    }
    let Guard { socket, lines, process } = guard;
    let root = process.id();
    let guard = Arc::new(Mutex::new(Some((socket, process))));
    let control = Control { guard: Arc::clone(&guard), root, variable };
    // A guard that has a limit of its own would hand it on to the next program.
    let idle = if launch.file_size_limit.is_none() { Arc::downgrade(idle) } else { Weak::new() };
    let life = Arc::clone(life);
    let follow = move || follow(lines, &guard, &idle, &life, on_exit);
    thread::Builder::new().name("guard".into()).spawn(follow)?;
    Ok((control, Pipes { stdin, stdout, stderr }))
}

/// What a guard is told to run: the limit, the program's words, and its environment's additions,
/// each with its length before it.
fn order_to_run(launch: &Launch<'_>, run: &str) -> Vec<u8> {
    let mut words: Vec<&[u8]> = Vec::new();
    if launch.file_size_limit.is_some_and(|limit| !limit.is_fatal) {
        words.extend(UNHARMED.map(str::as_bytes));
    }
    words.push(launch.program.as_bytes());
    words.extend(launch.arguments.iter().map(|word| word.as_bytes()));
    let mut pairs: Vec<&[u8]> = vec![RUN.as_bytes(), run.as_bytes()];
    pairs.extend(
        launch.environment.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]),
    );
    let limit = launch.file_size_limit.map_or("-".into(), |limit| limit.bytes.to_string());
    let mut order = Vec::new();
    for list in [&[limit.as_bytes()][..], &words, &pairs] {
        order.extend((list.len() as u32).to_ne_bytes());
        for item in list {
            order.extend((item.len() as u32).to_ne_bytes());
            order.extend_from_slice(item);
        }
    }
    order
}

/// Reads one list of an order.
fn receive_list(mut socket: &UnixStream) -> io::Result<Vec<OsString>> {
    let mut list = vec![OsString::new(); receive_number(socket)?];
    for item in &mut list {
        let mut bytes = vec![0; receive_number(socket)?];
        socket.read_exact(&mut bytes)?;
        *item = OsString::from_vec(bytes);
    }
    Ok(list)
}

fn receive_number(mut socket: &UnixStream) -> io::Result<usize> {
    let mut bytes = [0; 4];
    socket.read_exact(&mut bytes)?;
    Ok(u32::from_ne_bytes(bytes) as usize)
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

/// Turns the guard's lines into what is known of the program, until it is gone.
fn follow(
    mut lines: Lines,
    guard: &Mutex<Option<(UnixStream, Child)>>,
    idle: &Weak<Idle>,
    life: &Life,
    on_exit: impl FnOnce(Exit),
) {
    let mut on_exit = Some(on_exit);
    let mut told_gone = false;
    while let Some((word, number)) = next_word(&mut lines) {
        let exit = match word.as_str() {
            "exit" => Exit { code: Some(number), signal: None },
            "signal" => Exit { code: None, signal: Some(number) },
            "gone" => {
                told_gone = true;
                break;
            }
            _ => continue,
        };
        if let Some(tell) = on_exit.take() {
            tell(exit);
        }
        life.update(|state| state.exit = Some(exit));
    }
    if told_gone && let Some(idle) = idle.upgrade() {
        // From now on it is another program's: whoever still wants to end this one finds nothing.
        let guards = locked(guard).take().map(|(socket, process)| Guard { socket, lines, process });
        locked(&idle.0).extend(guards);
    }
    life.update(|state| {
        state.gone = true;
        if !told_gone {
            state.broken = Some("the guard of a program under test died".into());
        }
    });
}

fn send_descriptors(socket: &UnixStream, descriptors: &[BorrowedFd<'_>; 3]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    ancillary.push(SendAncillaryMessage::ScmRights(descriptors));
    sendmsg(socket, &[IoSlice::new(b"r")], &mut ancillary, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// The standard streams of the next program; none at the socket's end.
fn receive_descriptors(socket: &UnixStream) -> io::Result<Option<[OwnedFd; 3]>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    loop {
        let flags = RecvFlags::CMSG_CLOEXEC;
        let came = recvmsg(socket, &mut [IoSliceMut::new(&mut byte)], &mut ancillary, flags)?;
        if came.bytes == 0 {
            return Ok(None);
        }
        let streams: Vec<_> = ancillary
            .drain()
            .filter_map(|message| match message {
                RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
                _ => None,
            })
            .flatten()
            .collect();
        // An order to end may come twice; the second finds nothing to end.
        if let Ok(streams) = streams.try_into() {
            return Ok(Some(streams));
        }
    }
}

// ---- from here on: the guard's own process

pub(super) fn serve_if_asked() {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|word| word == MARK) {
        // Nobody reads the guard's own words: a failure shows as its missing `gone`.
        std::process::exit(i32::from(serve().is_err()));
    }
}

fn serve() -> io::Result<()> {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let control = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    rustix::stdio::dup2_stdin(&std::fs::File::open("/dev/null")?)?;
    while let Some(streams) = receive_descriptors(&control)? {
        guard_one(&control, streams)?;
    }
    Ok(())
}

/// Runs one program, and returns when it is gone with all it started.
fn guard_one(control: &UnixStream, [stdin, stdout, stderr]: [OwnedFd; 3]) -> io::Result<()> {
    let limit = receive_list(control)?.pop().unwrap_or_default();
    let words = receive_list(control)?;
    let environment = receive_list(control)?;
    if let Some(bytes) = limit.to_str().and_then(|text| text.parse().ok()) {
        let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
        rustix::process::setrlimit(Resource::Fsize, limit)?;
    }
    let mut words = words.into_iter();
    let mut command = Command::new(words.next().unwrap_or_default());
    // The program's streams are its own: they end when it and its children have closed them.
    command.args(words).stdin(stdin).stdout(stdout).stderr(stderr).process_group(0);
    for pair in environment.chunks_exact(2) {
        command.env(&pair[0], &pair[1]);
    }
    let program = match command.spawn() {
        Ok(program) => program.id(),
        Err(error) => return writeln!(&*control, "no-start {}", error.raw_os_error().unwrap_or(0)),
    };
    drop(command);
    writeln!(&*control, "pid {program}")?;
    let (all_gone, nobody_left) = mpsc::channel();
    let reports = control.try_clone()?;
    thread::spawn(move || reap(program, &reports, &all_gone));
    // Whatever comes is the order to end; nothing, the grader's own end.
    let _ = (&*control).read(&mut [0]);
    end_all(&nobody_left)?;
    writeln!(&*control, "gone")
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
