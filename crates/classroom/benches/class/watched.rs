//! A grading that is watched: what it and all that it starts hold at most. Linux says so.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::held;

/// How often is looked. To look takes some milliseconds, which nobody else has.
const BETWEEN: Duration = Duration::from_millis(500);

/// The most that was seen, in bytes.
#[derive(Default)]
pub(crate) struct Peaks {
    /// Resident memory of the grader's own process.
    pub(crate) grader: u64,
    /// The sum of the resident memory of all that it started, and its own.
    pub(crate) tree: u64,
    /// Files in the folders that it works in, without what the lesson needs to be compiled.
    pub(crate) scratch: u64,
}

pub(crate) struct Watched {
    pub(crate) seconds: f64,
    /// Processor time, in seconds, of it and all that it started.
    pub(crate) processor: f64,
    pub(crate) peaks: Peaks,
}

/// Runs a grading to its end, which must come within `limit`.
pub(crate) fn watch(command: Command, limit: Duration) -> anyhow::Result<Watched> {
    let runs = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("classroom").join("runs");
    let before = folders(&runs);
    let used = processor();
    let (ends, ended) = mpsc::channel::<()>();
    let watching = thread::spawn(move || {
        let mut peaks = Peaks::default();
        while ended.recv_timeout(BETWEEN) == Err(RecvTimeoutError::Timeout) {
            look(&mut peaks);
            let own = folders(&runs).into_iter().filter(|it| !before.contains(it));
            let scratch = own.map(|run| bytes_of(&run).saturating_sub(bytes_of(&run.join("kit"))));
            peaks.scratch = peaks.scratch.max(scratch.sum());
        }
        peaks
    });
    let done = held::run_well(command, limit);
    drop(ends);
    let peaks = watching.join().expect("looking does not panic");
    let seconds = done?.took.as_secs_f64();
    Ok(Watched { seconds, processor: processor() - used, peaks })
}

/// Looks once what the grader, which is this process's only child, and all below it hold.
fn look(peaks: &mut Peaks) {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|it| it.parse::<u32>().ok()) else {
            continue;
        };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // The name stands in brackets and can hold anything.
        let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let field = |number: usize| rest.split_whitespace().nth(number)?.parse::<u64>().ok();
        if let (Some(parent), Some(pages)) = (field(1), field(21)) {
            all.insert(id, (parent as u32, pages * rustix::param::page_size() as u64));
        }
    }
    let bench = std::process::id();
    let above = |id: u32| {
        let parent = |it: &u32| all.get(it).map(|(parent, _)| *parent);
        std::iter::successors(Some(id), parent).skip(1).take(64).position(|it| it == bench)
    };
    let (mut grader, mut tree) = (0, 0);
    for (id, (_, bytes)) in &all {
        match above(*id) {
            Some(0) => (grader, tree) = (grader + bytes, tree + bytes),
            Some(_) => tree += bytes,
            None => {}
        }
    }
    peaks.grader = peaks.grader.max(grader);
    peaks.tree = peaks.tree.max(tree);
}

/// Processor time, in seconds, of all children of this process that were waited for, and theirs.
fn processor() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let field = |number: usize| {
        rest.split_whitespace().nth(number).and_then(|it| it.parse::<f64>().ok()).unwrap_or(0.0)
    };
    (field(13) + field(14)) / rustix::param::clock_ticks_per_second() as f64
}

fn folders(place: &Path) -> Vec<PathBuf> {
    fs::read_dir(place).into_iter().flatten().flatten().map(|it| it.path()).collect()
}

/// What the files below `folder` take on the disk. What goes meanwhile is not counted.
pub(crate) fn bytes_of(folder: &Path) -> u64 {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(about) = entry.metadata() else { continue };
        bytes += about.blocks() * 512;
        if about.is_dir() {
            bytes += bytes_of(&entry.path());
        }
    }
    bytes
}
