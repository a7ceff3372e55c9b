//! What the student looks at, without a terminal: keys and news go in, what is to be done comes out.

mod commands;
mod news;
#[cfg(test)]
pub(crate) mod tests;

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use grader::lesson::Lesson;
use grader::progress::{Progress, Standing, Standings};
use grader::{CheckReport, Outcome};

use crate::course::{Course, Entry};
use crate::learn::compiler::{self, Place};
use crate::learn::work::Whose;
use crate::map;
use crate::markdown;
use crate::next::{Next, next};
use crate::words::learn as words;

/// The pages, in the order of their keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Course,
    Text,
    Checks,
}

impl Page {
    pub(crate) const ALL: [Self; 3] = [Self::Course, Self::Text, Self::Checks];
}

/// How the work of building and grading stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Idle,
    Building,
    Grading,
    NoBuild,
    /// The machine is in the way, in words.
    Trouble(String),
}

/// What is known of a check.
#[derive(Clone, Debug)]
pub(crate) enum Known {
    /// As the progress file has it, from an earlier grading.
    Before(Option<Standing>),
    /// It is being graded; the mark that it had before.
    Awaited(Option<Outcome>),
    Ended(Box<CheckReport>),
}

impl Known {
    /// How it went the last time.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::Before(standing) => standing.map(|standing| match standing {
                Standing::Passed => Outcome::Passed,
                Standing::Failed => Outcome::Failed,
                Standing::Skipped => Outcome::Skipped,
            }),
            Self::Awaited(before) => *before,
            Self::Ended(report) => Some(report.outcome),
        }
    }
}

/// A check's row.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) known: Known,
    /// How many of its hints are shown.
    pub(crate) hints: usize,
}

/// A text that was asked for, over the page.
pub(crate) struct Paper {
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) scroll: usize,
    /// It asks a question, and this is done where the answer is yes.
    pub(crate) asks: Option<Act>,
}

/// A lesson's text in rows, and what they were made of.
pub(crate) struct LaidOut {
    pub(crate) file: PathBuf,
    pub(crate) written: Option<SystemTime>,
    pub(crate) welcomes: bool,
    pub(crate) layout: markdown::Layout,
    pub(crate) rows: Vec<markdown::Row>,
}

/// What is to be done outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Quit,
    /// Build and grade: these checks, or all.
    Grade(Vec<String>),
    Edit(Place),
    Solution {
        anyway: bool,
    },
    Reset,
    /// Build these programs and run them side by side.
    Run(Whose),
    /// A command of netlings that takes the whole terminal.
    Instead(Vec<String>),
    Stop,
}

pub(crate) struct Seat<'a> {
    pub(crate) course: &'a Course,
    pub(crate) standings: Standings,
    /// The lesson, by its place in the course.
    pub(crate) at: usize,
    /// The lesson that the cursor of the course's page is on.
    pub(crate) cursor: usize,
    pub(crate) page: Page,
    pub(crate) rows: Vec<Row>,
    /// The check that is looked at.
    pub(crate) chosen: usize,
    /// The student chose it, so news don't choose another.
    is_chosen_by_hand: bool,
    pub(crate) work: Work,
    /// What the compiler said, errors first.
    pub(crate) compiler: String,
    pub(crate) warnings: usize,
    pub(crate) cargo: String,
    pub(crate) text_scroll: usize,
    pub(crate) detail_scroll: usize,
    pub(crate) paper: Option<Paper>,
    pub(crate) notice: Option<String>,
    /// What is being searched for in the list.
    pub(crate) search: Option<String>,
    /// Where an editor would be opened, shown to be clicked.
    pub(crate) link: Option<Place>,
    /// The lesson from which the last save of another one led away, and when.
    followed: Option<(usize, Instant)>,
    /// The lesson's text as it was drawn last.
    pub(crate) laid_out: Option<LaidOut>,
    /// How many rows a page of a long text has; drawing says.
    pub(crate) page_rows: usize,
}

impl<'a> Seat<'a> {
    pub(crate) fn new(course: &'a Course) -> Self {
        let (standings, notices) = Progress::of_clone(&course.root).read();
        let at = map::chosen_by_itself(course)
            .first()
            .and_then(|entry| course.lessons.iter().position(|it| it.name == entry.name))
            .unwrap_or(0);
        let mut seat = Self {
            course,
            standings,
            at,
            cursor: at,
            page: Page::Checks,
            rows: Vec::new(),
            chosen: 0,
            is_chosen_by_hand: false,
            work: Work::Idle,
            compiler: String::new(),
            warnings: 0,
            cargo: String::new(),
            text_scroll: 0,
            detail_scroll: 0,
            paper: None,
            notice: notices.first().map(ToString::to_string),
            search: None,
            link: None,
            followed: None,
            laid_out: None,
            page_rows: 10,
        };
        seat.sit_down(at);
        seat
    }

