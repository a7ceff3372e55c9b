//! What the seat does with news: of a grading, and of saves.

use std::time::{Duration, Instant};

use grader::progress::{Progress, Standing};
use grader::{CheckReport, Outcome};

use super::{Act, Entry, Known, Page, Row, Seat, Work};
use crate::learn::compiler;
use crate::learn::message::Said;
use crate::words::learn as words;

/// Saves of several lessons within so long are one doing.
const IN_TURN: Duration = Duration::from_secs(2);

impl Seat<'_> {
    /// A grading of `checks` (empty: all) has begun.
    pub(crate) fn grading_begins(&mut self, checks: &[String]) {
        self.work = Work::Building;
        self.compiler.clear();
        self.warnings = 0;
        self.cargo.clear();
        (self.notice, self.link) = (None, None);
        self.is_chosen_by_hand = !checks.is_empty();
        for row in &mut self.rows {
            if checks.is_empty() || checks.contains(&row.id) {
                row.known = Known::Awaited(row.known.outcome());
            }
        }
    }

    /// Only a build has begun.
    pub(crate) fn build_begins(&mut self) {
        self.grading_ends(Work::Building);
        self.compiler.clear();
        self.warnings = 0;
        self.cargo.clear();
        self.notice = None;
        self.paper = None;
    }

    /// What the grading says.
    pub(crate) fn hears(&mut self, said: Said) {
        match said {
            Said::Cargo { line } => self.cargo = line.trim().to_owned(),
            Said::Compiler { text, is_error } => {
                self.warnings += usize::from(!is_error);
                compiler::add(&mut self.compiler, &text, is_error);
            }
            Said::Program { .. } => self.grading_ends(Work::Idle),
            Said::Built => self.work = Work::Grading,
            Said::Check(report) => self.takes(report.unpack()),
            Said::Graded => self.grading_ends(Work::Idle),
            Said::Stopped { code: crate::ending::NO_BUILD, .. } => {
                self.page = Page::Checks;
                self.detail_scroll = 0;
                self.grading_ends(Work::NoBuild);
            }
            Said::Stopped { words, .. } => self.grading_ends(Work::Trouble(words)),
        }
    }

    /// The process that graded has ended.
    pub(crate) fn grading_is_gone(&mut self) {
        if matches!(self.work, Work::Building | Work::Grading) {
            self.grading_ends(Work::Trouble(words::GRADING_VANISHED.into()));
        }
    }

    fn grading_ends(&mut self, work: Work) {
        self.work = work;
        for row in &mut self.rows {
            if let Known::Awaited(before) = row.known {
                let standing = before.and_then(|outcome| match outcome {
                    Outcome::Passed => Some(Standing::Passed),
                    Outcome::Failed => Some(Standing::Failed),
                    Outcome::Skipped => Some(Standing::Skipped),
                    Outcome::InfraError => None,
                });
                row.known = Known::Before(standing);
            }
        }
        let (standings, notices) = Progress::of_clone(&self.course.root).read();
        self.standings = standings;
        if let Some(notice) = notices.first() {
            self.notice = Some(notice.to_string());
        }
        if self.has_passed() && self.work == Work::Idle {
            self.notice = Some(words::passed(&self.entry().name));
        }
    }

    fn takes(&mut self, report: CheckReport) {
        let Some(at) = self.rows.iter().position(|row| row.id == report.id) else { return };
        self.rows[at].known = Known::Ended(Box::new(report));
        if !self.is_chosen_by_hand {
            self.choose_first_open();
        }
    }

    /// The first failure in the lesson's order; before there is one, the first check that is open.
    pub(super) fn choose_first_open(&mut self) {
        let ended_badly = |row: &Row| match &row.known {
            Known::Ended(report) => {
                matches!(report.outcome, Outcome::Failed | Outcome::InfraError)
            }
            _ => false,
        };
        let open = |row: &Row| row.known.outcome() != Some(Outcome::Passed);
        let rows = &self.rows;
        let chosen = rows.iter().position(ended_badly).or_else(|| rows.iter().position(open));
        let chosen = chosen.unwrap_or(0);
        if chosen != self.chosen {
            self.detail_scroll = 0;
        }
        self.chosen = chosen;
    }

    /// Files of these lessons were saved. What is to be done then.
    ///
    /// The seat follows whoever edits another lesson. A formatter that writes many, at once or one
    /// after the other, is not followed: the lesson that was looked at stays, or is gone back to.
    pub(crate) fn saved(&mut self, names: &[String], now: Instant) -> Option<Act> {
        let lessons = self.course.lessons.iter();
        let is_saved = |(_, entry): &(usize, &Entry)| names.contains(&entry.name);
        let saved: Vec<usize> = lessons.enumerate().filter(is_saved).map(|(at, _)| at).collect();
        if saved.is_empty() {
            return None;
        }
        if !saved.contains(&self.at) {
            let followed = self.followed.filter(|(_, at)| now - *at < IN_TURN);
            let to = match (followed, &saved[..]) {
                (Some((from, _)), _) => from,
                (None, [only]) => *only,
                (None, _) => self.at,
            };
            self.followed = Some((followed.map_or(self.at, |(from, _)| from), now));
            if to == self.at {
                return None; // nothing of it was saved
            }
            self.sit_down(to);
        }
        self.page = Page::Checks;
        self.paper = None;
        self.link = None;
        Some(Act::Grade(Vec::new()))
    }
}
