//! What a grading came to, for machines (JSON) and for people.

use std::fmt::Write;
use std::time::Duration;

use colored::{Color, Colorize};
use serde::{Deserialize, Serialize};
use unicode_width::UnicodeWidthStr;

use crate::ladder::Conversation;
use crate::layout::{broken, wrapped};
use crate::lesson::CheckText;
use crate::record::Event;
use crate::words;

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The program does what the check asks.
    Passed,
    /// It does not.
    Failed,
    /// It was not run: a check it needs did not pass, or it can't be run on this system.
    Skipped,
    /// This machine could not run it; that says nothing about the program.
    InfraError,
}

/// One check's result, in the form of netlings-result/1. The fields below the line are not part
/// of that form.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CheckReport {
    /// The check's name.
    pub id: String,
    /// Its sentence.
    pub title: String,
    /// The points it earned.
    pub points: u32,
    /// The points it could earn.
    pub max_points: u32,
    /// How it went.
    pub outcome: Outcome,
    /// What went wrong, on one line; empty when it passed.
    pub message: String,
    /// The misconception, where a probe confirmed one.
    pub explanation: Option<String>,
    /// What the contract asks for.
    pub expected: Option<String>,
    /// What came instead.
    pub actual: Option<String>,
    /// The next hint.
    pub hint: Option<String>,
    /// Replays what was random.
    pub seed: u64,
    /// How long it took, in milliseconds, without starting over or taking down.
    pub duration_ms: u64,
    /// What happened, in order.
    pub transcript: Vec<Event>,

    /// The confirmed misconception's name in lesson.toml.
    #[serde(skip)]
    pub explanation_id: Option<&'static str>,
    /// It failed, and no probe could say why.
    #[serde(skip)]
    pub cause_open: bool,
    /// The message, with what was expected and what came, tells the cause by itself.
    #[serde(skip)]
    pub cause_is_told: bool,
    /// When the failure was found, from the check's beginning on; what was recorded later belongs
    /// to further experiments.
    #[serde(skip)]
    pub found: Option<Duration>,
    /// It was skipped because this system cannot run it; that is no reason to wait for it.
    #[serde(skip)]
    pub not_here: bool,
    /// It needs real time by its nature.
    #[serde(skip)]
    pub waits: bool,
    /// How many hints come after this one.
    #[serde(skip)]
    pub hints_left: usize,
    /// The last lines of the program's stderr.
    #[serde(skip)]
    pub stderr: Vec<String>,
    /// The step that an untouched skeleton came to.
    #[serde(skip)]
    pub step_to_do: Option<String>,
    /// The command that runs this check alone with the same seed.
    #[serde(skip)]
    pub alone: String,
}

impl CheckReport {
    /// The report of a check that was not run, or could not be: nothing was seen of a program.
    #[must_use]
    pub fn blank(text: &CheckText, seed: u64, outcome: Outcome, message: String) -> Self {
        Self {
            id: text.id.clone(),
            title: text.title.clone(),
            points: if outcome == Outcome::Passed { text.points } else { 0 },
            max_points: text.points,
            outcome,
            message,
            explanation: None,
            expected: None,
            actual: None,
            hint: None,
            seed,
            duration_ms: 0,
            transcript: Vec::new(),
            explanation_id: None,
            cause_open: false,
            cause_is_told: false,
            found: None,
            not_here: false,
            waits: false,
            hints_left: 0,
            stderr: Vec::new(),
            step_to_do: None,
            alone: String::new(),
        }
    }

    /// Whether what needs this check cannot be run.
    pub(crate) fn is_in_the_way(&self) -> bool {
        self.outcome != Outcome::Passed && !self.not_here
    }
}

/// How the grading of a lesson went as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LessonOutcome {
    /// Every check has a verdict.
    Graded,
    /// The program did not compile.
    NoBuild,
    /// This machine could not run some check.
    InfraError,
}

/// A lesson's result, in the form of netlings-result/1.
#[derive(Clone, Debug, Serialize)]
pub struct LessonReport {
    /// The lesson's name.
    pub lesson: String,
    /// How it went as a whole.
    pub outcome: LessonOutcome,
    /// The points earned.
    pub score: u32,
    /// The points that could be earned.
    pub max_score: u32,
    /// The checks, in the lesson's order.
    pub checks: Vec<CheckReport>,
}

/// How wide a report may be, and whether it may have colour.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Columns; what is narrower than 40 is taken for 40.
    pub width: usize,
    /// Whether escape codes for colour are written.
    pub color: bool,
}

impl Look {
    /// What suits stdout: a terminal's width up to 100 columns; 80 where it is none. Colour as
    /// NO_COLOR and CLICOLOR say.
    #[must_use]
    pub fn of_stdout() -> Self {
        let color = colored::control::SHOULD_COLORIZE.should_colorize();
        let width = terminal_size().map_or(80, |(width, _)| width);
        Look { width: width.clamp(40, 100), color }
    }