    pub(crate) fn entry(&self) -> &'a Entry {
        &self.course.lessons[self.at]
    }

    /// The lesson, unless its lesson.toml is broken.
    pub(crate) fn lesson(&self) -> Option<&'a Lesson> {
        self.entry().lesson.as_ref().ok()
    }

    /// Goes to a lesson: to its text where nothing of it was ever graded, else to its checks.
    fn sit_down(&mut self, at: usize) {
        (self.at, self.cursor) = (at, at);
        let known = self.standings.get(&self.entry().name);
        let seen = Progress::of_clone(&self.course.root).hints_seen(&self.entry().name);
        let checks = self.lesson().map_or(&[][..], |lesson| &lesson.checks);
        self.rows = checks
            .iter()
            .map(|check| Row {
                id: check.id.clone(),
                known: Known::Before(known.and_then(|known| known.get(&check.id)).copied()),
                hints: seen.get(&check.id).map_or(0, |seen| seen + 1),
            })
            .collect();
        let is_fresh = known.is_none_or(|known| known.is_empty());
        self.page = if is_fresh { Page::Text } else { Page::Checks };
        (self.chosen, self.is_chosen_by_hand) = (0, false);
        (self.text_scroll, self.detail_scroll) = (0, 0);
        self.compiler.clear();
        self.warnings = 0;
        self.work = Work::Idle;
        self.link = None;
        self.choose_first_open();
    }

    /// The points reached and all points of a lesson.
    pub(crate) fn points(&self, lesson: &Lesson) -> (u32, u32) {
        (map::points_reached(lesson, &self.standings), lesson.points())
    }

    pub(crate) fn has_passed(&self) -> bool {
        !self.rows.is_empty()
            && self.rows.iter().all(|row| match &row.known {
                Known::Ended(report) => report.outcome == Outcome::Passed || report.not_here,
                known => known.outcome() == Some(Outcome::Passed),
            })
    }

    /// What to do next, from the student's own files and the checks.
    pub(crate) fn next(&self) -> Next<'_> {
        let failing = self.rows.iter().find(|row| row.known.outcome() == Some(Outcome::Failed));
        let src = self.course.exercise(&self.entry().name).join("src");
        next(&src, failing.map(|row| row.id.as_str()))
    }

    /// The first check that does not pass, where it fails over what is written, not over an open step.
    pub(crate) fn fails_as_written(&self) -> Option<&str> {
        let is_bad = |row: &&Row| row.known.outcome() == Some(Outcome::Failed);
        let row = self.rows.iter().find(is_bad)?;
        match &row.known {
            Known::Ended(report) if report.step_to_do.is_none() => Some(&row.id),
            _ => None,
        }
    }

    /// Where the student's editor is to open.
    pub(crate) fn place(&self) -> Place {
        let src = self.course.exercise(&self.entry().name).join("src");
        if self.work == Work::NoBuild
            && let Some(place) = compiler::first_place(&self.compiler, &self.course.root)
        {
            return place;
        }
        match self.next() {
            Next::Step(todo, _) => Place { file: todo.file, line: todo.line },
            _ => Place { file: first_file(&src), line: 1 },
        }
    }

    /// The place to be opened by hand, where that is what is told.
    pub(crate) fn link_text(&self) -> Option<String> {
        let place = self.link.as_ref()?;
        if self.search.is_some() || self.notice.is_some() {
            return None;
        }
        let file = self.course.typed_path(&place.file).to_string();
        // It goes to the terminal as it is.
        Some(words::waits_at(&netkit::visible(file.as_bytes()), place.line))
    }
}

/// The file to begin with: the first that is not the given `main.rs`.
fn first_file(src: &Path) -> PathBuf {
    let files = crate::skeletons::files_of_a_student(src).unwrap_or_default();
    let mut files: Vec<PathBuf> = files.into_iter().map(|file| src.join(file)).collect();
    files.sort_by_key(|file| file.file_name().is_some_and(|name| name == "main.rs"));
    files.into_iter().next().unwrap_or_else(|| src.join("main.rs"))
}
