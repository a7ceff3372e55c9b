//! How far the student is: `.netlings/progress.json` in the clone.
//!
//! ```json
//! {
//!   "format": "netlings-progress/1",
//!   "lessons": { "tcp-echo": { "checks": { "echoes_hello": { "outcome": "passed" } } } }
//! }
//! ```
//!
//! Lessons and checks go by their names, never by their positions: a course that grew or was put
//! in another order keeps the progress. What this version does not know, in a file that a newer
//! one wrote, stays as it is.
//!
//! The file is replaced as a whole (a temporary file, fsync, rename) while a lock file is held, so
//! that a reader never sees a part and two copies of netlings lose nothing of each other's. A
//! damaged file is put aside, never deleted. Nothing here stops a grading: whatever goes wrong
//! becomes a [`Notice`] for the student.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

mod document;

use document::Document;

/// How long another copy of netlings may hold the lock. It needs milliseconds.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// What the last grading said of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It passed.
    Passed,
    /// It failed.
    Failed,
    /// A check that it needs failed.
    Skipped,
}

impl Standing {
    fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        [Self::Passed, Self::Failed, Self::Skipped].into_iter().find(|it| it.word() == word)
    }
}

/// Lesson, check, standing.
pub type Standings = BTreeMap<String, BTreeMap<String, Standing>>;

/// What the student should know about the progress file.
#[derive(Debug)]
pub enum Notice {
    /// It was damaged and stands at `kept` now.
    Damaged {
        /// The damaged file's new place.
        kept: PathBuf,
    },
    /// It was written by a newer version, in a form that this one cannot add to.
    Newer,
    /// It could not be read, repaired or written.
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged { kept } => write!(
                f,
                "Your progress file was damaged. It is kept as {}. What could not be read counts \
                 as not done; `cargo netlings check --all` finds it out again.",
                kept.display()
            ),
            Self::Newer => f.write_str(
                "Your progress file comes from a newer netlings, so this one does not add to it. \
                 Update your clone to go on with it.",
            ),
            Self::Unusable { path, error } => write!(
                f,
                "Your progress is not saved: {}: {}. What was graded holds all the same.",
                path.display(),
                netkit::cause(error)
            ),
        }
    }
}

/// The progress file of one clone.
#[derive(Clone, Debug)]
pub struct Progress {
    folder: PathBuf,
}

impl Progress {
    /// The progress kept in the clone whose root is `root`. Nothing is read or made yet.
    #[must_use]
    pub fn of_clone(root: &Path) -> Self {
        Self { folder: root.join(".netlings") }
    }

    fn file(&self) -> PathBuf {
        self.folder.join("progress.json")
    }

    /// How far the student is. A clone without a progress file is at the beginning.
    #[must_use]
    pub fn read(&self) -> (Standings, Vec<Notice>) {
        match Document::load(&self.file()) {
            Ok(document) if document.whole => (document.standings(), Vec::new()),
            Ok(_) => self.change(|_| true),
            Err(error) => (Standings::new(), vec![Notice::Unusable { path: self.file(), error }]),
        }
    }

    /// Notes how the checks of `lesson` stand now. Checks that are not named stay as they are.
    pub fn record<'a>(
        &self,
        lesson: &str,
        results: impl IntoIterator<Item = (&'a str, Standing)>,
    ) -> Vec<Notice> {
        let note = |document: &mut Document| {
            results.into_iter().all(|(check, standing)| document.note(lesson, check, standing))
        };
        self.change(note).1
    }

    /// Forgets how the checks of `lesson` stand, as after its files were written anew. The hints that
    /// were asked for stay known.
    pub fn forget(&self, lesson: &str) -> Vec<Notice> {
        match Document::load(&self.file()) {
            // Nothing to forget: then no file is made either.
            Ok(document) if document.whole && !document.standings().contains_key(lesson) => {
                Vec::new()
            }
            _ => self.change(|document| document.forget(lesson)).1,
        }
    }

    /// How many hints of each check of `lesson` the student has asked for.
    #[must_use]
    pub fn hints_seen(&self, lesson: &str) -> BTreeMap<String, usize> {
        Document::load(&self.file()).map(|document| document.hints(lesson)).unwrap_or_default()
    }

