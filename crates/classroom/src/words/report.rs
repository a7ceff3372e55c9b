//! What reports say.

use grader::Outcome;

use crate::result::Submission;

pub(crate) const SKIP: &str = "To the content";
pub(crate) const LESSONS: &str = "Lessons";
pub(crate) const SECTIONS: &str = "Sections";
pub(crate) const LESSON: &str = "Lesson";
pub(crate) const CHECK: &str = "Check";
pub(crate) const CHECKS: &str = "What your program was asked to do";
pub(crate) const HOW: &str = "How it went";
pub(crate) const ASKS: &str = "What it asks";
pub(crate) const POINTS: &str = "Points";
pub(crate) const EXPECTED: &str = "expected";
pub(crate) const GOT: &str = "got";
pub(crate) const HINT: &str = "Hint:";
pub(crate) const STDERR: &str = "The last lines of stderr";
pub(crate) const AS_TEXT: &str = "The conversation as text";
pub(crate) const CODE: &str = "Your code, as it was graded";
pub(crate) const NO_BUILD: &str = "Do not compile";
pub(crate) const NO_BUILD_HERE: &str = "It does not compile, so that no check was run.";
pub(crate) const NOT_HANDED_IN: &str = "Not handed in.";
pub(crate) const MACHINE: &str = "not known yet: the grading machine was in the way";

pub(crate) const STUDENT: &str = "Student";
pub(crate) const STUDENTS: &str = "Students";
pub(crate) const NAME: &str = "Name";
pub(crate) const WHY: &str = "Why";
pub(crate) const PERCENT: &str = "Percent";
pub(crate) const SPREAD: &str = "How many students have how many percent of the points";
pub(crate) const FULL: &str = "Full marks";
pub(crate) const MEAN: &str = "Mean of those that compile";
pub(crate) const NOT_THERE: &str = "Nothing to grade";
pub(crate) const FAIL: &str = "Failed";
pub(crate) const SKIPPED: &str = "Skipped";
pub(crate) const HANDED_IN: &str = "Handed in";
pub(crate) const CHECKS_CAPTION: &str =
    "The checks that most programs fail. A skipped one needs another that did not pass.";
pub(crate) const NOTHING_FAILS: &str = "No check fails.";
pub(crate) const NO_MISCONCEPTION: &str = "No experiment has confirmed any.";
pub(crate) const NO_HELP: &str = "Nobody has less than half of the points.";
pub(crate) const ALL_COMPILE: &str = "Every program compiles.";
pub(crate) const SAME: &str = "These programs are equal once names, comments and layout are left out, and they are not the untouched skeleton. \
    A short exercise leaves few ways to be right, so that two of a kind prove nothing. Read them before you say anything.";
pub(crate) const NONE_THE_SAME: &str = "None are.";
pub(crate) const MACHINE_FINE: &str = "It was not. Every check has a verdict.";

/// The sections of the class's page: where they stand, what they are called.
pub(crate) const HEADINGS: [(&str, &str); 9] = [
    ("spread", "How the points are spread"),
    ("lessons", "Lesson by lesson"),
    ("checks", "What fails most"),
    ("misconceptions", "Misconceptions"),
    ("help", "Who needs help"),
    ("compile", "What does not compile"),
    ("same", "Programs that are the same"),
    ("machine", "Where the machine was in the way"),
    ("students", "Everybody"),
];

pub(crate) fn points(score: f64, most: f64) -> String {
    format!("{} of {} points", number(score), number(most))
}

/// All points, where the machine was in the way of none.
pub(crate) fn total(score: Option<f64>, most: f64) -> String {
    score.map_or_else(|| capitalised(MACHINE), |score| points(score, most))
}

/// A lesson's points, before what late work loses, and how often they count where that is not once.
pub(crate) fn lesson(score: Option<u32>, most: u32, weight: f64) -> String {
    let text = score.map_or_else(|| MACHINE.to_owned(), |it| points(it.into(), most.into()));
    match (weight - 1.0).abs() < f64::EPSILON {
        true => text,
        false => format!("{text}, times {}", number(weight)),
    }
}

/// A student's share of all points.
pub(crate) fn percent(percent: Option<u32>) -> String {
    percent.map_or_else(|| "not known yet".into(), |percent| format!("{percent} %"))
}

/// A number without digits that say nothing.
fn number(it: f64) -> String {
    let text = format!("{it:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

pub(crate) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Skipped => "skipped",
        Outcome::InfraError => "not known: the machine was in the way",
    }
}

pub(crate) fn again(because: &str, message: &str) -> String {
    format!("It ran twice. The first time: {because}; {message}")
}

pub(crate) fn instead_of(earlier: &[String]) -> String {
    format!("The last one counts. Not graded: {}.", earlier.join(", "))
}

pub(crate) fn sandbox(tier: &str) -> String {
    format!("Confinement: {tier}.")
}

pub(crate) fn compiler_error(message: &str) -> String {
    format!("The compiler's error: {message}")
}

pub(crate) fn picture(check: &str) -> String {
    format!("The conversation of {check}, time downwards")
}

pub(crate) fn seed(seed: u64, duration_ms: u64) -> String {
    format!("Seed {seed}, {duration_ms} ms.")
}

/// The text with a capital letter before it, if it begins with a letter of its own and not with code.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

pub(crate) fn class_size(all: usize, received: usize) -> String {
    format!("{}, {received} with something to grade", super::grading::students_in_words(all))
}

pub(crate) fn spread(median: u32, (low, high): (u32, u32)) -> String {
    format!("Half of the class has {median} % or more. The middle half has {low} % to {high} %.")
}

/// The percents of a tenth.
pub(crate) fn tenth(number: usize) -> String {
    match number {
        9 => "90 to 100".into(),
        _ => format!("{} to {}", number * 10, number * 10 + 9),
    }
}

pub(crate) fn of(part: usize, all: usize) -> String {
    format!("{part} of {all}")
}

pub(crate) fn shipped(program: &str) -> String {
    format!("They equal the course's own {program}.")
}

/// What became of a submission, in a few words.
pub(crate) fn received(submission: &Submission) -> String {
    let late = submission.late_by_s.filter(|late| *late > 0).map(super::grading::duration);
    let words = match submission.message.is_empty() {
        true => submission.outcome.word().to_owned(),
        false => format!("{}: {}", submission.outcome.word(), submission.message),
    };
    late.map_or(words.clone(), |late| format!("{words}, late by {late}"))
}

pub(crate) fn does_not_compile(lessons: &[&str]) -> String {
    format!("does not compile: {}", lessons.join(", "))
}

pub(crate) fn stuck<'a>(at: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let at: Vec<String> = at.map(|(lesson, check)| format!("{lesson} at {check}")).collect();
    match at.is_empty() {
        true => "few points".into(),
        false => format!("stuck in {}", at.join(", ")),
    }
}

pub(crate) fn written(pages: usize, place: &std::path::Path) -> String {
    format!("{pages} pages of students and one of the class: {}", place.display())
}
