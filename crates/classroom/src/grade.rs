//! `netlings-class grade`: everybody of a class, several at a time.
//!
//! First the solutions are graded, on this machine, with what students are graded with; where they
//! don't get full marks nobody is graded. Then each student's result is written as soon as it is
//! final. What took too long, or what the machine was in the way of, is run again when nothing else
//! runs any more, once, and that is noted.

pub(crate) mod bench;
mod differences;
mod everybody;
mod gauge;
pub(crate) mod interrupt;
pub(crate) mod marking;
pub(crate) mod scratch;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;

use crate::class::{Class, Manifest, Member, Roster};
use crate::course_file::CourseFile;
use crate::ending::{INTERRUPTED, Stop};
use crate::kit::{self, Maker};
use crate::lessons::Clone;
use crate::merge::{Part, Run};
use crate::result::Store;
use crate::sandbox::{Asked, Sandbox};
use crate::shard::Shard;
use crate::words::{class as files, grading as words};
use crate::worker::Workers;
use bench::Bench;
pub(crate) use everybody::jobs;
use everybody::{End, Grading};
use gauge::Gauge;
use interrupt::watch_for_interrupts;
use marking::Marker;
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
    let maker = Maker::new(&clone.root, &target, &workers, scratch.folder.path());
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
        differs: AtomicBool::new(false),
    };
    let mine: Vec<&Member> =
        class.members.values().filter(|member| shard.has(&member.id)).collect();
    match run.grade(&clone.root, &mine) {
        Ok(code) => {
            run.gauge.end();
            run.summary(&mine, &class.left_alone, shard.count > 1)?;
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
    store.make_ready().map_err(unwritable)?;
    let has_any = fs::read_dir(&store.folder).map_err(unwritable)?.next().is_some();
    // Several parts of one class write into one folder.
    let is_part = options.shard.is_some() || Run::has_parts(&options.out);
    match has_any && !options.resume && !is_part {
        true => Err(Stop::usage(words::results_there(&options.out))),
        false => Ok(()),
    }
}
