//! A student's result: `DIR/results/<id>.json`, in the form of netlings-result/1 with the fields
//! that a class needs. docs/grading-a-class.md tells them.

use std::io;
use std::path::{Path, PathBuf};

use grader::{CheckReport, CheckText, Outcome};
use serde::{Deserialize, Serialize};

use crate::class::{HandedIn, Member};
use crate::intake::{self, Files, Refusal};
use crate::kit::compile::CompileError;
use crate::words::grading as words;

/// The form's name.
pub(crate) const FORMAT: &str = "netlings-result/1";

/// A student's result.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StudentResult {
    pub(crate) format: String,
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) submission: Submission,
    /// The tier of confinement.
    pub(crate) sandbox: String,
    pub(crate) lessons: Vec<LessonResult>,
    /// Lessons that were asked for and are not in the submission: 0 points.
    pub(crate) not_handed_in: Vec<NotHandedIn>,
}

/// A lesson that is not in the submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NotHandedIn {
    pub(crate) lesson: String,
    pub(crate) max_score: u32,
}

/// What was handed in, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Submission {
    pub(crate) outcome: Arrival,
    /// What there is to say of it; empty where it is as it should be.
    pub(crate) message: String,
    /// As the listing names it.
    pub(crate) path: Option<String>,
    /// `folder`, `zip`, `tar` or `tar.gz`.
    pub(crate) form: Option<String>,
    /// The files that were taken, and their bytes.
    pub(crate) files: usize,
    pub(crate) bytes: u64,
    pub(crate) hash: Option<String>,
    /// RFC 3339.
    pub(crate) submitted_at: Option<String>,
    /// How late it came, where that is known; 0 for what was in time.
    pub(crate) late_by_s: Option<u64>,
    /// Earlier ones of the same student, which were not graded.
    pub(crate) instead_of: Vec<String>,
    /// There is a roster, and the student is not on it.
    pub(crate) not_on_roster: bool,
}

/// What became of what was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Arrival {
    /// It was taken.
    Received,
    /// The student is on the roster, and there is nothing.
    Missing,
    /// There are several, and nothing says which is meant.
    Duplicate,
    Empty,
    Unreadable,
    Oversized,
    Hostile,
}

impl Arrival {
    /// As the result says it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Missing => "missing",
            Self::Duplicate => "duplicate",
            Self::Empty => "empty",
            Self::Unreadable => "unreadable",
            Self::Oversized => "oversized",
            Self::Hostile => "hostile",
        }
    }
}

/// How a lesson came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LessonOutcome {
    Graded,
    NoBuild,
    InfraError,
}

impl LessonOutcome {
    /// As the result says it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Graded => "graded",
            Self::NoBuild => "no_build",
            Self::InfraError => "infra_error",
        }
    }
}

/// A lesson's result.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LessonResult {
    pub(crate) lesson: String,
    pub(crate) outcome: LessonOutcome,
    pub(crate) score: u32,
    pub(crate) max_score: u32,
    pub(crate) checks: Vec<CheckResult>,
    /// Why it did not compile, or what was in the way; empty where it was graded.
    pub(crate) message: String,
    pub(crate) compile: CompileResult,
    pub(crate) hashes: Hashes,
}

/// How compiling went.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct CompileResult {
    pub(crate) duration_ms: u64,
    pub(crate) timed_out: bool,
    pub(crate) errors: Vec<CompileError>,
    pub(crate) not_available: Vec<String>,
}

/// What a result depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hashes {
    pub(crate) submission: String,
    pub(crate) kit: String,
    /// Of this program, which has the checks, and of the lesson's words.
    pub(crate) grader: String,
    pub(crate) toolchain: String,
    pub(crate) seed: u64,
}

/// Who may see a check's result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Visibility {
    #[default]
    Visible,
    Hidden,
    AfterDueDate,
}

impl Visibility {
    /// Whether students may see it now; `is_due`: nobody can hand in any more.
    pub(crate) fn is_seen(self, is_due: bool) -> bool {
        match self {
            Self::Visible => true,
            Self::AfterDueDate => is_due,
            Self::Hidden => false,
        }
    }
}

/// A check's result.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CheckResult {
    #[serde(flatten)]
    pub(crate) report: CheckReport,
    /// The last lines of the program's stderr.
    pub(crate) stderr: Vec<String>,
    #[serde(default)]
    pub(crate) visibility: Visibility,
    /// It was run a second time, alone, and this is how it had come out before.
    #[serde(default)]
    pub(crate) again: Option<Again>,
}

