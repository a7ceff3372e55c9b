//! `netlings solution`: what the solution does otherwise than the student's program, as a diff.
//!
//! The solution's step markers are left out: they are made for the skeletons. Instead the head of
//! each part of the diff names the steps that it shows, as git names functions there.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::Path;

use clap::Args;
use colored::{Color, ColoredString, Colorize};
use grader::text::Text;
use similar::{ChangeTag, DiffOp, TextDiff};

use crate::course::Course;
use crate::ending::{PASSED, Stop};
use crate::screen::Screen;
use crate::skeletons::{files_of, files_of_a_student};
use crate::steps::{self, Step, Unmarked};
use crate::{map, words};

/// So many lines stand around each change.
const CONTEXT: usize = 3;

#[derive(Args)]
pub(crate) struct Options {
    /// The lesson
    #[arg(value_name = "LESSON")]
    pub(crate) lesson: String,
    /// Show it although the lesson has not passed
    #[arg(long)]
    pub(crate) anyway: bool,
}

pub(crate) fn run(course: &Course, screen: &Screen, options: &Options) -> Result<u8, Stop> {
    let entry = course.entry_named(&options.lesson)?;
    // First: there is none to be seen with --anyway either.
    let theirs = course.solution_here(&entry.name)?;
    if !options.anyway {
        let lesson = entry.lesson.as_ref().map_err(|error| Stop::from(error.clone()))?;
        let reached = map::points_reached(lesson, &map::standings(course));
        if reached < lesson.points() {
            return Err(Stop::failed(words::not_yet(lesson, reached)));
        }
    }
    let (yours, theirs) = (course.exercise(&entry.name).join("src"), theirs.join("src"));
    let files: BTreeSet<_> =
        files_of_a_student(&yours)?.into_iter().chain(files_of(&theirs)?).collect();
    let mut all_the_same = true;
    for file in &files {
        let (old, new) = (yours.join(file), theirs.join(file));
        if !new.exists() {
            screen.line(words::only_yours(&course.typed_path(&old)));
            continue;
        }
        let heads = [course.typed_path(&old).to_string(), course.typed_path(&new).to_string()];
        let unmarked = steps::unmarked(&Text::read(new)?)?;
        all_the_same &= print_difference(screen, &heads, &text_of(&old)?, &unmarked);
    }
    match all_the_same {
        true => screen.paragraph("", words::SAME_AS_SOLUTION, 0),
        false => screen.paragraph("", &words::solution_stands_in(&entry.name), 0),
    }
    Ok(PASSED)
}

/// The text of a student's file; nothing where there is none.
fn text_of(path: &Path) -> Result<String, Stop> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).replace("\r\n", "\n")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Stop::infrastructure(words::unreadable(path, &error))),
    }
}

/// Prints how `yours` becomes the solution's. True where it is that already.
fn print_difference(
    screen: &Screen,
    heads: &[String; 2],
    yours: &str,
    solution: &Unmarked,
) -> bool {
    let diff = TextDiff::from_lines(yours, solution.content.as_str());
    let groups = diff.grouped_ops(CONTEXT);
    if groups.is_empty() {
        return true;
    }
    screen.line(format!("--- {}", heads[0]).bold());
    screen.line(format!("+++ {}", heads[1]).bold());
    for group in groups {
        screen.line(head(&group, solution).cyan());
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = netkit::visible(change.value().trim_end_matches('\n').as_bytes());
            screen.line(painted(change.tag(), &line));
        }
    }
    screen.gap();
    false
}

fn painted(tag: ChangeTag, line: &str) -> ColoredString {
    match tag {
        ChangeTag::Equal => format!(" {line}").normal(),
        ChangeTag::Delete => format!("-{line}").color(Color::Red),
        ChangeTag::Insert => format!("+{line}").color(Color::Green),
    }
}

/// `@@ -12,7 +12,9 @@ step 2: accept for ever`
fn head(group: &[DiffOp], solution: &Unmarked) -> String {
    let (Some(first), Some(last)) = (group.first(), group.last()) else { return String::new() };
    let old = first.old_range().start..last.old_range().end;
    let new = first.new_range().start..last.new_range().end;
    let changed = group.iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    let changed: Vec<Range<usize>> = changed.map(DiffOp::new_range).collect();
    let is_shown = |lines: &Range<usize>| {
        changed.iter().any(|range| range.start < lines.end && lines.start < range.end)
    };
    let steps = solution.steps.iter().filter(|(_, lines)| is_shown(lines));
    let steps: Vec<&Step> = steps.map(|(step, _)| step).collect();
    format!("@@ -{} +{} @@{}", place(&old), place(&new), words::steps_shown(&steps))
}

/// A range of lines as a diff counts them, from 1; an empty one stands behind its line.
fn place(range: &Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        length => format!("{},{length}", range.start + 1),
    }
}
