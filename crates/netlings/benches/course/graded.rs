//! How the checks of one grading went, as far as time goes.

use anyhow::Context;
use grader::{Lesson, Suite};
use serde::Deserialize;

/// One check's part in a grading.
pub(crate) struct Graded {
    pub(crate) id: String,
    pub(crate) is_passed: bool,
    /// In milliseconds.
    pub(crate) took: f64,
    /// It needs real time by its nature: an interval, a timeout of the program's own.
    pub(crate) waits: bool,
    /// The checks before it.
    pub(crate) needs: Vec<String>,
}

/// The time that no grader can save, in milliseconds: of the checks that wait by their nature,
/// the longest chain of one that needs another. `graded` is in an order of needs.
pub(crate) fn longest_wait(graded: &[Graded]) -> f64 {
    let mut ends: Vec<(&str, f64)> = Vec::new();
    for check in graded {
        let before = ends.iter().filter(|(id, _)| check.needs.iter().any(|need| need == id));
        let before = before.map(|(_, end)| *end).fold(0.0, f64::max);
        ends.push((&check.id, before + if check.waits { check.took } else { 0.0 }));
    }
    ends.into_iter().map(|(_, end)| end).fold(0.0, f64::max)
}

/// Reads the document that `netlings check --json` printed.
pub(crate) fn read(document: &str, lesson: &Lesson, suite: &Suite) -> anyhow::Result<Vec<Graded>> {
    let document: Document = serde_json::from_str(document)?;
    let graded = document.lessons.into_iter().next().context("no lesson in it")?;
    let graded = graded.checks.into_iter().map(|it| Graded {
        is_passed: it.outcome == "passed",
        took: f64::from(it.duration_ms),
        waits: suite.check(&it.id).is_some_and(|check| check.waits),
        needs: lesson.check(&it.id).map(|text| text.needs.clone()).unwrap_or_default(),
        id: it.id,
    });
    Ok(graded.collect())
}

#[derive(Deserialize)]
struct Document {
    lessons: Vec<GradedLesson>,
}

#[derive(Deserialize)]
struct GradedLesson {
    checks: Vec<GradedCheck>,
}

#[derive(Deserialize)]
struct GradedCheck {
    id: String,
    outcome: String,
    duration_ms: u32,
}
