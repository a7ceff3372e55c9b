//! What all parts of one check's run share: its record, its limits, its programs.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::guard::Idle;
use crate::late::Late;
use crate::locked::locked;
use crate::program::Process;
use crate::record::{Recorder, What};
use crate::verdict::{Cause, Failure, Trouble, Verdict};

/// How long one expected event may take, unless the check says otherwise.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) struct Stage {
    pub(crate) recorder: Recorder,
    /// The end of the check, however it stands.
    pub(crate) deadline: Instant,
    patience_ms: AtomicU64,
    peers: Mutex<Vec<String>>,
    pub(crate) processes: Mutex<Vec<Arc<Process>>>,
    /// The guards of programs that are gone, for the next ones.
    pub(crate) idle_guards: Arc<Idle>,
    closed: AtomicBool,
}

impl Stage {
    pub(crate) fn new(recorder: Recorder, limit: Duration, guards: &Arc<Idle>) -> Arc<Self> {
        Arc::new(Stage {
            recorder,
            deadline: Instant::now() + limit,
            patience_ms: AtomicU64::new(PATIENCE.as_millis() as u64),
            peers: Mutex::default(),
            processes: Mutex::default(),
            idle_guards: Arc::clone(guards),
            closed: AtomicBool::new(false),
        })
    }

    pub(crate) fn patience(&self) -> Duration {
        Duration::from_millis(self.patience_ms.load(Ordering::Relaxed))
    }

    pub(crate) fn set_patience(&self, patience: Duration) {
        self.patience_ms.store(patience.as_millis() as u64, Ordering::Relaxed);
    }

    /// When an event that is waited for from now on is late.
    pub(crate) fn late(self: &Arc<Self>) -> Late {
        Late::after(self, self.patience())
    }

    /// A name for one more of `kind`: `client`, `client 2`, `client 3`.
    pub(crate) fn name(&self, kind: &str) -> String {
        let mut names = locked(&self.peers);
        let number = 1 + names.iter().filter(|name| *name == kind).count();
        names.push(kind.into());
        if number == 1 { kind.into() } else { format!("{kind} {number}") }
    }

    /// Whether every program that this run has started is gone, so that nothing more can come.
    pub(crate) fn all_programs_ended(&self) -> bool {
        let processes = locked(&self.processes);
        !processes.is_empty() && processes.iter().all(|process| process.exit().is_some())
    }

    /// Lets no more program start; gives those that have.
    pub(crate) fn close(&self) -> Vec<Arc<Process>> {
        let processes = locked(&self.processes);
        self.closed.store(true, Ordering::Release);
        processes.clone()
    }

    /// Takes in a program that was just started.
    ///
    /// # Errors
    /// The check is out of time.
    pub(crate) fn add(&self, process: &Arc<Process>) -> Verdict {
        let mut processes = locked(&self.processes);
        processes.push(Arc::clone(process));
        if self.closed.load(Ordering::Acquire) {
            return Err(Failure::new("no time is left").into());
        }
        Ok(())
    }

    /// The failure of an expected event that did not come.
    pub(crate) fn nothing_came(&self, since: Instant, peer: &str, message: &str) -> Failure {
        self.waited(since, peer, "nothing came");
        Failure::new(message).cause(Cause::Silence)
    }

    pub(crate) fn waited(&self, since: Instant, peer: &str, what: &str) {
        let text = format!("{:.1} s, {what}", since.elapsed().as_secs_f64());
        self.recorder.words(peer, "", What::Wait, &text);
    }
}

/// Sorts the trouble of one of the grader's own sockets: a program that is not there or hung up,
/// or else the machine.
pub(crate) fn socket_trouble(what: &str, error: &io::Error) -> Trouble {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset};
    let cause = match error.kind() {
        ConnectionReset | ConnectionAborted | BrokenPipe => Cause::Reset,
        ConnectionRefused => Cause::Other,
        _ => return Trouble::machine(what, error),
    };
    Failure::new(format!("{what}: {}", netkit::cause(error))).cause(cause).into()
}

/// Checks that two byte strings are the same.
///
/// # Errors
/// A failure that shows both.
pub fn expect_bytes(message: &str, expected: &[u8], got: &[u8]) -> Verdict {
    if expected == got { Ok(()) } else { Err(Failure::bytes(message, expected, got).into()) }
}
