//! What is said of the course file and while results are exported.

use std::collections::BTreeSet;

use grader::{CheckReport, Outcome};

use crate::result::LessonResult;

pub(crate) const BAD_PERCENT: &str = "a percentage of [late] is not 0 to 100";

pub(crate) fn bad_weight(lesson: &str) -> String {
    format!("the weight of `{lesson}` is no number from 0 up")
}

pub(crate) fn no_such_check(lesson: &str, id: &str) -> String {
    format!("the course file names a check `{id}`, which `{lesson}` does not have")
}

pub(crate) const NOT_HANDED_IN: &str = "not handed in";
pub(crate) const NOT_YET_GRADED: &str =
    "this machine could not grade it, which says nothing about the program; it will be tried again";
pub(crate) const NEEDS_A_PLACE: &str = "every student has a document of their own in this form: name a folder with --to, or one student with --student";
pub(crate) const CANVAS_ROSTER: &str = "Canvas takes only its own students back: export the gradebook there, and name it with --roster";
pub(crate) const NO_SUBMIT_TAG: &str =
    "SUBMISSION_TAG is no tag of a submission: it begins with `submit/`";
pub(crate) const NEED_UNSEEN: &str = "not run: a check that it needs did not pass";

pub(crate) fn no_such_student(id: &str) -> String {
    format!("nobody in the class has the id `{id}`")
}

pub(crate) fn missing_results(missing: &[&String]) -> String {
    let shown: Vec<&str> = missing.iter().take(10).map(|id| id.as_str()).collect();
    let shown = shown.join(", ");
    format!(
        "{} students have no result yet, such as {shown}: grade with --resume, or merge",
        missing.len()
    )
}

/// A line of Markdown.
pub(crate) fn no_room(students: usize) -> String {
    format!("{students} more: GitHub shows no summary longer than 1 MiB. Export fewer at once.\n")
}

pub(crate) fn no_variable(name: &str) -> String {
    format!("{name} is not set: this is for a runner of Classroom 50, which sets it")
}

pub(crate) fn not_graded(id: &str, lesson: &str) -> String {
    format!(
        "{lesson} of {id} could not be graded, and this form has no word for that: grade with --resume"
    )
}

pub(crate) fn no_reason(student: &str, lesson: &str) -> String {
    format!("the correction for {student}, {lesson}, has no reason")
}

pub(crate) fn nothing_to_correct(student: &str, lesson: &str, check: Option<&str>) -> String {
    let what = check.map(|check| format!(", check {check},")).unwrap_or_default();
    format!("a correction is about {lesson}{what} of {student}, and there is no such result")
}

pub(crate) fn too_many_points(student: &str, lesson: &str, points: u32, most: u32) -> String {
    format!("the correction for {student}, {lesson}, gives {points} points, and there are {most}")
}

pub(crate) fn corrected(check: Option<&str>, points: u32, reason: &str) -> String {
    let reason = netkit::visible(reason.as_bytes());
    match check {
        Some(check) => format!("corrected by hand: {points} points for {check}: {reason}"),
        None => format!("corrected by hand: {points} points: {reason}"),
    }
}

pub(crate) fn late(seconds: u64, left: f64) -> String {
    let percent = (left * 100.0).round();
    format!("late by {}: {percent} % of the points", super::grading::duration(seconds))
}

/// Why a lesson's program did not compile, for the student.
pub(crate) fn no_build(lesson: &LessonResult) -> String {
    let mut text = format!("it does not compile: {}", lesson.message);
    if let Some(first) = lesson.compile.errors.first() {
        text.push_str("\n\n");
        text.push_str(first.shown.trim_end());
    }
    text
}

/// What a student may read of a check. `unseen` are the checks that they may not know of.
pub(crate) fn told(report: &CheckReport, unseen: &BTreeSet<&str>) -> String {
    if report.outcome == Outcome::Passed {
        return String::new();
    }
    let mut text = report.message.clone();
    for (label, value) in [("expected", &report.expected), ("got", &report.actual)] {
        if let Some(value) = value {
            text.push_str(&format!("\n{label}: {value}"));
        }
    }
    for words in [&report.explanation, &report.hint].into_iter().flatten() {
        text.push_str("\n\n");
        text.push_str(words);
    }
    match unseen.iter().any(|id| text.contains(id)) {
        true => NEED_UNSEEN.into(),
        false => text,
    }
}
