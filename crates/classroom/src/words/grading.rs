//! What is said while a class is graded.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use grader::Outcome;

use crate::result::{Arrival, LessonOutcome, StudentResult};

pub(crate) const MISSING: &str = "nothing was handed in";
pub(crate) const ODD_NAME: &str =
    "its name can name no result, or only differs in capitals; rename it, or use a manifest";
pub(crate) const NO_MAIN: &str = "`src/main.rs` is missing; hand in the whole folder `src`";
pub(crate) const LOUD: &str = "the compiler printed more than is read";
pub(crate) const NO_CLONE: &str =
    "no netlings around here: run this in a clone of the course, or name one with --course-root";
pub(crate) const NOTHING_TO_GRADE: &str =
    "name a folder with submissions, or a manifest with --manifest";
pub(crate) const BOTH: &str = "a folder and a manifest were named; keep one";
#[cfg(unix)]
pub(crate) const STOPPING: &str = "stopping; what is graded is kept, and --resume goes on";
pub(crate) const INTERRUPTED: &str = "interrupted; --resume goes on";

pub(crate) fn duplicate<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    let names = names.join(" and ");
    format!("handed in more than once: {names}; leave one, or give their times in a manifest")
}

pub(crate) fn no_result(path: &Path, error: &dyn Display) -> String {
    format!("{} is no result: {error}", path.display())
}

pub(crate) fn no_kit(lesson: &str, error: &dyn Display) -> String {
    format!("cannot get ready to compile {lesson}: {error}")
}

pub(crate) fn no_cargo(error: &dyn Display) -> String {
    format!("cannot run cargo: {error}")
}

pub(crate) fn no_rustc(error: &dyn Display) -> String {
    format!("cannot run rustc: {error}")
}

pub(crate) fn compile_time(limit: Duration) -> String {
    format!("the compiler was not done within {} s", limit.as_secs())
}

pub(crate) fn machine_while_compiling(said: &str) -> String {
    let line = said.lines().next().unwrap_or_default();
    format!("this machine could not compile it: {line}")
}

pub(crate) fn rustc_was_ended(status: ExitStatus) -> String {
    format!("the compiler was ended from outside ({status})")
}

pub(crate) fn compiler_broke(said: &str) -> String {
    let line = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    format!("the compiler broke off: {line}")
}

pub(crate) fn not_available<'a>(name: &str, offered: impl Iterator<Item = &'a String>) -> String {
    let offered: Vec<&str> = offered.map(String::as_str).collect();
    format!(
        "`{name}` is not available in this exercise, and no module of the program has that name; \
         there are the standard library and {}",
        offered.join(", ")
    )
}

pub(crate) fn no_worker(error: &dyn Display) -> String {
    format!("cannot start a process for a grading: {error}")
}

pub(crate) fn worker_gone(limit: Duration) -> String {
    format!("the process that graded ended without a result, or was not done within {limit:.0?}")
}

pub(crate) fn unknown_lesson(typed: &str, known: &[String]) -> String {
    format!("no lesson is called `{typed}`; there are {}", known.join(", "))
}

pub(crate) fn results_there(out: &Path) -> String {
    format!(
        "{} has results already: --resume goes on with them, --out names another folder",
        out.display()
    )
}

pub(crate) fn getting_ready(lesson: &str) -> String {
    format!("getting ready to compile {lesson}")
}

pub(crate) fn solution_fails(lesson: &str, why: &str) -> String {
    format!(
        "the solution of {lesson} does not get full marks on this machine, so nobody is graded: {why}"
    )
}

pub(crate) fn bad_shard(typed: &str) -> String {
    format!("`{typed}` is no shard: type I/N, I from 0 to N - 1, such as 0/4")
}

pub(crate) fn half_a_shard(name: &str) -> String {
    format!("{name} is set, but not how many shards there are: type --shard I/N or --shards N")
}

pub(crate) const NO_INDEX: &str = "--shards says how many there are, but nothing says which this is: type --shard I/N, or run \
     it as an array job";
pub(crate) const OTHER_ANSWER: &str = "the process that was asked answered something else";

pub(crate) fn solution(lesson: &str) -> String {
    format!("grading the solution of {lesson} on this machine")
}

pub(crate) fn students(all: usize, there: usize) -> String {
    match there {
        0 => format!("grading {}", students_in_words(all)),
        _ => format!(
            "grading {}; the results of {there} are there already and still right",
            students_in_words(all)
        ),
    }
}

/// So many students, in words.
pub(crate) fn students_in_words(count: usize) -> String {
    if count == 1 { "1 student".into() } else { format!("{count} students") }
}

pub(crate) fn again(count: usize) -> String {
    let students = students_in_words(count);
    format!("of {students} something took too long: that is run again, with nothing beside it")
}

pub(crate) fn so_far(done: u64, all: u64, left: Option<Duration>) -> String {
    let left = left.map(|left| format!(", about {} left", duration(left.as_secs().max(1))));
    format!("{done} of {all} students{}", left.unwrap_or_default())
}

