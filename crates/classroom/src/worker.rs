//! Starting the processes that do the work ([`crate::work`]), and ending them.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use crate::words::grading as words;
use crate::work::{Done, Job};

/// The most bytes of what came of a job.
const MOST: u64 = 256 << 20;
/// How long a process may take to end when it was told to, with all that it started.
const TO_END: Duration = Duration::from_secs(15);

/// The lifelines of the processes that run, and whether any more may be started.
#[derive(Default)]
pub(crate) struct Workers {
    stopped: AtomicBool,
    next: AtomicU64,
    lifelines: Mutex<BTreeMap<u64, ChildStdin>>,
}

/// Why nothing came of a job.
#[derive(Debug)]
pub(crate) enum NotDone {
    /// The class's grading was stopped.
    Stopped,
    /// The machine was in the way, in words.
    Machine(String),
}

impl Workers {
    /// Ends all that runs, and starts nothing any more.
    pub(crate) fn stop(&self) {
        let mut lifelines = self.lifelines();
        self.stopped.store(true, Ordering::Release);
        lifelines.clear();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Has a process do `job` with its temporary files in `scratch`; it has `limit` for it.
    pub(crate) fn run(&self, job: &Job, scratch: &Path, limit: Duration) -> Result<Done, NotDone> {
        let machine = |error: std::io::Error| NotDone::Machine(words::no_worker(&error));
        let mut child = self.start(scratch).map_err(machine)?;
        let mut stdin = child.stdin.take();
        let mut line = serde_json::to_vec(job).unwrap_or_default();
        line.push(b'\n');
        // Where it is gone already, what it wrote says so below.
        let _ = stdin.as_mut().map(|stdin| stdin.write_all(&line));
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        {
            let mut lifelines = self.lifelines();
            match stdin {
                Some(stdin) if !self.is_stopped() => drop(lifelines.insert(number, stdin)),
                _ => {}
            }
        }
        let said = said_by(&mut child);
        let told = said.recv_timeout(limit).ok();
        // Without its lifeline it ends itself, where it has not ended yet, and takes all down.
        self.lifelines().remove(&number);
        if told.is_none() {
            let _ = said.recv_timeout(TO_END);
        }
        end(&mut child);
        if self.is_stopped() {
            return Err(NotDone::Stopped);
        }
        let told = told.and_then(|said| serde_json::from_slice(&said).ok());
        told.ok_or_else(|| NotDone::Machine(words::worker_gone(limit)))
    }

    fn start(&self, scratch: &Path) -> std::io::Result<Child> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("work").stdin(Stdio::piped()).stdout(Stdio::piped()).env("TMPDIR", scratch);
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            // Ctrl-C at a terminal is for the one process that knows what is to be ended.
            command.process_group(0);
        }
        command.spawn()
    }

    fn lifelines(&self) -> MutexGuard<'_, BTreeMap<u64, ChildStdin>> {
        self.lifelines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where all that the process writes until it ends will come.
fn said_by(child: &mut Child) -> mpsc::Receiver<Vec<u8>> {
    let (sender, said) = mpsc::channel();
    let stdout = child.stdout.take();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let whole = stdout.map(|stdout| stdout.take(MOST).read_to_end(&mut bytes));
        let _ = sender.send(if matches!(whole, Some(Ok(_))) { bytes } else { Vec::new() });
    });
    said
}

/// Sees to it that the process and its group are gone.
fn end(child: &mut Child) {
    // Before it is waited for, since only so long nobody else can have its number.
    #[cfg(unix)]
    if let Some(group) = rustix::process::Pid::from_raw(child.id() as i32) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    #[cfg(not(unix))]
    let _ = child.kill();
    let _ = child.wait();
}
