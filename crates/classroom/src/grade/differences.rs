//! What a new result says otherwise than the one that was there, and why.

use crate::result::{LessonResult, StudentResult};
use crate::words::grading as words;

/// A line for each verdict that differs.
pub(super) fn between(old: &StudentResult, new: &StudentResult) -> Vec<String> {
    let mut lines = Vec::new();
    let id = &new.id;
    if old.submission.outcome != new.submission.outcome {
        let (before, now) = (old.submission.outcome.word(), new.submission.outcome.word());
        lines.push(words::differs(id, "", before, now, words::SUBMISSION_CHANGED));
    }
    for lesson in &new.lessons {
        match old.lessons.iter().find(|it| it.lesson == lesson.lesson) {
            Some(before) => {
                let why = why(before, lesson, old.sandbox != new.sandbox);
                lines.extend(in_a_lesson(id, before, lesson, why));
            }
            None => {
                let now = format!("{}/{}", lesson.score, lesson.max_score);
                lines.push(words::differs(id, &lesson.lesson, words::NOTHING, &now, words::FIRST));
            }
        }
    }
    for before in &old.lessons {
        if !new.lessons.iter().any(|it| it.lesson == before.lesson) {
            let was = format!("{}/{}", before.score, before.max_score);
            let why = words::SUBMISSION_CHANGED;
            lines.push(words::differs(id, &before.lesson, &was, words::NOTHING, why));
        }
    }
    lines
}

fn in_a_lesson(id: &str, old: &LessonResult, new: &LessonResult, why: &str) -> Vec<String> {
    let mut lines = Vec::new();
    if old.outcome != new.outcome {
        let (before, now) = (old.outcome.word(), new.outcome.word());
        lines.push(words::differs(id, &new.lesson, before, now, why));
    }
    for check in &new.checks {
        let before = old.checks.iter().find(|it| it.report.id == check.report.id);
        let Some(before) = before else { continue };
        if before.report.outcome != check.report.outcome {
            let what = format!("{} {}", new.lesson, check.report.id);
            let was = words::outcome(before.report.outcome);
            let now = words::outcome(check.report.outcome);
            lines.push(words::differs(id, &what, was, now, why));
        }
    }
    lines
}

/// What changed that a verdict depends on: the first of these, since each of them is enough.
fn why(old: &LessonResult, new: &LessonResult, other_tier: bool) -> &'static str {
    let (a, b) = (&old.hashes, &new.hashes);
    match () {
        () if a.submission != b.submission => words::SUBMISSION_CHANGED,
        () if a.toolchain != b.toolchain => words::TOOLCHAIN_CHANGED,
        () if a.grader != b.grader => words::GRADER_CHANGED,
        () if a.kit != b.kit => words::KIT_CHANGED,
        () if a.seed != b.seed => words::SEED_CHANGED,
        () if other_tier => words::TIER_CHANGED,
        () => words::INFRA_BEFORE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tests::result;
    use grader::Outcome;

    #[test]
    fn each_verdict_that_differs_is_told_with_what_changed() {
        let (old, mut new) = (result(), result());
        assert!(between(&old, &new).is_empty());
        new.lessons[0].checks[1].report.outcome = Outcome::Passed;
        new.lessons[0].hashes.grader = "another".into();
        let lines = between(&old, &new);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].starts_with("anna: tcp-echo closes: skipped, now passed"), "{lines:?}");
        assert!(lines[0].contains(words::GRADER_CHANGED));
    }
}
