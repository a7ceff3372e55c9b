//! What a run was about, and putting the parts of a class together.
//!
//! Each part writes `DIR/parts/<i>-of-<n>.json`: who is in the class, and what its verdicts depend on.
//! `merge` compares them, and refuses where a student is missing or stands in two parts' results.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::class::Class;
use crate::course_file::CourseFile;
use crate::ending::{DONE, Stop};
use crate::grade::bench::Bench;
use crate::result::{Store, StudentResult, Visibility};
use crate::shard::Shard;
use crate::words::{class as files, merge as words};

/// The form's name.
const FORMAT: &str = "netlings-class-part/1";

/// What a run is about: the same for every part of a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    /// Everybody of the class, this part's or not.
    pub(crate) ids: Vec<String>,
    pub(crate) lessons: Vec<RunLesson>,
    pub(crate) sandbox: String,
    pub(crate) toolchain: String,
    pub(crate) seed: u64,
}

/// A lesson of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunLesson {
    pub(crate) lesson: String,
    pub(crate) max_score: u32,
    pub(crate) kit: String,
    pub(crate) grader: String,
    /// All that are graded: of somebody of whom none was run, this tells how much is hidden.
    #[serde(default)]
    pub(crate) checks: Vec<RunCheck>,
}

/// A check of a lesson.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunCheck {
    pub(crate) id: String,
    pub(crate) max_points: u32,
    /// As the course file had it when the class was graded.
    pub(crate) visibility: Visibility,
}

impl RunLesson {
    /// The points of the checks that students may not see. What `course` says counts, and else what
    /// was said when the class was graded.
    pub(crate) fn unseen(&self, course: &CourseFile, is_due: bool) -> u32 {
        let own = course.visibility_of(&self.lesson);
        let is_seen = |check: &&RunCheck| {
            let now = own.iter().find(|(id, _)| *id == check.id).map(|(_, it)| *it);
            now.unwrap_or(check.visibility).is_seen(is_due)
        };
        let unseen = self.checks.iter().filter(|check| !is_seen(check));
        unseen.map(|check| check.max_points).sum()
    }
}

/// A part of a class, as it is written down.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    format: String,
    shard: u64,
    shards: u64,
    pub(crate) run: Run,
}

impl Run {
    fn parts_folder(out: &Path) -> PathBuf {
        out.join("parts")
    }

    /// Whether a class was graded in parts into `out`.
    pub(crate) fn has_parts(out: &Path) -> bool {
        let names = fs::read_dir(Self::parts_folder(out)).into_iter().flatten().flatten();
        names.into_iter().any(|it| !it.file_name().to_string_lossy().ends_with("-of-1.json"))
    }

    /// The run that the parts in `out` were parts of.
    pub(crate) fn load(out: &Path) -> Result<Self, Stop> {
        Ok(parts(out)?.swap_remove(0).run)
    }
}

impl Part {
    pub(crate) fn of(class: &Class, benches: &[Bench], sandbox: &str, shard: Shard) -> Self {
        let lessons = benches.iter().map(|bench| RunLesson {
            lesson: bench.name().into(),
            max_score: bench.text.lesson.points(),
            kit: bench.kit.hash.clone(),
            grader: bench.grader.clone(),
            checks: bench.checks(),
        });
        let run = Run {
            ids: class.members.keys().cloned().collect(),
            lessons: lessons.collect(),
            sandbox: sandbox.into(),
            toolchain: benches.first().map(|it| it.kit.toolchain.clone()).unwrap_or_default(),
            seed: benches.first().map_or(0, |bench| bench.seed),
        };
        Self { format: FORMAT.into(), shard: shard.index, shards: shard.count, run }
    }

    /// Writes it to `out`.
    pub(crate) fn keep(&self, out: &Path) -> Result<(), Stop> {
        let folder = Run::parts_folder(out);
        let file = folder.join(format!("{}-of-{}.json", self.shard, self.shards));
        let keep = || {
            crate::files::make_ready(&folder)?;
            crate::files::replace(&file, &serde_json::to_vec_pretty(self)?)
        };
        keep()
            .map_err(|error: std::io::Error| Stop::infrastructure(files::unwritable(&file, &error)))
    }
}

