//! The course map: what there is, how far the student is, and what to do next.

use colored::{ColoredString, Colorize};
use grader::layout::wrapped;
use grader::lesson::{CheckText, Lesson};
use grader::progress::{Progress, Standing, Standings};
use unicode_width::UnicodeWidthStr;

use crate::course::{Course, Entry};
use crate::ending::{INFRASTRUCTURE, PASSED, Stop};
use crate::next::{Next, next};
use crate::screen::{Screen, diagnostic};
use crate::words;

/// Prints the map and what to do next. A broken lesson is told of, and the rest is shown.
pub(crate) fn show(course: &Course, screen: &Screen) -> u8 {
    let standings = standings(course);
    screen.line(words::TITLE.bold());
    screen.gap();
    let code = rows(course, &standings, screen);
    screen.gap();
    match next_lesson(course, &standings) {
        Some(lesson) => next_steps(course, lesson, &standings, screen),
        None if code == PASSED => screen.paragraph("", words::ALL_PASSED, 0),
        None => {}
    }
    code
}

/// Prints the map's rows alone.
pub(crate) fn list(course: &Course, screen: &Screen) -> u8 {
    rows(course, &standings(course), screen)
}

/// The first lesson that has not been passed.
pub(crate) fn next_lesson<'a>(course: &'a Course, standings: &Standings) -> Option<&'a Lesson> {
    let mut lessons = course.lessons.iter().filter_map(|entry| entry.lesson.as_ref().ok());
    lessons.find(|lesson| points_reached(lesson, standings) < lesson.points())
}

/// The lesson to take where none was typed: the one around the current directory, or the next.
/// Where nothing is left but broken lessons, those: they must not be taken for passed.
pub(crate) fn chosen_by_itself(course: &Course) -> Vec<&Entry> {
    if let Some(entry) = course.lesson_around_here() {
        return vec![entry];
    }
    let next = next_lesson(course, &standings(course));
    let is_chosen = |entry: &&Entry| match next {
        Some(lesson) => entry.name == lesson.name,
        None => entry.lesson.is_err(),
    };
    course.lessons.iter().filter(is_chosen).collect()
}

/// The lesson that was typed, or without one that of [`chosen_by_itself`]. None where nothing is left.
pub(crate) fn one_lesson<'a>(
    course: &'a Course,
    typed: Option<&str>,
) -> Result<Option<&'a Entry>, Stop> {
    match typed {
        Some(name) => course.entry_named(name).map(Some),
        None => Ok(chosen_by_itself(course).into_iter().next()),
    }
}

/// How far the student is. What is wrong with the progress file is told on stderr.
pub(crate) fn standings(course: &Course) -> Standings {
    let (standings, notices) = Progress::of_clone(&course.root).read();
    for notice in notices {
        diagnostic(notice);
    }
    standings
}

fn standing(lesson: &Lesson, check: &CheckText, standings: &Standings) -> Option<Standing> {
    standings.get(&lesson.name)?.get(&check.id).copied()
}

/// The points of the checks that have passed.
pub(crate) fn points_reached(lesson: &Lesson, standings: &Standings) -> u32 {
    let passed = |check: &&CheckText| standing(lesson, check, standings) == Some(Standing::Passed);
    lesson.checks.iter().filter(passed).map(|check| check.points).sum()
}

/// One row a lesson: mark, name, points, title.
fn rows(course: &Course, standings: &Standings, screen: &Screen) -> u8 {
    let next = next_lesson(course, standings).map(|lesson| lesson.name.as_str());
    let name_width = course.lessons.iter().map(|entry| entry.name.width()).max().unwrap_or(0);
    let mut code = PASSED;
    for Entry { name, lesson } in &course.lessons {
        let head = format!("{name:name_width$}");
        match lesson {
            Ok(lesson) => {
                let reached = points_reached(lesson, standings);
                let mark = match reached {
                    _ if next == Some(name) => "▸".yellow(),
                    all if all == lesson.points() => "✓".green(),
                    _ => "·".normal(),
                };
                let points = format!("{reached}/{}", lesson.points());
                row(&mark, &format!("{head}  {points:>5}"), &lesson.title, screen);
            }
            Err(error) => {
                code = INFRASTRUCTURE;
                row(&"!".red(), &head, words::BROKEN_LESSON, screen);
                diagnostic(error);
            }
        }
    }
    code
}

/// Prints a row behind a coloured mark of one column.
fn row(mark: &ColoredString, head: &str, text: &str, screen: &Screen) {
    let head = format!("  {} {head}  ", mark.input);
    // On a narrow screen the rest of a long title goes below the name.
    let indent = if head.width() * 2 > screen.look.width { 6 } else { head.width() };
    for (number, row) in wrapped(&head, text, screen.look.width, indent).iter().enumerate() {
        match number {
            0 => screen.line(row.replacen(&*mark.input, &mark.to_string(), 1)),
            _ => screen.line(row),
        }
    }
}

/// What to do next in `lesson`: the exact files and commands.
fn next_steps(course: &Course, lesson: &Lesson, standings: &Standings, screen: &Screen) {
    let name = &lesson.name;
    let folder = course.exercise(name);
    let failing = first_failing(lesson, standings);
    let to_do = next(&folder.join("src"), failing.map(|check| &*check.id));
    for row in wrapped("", &words::next_lesson(lesson), screen.look.width, 0) {
        screen.line(row.bold());
    }
    screen.paragraph("  ", &lesson.summary, 2);
    screen.gap();
    let mut edit = format!("exercises/{name}/src");
    let open = match (to_do, failing) {
        (Next::Step(step, _), _) => {
            edit = format!("{}:{}", course.typed_path(&step.file), step.line);
            Some(words::step_to_do(step.number, &step.text))
        }
        (Next::Mend(_), Some(check)) => Some(words::failing_check(check)),
        _ => None,
    };
    if let Some(open) = open {
        screen.paragraph("  ", &open, 4);
        screen.gap();
    }
    let ways = [
        (words::READ, format!("exercises/{name}/README.md")),
        (words::OR, format!("cargo netlings show {name}")),
        (words::EDIT, edit),
        (words::RUN, format!("cargo run -p {name}")),
        (words::GRADE, format!("cargo netlings check {name}")),
    ];
    for (label, value) in ways {
        if 10 + value.width() <= screen.look.width {
            screen.line(format!("  {label:6}  {}", value.cyan()));
        } else {
            screen.line(format!("  {label}"));
            // A path that is broken in two cannot be copied: it may use the whole width.
            let indent = screen.look.width.saturating_sub(value.width()).min(4);
            for part in wrapped("", &value, screen.look.width - indent, 0) {
                screen.line(format!("{:indent$}{}", "", part.cyan()));
            }
        }
    }
}

fn first_failing<'a>(lesson: &'a Lesson, standings: &Standings) -> Option<&'a CheckText> {
    let failed = |check: &&CheckText| standing(lesson, check, standings) == Some(Standing::Failed);
    lesson.checks.iter().find(failed)
}