/// What an instructor has to know of a student's result beside the points.
pub(crate) fn notice(result: &StudentResult) -> Vec<String> {
    let (id, submission) = (&result.id, &result.submission);
    let mut lines = Vec::new();
    if submission.outcome != Arrival::Received {
        lines.push(format!("{id}: {}: {}", submission.outcome.word(), submission.message));
    }
    if submission.not_on_roster {
        lines.push(format!("{id}: not on the roster"));
    }
    if let Some(late) = submission.late_by_s.filter(|late| *late > 0) {
        lines.push(format!("{id}: late by {}", duration(late)));
    }
    for lesson in &result.lessons {
        match lesson.outcome {
            LessonOutcome::Graded => {}
            LessonOutcome::NoBuild => {
                lines.push(format!("{id}: {} does not compile: {}", lesson.lesson, lesson.message));
            }
            LessonOutcome::InfraError => lines.push(format!(
                "{id}: {} could not be graded by this machine: {}; --resume tries it again",
                lesson.lesson, lesson.message
            )),
        }
    }
    lines
}

/// So many seconds, in words.
pub(crate) fn duration(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => match (seconds / 86_400, seconds % 86_400 / 3600) {
            (days, 0) => format!("{days} days"),
            (days, hours) => format!("{days} days {hours} h"),
        },
    }
}

pub(crate) fn count(count: usize, outcome: Arrival) -> String {
    format!("{count} {}", outcome.word())
}

pub(crate) fn done(all: usize, counts: &[String], sandbox: &str, folder: &Path) -> String {
    format!(
        "{} ({}), confinement: {sandbox}; results in {}",
        students_in_words(all),
        counts.join(", "),
        folder.display()
    )
}

/// What was not taken for anybody's.
pub(crate) fn left_alone(names: &[String]) -> String {
    format!("left alone, since it is neither a folder nor an archive: {}", names.join(", "))
}

pub(crate) fn code_not_kept(id: &str, out: &Path, error: &dyn Display) -> String {
    format!("cannot keep what {id} handed in, in {}: {error}", out.join("code").join(id).display())
}

/// What comes after grading, with the files that it was given: without them there are no weights, late
/// work loses nothing, and the gradebook has no columns of the roster.
pub(crate) fn what_next(out: &Path, course: Option<&Path>, roster: Option<&Path>) -> String {
    let given = |option: &str, file: Option<&Path>| {
        file.map(|file| format!(" {option} {}", typed(file))).unwrap_or_default()
    };
    let (out, course, roster) = (typed(out), given("--course", course), given("--roster", roster));
    format!(
        "pages      cargo class report {out}{course}\n\
         gradebook  cargo class export {out} --format csv{roster}{course}"
    )
}

/// What comes after grading a part of a class.
pub(crate) fn what_next_of_a_part(out: &Path) -> String {
    format!(
        "once all parts are graded, OTHERS being folders that other parts were written to:\n\
         merge      cargo class merge {} OTHERS --out WHOLE",
        typed(out)
    )
}

/// A path as it can be typed.
fn typed(path: &Path) -> String {
    grader::quoted_word(&path.display().to_string()).into_owned()
}

pub(crate) fn memory(most: u64) -> String {
    format!("the program and what it started held more than {}, and were ended", grader::size(most))
}

pub(crate) fn compiler_memory(most: u64) -> String {
    format!("the compiler needed more than {} of memory", grader::size(most))
}

pub(crate) const NOTHING: &str = "nothing";
pub(crate) const FIRST: &str = "it was not graded before";
pub(crate) const SUBMISSION_CHANGED: &str = "another submission";
pub(crate) const TOOLCHAIN_CHANGED: &str = "another compiler";
pub(crate) const GRADER_CHANGED: &str = "other checks, or another grader";
pub(crate) const KIT_CHANGED: &str = "other dependencies";
pub(crate) const SEED_CHANGED: &str = "another seed";
pub(crate) const TIER_CHANGED: &str = "another confinement";
pub(crate) const INFRA_BEFORE: &str = "the machine was in the way before";
pub(crate) const NO_DIFFERENCE: &str = "no verdict differs from what it was";

/// A verdict that is another now.
pub(crate) fn differs(id: &str, what: &str, before: &str, now: &str, why: &str) -> String {
    let what = if what.is_empty() { String::new() } else { format!("{what}: ") };
    format!("{id}: {what}{before}, now {now}: {why}")
}

/// As the result says it.
pub(crate) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Skipped => "skipped",
        Outcome::InfraError => "infra_error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_next_has_the_files_that_grading_was_given() {
        let path = Path::new;
        assert_eq!(
            what_next(path("graded"), None, None),
            "pages      cargo class report graded\n\
             gradebook  cargo class export graded --format csv"
        );
        assert_eq!(
            what_next(path("my out"), Some(path("course.toml")), Some(path("the roster.csv"))),
            "pages      cargo class report 'my out' --course course.toml\n\
             gradebook  cargo class export 'my out' --format csv --roster 'the roster.csv' \
             --course course.toml"
        );
        let part = what_next_of_a_part(path("part 0"));
        assert!(part.ends_with("cargo class merge 'part 0' OTHERS --out WHOLE"), "{part}");
    }
}
