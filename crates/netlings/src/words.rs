//! The sentences that netlings says. What a lesson says stands in its own files.

pub(crate) mod author;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod lab;
pub(crate) mod learn;
pub(crate) mod stage;
pub(crate) mod trace;

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::process::ExitStatus;

use grader::lesson::{CheckText, Lesson};

use crate::steps::Step;

// The course and its map.

pub(crate) const TITLE: &str = "netlings: network programming in Rust";
pub(crate) const ALL_PASSED: &str =
    "Every lesson is passed. `cargo netlings check LESSON` grades one again.";
pub(crate) const BROKEN_LESSON: &str = "its lesson.toml is broken";
pub(crate) const READ: &str = "read";
pub(crate) const OR: &str = "or";
pub(crate) const EDIT: &str = "edit";
pub(crate) const RUN: &str = "run";
pub(crate) const GRADE: &str = "grade";
pub(crate) const STUDENT_EDITION: &str = "this is the student edition of the course: no finished programs come with it. As the other side \
     take your own program in its other role, a classmate's, or nc.";
pub(crate) const NO_CLONE: &str =
    "there is no netlings course around this directory. Go into your clone and try again.";
pub(crate) const LEAVE_OUT_ONE_NEED: &str = "leave out one need, so that some lesson comes first";

pub(crate) fn next_lesson(lesson: &Lesson) -> String {
    format!("Next: {}, {} (about {} minutes)", lesson.name, lesson.title, lesson.minutes)
}

pub(crate) fn step_to_do(number: u32, text: &str) -> String {
    format!("step {number}: {text}")
}

pub(crate) fn failing_check(check: &CheckText) -> String {
    format!("does not pass yet: {}, {}", check.id, check.title)
}

pub(crate) fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("cannot read {}: {}", path.display(), netkit::cause(error))
}

pub(crate) fn unwritable(path: &Path, error: &io::Error) -> String {
    format!("cannot write {}: {}", path.display(), netkit::cause(error))
}

pub(crate) fn unknown_lesson<'a>(
    typed: &str,
    near: Option<&str>,
    known: impl Iterator<Item = &'a str>,
) -> String {
    let typed = netkit::visible(typed.as_bytes());
    match near {
        Some(near) => format!("no lesson is called `{typed}`. Did you mean `{near}`?"),
        None => {
            let known: Vec<_> = known.collect();
            format!("no lesson is called `{typed}`. There are: {}.", known.join(", "))
        }
    }
}

pub(crate) fn no_such_lesson(need: &str) -> String {
    format!("no lesson is called `{need}`")
}

pub(crate) fn near_lesson(near: Option<&str>) -> String {
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "name a folder of exercises/, or leave it out".into(),
    }
}

pub(crate) fn needs_in_a_circle(name: &str) -> String {
    format!("`{name}` and the lessons it needs wait for each other, in a circle")
}

// Building.

pub(crate) fn no_build(lesson: &str) -> String {
    format!("{lesson} does not build, so nothing was graded. The compiler's errors tell why.")
}

pub(crate) fn cargo_failed(lesson: &str) -> String {
    format!(
        "cargo could not build {lesson}, and the compiler found no error in it: the machine or \
         the clone is in the way. What cargo said tells which; put that right and try again."
    )
}

pub(crate) fn no_cargo(error: &io::Error) -> String {
    format!("cargo cannot be run: {}. Is it on the PATH?", netkit::cause(error))
}

pub(crate) fn cargo_was_ended(status: ExitStatus) -> String {
    format!("cargo was ended from outside ({status}). Try again.")
}

// Grading.

pub(crate) const SUBJECT_NEEDS_ONE_LESSON: &str =
    "--subject grades one program, so name exactly one lesson: `netlings check LESSON --subject …`";
pub(crate) const CHECK_NEEDS_ONE_LESSON: &str = "--check names a check of one lesson, so name exactly one lesson: `netlings check LESSON --check ID`";

pub(crate) fn lesson_passed(lesson: &str) -> String {
    format!(
        "Well done. `cargo netlings` shows what comes next; `cargo netlings solution {lesson}` \
         compares yours with the course's own."
    )
}
pub(crate) const SEE_OTHERS: &str = "The next failure in full:";
/// How the grader ends what it says of a step.
pub(crate) const STILL_TO_DO: &str = " — still to do";
pub(crate) const WAITS_HERE: &str = "It waits here:";

