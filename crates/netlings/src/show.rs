//! `netlings show`: a lesson's text, laid out for the terminal.

use std::io::IsTerminal;

use clap::Args;
use colored::Colorize;
use grader::text::Text;

use crate::course::Course;
use crate::ending::{PASSED, Stop};
use crate::markdown::{self, Layout, Span, Style};
use crate::screen::Screen;
use crate::{map, words};

mod pager;

#[derive(Args)]
pub(crate) struct Options {
    /// The lesson; without one, the one you stand in, or the next of the map
    #[arg(value_name = "LESSON")]
    lesson: Option<String>,
}

pub(crate) fn run(course: &Course, screen: &Screen, options: &Options) -> Result<u8, Stop> {
    let Some(entry) = map::one_lesson(course, options.lesson.as_deref())? else {
        screen.paragraph("", words::ALL_PASSED, 0);
        return Ok(PASSED);
    };
    let rows = laid_out(course, screen, &entry.name)?;
    pager::become_one(&rows);
    rows.iter().for_each(|row| screen.line(row));
    Ok(PASSED)
}

/// Prints a lesson's text, without a pager.
pub(crate) fn printed(course: &Course, screen: &Screen, lesson: &str) -> Result<(), Stop> {
    laid_out(course, screen, lesson)?.iter().for_each(|row| screen.line(row));
    Ok(())
}

/// The rows of a lesson's text.
fn laid_out(course: &Course, screen: &Screen, lesson: &str) -> Result<Vec<String>, Stop> {
    let readme = Text::read(course.exercise(lesson).join("README.md"))?;
    let layout = Layout {
        width: screen.look.width,
        styled: screen.look.color,
        // In a file or a pipe a line has no edge to run over.
        breaks_code: std::io::stdout().is_terminal(),
    };
    let rows = markdown::rows(&readme.content, layout);
    let painted =
        rows.iter().map(|row| row.iter().map(painted).collect::<String>().trim_end().to_owned());
    Ok(painted.collect())
}

/// A piece with its escape codes, where colour is wanted.
fn painted(span: &Span) -> String {
    let text = span.text.as_str();
    match span.style {
        Style::Plain => text.normal(),
        Style::Heading => text.bold().yellow(),
        Style::Strong => text.bold(),
        Style::Emphasis => text.italic(),
        Style::Code => text.cyan(),
        Style::Faint => text.bright_black(),
    }
    .to_string()
}