/// The first run of a check that was run twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Again {
    /// `timeout` or `infra_error`.
    pub(crate) because: String,
    pub(crate) outcome: Outcome,
    pub(crate) message: String,
}

impl CheckResult {
    pub(crate) fn of(mut report: CheckReport) -> Self {
        let stderr = report.stderr.clone();
        // Hundreds of students, megabytes each: of what passed nobody looks it up.
        if report.outcome == Outcome::Passed {
            report.transcript.clear();
        }
        Self { report, stderr, visibility: Visibility::Visible, again: None }
    }
}

impl CheckResult {
    /// A check that could not even be begun, through the program's own doing.
    pub(crate) fn failed(check: &CheckText, why: &str, seed: u64) -> Self {
        Self::of(CheckReport {
            cause_is_told: true,
            ..CheckReport::blank(check, seed, Outcome::Failed, why.into())
        })
    }
}

impl LessonResult {
    /// The lesson's result from its checks'.
    pub(crate) fn graded(
        lesson: &str,
        checks: Vec<CheckResult>,
        compile: CompileResult,
        hashes: Hashes,
    ) -> Self {
        let infra = checks.iter().find(|check| check.report.outcome == Outcome::InfraError);
        Self {
            lesson: lesson.into(),
            outcome: infra.map_or(LessonOutcome::Graded, |_| LessonOutcome::InfraError),
            score: checks.iter().map(|check| check.report.points).sum(),
            max_score: checks.iter().map(|check| check.report.max_points).sum(),
            message: infra.map(|check| check.report.message.clone()).unwrap_or_default(),
            checks,
            compile,
            hashes,
        }
    }
}

impl StudentResult {
    /// A result before anything was graded.
    pub(crate) fn of(member: &Member, sandbox: &str) -> Self {
        let (outcome, message, piece) = match &member.handed_in {
            HandedIn::Nothing => (Arrival::Missing, words::MISSING.into(), None),
            HandedIn::Several(pieces) => {
                let names = pieces.iter().map(|piece| piece.shown.as_str());
                (Arrival::Duplicate, words::duplicate(names), None)
            }
            HandedIn::OddName(piece) => (Arrival::Unreadable, words::ODD_NAME.into(), Some(piece)),
            HandedIn::One(piece) => (Arrival::Received, String::new(), Some(piece)),
        };
        Self {
            format: FORMAT.into(),
            id: member.id.clone(),
            name: member.name.clone(),
            submission: Submission {
                outcome,
                message,
                path: piece.map(|piece| piece.shown.clone()),
                form: None,
                files: 0,
                bytes: 0,
                hash: None,
                submitted_at: piece.and_then(|it| it.submitted_at).map(|at| at.to_rfc3339()),
                late_by_s: piece.and_then(|piece| piece.late_by_s()),
                instead_of: piece.map(|piece| piece.instead_of.clone()).unwrap_or_default(),
                not_on_roster: member.not_on_roster,
            },
            sandbox: sandbox.into(),
            lessons: Vec::new(),
            not_handed_in: Vec::new(),
        }
    }

    /// Notes that nothing was taken.
    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        let (outcome, message) = match refusal {
            Refusal::Empty(words) => (Arrival::Empty, words),
            Refusal::Unreadable(words) => (Arrival::Unreadable, words),
            Refusal::Oversized(words) => (Arrival::Oversized, words),
            Refusal::Hostile(words) => (Arrival::Hostile, words),
        };
        self.submission.outcome = outcome;
        self.submission.message = message;
    }

    /// Whether the machine was in the way of some lesson.
    pub(crate) fn has_infra_error(&self) -> bool {
        self.lessons.iter().any(|lesson| lesson.outcome == LessonOutcome::InfraError)
    }
}

/// The folder that holds a class's results, and beside it the one of what was graded.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) folder: PathBuf,
    code: PathBuf,
}

impl Store {
    pub(crate) fn at(out: &Path) -> Self {
        Self { folder: out.join("results"), code: out.join("code") }
    }

