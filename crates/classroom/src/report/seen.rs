//! What a student may see of a result.

use grader::Outcome;

use crate::course_file::CourseFile;
use crate::export::{LessonMark, Mark};
use crate::result::{LessonOutcome, LessonResult, StudentResult};
use crate::words::export as words;

/// A result without what its student may not see: as if that had never been asked for.
pub(super) struct Seen {
    pub(super) result: StudentResult,
    /// One for each lesson of the class, in its order.
    pub(super) lessons: Vec<SeenLesson>,
    /// The points that count, weighted and with what late work loses, as a gradebook has them where
    /// nothing is hidden. None where the machine was in the way of some.
    pub(super) score: Option<f64>,
    pub(super) most: f64,
    /// What there is to say of its being late.
    pub(super) late: Option<String>,
}

/// What a student may see of a lesson's marks.
pub(super) struct SeenLesson {
    pub(super) lesson: String,
    /// None where the machine was in the way.
    pub(super) score: Option<u32>,
    pub(super) most: u32,
    pub(super) weight: f64,
    /// Corrections by hand, in words.
    pub(super) corrections: Vec<String>,
}

impl Seen {
    pub(super) fn of(mut result: StudentResult, mark: &Mark, course: &CourseFile) -> Self {
        for lesson in &mut result.lessons {
            let Some(mark) = mark.lessons.iter().find(|it| it.lesson == lesson.lesson) else {
                continue;
            };
            take_unseen(lesson, mark);
            if !matches!(lesson.outcome, LessonOutcome::NoBuild) {
                of_what_is_seen(lesson);
            }
        }
        let lessons: Vec<SeenLesson> = mark
            .lessons
            .iter()
            .map(|lesson| {
                let (score, most) = lesson.shown_points();
                SeenLesson {
                    lesson: lesson.lesson.clone(),
                    score,
                    most,
                    weight: course.weight(&lesson.lesson),
                    corrections: lesson.told.clone(),
                }
            })
            .collect();
        let points = |it: &SeenLesson| Some(f64::from(it.score?) * mark.left * it.weight);
        let late = (mark.late_by_s > 0).then(|| words::late(mark.late_by_s, mark.left));
        Self {
            score: lessons.iter().map(points).sum(),
            most: lessons.iter().map(|it| f64::from(it.most) * it.weight).sum(),
            result,
            lessons,
            late,
        }
    }
}

/// Takes the checks away that may not be seen, and their names from the words of others. Of those
/// that are left the points are those after corrections.
fn take_unseen(lesson: &mut LessonResult, mark: &LessonMark) {
    let mut unseen = Vec::new();
    lesson.checks.retain_mut(|check| {
        let Some(mark) = mark.checks.iter().find(|it| it.id == check.report.id) else {
            return false;
        };
        check.report.points = mark.points;
        if !mark.is_shown {
            unseen.push(mark.id.clone());
        }
        mark.is_shown
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
}

/// The lesson's outcome, from the checks that are left.
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
