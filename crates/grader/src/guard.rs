//! Starts a program so that it can be taken down with everything it started.
//!
//! On Linux each program gets a guard of its own: this executable, started once more, as a *child
//! subreaper* (prctl(2)). Whatever the program starts, also by forking twice, calling setsid or
//! clearing its environment, becomes the guard's child when its parent dies, and the guard kills
//! until it has no child left. It does so when it is told to, and when the grader vanishes: the
//! control socket between the two then ends, even after SIGKILL. A guard without a child serves
//! the next program of the same check: to start it costs more than most programs.
//!
//! Elsewhere a process group (macOS) or a job object (Windows) is killed as a whole. On macOS a
//! program that leaves its group by `setsid` is not caught; a job object holds all descendants.

use std::ffi::OsString;
use std::io::{self, PipeReader, PipeWriter};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::locked::locked;

#[cfg(target_os = "linux")]
mod linux;
// On Linux for its tests only, so that it is at least compiled and tried where it can be.
#[cfg(any(test, not(target_os = "linux")))]
#[cfg_attr(target_os = "linux", allow(dead_code, reason = "its tests need not all of it"))]
mod portable;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
use portable as system;

/// How long a take-down may last before it is reported as failed.
const TAKE_DOWN: Duration = Duration::from_secs(10);

/// What to start.
pub(crate) struct Launch<'a> {
    pub(crate) program: &'a OsString,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// The most bytes a file that it writes may have (RLIMIT_FSIZE); Linux only.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "Linux only"))]
    pub(crate) file_size_limit: Option<FileSizeLimit>,
}

/// A limit on the files that a program writes.
#[derive(Clone, Copy)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "Linux only"))]
pub(crate) struct FileSizeLimit {
    pub(crate) bytes: u64,
    /// A write beyond it ends the program (SIGXFSZ); else it fails.
    pub(crate) is_fatal: bool,
}

/// Variables that would make a program behave otherwise here than there.
const NOT_INHERITED: [&str; 6] =
    ["RUST_BACKTRACE", "RUST_LIB_BACKTRACE", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TZ"];

/// The grader's ends of the program's standard streams.
pub(crate) struct Pipes {
    pub(crate) stdin: PipeWriter,
    pub(crate) stdout: PipeReader,
    pub(crate) stderr: PipeReader,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The exit code, where the program ended by itself.
    pub code: Option<i32>,
    /// The signal that ended it (Unix).
    pub signal: Option<i32>,
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => write!(f, "exit code {code}"),
            (None, Some(signal)) => write!(f, "killed by signal {signal}"),
            (None, None) => write!(f, "ended without an exit code"),
        }
    }
}

/// What is known of a guarded program, and who waits to know more.
#[derive(Default)]
pub(crate) struct Life {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default, Clone)]
struct State {
    exit: Option<Exit>,
    /// The program and all it started are gone.
    gone: bool,
    /// The guard could not do its work, in words.
    broken: Option<String>,
}

impl Life {
    fn update(&self, change: impl FnOnce(&mut State)) {
        change(&mut locked(&self.state));
        self.changed.notify_all();
    }

    /// Waits until `ready` or until `deadline`; gives the state as it is then.
    fn wait(&self, deadline: Instant, ready: impl Fn(&State) -> bool) -> State {
        let left = deadline.saturating_duration_since(Instant::now());
        let state = locked(&self.state);
        let waited = self.changed.wait_timeout_while(state, left, |state| !ready(state));
        waited.unwrap_or_else(std::sync::PoisonError::into_inner).0.clone()
    }

    /// Whether the program and all it started are gone, or its guard is.
    pub(crate) fn is_gone(&self) -> bool {
        locked(&self.state).gone
    }

    /// How the program ended, waiting for it until `deadline`.
    pub(crate) fn exit(&self, deadline: Instant) -> Option<Exit> {
        self.wait(deadline, |state| state.exit.is_some() || state.gone).exit
    }
}

/// A running program under guard. Dropping it takes the program down.
pub(crate) struct Guarded {
    life: Arc<Life>,
    system: Arc<Control>,
    down: bool,
}

impl Guarded {
    /// Starts the program; it runs when this returns.
    pub(crate) fn start(
        launch: &Launch<'_>,
        idle: &Arc<Idle>,
        on_exit: impl FnOnce(Exit) + Send + 'static,
    ) -> Result<(Self, Pipes), StartError> {
        let Some(_leave) = crate::interrupt::leave_to_start() else {
            return Err(StartError::Machine(io::Error::other("the grading was interrupted")));
        };
        let life = Arc::new(Life::default());
        let (system, pipes) = system::start(launch, idle, &life, on_exit)?;
        let system = Arc::new(system);
        crate::interrupt::remember(&system, &life);
        Ok((Guarded { life, system, down: false }, pipes))
    }

    pub(crate) fn life(&self) -> &Arc<Life> {
        &self.life
    }

    /// The process under which the program and all it started stand.
    pub(crate) fn root(&self) -> u32 {
        self.system.root()
    }

    /// Kills the program and all it started, and returns when none of them is left.
    pub(crate) fn take_down(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.down, true) {
            return Ok(());
        }
        take_down(&self.system, &self.life)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // What could not be taken down was said where take_down was called; here nobody listens.
        let _ = self.take_down();
    }
}

/// The one way down, also for an interrupt.
pub(crate) fn take_down(system: &Control, life: &Life) -> io::Result<()> {
    system.order_end();
    let state = life.wait(Instant::now() + TAKE_DOWN, |state| state.gone);
    if !state.gone || state.broken.is_some() {
        system.force_end();
    }
    if state.gone {
        system.reap();
    }
    match (state.broken, state.gone) {
        (Some(why), _) => Err(io::Error::other(why)),
        (None, false) => Err(io::Error::other("a program under test could not be killed")),
        (None, true) => Ok(()),
    }
}

pub(crate) use system::{Control, Idle};

/// Why a program did not start.
#[derive(Debug)]
pub(crate) enum StartError {
    /// The command itself: not found, not executable.
    Command(io::Error),
    /// The machine: no descriptors, no memory, no processes.
    Machine(io::Error),
}

impl StartError {
    /// Sorts what came of running the command itself.
    pub(crate) fn of_the_command(error: io::Error) -> Self {
        if crate::verdict::is_of_the_machine(&error) {
            StartError::Machine(error)
        } else {
            StartError::Command(error)
        }
    }
}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        StartError::Machine(error)
    }
}

/// Becomes a guard, and never returns, if this process was started to be one.
///
/// Call it first in the `main` of every program that grades: the grader starts this very
/// executable once more for each program under test.
pub fn serve_if_asked() {
    #[cfg(target_os = "linux")]
    linux::serve_if_asked();
}