    /// `text` in `color`, or as it is.
    #[must_use]
    pub fn paint(self, text: &str, color: Color) -> String {
        if self.color { text.color(color).to_string() } else { text.into() }
    }
}

/// The terminal's columns and rows, where stdout is a terminal that tells.
#[must_use]
pub fn terminal_size() -> Option<(usize, usize)> {
    let (width, height) = terminal_size::terminal_size_of(std::io::stdout())?;
    Some((width.0.into(), height.0.into()))
}

/// The terminal's columns, where stderr is a terminal that tells.
#[must_use]
pub fn stderr_width() -> Option<usize> {
    terminal_size::terminal_size_of(std::io::stderr()).map(|(width, _)| width.0.into())
}

/// A failed check as a student reads it: the sentence, the conversation, what was expected and
/// what came, the misconception or that it is open, the next hint, and how to run it alone.
#[must_use]
pub fn failure_text(lesson: &str, report: &CheckReport, look: Look) -> String {
    let mut text = heading(lesson, report, look);
    if !report.transcript.is_empty() {
        text.push('\n');
        text.push_str(&Conversation::of(&report.transcript, report.found).text(look.width));
    }
    text.push('\n');
    let color = if report.outcome == Outcome::InfraError { Color::Yellow } else { Color::Red };
    push_wrapped(&mut text, "", &capitalised(&report.message), look, Some(color));
    for (label, value) in [("expected", &report.expected), ("got", &report.actual)] {
        if let Some(value) = value {
            push_block(&mut text, label, value);
        }
    }
    if let Some(sentence) = &report.explanation {
        text.push('\n');
        push_wrapped(&mut text, "", sentence, look, None);
    } else if report.cause_open && !report.cause_is_told {
        text.push('\n');
        push_wrapped(&mut text, "", words::CAUSE_OPEN, look, None);
    }
    if report.outcome == Outcome::InfraError {
        text.push('\n');
        push_wrapped(&mut text, "", words::MACHINE, look, None);
    }
    if !report.stderr.is_empty() {
        text.push_str("\nstderr\n");
        for line in &report.stderr {
            for row in broken(line, look.width.saturating_sub(2).max(20)) {
                let _ = writeln!(text, "  {row}");
            }
        }
    }
    text.push('\n');
    if let Some(hint) = &report.hint {
        push_wrapped(&mut text, "hint      ", hint, look, None);
    }
    if report.hints_left > 0 {
        let _ = writeln!(text, "more      cargo netlings hint {lesson} {}", report.id);
    }
    let _ = writeln!(text, "alone     {}", report.alone);
    text
}

/// `tcp-echo  ✗ echoes_hello   0/1` and the sentence, on one line where it fits.
fn heading(lesson: &str, report: &CheckReport, look: Look) -> String {
    let (mark, color) = mark(report.outcome);
    let points = format!("{}/{}", report.points, report.max_points);
    let start = format!("{lesson}  {mark} {}", report.id);
    let one_line = start.width() + 3 + report.title.width() + 2 + points.width();
    let painted = format!("{lesson}  {}", look.paint(&format!("{mark} {}", report.id), color));
    if one_line <= look.width {
        let gap = " ".repeat(look.width - one_line + 2);
        return format!("{painted}   {}{gap}{points}\n", report.title);
    }
    let gap = " ".repeat(look.width.saturating_sub(start.width() + points.width()).max(2));
    let mut text = format!("{painted}{gap}{points}\n");
    push_wrapped(&mut text, "  ", &report.title, look, None);
    text
}

/// The sign and the colour of an outcome. The sign alone says it.
#[must_use]
pub fn mark(outcome: Outcome) -> (&'static str, Color) {
    match outcome {
        Outcome::Passed => ("✓", Color::Green),
        Outcome::Failed => ("✗", Color::Red),
        Outcome::Skipped => ("-", Color::BrightBlack),
        Outcome::InfraError => ("!", Color::Yellow),
    }
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

/// A labelled value; its further lines stand under its first.
fn push_block(text: &mut String, label: &str, value: &str) {
    for (number, line) in value.lines().enumerate() {
        let label = if number == 0 { label } else { "" };
        let _ = writeln!(text, "{label:<10}{line}");
    }
}

/// Words, broken between them at the look's width; further lines stand under the first one's words.
fn push_wrapped(text: &mut String, lead: &str, words: &str, look: Look, color: Option<Color>) {
    let room = look.width.saturating_sub(lead.width()).max(20);
    for (number, line) in wrapped("", words, room, 0).iter().enumerate() {
        let lead = if number == 0 { lead.to_owned() } else { " ".repeat(lead.width()) };
        let line = color.map_or_else(|| line.clone(), |color| look.paint(line, color));
        let _ = writeln!(text, "{lead}{line}");
    }
}
