//! Grading everybody: the solutions first, then students, several at a time, and once more what was
//! not certain. Each result is kept as soon as it is final.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};

use grader::Outcome;

use super::bench::Bench;
use super::gauge::Gauge;
use super::marking::{Marker, Stopped, wants_another_run};
use super::{Options, differences};
use crate::class::{HandedIn, Member};
use crate::ending::{DONE, INFRASTRUCTURE, Stop};
use crate::hash::Hash;
use crate::intake::{self, Files, Limits, Taken};
use crate::result::{Arrival, NotHandedIn, Store, StudentResult};
use crate::sandbox::Sandbox;
use crate::words::{class as files, grading as words};

/// Why it ended before all was done.
pub(super) enum End {
    Stopped,
    Stop(Stop),
}

impl From<Stopped> for End {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

/// A class's grading.
pub(super) struct Grading<'a> {
    pub(super) options: &'a Options,
    pub(super) benches: &'a [Bench],
    pub(super) marker: Marker<'a>,
    pub(super) store: Store,
    pub(super) sandbox: Sandbox,
    pub(super) gauge: Gauge,
    /// Some verdict differs from the one that was there.
    pub(super) differs: AtomicBool,
}

impl Grading<'_> {
    /// Grades all of `mine`, and gives the exit code.
    pub(super) fn grade(&self, root: &Path, mine: &[&Member]) -> Result<u8, End> {
        let mut open = VecDeque::new();
        for member in mine {
            if !self.is_there(member)? {
                open.push_back(*member);
            }
        }
        if open.iter().any(|member| matches!(member.handed_in, HandedIn::One(_))) {
            for bench in self.benches {
                self.solution(bench, root)?;
            }
        }
        self.gauge.begin(mine.len(), mine.len() - open.len());
        let mut again = Vec::new();
        let pending = Store::at(&self.marker.scratch.join("again"));
        pending.make_ready().map_err(|error| self.full(&error))?;
        let queue = Mutex::new(open);
        let jobs = self.options.jobs.unwrap_or_else(jobs).max(1);
        std::thread::scope(|scope| {
            let (sender, results) = mpsc::channel();
            for _ in 0..jobs {
                let (sender, queue) = (sender.clone(), &queue);
                scope.spawn(move || {
                    loop {
                        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                        let Some(member) = next else { return };
                        let marked = self.student(member);
                        let is_stopped = marked.is_err();
                        if sender.send((member, marked)).is_err() || is_stopped {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            for (member, result) in results {
                let (result, taken) = result?;
                // First the code: whoever has a result has the code that it is about.
                self.keep_code(member, taken.as_ref())?;
                match result.lessons.iter().any(wants_another_run) {
                    true => {
                        // Not in memory: each can have megabytes of a conversation, and a big class
                        // has hundreds of them.
                        pending.keep(&result).map_err(|error| self.full(&error))?;
                        again.push(member);
                    }
                    false => self.keep(&result)?,
                }
            }
            Ok::<_, End>(())
        })?;
        self.gauge.again(again.len());
        let mut code = DONE;
        for member in again {
            let Some(first) = pending.find(&member.id) else {
                let gone = std::io::Error::from(std::io::ErrorKind::NotFound);
                return Err(self.full(&gone));
            };
            let result = self.again(member, first)?;
            if result.has_infra_error() {
                code = INFRASTRUCTURE;
            }
            self.keep(&result)?;
        }
        Ok(code)
    }

    /// Whether the result that is there is still right. Then the code that it is about is there too.
    fn is_there(&self, member: &Member) -> Result<bool, End> {
        let there = self.options.resume.then(|| self.store.find(&member.id)).flatten();
        let Some(there) = there else { return Ok(false) };
        let mut now = StudentResult::of(member, self.sandbox.word());
        let taken = self.take(member, &mut now);
        let hashes = taken.iter().flat_map(|taken| &taken.lessons).filter_map(|(name, files)| {
            let bench = self.benches.iter().find(|bench| bench.name() == name)?;
            Some(bench.hashes(files))
        });
        let is_right = there.sandbox == now.sandbox
            && !there.has_infra_error()
            && there.name == now.name
            && there.submission == now.submission
            && there.not_handed_in == now.not_handed_in
            && there.lessons.iter().map(|lesson| lesson.hashes.clone()).eq(hashes);
        let has_code =
            || there.lessons.iter().all(|lesson| self.store.code(&there.id, lesson).is_some());
        if is_right && !has_code() {
            self.keep_code(member, taken.as_ref())?;
        }
        Ok(is_right)
    }

    /// Takes what a student handed in, and notes in the result what came of it.
    fn take(&self, member: &Member, result: &mut StudentResult) -> Option<Taken> {
        let HandedIn::One(piece) = &member.handed_in else { return None };
        let names: Vec<String> = self.benches.iter().map(|bench| bench.name().into()).collect();
        match intake::take(&piece.path, &names, Limits::default()) {
            Err(refusal) => {
                result.refuse(refusal);
                None
            }
            Ok(taken) => {
                let all = || taken.lessons.values().flatten();
                let mut hash = Hash::default();
                for (path, bytes) in all() {
                    hash.add(path.as_os_str().as_encoded_bytes());
                    hash.add(bytes);
                }
                result.submission.form = Some(taken.form.into());
                result.submission.files = all().count();
                result.submission.bytes = all().map(|(_, bytes)| bytes.len() as u64).sum();
                result.submission.hash = Some(hash.text());
                let missing =
                    self.benches.iter().filter(|it| !taken.lessons.contains_key(it.name()));
                result.not_handed_in = missing
                    .map(|bench| NotHandedIn {
                        lesson: bench.name().into(),
                        max_score: bench.text.lesson.points(),
                    })
                    .collect();
                Some(taken)
            }
        }
    }

    /// A student's result, as it is after the first run of everything, and what it is about.
    fn student(&self, member: &Member) -> Result<(StudentResult, Option<Taken>), End> {
        let mut result = StudentResult::of(member, self.sandbox.word());
        let taken = self.take(member, &mut result);
        for (name, files) in taken.iter().flat_map(|taken| &taken.lessons) {
            if let Some(bench) = self.benches.iter().find(|bench| bench.name() == name) {
                result.lessons.push(self.marker.mark(bench, files)?);
            }
        }
        Ok((result, taken))
    }

    /// Keeps what was taken, to be shown beside its result.
    fn keep_code(&self, member: &Member, taken: Option<&Taken>) -> Result<(), End> {
        for (name, files) in taken.into_iter().flat_map(|taken| &taken.lessons) {
            self.store.keep_code(&member.id, name, files).map_err(|error| {
                let words = words::code_not_kept(&member.id, &self.options.out, &error);
                End::Stop(Stop::infrastructure(words))
            })?;
        }
        Ok(())
    }

    /// The same once more, for what was not certain, with nothing beside it.
    fn again(&self, member: &Member, mut result: StudentResult) -> Result<StudentResult, Stopped> {
        let mut untold = StudentResult::of(member, self.sandbox.word());
        let Some(taken) = self.take(member, &mut untold) else { return Ok(result) };
        for lesson in &mut result.lessons {
            let bench = self.benches.iter().find(|bench| bench.name() == lesson.lesson);
            let (Some(bench), Some(files)) = (bench, taken.lessons.get(&lesson.lesson)) else {
                continue;
            };
            // Whoever changes files under a grading gets what was there first.
            if wants_another_run(lesson) && bench.hashes(files) == lesson.hashes {
                *lesson = self.marker.mark_again(bench, files, lesson.clone())?;
            }
        }
        Ok(result)
    }

    /// Grades the lesson's own solution; nobody is graded where it does not get full marks.
    fn solution(&self, bench: &Bench, root: &Path) -> Result<(), End> {
        self.gauge.says(&words::solution(bench.name()));
        let stop =
            |why: &str| End::Stop(Stop::infrastructure(words::solution_fails(bench.name(), why)));
        let folder = root.join("solutions").join(bench.name());
        let lesson = [bench.name().to_owned()];
        let taken = intake::take(&folder, &lesson, Limits::default())
            .map_err(|refusal| stop(&refusal.words()))?;
        let files: &Files = taken.lessons.get(bench.name()).ok_or_else(|| stop(words::NO_MAIN))?;
        let mut result = self.marker.mark(bench, files)?;
        if wants_another_run(&result) {
            result = self.marker.mark_again(bench, files, result)?;
        }
        let bad = result.checks.iter().find(|check| check.report.outcome != Outcome::Passed);
        match bad {
            _ if result.checks.is_empty() => Err(stop(&result.message)),
            Some(bad) => Err(stop(&format!("{}: {}", bad.report.id, bad.report.message))),
            None => Ok(()),
        }
    }

    fn keep(&self, result: &StudentResult) -> Result<(), End> {
        self.gauge.step();
        if let Some(old) = self.options.lists_differences.then(|| self.store.find(&result.id)) {
            let lines = old.map(|old| differences::between(&old, result)).unwrap_or_default();
            // Before the old result is gone: whoever is killed in between has told of it, and tells
            // it once more.
            self.gauge
                .aside(&lines)
                .map_err(|error| End::Stop(Stop::infrastructure(netkit::cause(&error))))?;
            self.differs.fetch_or(!lines.is_empty(), Ordering::Relaxed);
        }
        self.store.keep(result).map_err(|error| self.full(&error))
    }

    /// There is no place for what is to be kept.
    fn full(&self, error: &std::io::Error) -> End {
        End::Stop(Stop::infrastructure(files::unwritable(&self.store.folder, error)))
    }

    /// Says on stdout how it came out, who is to be looked at, and what comes next.
    pub(super) fn summary(
        &self,
        mine: &[&Member],
        left_alone: &[String],
        is_part: bool,
    ) -> Result<(), Stop> {
        let mut lines = Vec::new();
        lines.extend((!left_alone.is_empty()).then(|| words::left_alone(left_alone)));
        let mut counts = BTreeMap::new();
        for member in mine {
            let Some(result) = self.store.find(&member.id) else { continue };
            *counts.entry(result.submission.outcome).or_insert(0_usize) += 1;
            lines.extend(words::notice(&result));
        }
        let failed = |error: std::io::Error| Stop::infrastructure(netkit::cause(&error));
        if self.options.lists_differences && !self.differs.load(Ordering::Relaxed) {
            lines.push(words::NO_DIFFERENCE.into());
        }
        for line in lines {
            netkit::screen::line(line).map_err(failed)?;
        }
        let counts: Vec<String> = counts
            .iter()
            .map(|(outcome, count): (&Arrival, _)| words::count(*count, *outcome))
            .collect();
        let Options { out, course, roster, .. } = self.options;
        let next = match is_part {
            true => words::what_next_of_a_part(out),
            false => words::what_next(out, course.as_deref(), roster.as_deref()),
        };
        netkit::screen::line(words::done(
            mine.len(),
            &counts,
            self.sandbox.word(),
            &self.store.folder,
        ))
        .and_then(|()| netkit::screen::line(next))
        .map_err(failed)
    }
}

/// How many students are graded at once, where nobody says: checks mostly wait.
pub(crate) fn jobs() -> usize {
    2 * std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}
