//! Runs one check and judges what came of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::guard::Idle;
use crate::locked::locked;
use crate::program::Process;
use crate::record::Event;
use crate::rest::at_rest_within;
use crate::run::Run;
use crate::stage::Stage;
use crate::subject::Subject;
use crate::verdict::{Cause, Failure, Trouble, Verdict};

/// How long one check may last. Much longer than a right program needs, because a busy machine may
/// starve it; short enough that a lesson of seventeen ends within 240 s, four at a time.
pub const LIMIT: Duration = Duration::from_secs(40);
/// How long a check may go on after its limit, which it should notice itself.
const BEYOND: Duration = Duration::from_secs(1);
/// How long a program may take to come to rest after a check that passed.
const SETTLE: Duration = Duration::from_millis(300);
/// How much of a program's stderr a failure shows.
const STDERR_LINES: usize = 12;

/// One check: a sentence about behaviour and the function that finds out.
#[derive(Clone, Copy)]
pub struct Check {
    /// Its name: the function's, and the one in lesson.toml.
    pub id: &'static str,
    /// What it does.
    pub body: fn(&mut Run) -> Verdict,
    /// How long it may last.
    pub limit: Duration,
    /// It needs real time by its nature, such as an interval. It is started first, so that the
    /// others run beside it.
    pub waits: bool,
}

/// A lesson's checks.
#[derive(Clone, Copy)]
pub struct Suite {
    /// The lesson's name.
    pub lesson: &'static str,
    /// Its checks; the order in which they are shown stands in lesson.toml.
    pub checks: &'static [Check],
}

impl Suite {
    /// The check of that name.
    #[must_use]
    pub fn check(&self, id: &str) -> Option<&'static Check> {
        self.checks.iter().find(|check| check.id == id)
    }
}

/// Makes a [`Check`] of a function, under the function's name: `check!(echoes_hello)`, or
/// `check!(tells_the_time, waits)` for one that needs real time by its nature.
#[macro_export]
macro_rules! check {
    ($body:ident) => {
        $crate::check!(@ $body, false)
    };
    ($body:ident, waits) => {
        $crate::check!(@ $body, true)
    };
    (@ $body:ident, $waits:literal) => {
        $crate::Check { id: stringify!($body), body: $body, limit: $crate::LIMIT, waits: $waits }
    };
}

/// What one run of a check came to.
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    pub(crate) events: Vec<Event>,
    /// The last lines that programs wrote to stderr, with the program's name where there are several.
    pub(crate) stderr: Vec<String>,
    /// The step that an untouched skeleton came to.
    pub(crate) step_to_do: Option<String>,
    /// The failure tells the cause too: it says it all, or a panic names its place and reason.
    pub(crate) cause_is_told: bool,
    /// When the failure was found, from the check's beginning on.
    pub(crate) found: Option<Duration>,
    pub(crate) duration: Duration,
}

pub(crate) fn judge(check: &Check, subject: &Subject, seed: u64, guards: &Arc<Idle>) -> Judged {
    let began = Instant::now();
    let mut run = Run::new(subject, seed, check.limit, guards);
    let watchdog = Watchdog::over(&run.stage, check.limit);
    let body = catch_unwind(AssertUnwindSafe(|| (check.body)(&mut run)));
    // A wait that was cut short by the check's limit tells nothing of what was waited for.
    let limit_reached =
        Instant::now() >= run.stage.deadline && body.as_ref().is_ok_and(|v| v.is_err());
    let out_of_time = watchdog.is_ok_and(Watchdog::has_bitten) || limit_reached;
    let mut verdict = body.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<&str>().copied().map(str::to_owned);
        let words = words.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Err(Trouble::Machine(format!("the check itself broke: {words}")))
    });
    crate::interrupt::wait_for_the_end_if_come();
    let processes = std::mem::take(&mut *locked(&run.stage.processes));
    if verdict.is_ok() {
        settle(&processes);
    }
    let duration = began.elapsed();
    let ended: Vec<_> = processes.iter().map(|process| process.exit()).collect();
    for process in &processes {
        if let Err(trouble) = process.take_down() {
            verdict = with_leftovers(verdict, trouble);
        }
    }
    let said: Vec<_> = processes.iter().map(|process| stderr_of(process)).collect();
    let step_to_do = said.iter().find_map(|text| step_to_do(text));
    let panicked = processes.iter().zip(&said).zip(&ended).find_map(|((process, text), exit)| {
        let by_code = exit.is_some_and(|exit| exit.code == Some(101));
        panic_words(text).or(by_code.then(|| "exit code 101".into())).map(|words| (process, words))
    });
    let cause_is_told = match &verdict {
        Err(Trouble::Failed(failure)) => {
            panicked.is_some() || (!out_of_time && failure.says_it_all())
        }
        _ => panicked.is_some(),
    };
    let verdict = match (&step_to_do, panicked) {
        (Some(step), _) => with_message(verdict, format!("step {step}"), true),
        (None, Some((process, words))) => {
            with_message(verdict, format!("{} panicked: {words}", process.name), false)
        }
        (None, None) if out_of_time => {
            let message = format!("not done within {} s", check.limit.as_secs());
            with_message(verdict, message, true)
        }
        (None, None) => name_a_flood(verdict, &processes),
    };
    let events = run.stage.recorder.events();
    let stderr = last_lines(&processes, &said);
    let found = match &verdict {
        Err(Trouble::Failed(failure)) => {
            Some(run.stage.recorder.since_the_beginning(failure.found))
        }
        _ => None,
    };
    Judged { verdict, events, stderr, step_to_do, cause_is_told, found, duration }
}

