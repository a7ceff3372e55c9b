//! What a student sees while a lesson is graded: a row a check, in the lesson's order, and the
//! first failure in full as soon as it is certain that it is the first.

use std::collections::BTreeMap;

use colored::Colorize;
use grader::lesson::Lesson;
use grader::report::{failure_text, mark};
use grader::{CheckReport, LessonReport, Outcome};
use unicode_width::UnicodeWidthStr;

use crate::screen::{Screen, cut, wrapped};
use crate::words;

/// The rows of one lesson. Reports arrive in the order in which the checks end; a row is printed
/// when all rows before it have been.
pub(crate) struct Rows<'a> {
    lesson: &'a Lesson,
    screen: &'a Screen,
    command: String,
    /// The checks whose rows are still to print, the next one last.
    ahead: Vec<&'a str>,
    early: BTreeMap<String, CheckReport>,
    id_width: usize,
    a_failure_was_shown: bool,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(
        lesson: &'a Lesson,
        only: &[String],
        command: String,
        screen: &'a Screen,
    ) -> Self {
        let ids = lesson.checks.iter().map(|check| check.id.as_str());
        let mut ahead: Vec<&str> =
            ids.filter(|id| only.is_empty() || only.iter().any(|chosen| chosen == id)).collect();
        ahead.reverse();
        screen.line(format!("{}  {}", lesson.name.bold(), cut(&lesson.title, screen.look.width)));
        Self {
            lesson,
            screen,
            command,
            id_width: ahead.iter().map(|id| id.width()).max().unwrap_or(0),
            ahead,
            early: BTreeMap::new(),
            a_failure_was_shown: false,
        }
    }

    /// Takes the report of a check that has ended.
    pub(crate) fn take(&mut self, report: &CheckReport) {
        self.early.insert(report.id.clone(), report.clone());
        while let Some(report) = self.ahead.last().and_then(|next| self.early.remove(*next)) {
            self.ahead.pop();
            self.print(&report);
        }
    }

    /// Prints the lesson's points, and where to go on.
    pub(crate) fn summary(&self, report: &LessonReport) {
        let count = |outcome| report.checks.iter().filter(|it| it.outcome == outcome).count();
        let counts = words::Counts {
            failed: count(Outcome::Failed),
            skipped: count(Outcome::Skipped),
            broken: count(Outcome::InfraError),
        };
        self.screen.paragraph("", &words::summary(report.score, report.max_score, &counts), 0);
        self.screen.gap();
    }

    fn print(&mut self, report: &CheckReport) {
        match report.outcome {
            Outcome::Passed => self.passed(report),
            // One failure is enough to read at a time. Of the others, the way to see them.
            Outcome::Failed if self.a_failure_was_shown => {
                self.row(report, &format!("{} --check {}", self.command, report.id));
            }
            Outcome::Failed => {
                self.a_failure_was_shown = true;
                let text = failure_text(&self.lesson.name, report, self.screen.look);
                self.screen.line(format!("\n{text}"));
            }
            Outcome::Skipped => self.row(report, &report.message),
            Outcome::InfraError => self.row(report, &words::not_graded(&report.message)),
        }
    }

    fn head(&self, report: &CheckReport) -> String {
        format!("  {} {:width$}  ", mark(report.outcome).0, report.id, width = self.id_width)
    }

    fn passed(&self, report: &CheckReport) {
        let points = format!("  {}/{}", report.points, report.max_points);
        let head = self.head(report);
        let room = self.screen.look.width.saturating_sub(head.width() + points.width());
        let title = cut(&report.title, room);
        let gap = " ".repeat(room.saturating_sub(title.width()));
        self.painted(report, &format!("{head}{title}{gap}{points}"));
    }

    fn row(&self, report: &CheckReport, text: &str) {
        let head = self.head(report);
        let indent = if head.width() * 2 > self.screen.look.width { 6 } else { head.width() };
        for (number, row) in wrapped(&head, text, self.screen.look.width, indent).iter().enumerate()
        {
            match number {
                0 => self.painted(report, row),
                _ => self.screen.line(row),
            }
        }
    }

    /// Prints a row whose mark, its first, has the colour of the outcome.
    fn painted(&self, report: &CheckReport, row: &str) {
        let (mark, color) = mark(report.outcome);
        self.screen.line(row.replacen(mark, &self.screen.look.paint(mark, color), 1));
    }
}
