//! Starting the processes that do the work ([`crate::work`]), and ending them.

use std::collections::BTreeMap;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use crate::words::grading as words;
pub(crate) use process::Place;
use process::{Ending, Process};
mod process;

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
    lifelines: Mutex<BTreeMap<u64, PipeWriter>>,
}

/// Why nothing came of a job.
#[derive(Debug)]
pub(crate) enum NotDone {
    /// The class's grading was stopped.
    Stopped,
    /// It was ended since it held too much memory.
    Memory,
    /// The machine was in the way, in words.
    Machine(String),
}

impl Workers {
    /// Ends all that runs, and starts nothing any more.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there Ctrl-C ends all"))]
    pub(crate) fn stop(&self) {
        let mut lifelines = self.lifelines();
        self.stopped.store(true, Ordering::Release);
        lifelines.clear();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Has a process do `job`; it has `limit` for it.
    pub(crate) fn run(
        &self,
        job: &Job,
        place: &Place<'_>,
        limit: Duration,
    ) -> Result<Done, NotDone> {
        let machine = |error: std::io::Error| NotDone::Machine(words::no_worker(&error));
        let (process, mut stdin, stdout) = Process::start(place).map_err(machine)?;
        let mut line = serde_json::to_vec(job).unwrap_or_default();
        line.push(b'\n');
        // Where it is gone already, what it wrote says so below.
        let _ = stdin.write_all(&line);
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        {
            let mut lifelines = self.lifelines();
            if !self.is_stopped() {
                lifelines.insert(number, stdin);
            }
        }
        let said = said_on(stdout);
        let told = said.recv_timeout(limit).ok();
        // Without its lifeline it ends itself, where it has not ended yet, and takes all down.
        self.lifelines().remove(&number);
        if told.is_none() {
            let _ = said.recv_timeout(TO_END);
        }
        let ending = process.end();
        if self.is_stopped() {
            return Err(NotDone::Stopped);
        }
        match told.and_then(|said| serde_json::from_slice(&said).ok()) {
            Some(done) => Ok(done),
            None if ending == Ending::Memory => Err(NotDone::Memory),
            None => Err(NotDone::Machine(words::worker_gone(limit))),
        }
    }

    fn lifelines(&self) -> MutexGuard<'_, BTreeMap<u64, PipeWriter>> {
        self.lifelines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where all that the process writes until it ends will come.
fn said_on(stdout: PipeReader) -> mpsc::Receiver<Vec<u8>> {
    let (sender, said) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let whole = stdout.take(MOST).read_to_end(&mut bytes);
        let _ = sender.send(if whole.is_ok() { bytes } else { Vec::new() });
    });
    said
}
