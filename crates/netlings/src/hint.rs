//! `netlings hint`: one more hint each time, from a nudge to nearly the answer.

use clap::Args;
use grader::lesson::{CheckText, Lesson};
use grader::progress::{Progress, Standing};
use grader::text::near_match;

use crate::course::{self, Course, Entry};
use crate::ending::{PASSED, Stop};
use crate::screen::Screen;
use crate::{map, words};

#[derive(Args)]
pub(crate) struct Options {
    /// The lesson; without one, the one you stand in, or the next of the map
    #[arg(value_name = "LESSON")]
    pub(crate) lesson: Option<String>,
    /// The check; without one, the first that has not passed
    #[arg(value_name = "CHECK")]
    pub(crate) check: Option<String>,
}

pub(crate) fn run(course: &Course, screen: &Screen, options: &Options) -> Result<u8, Stop> {
    let (entry, typed) = chosen_lesson(course, options)?;
    let Some(entry) = entry else {
        screen.paragraph("", words::ALL_PASSED, 0);
        return Ok(PASSED);
    };
    let lesson = entry.lesson.as_ref().map_err(|error| Stop::from(error.clone()))?;
    let Some(check) = chosen_check(course, lesson, typed)? else {
        screen.paragraph("", &words::nothing_to_hint(&lesson.name), 0);
        return Ok(PASSED);
    };
    let progress = Progress::of_clone(&course.root);
    // A failure shows the first hint, so the first that is asked for is the second.
    let seen = progress.hints_seen(&lesson.name).get(&check.id).copied().unwrap_or(0);
    let shown = (seen + 1).min(check.hints.len() - 1);
    screen.paragraph(&format!("{}  ", check.id), &check.title, 2);
    for (number, hint) in check.hints[..=shown].iter().enumerate() {
        screen.paragraph(&format!("  {}. ", number + 1), hint, 5);
    }
    if shown + 1 == check.hints.len() {
        screen.paragraph("", &words::last_hint(&lesson.name), 0);
    }
    for notice in progress.record_hints(&lesson.name, &check.id, shown) {
        screen.notice(notice);
    }
    Ok(PASSED)
}

/// The lesson that was typed, or the one to take without; and the check that was typed. A single
/// word that is no lesson may be a check of that one.
fn chosen_lesson<'a, 'b>(
    course: &'a Course,
    options: &'b Options,
) -> Result<(Option<&'a Entry>, Option<&'b str>), Stop> {
    let Some(word) = options.lesson.as_deref() else {
        return Ok((map::one_lesson(course, None)?, None));
    };
    let is_lesson = course.lessons.iter().any(|entry| entry.name == word);
    if is_lesson || options.check.is_some() {
        return Ok((Some(course.entry_named(word)?), options.check.as_deref()));
    }
    let by_itself = map::one_lesson(course, None)?;
    match by_itself.filter(|entry| has_check(entry, word)) {
        Some(entry) => Ok((Some(entry), Some(word))),
        None => Err(neither(course, by_itself, word)),
    }
}

fn has_check(entry: &Entry, id: &str) -> bool {
    entry.lesson.as_ref().is_ok_and(|lesson| lesson.check(id).is_some())
}

/// A single word that is no lesson, and no check of the lesson that is taken without one: what it
/// may have meant.
fn neither(course: &Course, by_itself: Option<&Entry>, word: &str) -> Stop {
    if let Some(entry) = course.lessons.iter().find(|entry| has_check(entry, word)) {
        return Stop::usage(words::check_of_another_lesson(word, &entry.name));
    }
    let lessons = course.lessons.iter().map(|entry| entry.name.as_str());
    // A near lesson is taken first, then a check of the lesson at hand, then any other.
    let others = by_itself.into_iter().chain(&course.lessons);
    let mut checks = others.filter_map(|entry| {
        let ids = entry.lesson.as_ref().ok()?.checks.iter().map(|check| check.id.as_str());
        near_match(word, ids).map(|near| (entry, near))
    });
    match (near_match(word, lessons), checks.next()) {
        (None, Some((entry, near))) => {
            Stop::usage(words::neither_lesson_nor_check(word, &entry.name, near))
        }
        _ => course.unknown_lesson(word),
    }
}

/// The check that was named, or the first that has not passed.
fn chosen_check<'a>(
    course: &Course,
    lesson: &'a Lesson,
    typed: Option<&str>,
) -> Result<Option<&'a CheckText>, Stop> {
    if let Some(id) = typed {
        return course::check_named(lesson, id).map(Some);
    }
    let standings = map::standings(course);
    let passed = |check: &&CheckText| {
        let standing = standings.get(&lesson.name).and_then(|checks| checks.get(&check.id));
        standing == Some(&Standing::Passed)
    };
    Ok(lesson.checks.iter().find(|check| !passed(check)))
}
