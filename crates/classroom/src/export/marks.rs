//! What a student gets: points after corrections, what is left of them when late, and of each check
//! what students may see.

use std::collections::BTreeSet;

use grader::Outcome;

use super::corrections::Corrections;
use crate::course_file::CourseFile;
use crate::merge::{Run, RunLesson};
use crate::result::{Arrival, LessonOutcome, LessonResult, StudentResult, Visibility};
use crate::words::export as words;

/// A student's marks.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) received: Arrival,
    /// What there is to say of the submission; empty where it is as it should be.
    pub(crate) message: String,
    pub(crate) submitted_at: Option<String>,
    pub(crate) late_by_s: u64,
    /// What part of the points is left when late, 0 to 1.
    pub(crate) left: f64,
    /// One for each lesson of the class, in its order.
    pub(crate) lessons: Vec<LessonMark>,
}

/// A lesson's.
#[derive(Clone, Debug)]
pub(crate) struct LessonMark {
    pub(crate) lesson: String,
    /// None: the machine could not grade it, which is no 0.
    pub(crate) score: Option<u32>,
    pub(crate) max_score: u32,
    /// So many of them are for checks that students may not see.
    pub(crate) unseen: u32,
    /// Why there are no checks: it did not compile, it was not handed in. Empty where there are.
    pub(crate) message: String,
    /// All checks, students may see them or not.
    pub(crate) checks: Vec<CheckMark>,
    /// Corrections by hand, in words.
    pub(crate) corrections: Vec<String>,
    /// Those of them that a student may read: not what is said of a hidden check.
    pub(crate) told: Vec<String>,
    /// A correction has set the points of the lesson, whatever its checks say.
    pub(crate) is_set: bool,
}

/// A check's.
#[derive(Clone, Debug)]
pub(crate) struct CheckMark {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) points: u32,
    pub(crate) max_points: u32,
    pub(crate) outcome: Outcome,
    /// What a student may read of it: nothing that a hidden check is named in.
    pub(crate) text: String,
    pub(crate) visibility: Visibility,
    /// Students may see it now.
    pub(crate) is_shown: bool,
    pub(crate) seconds: f64,
}

impl Mark {
    pub(crate) fn of(
        result: &StudentResult,
        run: &Run,
        course: &CourseFile,
        corrections: &Corrections,
        is_due: bool,
    ) -> Self {
        let late_by_s = result.submission.late_by_s.unwrap_or(0);
        let lessons = run.lessons.iter().map(|lesson| {
            let graded = result.lessons.iter().find(|it| it.lesson == lesson.lesson);
            let mut mark = match graded {
                Some(graded) => LessonMark::of(graded, lesson, course, is_due),
                None => LessonMark {
                    lesson: lesson.lesson.clone(),
                    score: Some(0),
                    max_score: lesson.max_score,
                    unseen: lesson.unseen(course, is_due),
                    message: match result.submission.outcome {
                        Arrival::Received => words::NOT_HANDED_IN.into(),
                        _ => result.submission.message.clone(),
                    },
                    checks: Vec::new(),
                    corrections: Vec::new(),
                    told: Vec::new(),
                    is_set: false,
                },
            };
            mark.correct(&result.id, corrections);
            mark
        });
        Self {
            id: result.id.clone(),
            name: result.name.clone(),
            received: result.submission.outcome,
            message: result.submission.message.clone(),
            submitted_at: result.submission.submitted_at.clone(),
            late_by_s,
            left: course.left_when_late(late_by_s),
            lessons: lessons.collect(),
        }
    }

    /// The points of all lessons, weighted, with what late work loses; none where one of them could
    /// not be graded.
    pub(crate) fn total(&self, course: &CourseFile) -> Option<f64> {
        let weighted =
            |lesson: &LessonMark| Some(self.points(lesson)? * course.weight(&lesson.lesson));
        self.lessons.iter().map(weighted).sum()
    }

    pub(crate) fn max_total(&self, course: &CourseFile) -> f64 {
        let weighted = |it: &LessonMark| f64::from(it.max_score) * course.weight(&it.lesson);
        self.lessons.iter().map(weighted).sum()
    }

    /// A lesson's points, with what late work loses.
    pub(crate) fn points(&self, lesson: &LessonMark) -> Option<f64> {
        Some(f64::from(lesson.score?) * self.left)
    }
}

