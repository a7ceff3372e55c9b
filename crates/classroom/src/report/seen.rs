//! What a student may see of a result.

use std::collections::BTreeMap;

use grader::Outcome;

use crate::course_file::CourseFile;
use crate::export::corrections::Corrections;
use crate::result::{LessonOutcome, LessonResult, StudentResult, Visibility};
use crate::words::export as words;

/// A result without what its student may not see: as if that had never been asked for.
pub(super) struct Seen {
    pub(super) result: StudentResult,
    /// Corrections by hand, in words, by lesson.
    pub(super) corrections: BTreeMap<String, Vec<String>>,
    /// What there is to say of its being late.
    pub(super) late: Option<String>,
}

impl Seen {
    pub(super) fn of(
        mut result: StudentResult,
        course: &CourseFile,
        corrections: &Corrections,
        after_due_date: bool,
    ) -> Self {
        let mut told = BTreeMap::new();
        for lesson in &mut result.lessons {
            let unseen = take_unseen(lesson, course, after_due_date);
            let mut said = Vec::new();
            for correction in corrections.of(&result.id, &lesson.lesson) {
                let check = correction.check.as_deref();
                if check.is_some_and(|id| unseen.iter().any(|it| it == id)) {
                    continue;
                }
                said.push(words::corrected(check, correction.points, &correction.reason));
                let mut checks = lesson.checks.iter_mut();
                if let Some(it) = checks.find(|it| Some(it.report.id.as_str()) == check) {
                    it.report.points = correction.points;
                }
            }
            told.insert(lesson.lesson.clone(), said);
            if !matches!(lesson.outcome, LessonOutcome::NoBuild) {
                of_what_is_seen(lesson);
            }
        }
        for missing in &result.not_handed_in {
            let corrections = corrections.of(&result.id, &missing.lesson);
            let said =
                corrections.map(|it| words::corrected(None, it.points, &it.reason)).collect();
            told.insert(missing.lesson.clone(), said);
        }
        let late = result.submission.late_by_s.filter(|late| *late > 0);
        let late = late.map(|late| words::late(late, course.left_when_late(late)));
        Self { result, corrections: told, late }
    }
}

/// Takes the checks away that may not be seen, and their names from the words of others; gives them.
fn take_unseen(
    lesson: &mut LessonResult,
    course: &CourseFile,
    after_due_date: bool,
) -> Vec<String> {
    let own = course.visibility_of(&lesson.lesson);
    let is_seen = |id: &str, then: Visibility| {
        let now = own.iter().find(|(it, _)| it == id).map_or(then, |(_, it)| *it);
        match now {
            Visibility::Visible => true,
            Visibility::AfterDueDate => after_due_date,
            Visibility::Hidden => false,
        }
    };
    let mut unseen = Vec::new();
    lesson.checks.retain(|check| {
        let seen = is_seen(&check.report.id, check.visibility);
        unseen.extend((!seen).then(|| check.report.id.clone()));
        seen
    });
    let names_one = |text: &str| unseen.iter().any(|id| text.contains(id.as_str()));
    for check in &mut lesson.checks {
        let report = &mut check.report;
        if names_one(&report.message) {
            report.message = words::NEED_UNSEEN.into();
        }
        for words in [&mut report.explanation, &mut report.hint] {
            words.take_if(|words| names_one(words));
        }
    }
    unseen
}

/// The lesson's points and outcome, from the checks that are left.
fn of_what_is_seen(lesson: &mut LessonResult) {
    let broken = lesson.checks.iter().any(|check| check.report.outcome == Outcome::InfraError);
    let broken = broken || lesson.checks.is_empty() && lesson.outcome == LessonOutcome::InfraError;
    *lesson = LessonResult::graded(
        &lesson.lesson,
        std::mem::take(&mut lesson.checks),
        std::mem::take(&mut lesson.compile),
        lesson.hashes.clone(),
    );
    if broken {
        // What the machine says is for whoever runs it.
        lesson.outcome = LessonOutcome::InfraError;
        lesson.message = words::NOT_YET_GRADED.into();
    }
}
