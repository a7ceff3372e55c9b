//! Annotations and a summary for a step of GitHub Actions, as
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands> describes
//! them. Students read both, so hidden checks are in neither.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use grader::Outcome;

use super::marks::Mark;
use crate::ending::Stop;
use crate::words::{class as files, export as words};

/// A line for each check that failed, and each lesson that could not be checked.
pub(super) fn annotations(marks: &[Mark]) -> String {
    let mut text = String::new();
    let mut add = |kind: &str, title: &str, message: &str| {
        let _ = writeln!(text, "::{kind} title={}::{}", property(title), data(message));
    };
    for mark in marks {
        for lesson in &mark.lessons {
            if lesson.checks.is_empty() {
                let kind = if lesson.score.is_some() { "error" } else { "warning" };
                add(kind, &format!("{}: {}", mark.id, lesson.lesson), &lesson.message);
            }
            for check in lesson.shown() {
                let title = format!("{}: {} {}", mark.id, lesson.lesson, check.id);
                match check.outcome {
                    Outcome::Passed | Outcome::Skipped => {}
                    Outcome::Failed => add("error", &title, &check.text),
                    Outcome::InfraError => add("warning", &title, &check.text),
                }
            }
        }
    }
    text
}

/// The most bytes of a step's summary; of more GitHub shows nothing.
const MOST: u64 = 1 << 20;

/// Adds tables to the step's summary, where there is a step.
pub(super) fn summary(marks: &[Mark]) -> Result<(), Stop> {
    let Some(place) = std::env::var_os("GITHUB_STEP_SUMMARY").map(PathBuf::from) else {
        return Ok(());
    };
    let write = || {
        let mut file = File::options().append(true).create(true).open(&place)?;
        let room = MOST.saturating_sub(file.metadata()?.len());
        file.write_all(tables(marks, room).as_bytes())
    };
    write().map_err(|error| Stop::infrastructure(files::unwritable(&place, &error)))
}

/// A table for each student, as many as have room in so many bytes, and how many have none.
fn tables(marks: &[Mark], room: u64) -> String {
    let mut text = String::new();
    for (at, mark) in marks.iter().enumerate() {
        let table = table(mark);
        let others = words::no_room(marks.len() - at);
        if (text.len() + table.len() + others.len()) as u64 > room {
            if (text.len() + others.len()) as u64 <= room {
                text.push_str(&others);
            }
            break;
        }
        text.push_str(&table);
    }
    text
}

fn table(mark: &Mark) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "### {}\n\n| check | points | |\n| --- | --- | --- |", cell(&mark.id));
    for lesson in &mark.lessons {
        if lesson.checks.is_empty() {
            let name = cell(&lesson.lesson);
            let why = cell(lesson.message.lines().next().unwrap_or_default());
            let (score, most) = lesson.shown_points();
            let points = score.map_or("–".into(), |score| score.to_string());
            let _ = writeln!(text, "| {name} | {points}/{most} | {why} |");
        }
        for check in lesson.shown() {
            let (mark, _) = grader::report::mark(check.outcome);
            let title = cell(&format!("{}: {}", lesson.lesson, check.title));
            let points = format!("{}/{}", check.points, check.max_points);
            let why = cell(check.text.lines().next().unwrap_or_default());
            let _ = writeln!(text, "| {mark} {title} | {points} | {why} |");
        }
    }
    text.push('\n');
    text
}

/// The text of an annotation: in one line, so that nothing in it is another command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Text in a table of Markdown: neither a new cell nor HTML nor a link.
fn cell(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '|' | '[' | ']' | '!' | '*' | '_' | '\\' | '#' | '@' => safe.extend(['\\', c]),
            '\n' | '\r' => safe.push(' '),
            c => safe.push(c),
        }
    }
    // GitHub makes links of addresses in plain text.
    safe.replace("://", "\\://").replace("www.", "www\\.")
}

#[cfg(test)]
mod tests;
