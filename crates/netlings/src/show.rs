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
    let readme = Text::read(course.exercise(&entry.name).join("README.md"))?;
    let layout = Layout {
        width: screen.look.width,
        styled: screen.look.color,
        // In a file or a pipe a line has no edge to run over.
        breaks_code: std::io::stdout().is_terminal(),
    };
    let rows: Vec<String> = markdown::rows(&readme.content, layout)
        .iter()
        .map(|row| row.iter().map(painted).collect::<String>().trim_end().to_owned())
        .collect();
    pager::become_one(&rows);
    rows.iter().for_each(|row| screen.line(row));
    Ok(PASSED)
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
