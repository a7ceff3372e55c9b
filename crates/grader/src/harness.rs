//! `cargo test` for a lesson: each check is one test.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::grade::{Grading, default_jobs, fresh_seed};
use crate::guard::Idle;
use crate::judge::Suite;
use crate::lesson::Lesson;
use crate::locked::locked;
use crate::report::{CheckReport, Look, Outcome, failure_text};
use crate::subject::Subject;

/// Grades a package's program with a lesson's checks, as a test binary without libtest.
///
/// It understands what `cargo test` and nextest pass: filters, `--list`, `--exact`,
/// `--test-threads`. The variable `NETLINGS_SEED` replays a seed.
///
/// `on_done` gets what was graded, for whoever keeps the student's progress.
pub fn grade(
    suite: &'static Suite,
    lesson: Lesson,
    program: &Path,
    command: &str,
    hints_seen: BTreeMap<String, usize>,
    on_done: impl FnOnce(&[CheckReport]),
) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert_with(default_jobs);
    let seed = match std::env::var("NETLINGS_SEED").map(|seed| seed.parse()) {
        Ok(Err(_)) => {
            eprintln!("NETLINGS_SEED is no number; take the seed that a failure printed");
            return ExitCode::from(2);
        }
        seed => seed.ok().and_then(Result::ok),
    };
    let names: Vec<String> = lesson.checks.iter().map(|text| text.id.clone()).collect();
    let class = Arc::new(Class {
        suite,
        reports: names.iter().map(|name| (name.clone(), OnceLock::new())).collect(),
        lesson,
        subject: Subject::program(program),
        seed: seed.unwrap_or_else(fresh_seed),
        command: command.into(),
        hints_seen,
        shown: Mutex::default(),
        guards: Arc::default(),
    });
    // Those that wait by their nature first: the others run beside them.
    let mut order = names;
    order.sort_by_key(|name| !suite.check(name).is_some_and(|check| check.waits));
    let trials: Vec<Trial> = order.iter().map(|name| trial(&class, name)).collect();
    let chosen = trials.iter().filter(|trial| !arguments.is_filtered_out(trial));
    *locked(&class.shown) = chosen.map(|trial| trial.name().to_owned()).collect();
    let listing = arguments.list;
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !listing {
        let done = class.reports.values().filter_map(|slot| slot.get().cloned());
        on_done(&done.collect::<Vec<_>>());
    }
    conclusion.exit_code()
}

/// What the trials of one grading share. A check that others need runs once, for all of them.
struct Class {
    suite: &'static Suite,
    lesson: Lesson,
    subject: Subject,
    seed: u64,
    command: String,
    hints_seen: BTreeMap<String, usize>,
    reports: BTreeMap<String, OnceLock<CheckReport>>,
    /// The checks that were asked for; what they need may run without being shown.
    shown: Mutex<Vec<String>>,
    /// The guards that one check has left idle, for the next.
    guards: Arc<Idle>,
}

impl Class {
    fn report(&self, id: &str) -> Option<&CheckReport> {
        let text = self.lesson.check(id)?;
        let slot = self.reports.get(id)?;
        Some(slot.get_or_init(|| {
            let mut grading = Grading::new(self.suite, &self.lesson, &self.subject);
            grading.command.clone_from(&self.command);
            grading.hints_seen.clone_from(&self.hints_seen);
            grading.guards.clone_from(&self.guards);
            let bad = |need: &String| {
                let report = self.report(need)?;
                report.is_in_the_way().then(|| (need.clone(), report.outcome))
            };
            match (text.needs.iter().find_map(bad), self.suite.check(id)) {
                (Some((need, outcome)), _) => grading.not_run(text, self.seed, &need, outcome),
                (None, Some(check)) => grading.report(text, check, self.seed),
                (None, None) => grading.without_check(text, self.seed),
            }
        }))
    }

    fn is_shown(&self, id: &str) -> bool {
        locked(&self.shown).iter().any(|shown| shown == id)
    }
}

fn trial(class: &Arc<Class>, name: &str) -> Trial {
    let (class, id) = (Arc::clone(class), name.to_owned());
    Trial::ignorable_test(name, move || {
        let Some(report) = class.report(&id) else { return Err(Failed::without_message()) };
        match report.outcome {
            Outcome::Passed => Ok(Completion::Completed),
            // What it needs shows its own failure, unless it was not asked for.
            Outcome::Skipped if report.not_here || needs_are_shown(&class, &id) => {
                Ok(Completion::ignored_with(&report.message))
            }
            Outcome::Skipped => Err(Failed::from(&report.message)),
            Outcome::Failed | Outcome::InfraError => {
                let text = failure_text(&class.lesson.name, report, Look::of_stdout());
                Err(Failed::from(format!("\n{text}")))
            }
        }
    })
}

fn needs_are_shown(class: &Class, id: &str) -> bool {
    class.lesson.check(id).is_some_and(|text| text.needs.iter().all(|need| class.is_shown(need)))
}
