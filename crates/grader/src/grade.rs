//! Grades a subject with a lesson's checks: several at a time, each after those it needs.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use crate::guard::Idle;
use crate::judge::{Check, Judged, Suite, judge};
use crate::lesson::{CheckText, Lesson};
use crate::locked::locked;
use crate::report::{CheckReport, LessonOutcome, LessonReport, Outcome};
use crate::subject::Subject;
use crate::verdict::{Failure, Trouble};

/// How many checks to run at a time: they mostly wait for the program, so more than there are
/// processors.
#[must_use]
pub fn default_jobs() -> usize {
    thread::available_parallelism().map_or(4, |cores| (2 * cores.get()).clamp(4, 16))
}

/// A grading to do.
pub struct Grading<'a> {
    /// The checks.
    pub suite: &'a Suite,
    /// Their texts.
    pub lesson: &'a Lesson,
    /// What is graded.
    pub subject: &'a Subject,
    /// The seed of everything random; a fresh one where there is none.
    pub seed: Option<u64>,
    /// How many checks run at a time, at least 1.
    pub jobs: usize,
    /// The checks to report; empty: all. What they need is run too, and reported if it keeps one
    /// of them from being graded.
    pub only: Vec<String>,
    /// The command that grades this subject, such as `cargo netlings check tcp-echo`; a failure
    /// shows it with `--check` and `--seed` added.
    pub command: String,
    /// How many hints of a check the student has seen; a failure gives the next.
    pub hints_seen: BTreeMap<String, usize>,
    /// The guards that one check has left idle, for the next.
    pub(crate) guards: Arc<Idle>,
}

impl<'a> Grading<'a> {
    /// A grading of all checks.
    #[must_use]
    pub fn new(suite: &'a Suite, lesson: &'a Lesson, subject: &'a Subject) -> Self {
        Grading {
            suite,
            lesson,
            subject,
            seed: None,
            jobs: default_jobs(),
            only: Vec::new(),
            command: format!("cargo netlings check {}", lesson.name),
            hints_seen: BTreeMap::new(),
            guards: Arc::default(),
        }
    }

    /// Runs the checks and calls back with each report, in the order in which they are done, those
    /// that are only needed too ([`Grading::shows`] tells them apart).
    ///
    /// Everything that goes wrong on the machine's side becomes an [`Outcome::InfraError`].
    pub fn run(&self, on_report: &(dyn Fn(&CheckReport) + Sync)) -> LessonReport {
        let seed = self.seed.unwrap_or_else(fresh_seed);
        let wanted = self.wanted();
        let board = Board {
            slots: Mutex::new(wanted.iter().map(|_| Slot::Open).collect()),
            changed: Condvar::new(),
        };
        thread::scope(|scope| {
            let work = || self.work(&wanted, &board, seed, on_report);
            for _ in 1..self.jobs.min(wanted.len()) {
                // A machine that gives no more threads grades with those there are.
                let _ = thread::Builder::new().name("check".into()).spawn_scoped(scope, work);
            }
            work();
        });
        let slots = board.slots.into_inner().unwrap_or_else(PoisonError::into_inner);
        let reports = slots.into_iter().filter_map(|slot| match slot {
            Slot::Done(report) if self.shows(&report) => Some(*report),
            _ => None,
        });
        LessonReport::of(&self.lesson.name, reports.collect())
    }