/// Ends the programs of a check that does not end by itself; with them its conversations end.
struct Watchdog {
    done: mpsc::Sender<()>,
    bitten: thread::JoinHandle<bool>,
}

impl Watchdog {
    fn over(stage: &Arc<Stage>, limit: Duration) -> std::io::Result<Self> {
        let (done, ended) = mpsc::channel();
        let stage = Arc::clone(stage);
        let bitten = thread::Builder::new().name("watchdog".into()).spawn(move || {
            if ended.recv_timeout(limit + BEYOND) != Err(mpsc::RecvTimeoutError::Timeout) {
                return false;
            }
            for process in stage.close() {
                // What could not be ended is told when the check is judged.
                let _ = process.take_down();
            }
            true
        })?;
        Ok(Watchdog { done, bitten })
    }

    fn has_bitten(self) -> bool {
        drop(self.done);
        self.bitten.join().unwrap_or(false)
    }
}

/// A program that could not be ended is the machine's trouble; a failure only tells of it too.
fn with_leftovers(verdict: Verdict, trouble: Trouble) -> Verdict {
    match (verdict, trouble) {
        (Err(Trouble::Failed(mut failure)), Trouble::Machine(why)) => {
            failure.message = format!("{} ({why})", failure.message);
            Err(Trouble::Failed(failure))
        }
        (Ok(()), trouble) => Err(trouble),
        (verdict, _) => verdict,
    }
}

/// Waits until the programs sleep, so that what they do last, a panic too, has happened. A program
/// that never rests is not waited for: whether it may be busy is for a check to say.
fn settle(processes: &[Arc<Process>]) {
    at_rest_within(&processes.iter().map(|process| &**process), SETTLE);
}

fn stderr_of(process: &Process) -> String {
    String::from_utf8_lossy(&process.stderr.state().bytes).into_owned()
}

/// The step that netkit, or `todo!` by itself, says is still to do.
fn step_to_do(stderr: &str) -> Option<String> {
    let marks = ["still to do, step ", "not yet implemented: step "];
    stderr.lines().find_map(|line| {
        let step = marks.iter().find_map(|mark| line.split_once(mark))?.1;
        let step: String = netkit::visible(step.as_bytes()).chars().take(200).collect();
        Some(format!("{step} — still to do"))
    })
}

/// Where a Rust program panicked, and its words, which stand on the line after.
fn panic_words(stderr: &str) -> Option<String> {
    let mut lines = stderr.lines();
    let (_, place) = lines.by_ref().find_map(|line| line.split_once("panicked at "))?;
    let words = lines.next().unwrap_or_default();
    let words = format!("{words} ({})", place.trim_end_matches(':'));
    Some(netkit::visible(words.as_bytes()).chars().take(400).collect())
}

/// A panic or a step to do is what a failure has to say first. What was expected and what came
/// stay; the machine's own trouble stays as it is.
fn with_message(verdict: Verdict, message: String, drop_explanation: bool) -> Verdict {
    match verdict {
        Ok(()) => Err(Failure::new(message).cause(Cause::Exited).into()),
        Err(Trouble::Failed(mut failure)) => {
            failure.message = message;
            if drop_explanation {
                failure.explanation = None;
            }
            Err(Trouble::Failed(failure))
        }
        other => other,
    }
}

/// A program that printed more than is read is blocked, and keeps silent for that. What else it
/// fails by would have come all the same, and whether the flood came first is luck.
fn name_a_flood(verdict: Verdict, processes: &[Arc<Process>]) -> Verdict {
    let flooded = processes.iter().find_map(|process| {
        let stream = [("stdout", &process.stdout), ("stderr", &process.stderr)]
            .into_iter()
            .find(|(_, output)| output.state().full.is_some())?;
        let most = crate::escape::size(stream.1.state().bytes.len() as u64);
        Some(format!("{} printed more than {most} on {}", process.name, stream.0))
    });
    match (verdict, flooded) {
        (Err(Trouble::Failed(mut failure)), Some(flood))
            if matches!(failure.cause, Cause::Silence | Cause::Blocked) =>
        {
            let then = &failure.message;
            failure.message =
                format!("{flood}, no more was read, and it was blocked; then: {then}");
            Err(Trouble::Failed(failure))
        }
        (verdict, _) => verdict,
    }
}

fn last_lines(processes: &[Arc<Process>], said: &[String]) -> Vec<String> {
    let loud = || processes.iter().zip(said).filter(|(process, _)| process.recorder.is_kept());
    let several = loud().filter(|(_, text)| !text.is_empty()).count() > 1;
    let mut shown = Vec::new();
    for (process, text) in loud() {
        let lines: Vec<_> = text.lines().collect();
        for line in &lines[lines.len().saturating_sub(STDERR_LINES)..] {
            let line: String = netkit::visible(line.as_bytes()).chars().take(400).collect();
            shown.push(if several { format!("{}: {line}", process.name) } else { line });
        }
    }
    shown
}
