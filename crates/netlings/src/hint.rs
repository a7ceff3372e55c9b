//! `netlings hint`: one more hint each time, from a nudge to nearly the answer.

use clap::Args;
use grader::lesson::{CheckText, Lesson};
use grader::progress::{Progress, Standing};
use grader::text::near_match;

use crate::course::Course;
use crate::ending::{PASSED, Stop};
use crate::screen::Screen;
use crate::{map, words};

#[derive(Args)]
pub(crate) struct Options {
    /// The lesson
    #[arg(value_name = "LESSON")]
    lesson: String,
    /// The check; without one, the first that has not passed
    #[arg(value_name = "CHECK")]
    check: Option<String>,
}

pub(crate) fn run(course: &Course, screen: &Screen, options: &Options) -> Result<u8, Stop> {
    let lessons = course.lessons_named(std::slice::from_ref(&options.lesson))?;
    let Some(lesson) = lessons.first() else { return Ok(PASSED) };
    let Some(check) = chosen(course, lesson, options.check.as_deref())? else {
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

/// The check that was named, or the first that has not passed.
fn chosen<'a>(
    course: &Course,
    lesson: &'a Lesson,
    typed: Option<&str>,
) -> Result<Option<&'a CheckText>, Stop> {
    if let Some(id) = typed {
        let near = || near_match(id, lesson.checks.iter().map(|check| check.id.as_str()));
        let unknown = || Stop::usage(words::unknown_check(lesson, id, near()));
        return lesson.check(id).ok_or_else(unknown).map(Some);
    }
    let standings = map::standings(course);
    let passed = |check: &&CheckText| {
        let standing = standings.get(&lesson.name).and_then(|checks| checks.get(&check.id));
        standing == Some(&Standing::Passed)
    };
    Ok(lesson.checks.iter().find(|check| !passed(check)))
}
