//! What is said while one check is replayed.

use grader::{CheckReport, Outcome};

pub(crate) fn nobody(id: &str) -> String {
    format!("nobody has handed in under the id `{id}`")
}

pub(crate) fn nothing_to_replay(id: &str) -> String {
    format!("there is no program of `{id}` to run: its result says why")
}

pub(crate) fn no_program(student: &str, lesson: &str, why: &str) -> String {
    format!("{lesson} of {student} cannot be run:\n\n{}", why.trim_end())
}

pub(crate) fn no_such_check<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    format!("the lesson has no check `{typed}`; there are {}", known.join(", "))
}

pub(crate) fn alone(student: &str, lesson: &str, check: &str) -> String {
    format!("cargo class explain {} {lesson} {check} --in …", grader::quoted_word(student))
}

pub(crate) fn passes(report: &CheckReport) -> String {
    format!("✓ {}: {} ({} ms, seed {})", report.id, report.title, report.duration_ms, report.seed)
}

pub(crate) fn differs(before: Outcome) -> String {
    format!("The result that is there says otherwise: {}", super::grading::outcome(before))
}