    /// Notes how many hints of `check` the student has asked for.
    pub fn record_hints(&self, lesson: &str, check: &str, hints: usize) -> Vec<Notice> {
        self.change(|document| document.note_hints(lesson, check, hints)).1
    }

    /// Loads, repairs, changes and saves under the lock. `change` says whether it could.
    fn change(&self, change: impl FnOnce(&mut Document) -> bool) -> (Standings, Vec<Notice>) {
        let mut notices = Vec::new();
        let mut standings = Standings::new();
        let work = || -> io::Result<()> {
            let _lock = self.lock()?;
            let mut document = Document::load(&self.file())?;
            standings = document.standings();
            if !document.whole {
                notices.push(Notice::Damaged { kept: self.put_aside()? });
            }
            if !change(&mut document) {
                notices.push(Notice::Newer);
                return Ok(());
            }
            standings = document.standings();
            replace_file(&self.file(), document.text().as_bytes())
        };
        if let Err(error) = work() {
            notices.push(Notice::Unusable { path: self.file(), error });
        }
        (standings, notices)
    }

    /// Takes the lock. It is free again when the file is dropped, or when this process dies.
    fn lock(&self) -> io::Result<File> {
        fs::create_dir_all(&self.folder)?;
        let path = self.folder.join("lock");
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        let since = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                // A file system without locks: two copies at once are rarer there than students.
                Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
                    return Ok(file);
                }
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if since.elapsed() > LOCK_PATIENCE => {
                    let why = "another netlings holds the lock beside it and does not let go";
                    return Err(io::Error::new(ErrorKind::TimedOut, why));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    /// Gives the damaged file a name of its own, with the date.
    fn put_aside(&self) -> io::Result<PathBuf> {
        let date = chrono::Local::now().format("%Y-%m-%d");
        let names = (1..).map(|number| match number {
            1 => format!("progress.damaged-{date}.json"),
            _ => format!("progress.damaged-{date}-{number}.json"),
        });
        let mut free = names.map(|name| self.folder.join(name)).filter(|path| !path.exists());
        let kept = free.next().expect("numbers do not run out");
        fs::rename(self.file(), &kept)?;
        Ok(kept)
    }
}

/// Writes `bytes` so that `path` holds either all of them or what it held before.
///
/// # Errors
/// The folder cannot be written, or the disk is full. `path` is then as it was.
pub fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there are no such permissions"))]
    let mut new = tempfile::Builder::new();
    #[cfg(unix)]
    {
        // As for any new file, less what the umask takes; a temporary one is else its owner's alone.
        use std::os::unix::fs::PermissionsExt;
        new.permissions(fs::Permissions::from_mode(0o666));
    }
    // Its own errors name the temporary file, which means nothing to who reads them.
    let mut new = new.tempfile_in(folder).map_err(|error| io::Error::from(error.kind()))?;
    new.as_file_mut().write_all(bytes)?;
    new.as_file().sync_all()?;
    new.persist(path).map_err(|refused| refused.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Standing::{Failed, Passed, Skipped};
    use serde_json::{Value, json};

    fn clone() -> (tempfile::TempDir, Progress) {
        let root = tempfile::tempdir().unwrap();
        let progress = Progress::of_clone(root.path());
        (root, progress)
    }

    fn write(progress: &Progress, text: &str) {
        fs::create_dir_all(&progress.folder).unwrap();
        fs::write(progress.file(), text).unwrap();
    }

    fn damaged_files(progress: &Progress) -> Vec<String> {
        let entries = fs::read_dir(&progress.folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("progress.damaged-")).collect()
    }

    #[test]
    fn what_is_recorded_is_read_again_and_other_checks_stay() {
        let (_root, progress) = clone();
        assert!(progress.record("tcp-echo", [("one", Passed), ("two", Failed)]).is_empty());
        assert!(progress.record("tcp-echo", [("two", Passed), ("three", Skipped)]).is_empty());
        let (standings, notices) = progress.read();
        assert!(notices.is_empty());
        let checks = [("one", Passed), ("three", Skipped), ("two", Passed)];
        assert_eq!(standings["tcp-echo"], checks.map(|(id, it)| (id.into(), it)).into());
    }

    #[test]
    fn looking_at_a_fresh_clone_writes_nothing() {
        let (root, progress) = clone();
        assert!(progress.read().0.is_empty());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_is_no_progress_is_put_aside_and_never_lost() {
        for (number, damaged) in ["", "{\"format\":", "[]", "{}", "\u{fffd}"].iter().enumerate() {
            let (_root, progress) = clone();
            write(&progress, damaged);
            let notices = progress.record("tcp-echo", [("one", Passed)]);
            let [Notice::Damaged { kept }] = &notices[..] else { panic!("{number}: {notices:?}") };
            assert_eq!(fs::read_to_string(kept).unwrap(), *damaged);
            assert_eq!(progress.read().0["tcp-echo"]["one"], Passed);
        }
    }

    #[test]
    fn a_second_damage_on_one_day_gets_a_name_of_its_own() {
        let (_root, progress) = clone();
        for _ in 0..3 {
            write(&progress, "nonsense");
            assert!(matches!(progress.read().1[..], [Notice::Damaged { .. }]));
        }
        assert_eq!(damaged_files(&progress).len(), 3);
    }

    #[test]
    fn the_readable_part_of_a_damaged_file_still_counts() {
        let (_root, progress) = clone();
        let text = r#"{"format":"netlings-progress/1","note":"mine","lessons":{
            "a":{"checks":{"good":{"outcome":"passed"},"bad":{"outcome":7}}},"b":3}}"#;
        write(&progress, text);
        let (standings, notices) = progress.read();
        assert!(matches!(notices[..], [Notice::Damaged { .. }]));
        assert_eq!(standings, Standings::from([("a".into(), [("good".into(), Passed)].into())]));
        assert!(fs::read_to_string(progress.file()).unwrap().contains("mine"));
        assert!(progress.read().1.is_empty(), "it is whole again");
    }

