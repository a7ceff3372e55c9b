//! Notices saves in the students' folders.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode};
use notify::{Config, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::course::Course;
use crate::skeletons::files_of_a_student;
use crate::todo::LARGEST;

/// An editor saves in several steps: the last of them is waited for so long.
const CALM: Duration = Duration::from_millis(8);
/// And so long in all: somebody else may write there without end.
const PATIENCE: Duration = Duration::from_millis(100);
/// So often one looks where the system tells of nothing.
const LOOK: Duration = Duration::from_millis(400);

/// Watches until it is dropped.
pub(crate) struct Watch {
    _watcher: Option<RecommendedWatcher>,
    /// Its end is the end of the thread that looks.
    _happened: SyncSender<()>,
}

/// What all files of a lesson say, in short.
pub(crate) type Contents = BTreeMap<PathBuf, u64>;

impl Watch {
    /// Calls `tell` with the names of lessons whenever what their files say has changed. With `polls`,
    /// and where the system tells of nothing, it looks again and again instead of waiting to be told.
    pub(crate) fn over(
        course: &Course,
        polls: bool,
        tell: impl Fn(Vec<String>) + Send + 'static,
    ) -> io::Result<Self> {
        // One that waits is enough: whoever looks then sees all that was saved.
        let (happened, happenings) = sync_channel(1);
        let exercises = course.root.join("exercises");
        let watcher = (!polls && tells_of_changes(&exercises)).then(|| {
            let happened = happened.clone();
            watcher(&exercises, move |_| {
                let _ = happened.try_send(());
            })
        });
        // It can be refused: the system has so many watches and no more.
        let watcher = watcher.and_then(Result::ok);
        let every = watcher.is_none().then_some(LOOK);
        let lessons: Vec<(String, PathBuf)> = course
            .lessons
            .iter()
            .map(|entry| (entry.name.clone(), course.exercise(&entry.name).join("src")))
            .collect();
        let mut known: Vec<_> = lessons.iter().map(|(_, folder)| contents_of(folder)).collect();
        thread::Builder::new().name("saves".into()).spawn(move || {
            while waits(&happenings, every) {
                let mut changed = Vec::new();
                for ((lesson, folder), known) in lessons.iter().zip(&mut known) {
                    let now = contents_of(folder);
                    if now != *known {
                        *known = now;
                        changed.push(lesson.clone());
                    }
                }
                if !changed.is_empty() {
                    tell(changed);
                }
            }
        })?;
        Ok(Self { _watcher: watcher, _happened: happened })
    }
}

/// Has the system tell of what is written below `place`.
fn watcher(
    place: &Path,
    tell: impl Fn(notify::Result<notify::Event>) + Send + 'static,
) -> notify::Result<RecommendedWatcher> {
    let on_event = move |event: notify::Result<notify::Event>| {
        if event.as_ref().map_or(true, |event| writes(event.kind)) {
            tell(event);
        }
    };
    let mut watcher = RecommendedWatcher::new(on_event, Config::default())?;
    // Not each `src`: one that is removed and made anew would be lost.
    watcher.watch(place, RecursiveMode::Recursive)?;
    Ok(watcher)
}

/// Whether it can have changed a file. Linux tells of opening one too: whoever looks at each event
/// opens files, and would wake itself for ever.
fn writes(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}

/// Waits until it is time to look. False where nobody watches any more.
fn waits(happenings: &Receiver<()>, every: Option<Duration>) -> bool {
    let Some(every) = every else {
        if happenings.recv().is_err() {
            return false;
        }
        let since = Instant::now();
        while since.elapsed() < PATIENCE && happenings.recv_timeout(CALM).is_ok() {}
        return true;
    };
    happenings.recv_timeout(every) != Err(RecvTimeoutError::Disconnected)
}

/// What is saved. A file that cannot be read is as good as none: cargo says what is the matter.
pub(crate) fn contents_of(folder: &Path) -> Contents {
    let files = files_of_a_student(folder).unwrap_or_default().into_iter();
    let known = files.filter_map(|file| content_of(&folder.join(&file)).map(|said| (file, said)));
    known.collect()
}

/// What a file says, in short; of a huge one, which is no program, when it was written.
fn content_of(path: &Path) -> Option<u64> {
    let about = fs::metadata(path).ok().filter(fs::Metadata::is_file)?; // a pipe's reader would wait
    let mut content = DefaultHasher::new();
    about.len().hash(&mut content);
    if about.len() > LARGEST {
        about.modified().ok().hash(&mut content);
    } else {
        fs::read(path).ok()?.hash(&mut content);
    }
    Some(content.finish())
}

/// Whether the system tells of what others write at `place`. On a share of another system, as the
/// Windows drives are in WSL2, it does not.
fn tells_of_changes(place: &Path) -> bool {
    #[cfg(target_os = "linux")]
    {
        // statfs(2): 9P, FUSE, NFS, SMB, SMB2, CIFS, VirtualBox's shared folders.
        const SHARES: [u32; 7] = [
            0x0102_1997,
            0x6573_5546,
            0x0000_6969,
            0x0000_517b,
            0xfe53_4d42,
            0xff53_4d42,
            0x786f_4256,
        ];
        let kind = rustix::fs::statfs(place).map(|found| found.f_type as u32);
        kind.is_ok_and(|kind| !SHARES.contains(&kind))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = place;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn what_only_reads_wakes_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().canonicalize().unwrap();
        let [read, written] = ["read.rs", "written.rs"].map(|name| place.join(name));
        fs::write(&read, "fn main() {}").unwrap();
        let (teller, told) = channel();
        let _watcher = watcher(&place, move |event| drop(teller.send(event))).unwrap();
        assert!(content_of(&read).is_some());
        fs::write(&written, "fn main() {}").unwrap();
        // What is told of first is what came second.
        let first = told.recv_timeout(Duration::from_secs(60)).unwrap().unwrap();
        assert_eq!(first.paths, [written]);
    }

    #[test]
    fn a_huge_file_is_not_read_and_its_change_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("huge.rs");
        let file = fs::File::create(&path).unwrap();
        file.set_len(1 << 42).unwrap();
        let before = contents_of(folder.path());
        assert_eq!(before, contents_of(folder.path()));
        file.set_len(1 << 41).unwrap();
        assert_ne!(before, contents_of(folder.path()));
    }
}