pub(crate) fn step_is_next(number: u32, text: &str) -> String {
    format!("Next is {}", step_to_do(number, text))
}

/// The steps that are open besides the one that is next; they may be in a failure's way too.
pub(crate) fn also_open(numbers: &[u32]) -> Option<String> {
    let (last, others) = numbers.split_last()?;
    let others: Vec<_> = others.iter().map(u32::to_string).collect();
    Some(match &*others {
        [] => format!("After it, step {last} is open too."),
        others => format!("After it, steps {} and {last} are open too.", others.join(", ")),
    })
}

pub(crate) fn check_is_next(id: &str) -> String {
    format!("Next is `{id}`. For one more hint:")
}

pub(crate) const NOT_GRADED_EITHER: &str = "could not be graded either, for the same reason";

pub(crate) fn unknown_check(lesson: &Lesson, typed: &str, near: Option<&str>) -> String {
    let typed = netkit::visible(typed.as_bytes());
    let name = &lesson.name;
    match near {
        Some(near) => format!("{name} has no check `{typed}`. Did you mean `{near}`?"),
        None => {
            let known: Vec<_> = lesson.checks.iter().map(|check| check.id.as_str()).collect();
            format!("{name} has no check `{typed}`. There are: {}.", known.join(", "))
        }
    }
}

pub(crate) fn nothing_to_hint(lesson: &str) -> String {
    format!("Every check of {lesson} has passed. There is nothing to hint at.")
}

pub(crate) fn last_hint(lesson: &str) -> String {
    format!(
        "That was the last hint. What is left is the finished program: \
         `cargo netlings solution {lesson} --anyway`."
    )
}

pub(crate) fn check_of_another_lesson(id: &str, lesson: &str) -> String {
    format!(
        "no lesson is called `{id}`, but {lesson} has such a check. \
         Try `cargo netlings hint {lesson} {id}`."
    )
}

pub(crate) fn neither_lesson_nor_check(typed: &str, lesson: &str, near: &str) -> String {
    let typed = netkit::visible(typed.as_bytes());
    format!(
        "neither a lesson nor a check of {lesson} is called `{typed}`. Did you mean \
         `cargo netlings hint {lesson} {near}`?"
    )
}

// The solution.

pub(crate) const SAME_AS_SOLUTION: &str = "Your files are the solution's, line by line.";

pub(crate) fn not_yet(lesson: &Lesson, reached: u32) -> String {
    let (name, all) = (&lesson.name, lesson.points());
    format!(
        "{name} has not passed yet: {reached} of {all} points are recorded. The solution tells \
         most to whoever has one of their own.\n\
         go on     cargo netlings check {name}\n\
         a hint    cargo netlings hint {name}\n\
         see it    cargo netlings solution {name} --anyway"
    )
}

/// The steps that a part of a diff shows.
pub(crate) fn steps_shown(steps: &[&Step]) -> String {
    match steps {
        [] => String::new(),
        [step] => format!(" {}", step_to_do(step.number, &step.text)),
        several => {
            let numbers: Vec<_> = several.iter().map(|step| step.number.to_string()).collect();
            format!(" steps {}", numbers.join(", "))
        }
    }
}

pub(crate) fn only_yours(file: &impl Display) -> String {
    format!("Only yours: {file}")
}

pub(crate) fn solution_stands_in(lesson: &str) -> String {
    format!(
        "Lines with `-` are yours, lines with `+` the solution's. The whole of it, and other \
         programs that are also right: solutions/{lesson}"
    )
}

// Starting anew.

pub(crate) fn no_file_to_keep(path: &Path) -> String {
    format!(
        "cannot keep {}: it is no file. Move it away, or remove it, and try again",
        path.display()
    )
}

pub(crate) const NOTHING_TO_KEEP: &str = "There were no files of yours to keep.";

pub(crate) fn was_reset(lesson: &str) -> String {
    format!("{lesson} is as at the beginning, and none of its checks counts as passed.")
}

pub(crate) fn is_pristine(lesson: &str) -> String {
    format!(
        "{lesson} was as at the beginning already, nothing was written. None of its checks counts \
         as passed."
    )
}