/// The parts that are written down in `out`, one at least.
fn parts(out: &Path) -> Result<Vec<Part>, Stop> {
    let folder = Run::parts_folder(out);
    let unreadable = |error: &dyn std::fmt::Display| Stop::usage(files::unreadable(&folder, error));
    let mut parts: Vec<Part> = Vec::new();
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Stop::usage(words::no_parts(out)));
        }
        entries => entries.map_err(|error| unreadable(&error))?,
    };
    for entry in entries {
        let path = entry.map_err(|error| unreadable(&error))?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            let bytes = fs::read(&path).map_err(|error| unreadable(&error))?;
            parts.push(serde_json::from_slice(&bytes).map_err(|error| unreadable(&error))?);
        }
    }
    parts.sort_by_key(|part| (part.shards, part.shard));
    match parts.is_empty() {
        true => Err(Stop::usage(words::no_parts(out))),
        false => Ok(parts),
    }
}

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The folders that the parts were written to; one, where all wrote into the same
    #[arg(required = true)]
    parts: Vec<PathBuf>,
    /// Where the whole class goes
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(crate) fn run(options: &Options) -> Result<u8, Stop> {
    let run = same_run(&options.parts)?;
    let mut results: BTreeMap<String, (&Path, StudentResult)> = BTreeMap::new();
    let (mut double, mut strangers, mut broken) = (Vec::new(), Vec::new(), Vec::new());
    for folder in &options.parts {
        let store = Store::at(folder);
        let all = store.all().map_err(|error| Stop::usage(files::unreadable(folder, &error)))?;
        for result in all {
            match result {
                Err(why) => broken.push(why),
                Ok(it) if !run.ids.contains(&it.id) => strangers.push(it.id),
                Ok(it) => match results.get(&it.id) {
                    Some((other, _)) => double.push(words::double(&it.id, other, folder)),
                    None => drop(results.insert(it.id.clone(), (folder, it))),
                },
            }
        }
    }
    let missing: Vec<&String> = run.ids.iter().filter(|id| !results.contains_key(*id)).collect();
    if !(missing.is_empty() && double.is_empty() && strangers.is_empty() && broken.is_empty()) {
        return Err(Stop::failed(words::not_whole(&missing, &double, &strangers, &broken)));
    }
    let store = Store::at(&options.out);
    let unwritable = |error| Stop::infrastructure(files::unwritable(&options.out, &error));
    store.make_ready().map_err(unwritable)?;
    for (folder, result) in results.values() {
        let part = Store::at(folder);
        for lesson in &result.lessons {
            if let Some(files) = part.code(&result.id, lesson) {
                store.keep_code(&result.id, &lesson.lesson, &files).map_err(unwritable)?;
            }
        }
        store.keep(result).map_err(unwritable)?;
    }
    let whole = Part { format: FORMAT.into(), shard: 0, shards: 1, run };
    whole.keep(&options.out)?;
    netkit::screen::line(words::merged(results.len(), &options.out))
        .map_err(|error| Stop::infrastructure(netkit::cause(&error)))?;
    Ok(DONE)
}

/// The one run that all parts are parts of.
fn same_run(folders: &[PathBuf]) -> Result<Run, Stop> {
    let mut first: Option<(String, Run)> = None;
    for folder in folders {
        for part in parts(folder)? {
            let name = format!("part {} of {} in {}", part.shard, part.shards, folder.display());
            match &first {
                None => first = Some((name, part.run)),
                Some((_, run)) if *run == part.run => {}
                Some((other, run)) => {
                    let what = difference(run, &part.run);
                    return Err(Stop::failed(words::other_run(other, &name, what)));
                }
            }
        }
    }
    first.map(|(_, run)| run).ok_or_else(|| Stop::usage(words::no_parts(Path::new(""))))
}

fn difference(a: &Run, b: &Run) -> &'static str {
    match () {
        () if a.ids != b.ids => words::OTHER_IDS,
        () if a.toolchain != b.toolchain => words::OTHER_TOOLCHAIN,
        () if a.sandbox != b.sandbox => words::OTHER_TIER,
        () if a.seed != b.seed => words::OTHER_SEED,
        () => words::OTHER_LESSONS,
    }
}