impl LessonMark {
    fn of(lesson: &LessonResult, run: &RunLesson, course: &CourseFile, is_due: bool) -> Self {
        let own = course.visibility_of(&lesson.lesson);
        // What was hidden when it was graded stays so, and what is hidden now is so too.
        let visibility = |id: &str, then: Visibility| {
            let now = own.iter().find(|(it, _)| it == id).map(|(_, it)| *it);
            now.unwrap_or(then)
        };
        let is_shown = |it: Visibility| it.is_seen(is_due);
        let unseen: BTreeSet<&str> = lesson
            .checks
            .iter()
            .filter(|check| !is_shown(visibility(&check.report.id, check.visibility)))
            .map(|check| check.report.id.as_str())
            .collect();
        let checks = lesson.checks.iter().map(|check| {
            let report = &check.report;
            let visibility = visibility(&report.id, check.visibility);
            CheckMark {
                id: report.id.clone(),
                title: report.title.clone(),
                points: report.points,
                max_points: report.max_points,
                outcome: report.outcome,
                text: words::told(report, &unseen),
                visibility,
                is_shown: is_shown(visibility),
                seconds: report.duration_ms as f64 / 1000.0,
            }
        });
        let checks: Vec<CheckMark> = checks.collect();
        Self {
            lesson: lesson.lesson.clone(),
            score: (lesson.outcome != LessonOutcome::InfraError).then_some(lesson.score),
            max_score: lesson.max_score,
            unseen: match lesson.checks.is_empty() {
                true => run.unseen(course, is_due),
                false => checks.iter().filter(|it| !it.is_shown).map(|it| it.max_points).sum(),
            },
            message: match lesson.outcome {
                LessonOutcome::Graded => String::new(),
                LessonOutcome::NoBuild => words::no_build(lesson),
                // What the machine says is for whoever runs it, and could name a hidden check.
                LessonOutcome::InfraError => words::NOT_YET_GRADED.into(),
            },
            checks,
            corrections: Vec::new(),
            told: Vec::new(),
            is_set: false,
        }
    }

    fn correct(&mut self, student: &str, corrections: &Corrections) {
        let lesson = self.lesson.clone();
        for correction in corrections.of(student, &lesson) {
            match &correction.check {
                None => {
                    let words = words::corrected(None, correction.points, &correction.reason);
                    self.told.push(words.clone());
                    self.corrections.push(words);
                    self.score = Some(correction.points.min(self.max_score));
                    self.is_set = true;
                }
                Some(id) => {
                    let Some(check) = self.checks.iter_mut().find(|check| check.id == *id) else {
                        continue;
                    };
                    let (before, now) = (check.points, correction.points);
                    let words = words::corrected(Some(id), now, &correction.reason);
                    check.points = now;
                    if check.is_shown {
                        check.text = format!("{}\n\n{words}", check.text).trim().to_owned();
                        self.told.push(words.clone());
                    }
                    self.corrections.push(words);
                    self.score = self.score.map(|score| score.saturating_sub(before) + now);
                }
            }
        }
    }

    /// What a student may know of the points, and of how many there are: nothing of the unseen ones.
    /// None where the machine could not grade what they may see.
    pub(crate) fn shown_points(&self) -> (Option<u32>, u32) {
        let most = self.max_score.saturating_sub(self.unseen);
        let is_broken = self.shown().any(|check| check.outcome == Outcome::InfraError);
        let score = match () {
            () if self.is_set || self.checks.is_empty() => self.score.map(|it| it.min(most)),
            () if is_broken => None,
            () => Some(self.shown().map(|check| check.points).sum()),
        };
        (score, most)
    }

    /// The checks that students may see.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &CheckMark> {
        self.checks.iter().filter(|check| check.is_shown)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    pub(crate) fn run() -> Run {
        let lesson = RunLesson {
            lesson: "tcp-echo".into(),
            max_score: 9,
            kit: String::new(),
            grader: String::new(),
            checks: Vec::new(),
        };
        Run {
            ids: vec!["anna".into()],
            lessons: vec![lesson],
            sandbox: "full".into(),
            toolchain: String::new(),
            seed: 1,
        }
    }

