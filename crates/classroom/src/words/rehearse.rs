//! What `rehearse` says.

use std::collections::BTreeMap;
use std::path::Path;

use crate::rehearse::expected::{Kind, Program};
use crate::result::LessonResult;

pub(crate) const OTHER_FORMAT: &str = "its `format` is not `netlings-rehearsal/1`";

pub(crate) fn not_empty(folder: &Path) -> String {
    format!("{} is not empty; name a folder that is not there yet", folder.display())
}

pub(crate) fn no_mistake(id: &str) -> String {
    format!("the mistake `{id}` has no place in the solution; `cargo netlings verify` says more")
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Solution => "solutions",
        Kind::Mistake => "known mistakes",
        Kind::AlsoRight => "other right programs",
        Kind::Skeleton => "untouched skeletons",
        Kind::DoesNotCompile => "that do not compile",
    }
}

pub(crate) fn made(students: u32, kinds: &BTreeMap<Kind, usize>, folder: &Path) -> String {
    let kinds: Vec<String> =
        kinds.iter().map(|(it, count)| format!("{count} {}", kind(*it))).collect();
    let folder = folder.display();
    format!(
        "{students} students in {folder}/submissions: {}\n\
         Grade them:  cargo class grade {folder}/submissions --roster {folder}/roster.csv --out graded\n\
         and compare: cargo class rehearse compare {folder} graded",
        kinds.join(", ")
    )
}

pub(crate) fn no_result(folder: &Path, id: &str) -> String {
    format!("{}: {id}: no result", folder.display())
}

pub(crate) fn no_lesson(folder: &Path, id: &str, lesson: &str) -> String {
    format!("{}: {id}: nothing of {lesson} in the result", folder.display())
}

pub(crate) fn missed(
    folder: &Path,
    id: &str,
    lesson: &str,
    program: &Program,
    came: &str,
) -> String {
    let what = match program.kind {
        Kind::Solution => "the solution".into(),
        Kind::Mistake => format!("the mistake `{}`", program.name),
        Kind::AlsoRight => format!("the other right program `{}`", program.name),
        Kind::Skeleton => "the untouched skeleton".into(),
        Kind::DoesNotCompile => format!("a program that does not compile (`{}`)", program.name),
    };
    let wanted = program.verdict.words();
    format!("{}: {id}: {lesson}: {what} {wanted}: {came}", folder.display())
}

/// How a lesson came out, and its first failure.
pub(crate) fn came(result: &LessonResult, failed: Option<(&str, &str)>) -> String {
    let whole = format!("it was {}, {}/{}", result.outcome.word(), result.score, result.max_score);
    let why = match failed {
        Some((check, message)) => format!("; {check}: {message}"),
        None if result.message.is_empty() => String::new(),
        None => format!("; {}", result.message),
    };
    let line = format!("{whole}{why}");
    line.lines().next().unwrap_or_default().to_owned()
}

pub(crate) const FULL_MARKS: &str = "should have full marks";
pub(crate) const NO_POINTS: &str = "should have no points";
pub(crate) const NO_BUILD: &str = "should not compile";

pub(crate) fn fails_first(check: &str) -> String {
    format!("should fail {check} first")
}

pub(crate) fn differs(id: &str, lesson: &str, check: &str, was: &str, now: &str) -> String {
    let absent = |it: &str| if it.is_empty() { "not there".to_owned() } else { it.to_owned() };
    let what = if check.is_empty() { "the lesson" } else { check };
    format!("{id}: {lesson}: {what}: {} in one grading, {} in another", absent(was), absent(now))
}

pub(crate) fn compared(
    programs: usize,
    checks: usize,
    again: usize,
    gradings: usize,
    differences: usize,
) -> String {
    let all = match gradings {
        1 => format!("{programs} programs, {checks} checks"),
        _ => format!("{gradings} gradings, {programs} programs, {checks} checks in all"),
    };
    format!("{all} ({again} of them run again): {differences} differences")
}
