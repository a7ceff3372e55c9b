//! A process under guard, with its streams.

use std::io::{PipeWriter, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::guard::{Exit, Guarded, Launch, Life, StartError};
use crate::locked::locked;
use crate::output::Output;
use crate::record::{Recorder, What};
use crate::stage::Stage;
use crate::verdict::{Trouble, Verdict};

/// A process under guard, with its streams.
pub(crate) struct Process {
    pub(crate) name: String,
    pub(crate) recorder: Recorder,
    pub(super) life: Arc<Life>,
    guarded: Mutex<Guarded>,
    /// The grader has begun to take it down.
    ending: Arc<AtomicBool>,
    /// The process below which it and all it started stand.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only /proc is asked for it"))]
    pub(super) root: u32,
    pub(super) stdin: Mutex<Option<mpsc::Sender<Typed>>>,
    pub(crate) stdout: Arc<Output>,
    pub(crate) stderr: Arc<Output>,
}

impl Process {
    pub(super) fn start(
        stage: &Arc<Stage>,
        launch: &Launch<'_>,
        name: String,
        command: &str,
        output_limit: usize,
        recorder: Recorder,
    ) -> Verdict<Self> {
        let recording = |what: What| {
            let (recorder, name) = (recorder.clone(), name.clone());
            move |bytes: &[u8]| recorder.bytes("", &name, what, bytes)
        };
        recorder.words("", &name, What::Run, command);
        let (exits, exit_name) = (recorder.clone(), name.clone());
        let ending = Arc::new(AtomicBool::new(false));
        let ending_now = Arc::clone(&ending);
        let on_exit = move |exit: Exit| {
            // That the grader ends what still runs is no part of the story.
            if !ending_now.load(Ordering::Acquire) {
                exits.words("", &exit_name, What::Exit, &exit.to_string());
            }
        };
        let started = Guarded::start(launch, &stage.idle_guards, on_exit);
        let (guarded, pipes) = started.map_err(|error| match error {
            StartError::Machine(error) => Trouble::machine("cannot start a program", &error),
            StartError::Command(error) => {
                let word = launch.program.to_string_lossy();
                Trouble::machine(&format!("cannot run `{word}`"), &error)
            }
        })?;
        let machine = |error| Trouble::machine("cannot follow a program", &error);
        let (typing, typist) = (recorder.clone(), name.clone());
        let stdin = type_from_queue(pipes.stdin, move |bytes| match bytes {
            Some(bytes) => typing.bytes("", &typist, What::Stdin, bytes),
            None => typing.words("", &typist, What::StdinClosed, ""),
        });
        let stdin = stdin.map_err(machine)?;
        Ok(Process {
            life: Arc::clone(guarded.life()),
            root: guarded.root(),
            guarded: Mutex::new(guarded),
            ending,
            stdin: Mutex::new(Some(stdin)),
            stdout: Output::follow(pipes.stdout, output_limit, recording(What::Stdout))
                .map_err(machine)?,
            stderr: Output::follow(pipes.stderr, output_limit, recording(What::Stderr))
                .map_err(machine)?,
            name,
            recorder,
        })
    }

    /// Kills it with all it started; afterwards its streams have ended.
    pub(crate) fn take_down(&self) -> Verdict {
        self.ending.store(true, Ordering::Release);
        let down = locked(&self.guarded).take_down();
        down.map_err(|error| Trouble::machine("cannot end a program under test", &error))?;
        drop(locked(&self.stdin).take()); // with it goes the thread that types, and the pipe
        // Whoever could write is gone, so the end is there; it only needs to be read.
        let soon = Instant::now() + Duration::from_secs(1);
        self.stdout.wait_for_end(soon);
        self.stderr.wait_for_end(soon);
        Ok(())
    }

    /// Where its stdout has ended, waits a moment until it has ended itself and all that it wrote is
    /// read, so that whoever follows it hears that before anything else.
    pub(super) fn wait_for_last_words(&self) {
        if !self.stdout.is_over() {
            return;
        }
        let soon = Instant::now() + Duration::from_secs(1);
        if self.life.exit(soon).is_some() {
            self.stderr.wait_for_end(soon);
        }
    }

    /// How long each of its threads has been kept waiting for a processor. Empty where the system
    /// does not tell, and for a program that is gone.
    pub(crate) fn kept_waiting(&self) -> Vec<(u32, Duration)> {
        if self.life.is_gone() {
            return Vec::new();
        }
        #[cfg(target_os = "linux")]
        return crate::process_tree::kept_waiting_below(self.root);
        #[cfg(not(target_os = "linux"))]
        return Vec::new();
    }

    /// How long its threads have run. Zero where the system does not tell exactly.
    pub(super) fn ran(&self) -> Duration {
        #[cfg(target_os = "linux")]
        return crate::process_tree::ran_below(self.root);
        #[cfg(not(target_os = "linux"))]
        return Duration::ZERO;
    }

    /// Whether it and all it started are gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.life.is_gone()
    }

    /// How it ended, if it has.
    pub(crate) fn exit(&self) -> Option<Exit> {
        self.life.exit(Instant::now())
    }

    /// Whether every thread of it and of all it started sleeps. `None` where the system can't tell,
    /// or it is gone.
    pub(crate) fn asleep(&self) -> Option<bool> {
        if self.life.is_gone() {
            return None;
        }
        #[cfg(target_os = "linux")]
        return crate::process_tree::all_asleep_below(self.root).ok();
        #[cfg(not(target_os = "linux"))]
        return None;
    }
}

/// What is typed into a program.
pub(super) enum Typed {
    Bytes(Vec<u8>),
    /// The end of its stdin.
    End,
}

/// Writes what is queued to a program's stdin, in a thread of its own, so that typing never blocks
/// a check. The stdin ends when the queue does.
fn type_from_queue(
    mut pipe: PipeWriter,
    record: impl Fn(Option<&[u8]>) + Send + 'static,
) -> std::io::Result<mpsc::Sender<Typed>> {
    let (sender, queue) = mpsc::channel();
    thread::Builder::new().name("stdin".into()).spawn(move || {
        for typed in queue {
            let Typed::Bytes(bytes) = typed else {
                record(None);
                break;
            };
            record(Some(&bytes));
            // A program that reads no stdin is free to; what it should have done shows elsewhere.
            if pipe.write_all(&bytes).is_err() {
                break;
            }
        }
    })?;
    Ok(sender)
}
