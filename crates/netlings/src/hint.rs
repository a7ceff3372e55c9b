//! `netlings hint`: one more hint each time, from a nudge to nearly the answer.

use clap::Args;
use grader::lesson::{CheckText, Lesson};
use grader::progress::{Progress, Standing};

use crate::course::{self, Course, Entry};
use crate::ending::{PASSED, Stop};
use crate::screen::Screen;
use crate::{map, words};

#[derive(Args)]
pub(crate) struct Options {
    /// The lesson; without one, the one you stand in, or the next of the map
    #[arg(value_name = "LESSON")]
    lesson: Option<String>,
    /// The check; without one, the first that has not passed
    #[arg(value_name = "CHECK")]
    check: Option<String>,
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
        netkit::screen::diagnostic(notice);
    }
    Ok(PASSED)
}

/// The lesson that was typed, or the one to take without; and the check that was typed. A single
/// word that is no lesson may be a check of that one.
fn chosen_lesson<'a, 'b>(
    course: &'a Course,
    options: &'b Options,
) -> Result<(Option<&'a Entry>, Option<&'b str>), Stop> {
    let by_itself = || map::chosen_by_itself(course).into_iter().next();
    let Some(word) = &options.lesson else { return Ok((by_itself(), None)) };
    let is_lesson = course.lessons.iter().any(|entry| entry.name == *word);
    if !is_lesson && options.check.is_none() {
        let has_it =
            |entry: &&Entry| entry.lesson.as_ref().is_ok_and(|lesson| lesson.check(word).is_some());
        if let Some(entry) = by_itself().filter(has_it) {
            return Ok((Some(entry), Some(word)));
        }
    }
    let entries = course.entries_named(std::slice::from_ref(word))?;
    Ok((entries.first().copied(), options.check.as_deref()))
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
