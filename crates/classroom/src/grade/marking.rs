//! Compiling and grading one student's program for one lesson.

use std::path::Path;
use std::time::Duration;

use cell::Policy;
use grader::{CheckReport, Outcome, What};

use crate::files::write_below;
use crate::grade::bench::Bench;
use crate::intake::Files;
use crate::kit::compile::Compiled;
use crate::result::{Again, CheckResult, CompileResult, LessonOutcome, LessonResult};
use crate::sandbox::{MEMORY, Sandbox};
use crate::words::sandbox::no_cell;
use crate::words::{class, grading as words};
use crate::work::{CompileJob, Done, GradeJob, Job};
use crate::worker::{NotDone, Place, Workers};

/// How long the compiler may take. It takes a quarter of a second for a lesson's program.
const COMPILE: Duration = Duration::from_secs(60);
/// How long a process may take beside its job: it is loaded, and ends.
const BESIDE: Duration = Duration::from_secs(30);
/// Each check ends by its own limit, and takes its programs down; a bound for all that.
const PER_CHECK: Duration = Duration::from_secs(60);
/// How often what the machine was in the way of is tried again.
const INFRA_RETRIES: usize = 2;

/// What marking needs beside the lesson.
pub(crate) struct Marker<'a> {
    pub(crate) workers: &'a Workers,
    /// Where private folders are made.
    pub(crate) scratch: &'a Path,
    pub(crate) sandbox: Sandbox,
    /// How many checks of one program run at once.
    pub(crate) at_once: usize,
}

/// Why a result is not final: what could have come otherwise on a quiet machine.
pub(crate) fn wants_another_run(result: &LessonResult) -> bool {
    result.outcome == LessonOutcome::InfraError
        || result.compile.timed_out
        || result.checks.iter().any(|check| suspect(&check.report).is_some())
}

/// Why a check's verdict could have to do with the machine: only what took too long.
fn suspect(report: &CheckReport) -> Option<&'static str> {
    let waited = || report.transcript.iter().any(|event| event.what == What::Wait);
    match report.outcome {
        Outcome::InfraError => Some("infra_error"),
        Outcome::Failed if waited() || report.message.starts_with("not done within") => {
            Some("timeout")
        }
        _ => None,
    }
}