    fn is_asked_for(&self, id: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == id)
    }

    /// Whether a report is part of the result: it was asked for, or it keeps something from being
    /// graded that was.
    #[must_use]
    pub fn shows(&self, report: &CheckReport) -> bool {
        self.is_asked_for(&report.id) || report.outcome != Outcome::Passed
    }

    /// The checks to run, in the lesson's order: those asked for and all that they need.
    #[must_use]
    pub fn wanted(&self) -> Vec<&'a CheckText> {
        let mut wanted: Vec<&str> = self
            .lesson
            .checks
            .iter()
            .map(|text| &*text.id)
            .filter(|id| self.is_asked_for(id))
            .collect();
        let mut next = 0;
        while next < wanted.len() {
            let needs = self.lesson.check(wanted[next]).map_or(&[][..], |text| &text.needs);
            for need in needs {
                if !wanted.contains(&&**need) {
                    wanted.push(need);
                }
            }
            next += 1;
        }
        self.lesson.checks.iter().filter(|text| wanted.contains(&&*text.id)).collect()
    }

    fn work(
        &self,
        wanted: &[&CheckText],
        board: &Board,
        seed: u64,
        on_report: &(dyn Fn(&CheckReport) + Sync),
    ) {
        while let Some(at) = board.next(wanted, self.suite) {
            let text = wanted[at];
            let failed_need = board.failed_need(wanted, text);
            let report = match (failed_need, self.suite.check(&text.id)) {
                (Some((need, outcome)), _) => self.not_run(text, seed, &need, outcome),
                (None, Some(check)) => self.report(text, check, seed),
                (None, None) => self.without_check(text, seed),
            };
            on_report(&report);
            board.done(at, report);
        }
    }

    /// Runs one check and reports it, whatever it needs.
    #[must_use]
    pub fn report(&self, text: &CheckText, check: &Check, seed: u64) -> CheckReport {
        let judged = judge(check, self.subject, seed, &self.guards);
        let mut report = match &judged.verdict {
            Ok(()) => self.blank(text, seed, Outcome::Passed, String::new()),
            Err(Trouble::Failed(failure)) => self.failed(text, seed, failure, &judged),
            Err(Trouble::Machine(why)) => self.blank(text, seed, Outcome::InfraError, why.clone()),
            Err(Trouble::Skipped(why)) => self.blank(text, seed, Outcome::Skipped, why.clone()),
        };
        report.not_here = matches!(judged.verdict, Err(Trouble::Skipped(_)));
        report.duration_ms = judged.duration.as_millis() as u64;
        report.waits = check.waits;
        report.transcript = judged.events;
        report.stderr = judged.stderr;
        report.step_to_do = judged.step_to_do;
        report
    }

    fn failed(
        &self,
        text: &CheckText,
        seed: u64,
        failure: &Failure,
        judged: &Judged,
    ) -> CheckReport {
        let seen = self.hints_seen.get(&text.id).copied().unwrap_or(0);
        let hint = text.hints.get(seen).or(text.hints.last());
        let sentence = failure.explanation.map(|id| {
            self.lesson.explanations.get(id).cloned().unwrap_or_else(|| {
                format!("(the explanation `{id}` is missing in the lesson's lesson.toml)")
            })
        });
        CheckReport {
            expected: failure.expected.clone(),
            actual: failure.got.clone(),
            hint: hint.cloned(),
            hints_left: text.hints.len().saturating_sub(seen + 1),
            cause_open: sentence.is_none() && judged.step_to_do.is_none(),
            cause_is_told: judged.cause_is_told,
            found: judged.found,
            explanation: sentence,
            explanation_id: failure.explanation,
            ..self.blank(text, seed, Outcome::Failed, failure.message.clone())
        }
    }

    /// lesson.toml names a check that the course does not have.
    pub(crate) fn without_check(&self, text: &CheckText, seed: u64) -> CheckReport {
        let lost = format!("there is no check named `{}` in the course's checks", text.id);
        self.blank(text, seed, Outcome::InfraError, lost)
    }

    /// A check that needs another one, which came out as `outcome`, is not run.
    pub(crate) fn not_run(
        &self,
        text: &CheckText,
        seed: u64,
        need: &str,
        outcome: Outcome,
    ) -> CheckReport {
        if outcome == Outcome::InfraError {
            let why = format!("not run: it needs `{need}`, which this machine could not run");
            return self.blank(text, seed, outcome, why);
        }
        let why = format!("not run: it needs `{need}`, which did not pass");
        self.blank(text, seed, Outcome::Skipped, why)
    }

    fn blank(&self, text: &CheckText, seed: u64, outcome: Outcome, message: String) -> CheckReport {
        CheckReport {
            alone: format!("{} --check {} --seed {seed}", self.command, text.id),
            ..CheckReport::blank(text, seed, outcome, message)
        }
    }
}

/// A seed that one can type.
#[must_use]
pub fn fresh_seed() -> u64 {
    u64::from(fastrand::u32(1..))
}

/// Who does which check, and what came of it.
struct Board {
    slots: Mutex<Vec<Slot>>,
    changed: Condvar,
}

enum Slot {
    Open,
    Taken,
    Done(Box<CheckReport>),
}

impl Board {
    /// Takes the next check whose needs are done, those that wait by their nature first. Waits
    /// while there are only checks whose needs are still running; `None` when all are taken.
    fn next(&self, wanted: &[&CheckText], suite: &Suite) -> Option<usize> {
        let mut slots = locked(&self.slots);
        loop {
            let open = |at: &usize| matches!(slots[*at], Slot::Open);
            if !(0..wanted.len()).any(|at| open(&at)) {
                return None;
            }
            let ready = |at: &usize| {
                wanted[*at].needs.iter().all(|need| match position(wanted, need) {
                    Some(need) => matches!(slots[need], Slot::Done(_)),
                    None => true,
                })
            };
            let waits = |at: &usize| suite.check(&wanted[*at].id).is_some_and(|check| check.waits);
            let next =
                (0..wanted.len()).filter(open).filter(ready).min_by_key(|at| (!waits(at), *at));
            if let Some(at) = next {
                slots[at] = Slot::Taken;
                return Some(at);
            }
            slots = self.changed.wait(slots).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn failed_need(&self, wanted: &[&CheckText], text: &CheckText) -> Option<(String, Outcome)> {
        let slots = locked(&self.slots);
        text.needs.iter().find_map(|need| match &slots[position(wanted, need)?] {
            Slot::Done(report) if report.is_in_the_way() => Some((need.clone(), report.outcome)),
            _ => None,
        })
    }

    fn done(&self, at: usize, report: CheckReport) {
        locked(&self.slots)[at] = Slot::Done(Box::new(report));
        self.changed.notify_all();
    }
}

fn position(wanted: &[&CheckText], id: &str) -> Option<usize> {
    wanted.iter().position(|text| text.id == id)
}

impl LessonReport {
    fn of(lesson: &str, checks: Vec<CheckReport>) -> Self {
        let infra = checks.iter().any(|check| check.outcome == Outcome::InfraError);
        LessonReport {
            lesson: lesson.into(),
            outcome: if infra { LessonOutcome::InfraError } else { LessonOutcome::Graded },
            score: checks.iter().map(|check| check.points).sum(),
            max_score: checks.iter().map(|check| check.max_points).sum(),
            checks,
        }
    }
}
