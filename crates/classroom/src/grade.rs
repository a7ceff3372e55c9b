//! `netlings-class grade`: everybody of a class, several at a time.
//!
//! First the solutions are graded, on this machine, with what students are graded with; where they
//! don't get full marks nobody is graded. Then each student's result is written as soon as it is
//! final. What took too long, or what the machine was in the way of, is run again when nothing else
//! runs any more, once, and that is noted.

pub(crate) mod bench;
mod differences;
mod gauge;
pub(crate) mod interrupt;
pub(crate) mod marking;
pub(crate) mod scratch;

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use clap::Args;
use grader::Outcome;

use crate::class::{Class, HandedIn, Manifest, Member, Roster};
use crate::course_file::CourseFile;
use crate::ending::{DONE, INFRASTRUCTURE, INTERRUPTED, Stop};
use crate::hash::Hash;
use crate::intake::{self, Files, Limits, Taken};
use crate::kit::{self, Maker};
use crate::lessons::Clone;
use crate::merge::{Part, Run};
use crate::result::{Arrival, NotHandedIn, Store, StudentResult};
use crate::sandbox::{Asked, Sandbox};
use crate::shard::Shard;
use crate::words::{class as files, grading as words};
use crate::worker::Workers;
use bench::Bench;
use gauge::Gauge;
use interrupt::watch_for_interrupts;
use marking::{Marker, Stopped, wants_another_run};
use scratch::Scratch;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A folder with one folder, zip or tar file for each student
    submissions: Option<PathBuf>,
    /// A JSON file that names the submissions, with their times
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Only these lessons, with commas between; else all
    #[arg(long, value_name = "LESSONS", value_delimiter = ',')]
    lessons: Vec<String>,
    /// Where the results go, in DIR/results
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A CSV file of those who should hand in
    #[arg(long, value_name = "FILE")]
    roster: Option<PathBuf>,
    /// The course file: the seed, hidden checks, weights, what late work loses
    #[arg(long, value_name = "FILE")]
    course: Option<PathBuf>,
    /// Whether strangers' programs have to be confined
    #[arg(long, value_enum, default_value = "require")]
    sandbox: Asked,
    /// How many students are graded at once; else two for each processor, since checks mostly wait
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Go on: a result that is there stays, where nothing that it depends on has changed
    #[arg(long)]
    resume: bool,
    /// Only part I of N, from 0/N on; else what Slurm or Kubernetes says
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// How many parts there are, where the environment only says which this is
    #[arg(long, value_name = "N")]
    shards: Option<u64>,
    /// The clone of the course; else the one around here
    #[arg(long, value_name = "DIR")]
    course_root: Option<PathBuf>,
    /// It is a regrading.
    #[arg(skip)]
    lists_differences: bool,
}

/// Grades what changed, and lists the verdicts that differ.
pub(crate) fn run_again(options: Options) -> Result<u8, Stop> {
    run(&Options { resume: true, lists_differences: true, ..options })
}

/// How many checks of one program run at once: most of them wait.
pub(crate) const AT_ONCE: usize = 4;

pub(crate) fn run(options: &Options) -> Result<u8, Stop> {
    let sandbox = Sandbox::find(options.sandbox)?;
    let shard = Shard::find(options.shard, options.shards, |name| std::env::var(name).ok())?;
    let course = options.course.as_deref().map(CourseFile::load).transpose()?.unwrap_or_default();
    let clone = Clone::find(options.course_root.as_deref())?;
    course.names_lessons(&clone)?;
    let (submissions, manifest) = (options.submissions.as_deref(), options.manifest.as_deref());
    let class = class(submissions, manifest, options.roster.as_deref())?;
    let store = Store::at(&options.out);
    get_folder(options, &store)?;

    let workers = Arc::new(Workers::default());
    watch_for_interrupts(&workers)?;
    let target = kit::target_folder(&clone.root)?;
    let scratch = Scratch::below(&target.join("classroom"))?;
    let gauge = Gauge::new();
    let maker = Maker::new(&clone.root, &target);
    let mut benches = Vec::new();
    for text in clone.lessons(&options.lessons)? {
        gauge.says(&words::getting_ready(&text.lesson.name));
        benches.push(Bench::new(text, &maker, &scratch.folder.path().join("kit"), &course)?);
    }
    let part = Part::of(&class, &benches, sandbox.word(), shard);
    part.keep(&options.out)?;
    let (scratch, at_once) = (scratch.folder.path(), AT_ONCE);
    let marker = Marker { workers: &workers, scratch, sandbox, at_once };
    let run = Grading {
        options,
        benches: &benches,
        marker,
        store,
        sandbox,
        gauge,
        differences: Mutex::default(),
    };
    let mine: Vec<&Member> =
        class.members.values().filter(|member| shard.has(&member.id)).collect();
    match run.grade(&clone.root, &mine) {
        Ok(code) => {
            run.gauge.end();
            run.summary(&mine)?;
            Ok(code)
        }
        Err(End::Stopped) => {
            run.gauge.end();
            Err(Stop { code: INTERRUPTED, words: words::INTERRUPTED.into() })
        }
        Err(End::Stop(stop)) => {
            run.gauge.end();
            Err(stop)
        }
    }
}