pub(crate) fn kept(place: &impl Display) -> String {
    format!("Your version is kept in {place}")
}

pub(crate) const TO_HAVE_IT_BACK: &str = "To have it back, in the course's folder:";

/// The command that copies the files in `kept` over those in `src`.
pub(crate) fn copy_back(kept: &str, src: &str) -> String {
    match cfg!(windows) {
        true => format!("xcopy /E /Y \"{kept}\" \"{src}\""),
        false => {
            let (kept, src) = (grader::quoted_word(kept), grader::quoted_word(src));
            format!("cp -R {kept}/. {src}")
        }
    }
}

pub(crate) fn nothing_was_changed(words: &str) -> String {
    format!("{words}. Nothing was changed.")
}

pub(crate) fn half_reset(words: &str, kept: Option<&impl Display>) -> String {
    match kept {
        Some(kept) => format!("{words}. The files are changed in part; yours are all in {kept}."),
        None => format!("{words}. Not all files were written; try again."),
    }
}

// The other side.

pub(crate) const BUILDING: &str = "building the finished program";

pub(crate) fn name_a_role(lesson: &str, roles: &[String]) -> String {
    let roles = roles.join(", ");
    format!("name a role of {lesson}: `cargo netlings peer {lesson} ROLE …`. There are: {roles}.")
}

pub(crate) fn unknown_role(
    lesson: &str,
    typed: &str,
    near: Option<&str>,
    roles: &[String],
) -> String {
    let typed = netkit::visible(typed.as_bytes());
    match near {
        Some(near) => format!("{lesson} has no role `{typed}`. Did you mean `{near}`?"),
        None => format!("{lesson} has no role `{typed}`. There are: {}.", roles.join(", ")),
    }
}

pub(crate) fn cannot_run(program: &Path, error: &io::Error) -> String {
    format!("cannot run {}: {error}", program.display())
}

pub(crate) fn no_suite(lesson: &str) -> String {
    format!("crates/checks has no checks for {lesson}. Is the clone complete? `git status` tells.")
}

/// The checks of a lesson that have no points.
pub(crate) struct Counts {
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
    pub(crate) broken: usize,
}

pub(crate) fn summary(score: u32, max_score: u32, counts: &Counts) -> String {
    let mut parts = vec![format!("{score} of {max_score} points")];
    let mut add = |count, one: &str, many: &str| match count {
        0 => {}
        1 => parts.push(format!("1 check {one}")),
        _ => parts.push(format!("{count} checks {many}")),
    };
    add(counts.failed, "failed", "failed");
    add(counts.skipped, "was skipped", "were skipped");
    add(counts.broken, "could not be graded", "could not be graded");
    format!("{}.", parts.join(", "))
}

/// How long a check took that waits by its nature.
pub(crate) fn waits(id: &str, milliseconds: u64) -> String {
    let (seconds, tenths) = (milliseconds / 1000, milliseconds % 1000 / 100);
    format!("{id} needs real time by its nature: {seconds}.{tenths} s.")
}

pub(crate) fn no_such_program(line: &str) -> String {
    let line = netkit::visible(line.as_bytes());
    format!("there is no program to run for --subject '{line}'. Name it as you would type it here.")
}

pub(crate) fn not_graded(message: &str) -> String {
    format!("could not be graded here, which says nothing about your program: {message}")
}

pub(crate) fn stdout_failed(error: &io::Error) -> String {
    format!("cannot write to stdout: {}", netkit::cause(error))
}

pub(crate) fn error(words: impl Display) -> String {
    format!("error: {words}")
}

// The help.

/// What stands below clap's own help: the authors' commands, by name and what they are for, and
/// the exit codes.
pub(crate) fn after_help(authors: impl Iterator<Item = (String, Option<String>)>) -> String {
    let mut text = String::from("For course authors:\n");
    for (name, about) in authors {
        text.push_str(&format!("  {name:10}  {}\n", about.unwrap_or_default()));
    }
    text.push_str(
        "\nExit codes:\n  \
         0  everything passed\n  \
         1  something failed\n  \
         2  the command line is wrong\n  \
         3  your program did not build\n  \
         4  the machine or the course is in the way, not your program\n\n\
         Without a command: `learn` in a terminal; elsewhere the course map.",
    );
    text
}