    /// A student with a check for everybody's eyes, one that waits for a hidden one, the hidden one,
    /// and one for after the due date.
    pub(crate) fn result() -> StudentResult {
        let check = |id: &str, points: u32, most: u32, outcome: &str, seen: &str, message: &str| {
            json!({ "id": id, "title": format!("it {id}"), "points": points, "max_points": most,
                "outcome": outcome, "message": message, "explanation": null, "expected": null,
                "actual": null, "hint": "a <b>", "seed": 1, "duration_ms": 5, "transcript": [],
                "stderr": [], "visibility": seen, "again": null })
        };
        let waits = "not run: it needs `secret_one`, which did not pass";
        let checks = json!([
            check("opens", 1, 1, "passed", "visible", ""),
            check("closes", 0, 2, "skipped", "visible", waits),
            check("secret_one", 0, 4, "failed", "hidden", "a secret"),
            check("secret_two", 2, 2, "passed", "after_due_date", ""),
        ]);
        serde_json::from_value(json!({ "format": "netlings-result/1", "id": "anna", "name": "Anna",
            "submission": { "outcome": "received", "message": "", "path": null, "form": null,
                "files": 1, "bytes": 1, "hash": null, "submitted_at": "2026-11-20T12:00:00+01:00",
                "late_by_s": 90_000, "instead_of": [], "not_on_roster": false },
            "sandbox": "full", "not_handed_in": [], "lessons": [{ "lesson": "tcp-echo",
                "outcome": "graded", "score": 3, "max_score": 9, "checks": checks, "message": "",
                "compile": { "duration_ms": 1, "timed_out": false, "errors": [], "not_available": [] },
                "hashes": { "submission": "", "kit": "", "grader": "", "toolchain": "", "seed": 1 } }] }))
        .unwrap()
    }

    pub(crate) fn mark(is_due: bool) -> Mark {
        Mark::of(&result(), &run(), &CourseFile::default(), &Corrections::default(), is_due)
    }

    #[test]
    fn a_check_that_waits_for_a_hidden_one_does_not_name_it() {
        let mark = mark(false);
        assert!(mark.lessons[0].shown().all(|check| !check.text.contains("secret")), "{mark:?}");
        let texts: Vec<&str> = mark.lessons[0].shown().map(|check| check.text.as_str()).collect();
        assert!(texts[1].starts_with("not run: a check that it needs"), "{texts:?}");
    }

    #[test]
    fn who_has_no_check_run_learns_nothing_of_hidden_points() {
        let check = |id: &str, max_points, visibility| crate::merge::RunCheck {
            id: id.into(),
            max_points,
            visibility,
        };
        let mut run = run();
        run.lessons[0].checks = vec![
            check("opens", 3, Visibility::Visible),
            check("secret_one", 4, Visibility::Hidden),
            check("secret_two", 2, Visibility::AfterDueDate),
        ];
        let mut result = result();
        let lesson = &mut result.lessons[0];
        (lesson.outcome, lesson.score) = (LessonOutcome::NoBuild, 0);
        lesson.checks.clear();
        let mark = |is_due| {
            Mark::of(&result, &run, &CourseFile::default(), &Corrections::default(), is_due)
        };
        assert_eq!(mark(false).lessons[0].shown_points(), (Some(0), 3));
        assert_eq!(mark(true).lessons[0].shown_points(), (Some(0), 5));
        let shown = super::super::gradescope::results(&mark(false)).to_string();
        assert!(shown.contains("\"max_score\":3") && !shown.contains('9'), "{shown}");
    }

    #[test]
    fn corrections_change_points_and_are_told_with_their_reason() {
        let read = |text: &str| -> Corrections { toml::from_str(text).unwrap() };
        let check = "[[correction]]\nstudent = \"anna\"\nlesson = \"tcp-echo\"\ncheck = \"closes\"\n\
                     points = 2\nreason = \"seen in the lab\"\n";
        let corrections = read(check);
        corrections.fit(&[result()]).unwrap();
        let course = CourseFile::default();
        let mark = Mark::of(&result(), &run(), &course, &corrections, false);
        assert_eq!(mark.lessons[0].score, Some(5));
        assert!(mark.lessons[0].corrections[0].contains("seen in the lab"));
        assert!(mark.lessons[0].checks[1].text.contains("seen in the lab"));
        for (good, wrong) in [
            ("points = 2", "points = 3"),
            ("\"anna\"", "\"ben\""),
            ("\"closes\"", "\"close\""),
            ("\"tcp-echo\"", "\"tcp\""),
            ("seen in the lab", " "),
        ] {
            assert!(read(&check.replace(good, wrong)).fit(&[result()]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_the_machine_could_not_grade_has_no_points_and_no_total() {
        let mut result = result();
        result.lessons[0].outcome = LessonOutcome::InfraError;
        let course = CourseFile::default();
        let mark = Mark::of(&result, &run(), &course, &Corrections::default(), false);
        assert_eq!((mark.lessons[0].score, mark.total(&course)), (None, None));
    }
}
