//! A lesson, ready for a class.

use std::fs;
use std::path::Path;

use grader::Outcome;
use sha2::{Digest, Sha256};

use crate::course_file::CourseFile;
use crate::ending::Stop;
use crate::hash::{self, Hash};
use crate::intake::Files;
use crate::kit::{Kit, Maker};
use crate::lessons::{LessonText, leave_out};
use crate::merge::RunCheck;
use crate::result::{CheckResult, CompileResult, Hashes, LessonOutcome, LessonResult, Visibility};

/// A lesson, ready for a class.
pub(crate) struct Bench {
    pub(crate) text: LessonText,
    pub(crate) kit: Kit,
    /// Of this program and the lesson's words.
    pub(crate) grader: String,
    pub(crate) seed: u64,
    pub(crate) visibility: Vec<(String, Visibility)>,
    /// Checks that are as if they were not there.
    pub(crate) left_out: Vec<String>,
}

impl Bench {
    /// Gets ready to compile the lesson, with what is built copied to `place`.
    pub(crate) fn new(
        mut text: LessonText,
        maker: &Maker<'_>,
        place: &Path,
        course: &CourseFile,
    ) -> Result<Self, Stop> {
        course.names_checks_of(&text.lesson)?;
        let kit = maker.make(&text.lesson.name, place)?;
        let mut grader = Hash::default();
        grader.add(own_hash()?);
        grader.add(&text.text);
        let left_out = course.left_out(&text.lesson);
        left_out.iter().for_each(|id| grader.add(id));
        leave_out(&mut text.lesson, &left_out);
        let visibility = course.visibility(&text.lesson);
        let (grader, seed) = (grader.text(), course.seed);
        Ok(Self { kit, grader, seed, visibility, left_out, text })
    }

    pub(crate) fn name(&self) -> &str {
        &self.text.lesson.name
    }

    /// What is graded.
    pub(crate) fn checks(&self) -> Vec<RunCheck> {
        let check = |text: &grader::lesson::CheckText| RunCheck {
            id: text.id.clone(),
            max_points: text.points,
            visibility: self.visibility_of(&text.id),
        };
        self.text.lesson.checks.iter().map(check).collect()
    }

    fn visibility_of(&self, id: &str) -> Visibility {
        let own = self.visibility.iter().find(|(it, _)| it == id);
        own.map(|(_, it)| *it).unwrap_or_default()
    }

    /// What the result of these files depends on.
    pub(crate) fn hashes(&self, files: &Files) -> Hashes {
        Hashes {
            submission: hash::of_files(files),
            kit: self.kit.hash.clone(),
            grader: self.grader.clone(),
            toolchain: self.kit.toolchain.clone(),
            seed: self.seed,
        }
    }

    pub(super) fn not_graded(
        &self,
        files: &Files,
        outcome: LessonOutcome,
        message: String,
    ) -> LessonResult {
        LessonResult {
            lesson: self.name().into(),
            outcome,
            score: 0,
            max_score: self.text.lesson.points(),
            checks: Vec::new(),
            message,
            compile: CompileResult::default(),
            hashes: self.hashes(files),
        }
    }

    /// Where nothing is left to say of single checks.
    pub(super) fn all_failed(&self, why: &str) -> Vec<CheckResult> {
        let checks = self.text.lesson.checks.iter();
        let checks = checks.map(|check| CheckResult::failed(check, why, self.seed));
        checks.map(|check| self.with_visibility(check)).collect()
    }

    pub(super) fn with_visibility(&self, mut check: CheckResult) -> CheckResult {
        check.visibility = self.visibility_of(&check.report.id);
        check
    }

    pub(super) fn is_right(&self, check: &CheckResult) -> bool {
        check.report.outcome == Outcome::Passed
    }
}

/// A hash of this program, which holds the engine and the checks.
fn own_hash() -> Result<Vec<u8>, Stop> {
    let read = std::env::current_exe().and_then(fs::read);
    let bytes = read.map_err(|error| Stop::infrastructure(netkit::cause(&error)))?;
    Ok(Sha256::digest(bytes).to_vec())
}