impl Marker<'_> {
    /// Compiles and grades.
    pub(crate) fn mark(&self, bench: &Bench, files: &Files) -> Result<LessonResult, Stopped> {
        let infra = |why| Ok(bench.not_graded(files, LessonOutcome::InfraError, why));
        let folder = match tempfile::tempdir_in(self.scratch) {
            Ok(folder) => folder,
            Err(error) => return infra(class::unwritable(self.scratch, &error)),
        };
        let compiled = match self.compile(bench, files, folder.path()) {
            Ok(compiled) => compiled,
            Err(NotDone::Stopped) => return Err(Stopped),
            Err(NotDone::Memory) => return infra(words::memory(MEMORY)),
            Err(NotDone::Machine(why)) => return infra(why),
        };
        let compile = CompileResult {
            duration_ms: compiled.duration_ms,
            timed_out: compiled.timed_out,
            errors: compiled.errors,
            not_available: compiled.not_available,
        };
        let Some(program) = compiled.program else {
            let why = compiled.why.unwrap_or_default();
            let result = bench.not_graded(files, LessonOutcome::NoBuild, why);
            return Ok(LessonResult { compile, ..result });
        };
        match self.grade(bench, &program, folder.path(), &[]) {
            Err(NotDone::Stopped) => Err(Stopped),
            Err(NotDone::Memory) => {
                let checks = bench.all_failed(&words::memory(MEMORY));
                Ok(LessonResult::graded(bench.name(), checks, compile, bench.hashes(files)))
            }
            Err(NotDone::Machine(why)) => Ok(LessonResult {
                compile,
                ..bench.not_graded(files, LessonOutcome::InfraError, why)
            }),
            Ok(checks) => {
                Ok(LessonResult::graded(bench.name(), checks, compile, bench.hashes(files)))
            }
        }
    }

    /// Runs once more what took too long or what the machine was in the way of. Nothing else may be
    /// graded meanwhile.
    pub(crate) fn mark_again(
        &self,
        bench: &Bench,
        files: &Files,
        first: LessonResult,
    ) -> Result<LessonResult, Stopped> {
        let mut result = first;
        if result.checks.is_empty() {
            // It did not compile in time, or nothing could be done at all.
            for _ in 0..INFRA_RETRIES {
                result = self.mark(bench, files)?;
                if result.outcome != LessonOutcome::InfraError {
                    break;
                }
            }
            return Ok(result);
        }
        let folder = tempfile::tempdir_in(self.scratch);
        let Ok(folder) = folder else { return Ok(result) };
        let compiled = match self.compile(bench, files, folder.path()) {
            Ok(compiled) => compiled,
            Err(NotDone::Stopped) => return Err(Stopped),
            Err(_) => return Ok(result),
        };
        // It compiled before: what is in the way now is the machine.
        let Some(program) = compiled.program else { return Ok(result) };
        let mut checks = std::mem::take(&mut result.checks);
        for attempt in 0..INFRA_RETRIES {
            let before: Vec<bool> = checks.iter().map(|check| bench.is_right(check)).collect();
            let wanted: Vec<String> = checks
                .iter()
                .filter(|check| match suspect(&check.report) {
                    Some("timeout") => attempt == 0,
                    suspect => suspect.is_some(),
                })
                .map(|check| check.report.id.clone())
                .collect();
            if wanted.is_empty() {
                break;
            }
            self.replace(bench, &program, folder.path(), &wanted, &mut checks)?;
            let gained =
                checks.iter().zip(&before).any(|(now, before)| bench.is_right(now) != *before);
            let skipped = checks.iter().filter(|it| it.report.outcome == Outcome::Skipped);
            let skipped: Vec<String> = skipped.map(|it| it.report.id.clone()).collect();
            if gained && !skipped.is_empty() {
                // They waited for one that has passed now.
                self.replace(bench, &program, folder.path(), &skipped, &mut checks)?;
            }
        }
        Ok(LessonResult::graded(bench.name(), checks, result.compile, result.hashes))
    }

    /// Compiles, and runs one check with those that it needs. Why not, in words, where it cannot.
    pub(crate) fn replay(
        &self,
        bench: &Bench,
        files: &Files,
        check: &str,
    ) -> Result<Vec<CheckResult>, String> {
        let in_words = |why| match why {
            NotDone::Stopped => words::INTERRUPTED.into(),
            NotDone::Memory => words::memory(MEMORY),
            NotDone::Machine(why) => why,
        };
        let folder = tempfile::tempdir_in(self.scratch)
            .map_err(|error| class::unwritable(self.scratch, &error))?;
        let compiled = self.compile(bench, files, folder.path()).map_err(in_words)?;
        let Some(program) = compiled.program else {
            let shown = compiled.errors.first().map(|error| error.shown.as_str());
            return Err(shown.map(str::to_owned).or(compiled.why).unwrap_or_default());
        };
        self.grade(bench, &program, folder.path(), &[check.to_owned()]).map_err(in_words)
    }

    /// Runs the checks called `wanted`, one at a time, and puts what comes of it in the others' place.
    fn replace(
        &self,
        bench: &Bench,
        program: &Path,
        folder: &Path,
        wanted: &[String],
        checks: &mut [CheckResult],
    ) -> Result<(), Stopped> {
        let alone = Marker { at_once: 1, ..*self };
        let mut new = match alone.grade(bench, program, folder, wanted) {
            Ok(new) => new,
            Err(NotDone::Stopped) => return Err(Stopped),
            Err(_) => return Ok(()), // it stays as it was
        };
        for check in checks.iter_mut().filter(|check| wanted.contains(&check.report.id)) {
            let Some(at) = new.iter().position(|it| it.report.id == check.report.id) else {
                continue;
            };
            let mut now = new.swap_remove(at);
            let before = &check.report;
            now.again = check.again.take().or_else(|| {
                Some(Again {
                    because: suspect(before).unwrap_or("needed check passed").into(),
                    outcome: before.outcome,
                    message: before.message.clone(),
                })
            });
            *check = now;
        }
        Ok(())
    }

    fn place<'p>(&self, folder: &'p Path, policy: &'p Policy) -> Place<'p> {
        match self.sandbox.is_confined() {
            true => Place::Cell(self.sandbox.tier, policy),
            false => Place::Anywhere(folder),
        }
    }

    /// Compiles to a program in `folder`.
    pub(crate) fn compile(
        &self,
        bench: &Bench,
        files: &Files,
        folder: &Path,
    ) -> Result<Compiled, NotDone> {
        let machine = |error| NotDone::Machine(class::unwritable(folder, &error));
        if self.sandbox.is_confined() {
            cell::give(folder).map_err(machine)?;
        }
        for (path, bytes) in files {
            write_below(&folder.join("src").join(path), bytes).map_err(machine)?;
        }
        let policy = Sandbox::for_compiling(&bench.kit, folder, COMPILE + BESIDE);
        let policy = policy.map_err(machine)?;
        let job = Job::Compile(Box::new(CompileJob {
            kit: bench.kit.clone(),
            folder: folder.to_owned(),
            limit: COMPILE,
            confined: self.sandbox.is_confined(),
        }));
        match self.workers.run(&job, &self.place(folder, &policy), COMPILE + BESIDE) {
            Ok(Done::Compiled(compiled)) => match compiled.machine {
                Some(why) => Err(NotDone::Machine(why)),
                None => Ok(*compiled),
            },
            Err(NotDone::Memory) => {
                let why = Some(words::compiler_memory(MEMORY));
                Ok(Compiled { why, ..Compiled::default() })
            }
            Err(why) => Err(why),
            Ok(Done::Broken(why)) => Err(NotDone::Machine(why)),
            Ok(Done::Graded(_) | Done::Built(_)) => {
                Err(NotDone::Machine(words::OTHER_ANSWER.into()))
            }
        }
    }

    /// Runs the checks called `only`, or all, with a program in `folder`.
    pub(crate) fn grade(
        &self,
        bench: &Bench,
        program: &Path,
        folder: &Path,
        only: &[String],
    ) -> Result<Vec<CheckResult>, NotDone> {
        let job = Job::Grade(Box::new(GradeJob {
            lesson: bench.name().into(),
            text: bench.text.text.clone(),
            program: program.to_owned(),
            left_out: bench.left_out.clone(),
            seed: bench.seed,
            only: only.to_vec(),
            at_once: self.at_once,
            confined: self.sandbox.is_confined(),
        }));
        let limit = PER_CHECK * bench.text.lesson.checks.len() as u32 + BESIDE;
        let policy = Sandbox::for_grading(folder, limit);
        let policy = policy.map_err(|error| NotDone::Machine(no_cell(&error)))?;
        match self.workers.run(&job, &self.place(folder, &policy), limit)? {
            Done::Graded(checks) => {
                Ok(checks.into_iter().map(|check| bench.with_visibility(check)).collect())
            }
            Done::Broken(why) => Err(NotDone::Machine(why)),
            Done::Compiled(_) | Done::Built(_) => Err(NotDone::Machine(words::OTHER_ANSWER.into())),
        }
    }
}

/// The class's grading was stopped: nothing came of it.
#[derive(Debug)]
pub(crate) struct Stopped;