    #[test]
    fn what_is_forgotten_is_one_lessons_outcomes_alone() {
        let (root, progress) = clone();
        assert!(progress.forget("a").is_empty());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0, "nothing to forget");
        progress.record("a", [("one", Passed), ("two", Failed)]);
        progress.record_hints("a", "two", 2);
        progress.record("b", [("one", Passed)]);
        assert!(progress.forget("a").is_empty());
        let (standings, notices) = progress.read();
        assert!(notices.is_empty(), "{notices:?}");
        assert!(standings["a"].is_empty(), "{standings:?}");
        assert_eq!(standings["b"]["one"], Passed);
        assert_eq!(progress.hints_seen("a"), [("two".to_owned(), 2)].into());
    }

    #[test]
    fn what_a_newer_version_added_is_kept() {
        let (_root, progress) = clone();
        let text = r#"{"format":"netlings-progress/2","theme":"dark","lessons":{"a":{"hints":[1],
            "checks":{"x":{"outcome":"admired","stars":5}}},"b":"elsewhere"}}"#;
        write(&progress, text);
        assert!(progress.record("a", [("y", Passed)]).is_empty());
        let now: Value = serde_json::from_slice(&fs::read(progress.file()).unwrap()).unwrap();
        let mut expected: Value = serde_json::from_str(text).unwrap();
        expected["lessons"]["a"]["checks"]["y"] = json!({ "outcome": "passed" });
        assert_eq!(now, expected);
        assert!(matches!(progress.record("b", [("y", Passed)])[..], [Notice::Newer]));
        assert_eq!(
            serde_json::from_slice::<Value>(&fs::read(progress.file()).unwrap()).unwrap(),
            now
        );
    }

    #[test]
    fn copies_that_record_at_once_lose_nothing_of_each_other() {
        let (_root, progress) = clone();
        std::thread::scope(|scope| {
            for copy in 0..8 {
                let progress = &progress;
                scope.spawn(move || {
                    for check in 0..10 {
                        let notices = progress
                            .record(&format!("lesson-{copy}"), [(&*format!("c{check}"), Passed)]);
                        assert!(notices.is_empty(), "{notices:?}");
                    }
                });
            }
        });
        let (standings, _) = progress.read();
        assert_eq!(standings.values().map(BTreeMap::len).collect::<Vec<_>>(), [10; 8]);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_a_warning() {
        let (root, progress) = clone();
        fs::write(root.path().join(".netlings"), "a file stands in the way").unwrap();
        let notices = progress.record("tcp-echo", [("one", Passed)]);
        assert!(matches!(notices[..], [Notice::Unusable { .. }]));
        assert!(notices[0].to_string().contains("holds all the same"), "{}", notices[0]);
    }
}