    fn file(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    /// Keeps a result: there is the old one, or all of the new one.
    pub(crate) fn keep(&self, result: &StudentResult) -> io::Result<()> {
        let mut bytes = serde_json::to_vec_pretty(result)?;
        bytes.push(b'\n');
        crate::files::replace(&self.file(&result.id), &bytes)
    }

    /// Makes the folder of results.
    pub(crate) fn make_ready(&self) -> io::Result<()> {
        crate::files::make_ready(&self.folder)
    }

    /// Keeps a lesson's files as they were taken, in `DIR/code/<id>/<lesson>/src`.
    pub(crate) fn keep_code(&self, id: &str, lesson: &str, files: &Files) -> io::Result<()> {
        let from_here = Path::new("code").join(id).join(lesson);
        let top = self.code.parent().unwrap_or(Path::new("."));
        match std::fs::remove_dir_all(top.join(&from_here)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let place = |path: &Path| from_here.join("src").join(path);
        let files = files.iter().map(|(path, bytes)| (place(path), bytes.as_slice()));
        crate::files::write_lasting(top, files)
    }

    /// A lesson's files as they were graded. None where they were not kept, or where others stand
    /// there: somebody was ended while they took these files' place.
    pub(crate) fn code(&self, id: &str, lesson: &LessonResult) -> Option<Files> {
        let folder = self.code.join(id).join(&lesson.lesson).join("src");
        let files = intake::kept(&folder, &intake::Limits::default()).ok()?;
        (crate::hash::of_files(&files) == lesson.hashes.submission).then_some(files)
    }

    /// The result that is there already, if it is one.
    pub(crate) fn find(&self, id: &str) -> Option<StudentResult> {
        let bytes = std::fs::read(self.file(id)).ok()?;
        serde_json::from_slice(&bytes).ok().filter(|it: &StudentResult| it.id == id)
    }

    /// All results, by id; what is none is told.
    pub(crate) fn all(&self) -> io::Result<Vec<Result<StudentResult, String>>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                files.push(path);
            }
        }
        files.sort();
        let read = |path: PathBuf| {
            let wrong = |error: &dyn std::fmt::Display| words::no_result(&path, error);
            let bytes = std::fs::read(&path).map_err(|error| wrong(&error))?;
            serde_json::from_slice(&bytes).map_err(|error| wrong(&error))
        };
        Ok(files.into_iter().map(read).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_what_was_graded_or_none() {
        let out = tempfile::tempdir().unwrap();
        let store = Store::at(out.path());
        let files = Files::from([
            ("main.rs".into(), b"mod a;".to_vec()),
            ("a/mod.rs".into(), b"// a".to_vec()),
        ]);
        let mut lesson = crate::export::tests::result().lessons.swap_remove(0);
        lesson.hashes.submission = crate::hash::of_files(&files);
        store.keep_code("anna", &lesson.lesson, &files).unwrap();
        assert_eq!(store.code("anna", &lesson), Some(files));
        let src = out.path().join("code/anna").join(&lesson.lesson).join("src");
        for half in ["", "mod"] {
            std::fs::write(src.join("main.rs"), half).unwrap();
            assert_eq!(store.code("anna", &lesson), None);
        }
        std::fs::remove_file(src.join("a/mod.rs")).unwrap();
        std::fs::write(src.join("main.rs"), "mod a;").unwrap();
        assert_eq!(store.code("anna", &lesson), None);
    }

    /// What is taken by names of folders is not looked for by them once more.
    #[test]
    fn code_is_kept_whatever_its_folders_are_called() {
        let out = tempfile::tempdir().unwrap();
        let store = Store::at(out.path());
        let mut lesson = crate::export::tests::result().lessons.swap_remove(0);
        for folder in ["exercises", "exercises/tcp-echo/src", "src", "node_modules", "a.rs"] {
            let files = Files::from([
                ("main.rs".into(), b"mod x;".to_vec()),
                (Path::new(folder).join("mod.rs"), b"// one".to_vec()),
                (Path::new(folder).join("x.rs"), b"// two".to_vec()),
            ]);
            lesson.hashes.submission = crate::hash::of_files(&files);
            store.keep_code("anna", &lesson.lesson, &files).unwrap();
            assert_eq!(store.code("anna", &lesson), Some(files), "{folder}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn code_that_lies_behind_a_link_is_none() {
        let out = tempfile::tempdir().unwrap();
        let store = Store::at(out.path());
        let files = Files::from([("a/b.rs".into(), b"// b".to_vec())]);
        let mut lesson = crate::export::tests::result().lessons.swap_remove(0);
        lesson.hashes.submission = crate::hash::of_files(&files);
        let src = out.path().join("code/anna").join(&lesson.lesson).join("src");
        for place in [src.join("a/b.rs"), src.join("a"), src] {
            store.keep_code("anna", &lesson.lesson, &files).unwrap();
            let elsewhere = out.path().join("elsewhere");
            std::fs::rename(&place, &elsewhere).unwrap();
            std::os::unix::fs::symlink(&elsewhere, &place).unwrap();
            assert_eq!(store.code("anna", &lesson), None, "{}", place.display());
            std::fs::remove_file(&place).unwrap();
            let _ =
                std::fs::remove_dir_all(&elsewhere).or_else(|_| std::fs::remove_file(&elsewhere));
        }
    }
}
