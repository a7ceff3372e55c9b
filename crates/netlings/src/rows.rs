//! What a student sees while a lesson is graded: a row a check, in the lesson's order, and the
//! first failure in full as soon as it is certain that it is the first. A check that only waits for
//! a step still to do has nothing to explain: it gets its row, and the next step is named at the end.

use std::collections::BTreeMap;

use colored::Colorize;
use grader::layout::wrapped;
use grader::lesson::{CheckText, Lesson};
use grader::report::{failure_text, mark};
use grader::{CheckReport, LessonReport, Outcome};
use unicode_width::UnicodeWidthStr;

use crate::course::Course;
use crate::next::{Next, next};
use crate::screen::{Screen, cut};
use crate::words;

/// The rows of one lesson. Reports arrive in the order in which the checks end; a row is printed
/// when all rows before it have been.
pub(crate) struct Rows<'a> {
    lesson: &'a Lesson,
    screen: &'a Screen,
    /// The command that grades this again.
    command: String,
    /// The course whose package this is: a student's own, which the map knows.
    own: Option<&'a Course>,
    /// The checks whose rows are still to print, the next one last.
    ahead: Vec<&'a str>,
    /// Reports whose turn has not come, each with whether it is shown.
    early: BTreeMap<String, (CheckReport, bool)>,
    id_width: usize,
    /// The failures of which only a row was shown.
    other_failures: Vec<String>,
    a_failure_was_shown: bool,
    last_trouble: String,
}

impl<'a> Rows<'a> {
    /// The rows of `wanted`, some of the lesson's checks; `command` grades them again.
    pub(crate) fn new(
        lesson: &'a Lesson,
        wanted: &[&'a CheckText],
        command: String,
        own: Option<&'a Course>,
        screen: &'a Screen,
    ) -> Self {
        let ahead: Vec<&str> = wanted.iter().rev().map(|check| &*check.id).collect();
        let room = screen.look.width.saturating_sub(lesson.name.width() + 2);
        screen.line(format!("{}  {}", lesson.name.bold(), cut(&lesson.title, room)).trim_end());
        Self {
            lesson,
            screen,
            command,
            own,
            id_width: ahead.iter().map(|id| id.width()).max().unwrap_or(0),
            ahead,
            early: BTreeMap::new(),
            other_failures: Vec::new(),
            a_failure_was_shown: false,
            last_trouble: String::new(),
        }
    }

    /// Takes the report of a check that has ended.
    pub(crate) fn take(&mut self, report: &CheckReport, is_shown: bool) {
        self.early.insert(report.id.clone(), (report.clone(), is_shown));
        while let Some((report, is_shown)) = self.ahead.last().and_then(|id| self.early.remove(*id))
        {
            self.ahead.pop();
            if is_shown {
                self.print(&report);
            }
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
        let say = |text: &str| self.screen.paragraph("", text, 0);
        say(&words::summary(report.score, report.max_score, &counts));
        let waiting = report.checks.iter().filter(|check| {
            check.waits && check.duration_ms >= 500 && check.outcome == Outcome::Passed
        });
        if let Some(longest) = waiting.max_by_key(|check| check.duration_ms) {
            say(&words::waits(&longest.id, longest.duration_ms));
        }
        if let Some(id) = self.other_failures.first() {
            say(words::SEE_OTHERS);
            self.screen.line(format!("  {} --check {id}", self.command)); // whole, to be copied
        }
        self.next(report);
        if self.own.is_some() && report.score == self.lesson.points() {
            say(&words::lesson_passed(&report.lesson));
        }
        self.screen.gap();
    }

    /// Names what to do next. Of a student's own program the map says the same.
    fn next(&self, report: &LessonReport) {
        let failing = report.checks.iter().find(|check| check.outcome == Outcome::Failed);
        let Some(failing) = failing else { return };
        let say = |text: &str| self.screen.paragraph("", text, 0);
        let course = self.own.map(|course| (course, course.exercise(&report.lesson).join("src")));
        if let Some((course, src)) = &course
            && let Next::Step(step, after) = next(src, Some(&failing.id))
        {
            say(&words::step_is_next(step.number, &step.text));
            say(words::WAITS_HERE);
            let place = format!("{}:{}", course.typed_path(&step.file), step.line);
            let indent = self.screen.look.width.saturating_sub(place.width()).min(2);
            self.screen.line(format!("{:indent$}{place}", "")); // whole, to be copied
            if let Some(after) = words::also_open(&after) {
                say(&after);
            }
        } else if let Some((number, text)) = first_step_met(report) {
            // Of another program it is not known where its steps stand.
            say(&words::step_is_next(number, text));
        } else {
            say(&words::check_is_next(&failing.id));
            self.screen.line(format!("  cargo netlings hint {} {}", report.lesson, failing.id));
        }
    }

    fn print(&mut self, report: &CheckReport) {
        match report.outcome {
            Outcome::Passed => self.row_with_points(report, &report.title),
            Outcome::Failed if report.step_to_do.is_some() => {
                self.row_with_points(report, &report.message);
            }
            // One failure is enough to read at a time.
            Outcome::Failed if self.a_failure_was_shown => {
                self.other_failures.push(report.id.clone());
                self.row_with_points(report, &report.message);
            }
            Outcome::Failed => {
                self.a_failure_was_shown = true;
                let text = failure_text(&self.lesson.name, report, self.screen.look);
                self.screen.line(format!("\n{text}"));
            }
            Outcome::Skipped => {
                let head = self.head(report);
                let room = self.screen.look.width.saturating_sub(head.width());
                self.painted(report, &format!("{head}{}", cut(&report.message, room)));
            }
            Outcome::InfraError if self.last_trouble == report.message => {
                self.row(report, words::NOT_GRADED_EITHER);
            }
            Outcome::InfraError => {
                self.last_trouble.clone_from(&report.message);
                self.row(report, &words::not_graded(&report.message));
            }
        }
    }

    fn head(&self, report: &CheckReport) -> String {
        format!("  {} {:width$}  ", mark(report.outcome).0, report.id, width = self.id_width)
    }

    fn row_with_points(&self, report: &CheckReport, text: &str) {
        let points = format!("  {}/{}", report.points, report.max_points);
        let head = self.head(report);
        let room = self.screen.look.width.saturating_sub(head.width() + points.width());
        let text = match text.strip_suffix(words::STILL_TO_DO) {
            // The end says what the row is about, so the step's own words are what is cut.
            Some(step) if room > 2 * words::STILL_TO_DO.width() => {
                cut(step, room - words::STILL_TO_DO.width()) + words::STILL_TO_DO
            }
            _ => cut(text, room),
        };
        let gap = " ".repeat(room.saturating_sub(text.width()));
        self.painted(report, &format!("{head}{text}{gap}{points}"));
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

/// The first step that a check came to, by its number.
fn first_step_met(report: &LessonReport) -> Option<(u32, &str)> {
    let steps = report.checks.iter().filter_map(|check| {
        let (number, text) = check.step_to_do.as_deref()?.split_once(": ")?;
        let text = text.strip_suffix(words::STILL_TO_DO).unwrap_or(text);
        Some((number.parse::<u32>().ok()?, text))
    });
    steps.min_by_key(|(number, _)| *number)
}