/// The class in a folder or a manifest.
pub(crate) fn class(
    submissions: Option<&Path>,
    manifest: Option<&Path>,
    roster: Option<&Path>,
) -> Result<Class, Stop> {
    let roster = roster.map(Roster::load).transpose()?;
    match (submissions, manifest) {
        (Some(folder), None) => Class::of_folder(folder, roster.as_ref()),
        (None, Some(manifest)) => {
            Ok(Class::of_manifest(Manifest::load(manifest)?, roster.as_ref()))
        }
        (None, None) => Err(Stop::usage(words::NOTHING_TO_GRADE)),
        (Some(_), Some(_)) => Err(Stop::usage(words::BOTH)),
    }
}

/// The results' folder. What is there already is not written over by accident.
fn get_folder(options: &Options, store: &Store) -> Result<(), Stop> {
    let unwritable = |error| Stop::infrastructure(files::unwritable(&store.folder, &error));
    fs::create_dir_all(&store.folder).map_err(unwritable)?;
    let has_any = fs::read_dir(&store.folder).map_err(unwritable)?.next().is_some();
    // Several parts of one class write into one folder.
    let is_part = options.shard.is_some() || Run::has_parts(&options.out);
    match has_any && !options.resume && !is_part {
        true => Err(Stop::usage(words::results_there(&options.out))),
        false => Ok(()),
    }
}

/// Why it ended before all was done.
enum End {
    Stopped,
    Stop(Stop),
}

impl From<Stopped> for End {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

/// A class's grading.
struct Grading<'a> {
    options: &'a Options,
    benches: &'a [Bench],
    marker: Marker<'a>,
    store: Store,
    sandbox: Sandbox,
    gauge: Gauge,
    differences: Mutex<Vec<String>>,
}

impl Grading<'_> {
    fn grade(&self, root: &Path, mine: &[&Member]) -> Result<u8, End> {
        let open: VecDeque<&Member> =
            mine.iter().filter(|member| !self.is_there(member)).copied().collect();
        if open.iter().any(|member| matches!(member.handed_in, HandedIn::One(_))) {
            for bench in self.benches {
                self.solution(bench, root)?;
            }
        }
        self.gauge.begin(mine.len(), mine.len() - open.len());
        let mut again = Vec::new();
        let pending = Store::at(&self.marker.scratch.join("again"));
        fs::create_dir_all(&pending.folder).map_err(|error| self.full(&error))?;
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
                let result = result?;
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

    /// Whether the result that is there is still right.
    fn is_there(&self, member: &Member) -> bool {
        let there = self.options.resume.then(|| self.store.find(&member.id)).flatten();
        let Some(there) = there else { return false };
        let mut now = StudentResult::of(member, self.sandbox.word());
        let taken = self.take(member, &mut now);
        let hashes = taken.iter().flat_map(|taken| &taken.lessons).filter_map(|(name, files)| {
            let bench = self.benches.iter().find(|bench| bench.name() == name)?;
            Some(bench.hashes(files))
        });
        there.sandbox == now.sandbox
            && !there.has_infra_error()
            && there.name == now.name
            && there.submission == now.submission
            && there.not_handed_in == now.not_handed_in
            && there.lessons.iter().map(|lesson| lesson.hashes.clone()).eq(hashes)
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

    /// A student's result, as it is after the first run of everything.
    fn student(&self, member: &Member) -> Result<StudentResult, End> {
        let mut result = StudentResult::of(member, self.sandbox.word());
        let Some(taken) = self.take(member, &mut result) else { return Ok(result) };
        for (name, files) in &taken.lessons {
            if let Some(bench) = self.benches.iter().find(|bench| bench.name() == name) {
                self.store.keep_code(&member.id, name, files).map_err(|error| self.full(&error))?;
                result.lessons.push(self.marker.mark(bench, files)?);
            }
        }
        Ok(result)
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
            let new = old.map(|old| differences::between(&old, result));
            self.differences().extend(new.unwrap_or_default());
        }
        self.store.keep(result).map_err(|error| self.full(&error))
    }

    /// There is no place for what is to be kept.
    fn full(&self, error: &std::io::Error) -> End {
        End::Stop(Stop::infrastructure(files::unwritable(&self.store.folder, error)))
    }

    fn differences(&self) -> MutexGuard<'_, Vec<String>> {
        self.differences.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says on stdout how it came out, and who is to be looked at.
    fn summary(&self, mine: &[&Member]) -> Result<(), Stop> {
        let mut lines = Vec::new();
        let mut counts = std::collections::BTreeMap::new();
        for member in mine {
            let Some(result) = self.store.find(&member.id) else { continue };
            *counts.entry(result.submission.outcome).or_insert(0_usize) += 1;
            lines.extend(words::notice(&result));
        }
        let failed = |error: std::io::Error| Stop::infrastructure(netkit::cause(&error));
        if self.options.lists_differences {
            let differences = self.differences();
            lines.extend(differences.iter().cloned());
            if differences.is_empty() {
                lines.push(words::NO_DIFFERENCE.into());
            }
        }
        for line in lines {
            netkit::screen::line(line).map_err(failed)?;
        }
        let counts: Vec<String> = counts
            .iter()
            .map(|(outcome, count): (&Arrival, _)| words::count(*count, *outcome))
            .collect();
        netkit::screen::line(words::done(
            mine.len(),
            &counts,
            self.sandbox.word(),
            &self.store.folder,
        ))
        .map_err(failed)
    }
}

/// How many students are graded at once, where nobody says: checks mostly wait.
pub(crate) fn jobs() -> usize {
    2 * std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}
