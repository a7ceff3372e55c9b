//! Notices saves in the students' folders.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use notify::{Config, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};

use crate::course::Course;
use crate::skeletons::files_of_a_student;

/// An editor saves in several steps: the last of them is waited for so long.
const CALM: Duration = Duration::from_millis(8);
/// So often one looks where the system tells of nothing.
const LOOK: Duration = Duration::from_millis(400);

/// Watches until it is dropped.
pub(crate) struct Watch {
    _watcher: Box<dyn Watcher + Send>,
}

/// The text of all files of a lesson.
type Text = BTreeMap<PathBuf, Vec<u8>>;

impl Watch {
    /// Calls `tell` with a lesson's name whenever what its files say has changed. With `polls` it
    /// looks again and again instead of waiting to be told.
    pub(crate) fn over(
        course: &Course,
        polls: bool,
        tell: impl Fn(String) + Send + 'static,
    ) -> notify::Result<Self> {
        let (happened, happenings) = mpsc::channel();
        let on_event = move |_: notify::Result<notify::Event>| {
            let _ = happened.send(()); // fails where nobody watches any more
        };
        let exercises = course.root.join("exercises");
        let mut watcher: Box<dyn Watcher + Send> = match !polls && tells_of_changes(&exercises) {
            true => Box::new(RecommendedWatcher::new(on_event, Config::default())?),
            false => {
                let config = Config::default().with_poll_interval(LOOK).with_compare_contents(true);
                Box::new(PollWatcher::new(on_event, config)?)
            }
        };
        let lessons: Vec<(String, PathBuf)> = course
            .lessons
            .iter()
            .map(|entry| (entry.name.clone(), course.exercise(&entry.name).join("src")))
            .collect();
        // Not each `src`: one that is removed and made anew would be lost.
        watcher.watch(&exercises, RecursiveMode::Recursive)?;
        let mut known: Vec<Text> = lessons.iter().map(|(_, folder)| text_of(folder)).collect();
        thread::Builder::new().name("saves".into()).spawn(move || {
            while happenings.recv().is_ok() {
                while !matches!(
                    happenings.recv_timeout(CALM),
                    Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected)
                ) {}
                for ((lesson, folder), known) in lessons.iter().zip(&mut known) {
                    let now = text_of(folder);
                    if now != *known {
                        *known = now;
                        tell(lesson.clone());
                    }
                }
            }
        })?;
        Ok(Self { _watcher: watcher })
    }
}

/// What is saved. A file that cannot be read is as good as none: cargo says what is the matter.
fn text_of(folder: &Path) -> Text {
    let files = files_of_a_student(folder).unwrap_or_default().into_iter();
    files
        .filter_map(|file| {
            let path = folder.join(&file);
            let is_file = path.is_file(); // a pipe's reader would wait for ever
            let text = if is_file { fs::read(path).ok() } else { None };
            text.map(|text| (file, text))
        })
        .collect()
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
