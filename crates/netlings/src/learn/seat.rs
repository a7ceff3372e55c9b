//! What the student looks at, without a terminal: keys and news go in, what is to be done comes out.

use std::path::{Path, PathBuf};

use grader::lesson::Lesson;
use grader::progress::{Progress, Standing, Standings};
use grader::{CheckReport, Outcome};

use crate::course::{Course, Entry};
use crate::learn::command::Command;
use crate::learn::compiler::{self, Place};
use crate::learn::message::Said;
use crate::map;
use crate::next::{Next, next};
use crate::words::learn as words;

/// So much of what the compiler said is kept, in bytes.
const MOST_OF_COMPILER: usize = 1 << 20;

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
        let file = self.course.typed_path(&place.file);
        Some(words::waits_at(&file, place.line))
    }

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

    /// What the grading says.
    pub(crate) fn hears(&mut self, said: Said) {
        match said {
            Said::Cargo { line } => self.cargo = line.trim().to_owned(),
            Said::Compiler { text, is_error } => {
                self.warnings += usize::from(!is_error);
                if self.compiler.len() + text.len() > MOST_OF_COMPILER {
                    return;
                }
                match is_error {
                    // The first error comes first; warnings stand behind all errors.
                    true => {
                        let at = compiler::end_of_errors(&self.compiler);
                        self.compiler.insert_str(at, &compiler::marked(&text));
                    }
                    false => self.compiler.push_str(&text),
                }
            }
            Said::Built => self.work = Work::Grading,
            Said::Check(report) => self.takes(report.unpack()),
            Said::Graded => self.grading_ends(Work::Idle),
            Said::Stopped { code: crate::ending::NO_BUILD, .. } => {
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
    fn choose_first_open(&mut self) {
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

    /// A file of the lesson at `name` was saved. What is to be done then.
    pub(crate) fn saved(&mut self, name: &str) -> Option<Act> {
        let at = self.course.lessons.iter().position(|entry| entry.name == name)?;
        if at != self.at {
            self.sit_down(at);
        }
        self.page = Page::Checks;
        self.paper = None;
        self.link = None;
        Some(Act::Grade(Vec::new()))
    }

    /// Does what was asked for, or says what is to be done outside.
    pub(crate) fn command(&mut self, command: Command) -> Option<Act> {
        self.notice = None;
        if let Command::Letter(letter) = command {
            self.searches(|text| text.push(letter));
            return None;
        }
        match command {
            Command::Quit => return Some(Act::Quit),
            Command::Back => return self.back(),
            Command::Yes => return self.paper.take().and_then(|paper| paper.asks),
            Command::Page(page) => {
                self.paper = None;
                self.page = page;
            }
            Command::NextPage => self.turn(1),
            Command::PreviousPage => self.turn(Page::ALL.len() - 1),
            Command::Move(rows) => self.moves(rows),
            Command::Screens(screens) => {
                let rows = self.page_rows.saturating_sub(1).max(1);
                self.scrolls(screens * isize::try_from(rows).unwrap_or(1));
            }
            Command::Scroll(rows) => self.scrolls(rows),
            Command::Top => self.scrolls(isize::MIN / 2),
            Command::Bottom => self.scrolls(isize::MAX / 2),
            Command::Open => return self.opens(),
            Command::Lesson(at) => return self.goes_to(at),
            Command::Check(at) => self.chooses(at),
            Command::Hint => self.hint(),
            Command::Edit => return Some(Act::Edit(self.place())),
            Command::GradeAll => {
                self.page = Page::Checks;
                return Some(Act::Grade(Vec::new()));
            }
            Command::GradeOne => {
                self.page = Page::Checks;
                let id = self.rows.get(self.chosen)?.id.clone();
                return Some(Act::Grade(vec![id]));
            }
            Command::Solution => return Some(Act::Solution { anyway: false }),
            Command::Reset => self.asks(words::ask_reset(&self.entry().name), Act::Reset),
            Command::Warnings => {
                let text = self.compiler.clone();
                let text = if text.is_empty() { words::NO_WARNINGS.to_owned() } else { text };
                self.shows(words::COMPILER, text);
            }
            Command::Trace => {
                let scenario = scenario_of(&self.entry().name);
                return Some(Act::Instead(vec!["trace".into(), scenario.into(), "--step".into()]));
            }
            Command::Demo => {
                return Some(Act::Instead(vec!["demo".into(), self.entry().name.clone()]));
            }
            Command::NextLesson => return self.goes_to(self.at + 1),
            Command::PreviousLesson => match self.at.checked_sub(1) {
                Some(at) => return self.goes_to(at),
                None => self.notice = Some(words::FIRST_LESSON.into()),
            },
            Command::Search => {
                self.search = Some(String::new());
            }
            Command::Erase => self.searches(|text| {
                text.pop();
            }),
            Command::Help => self.shows(words::HELP_TITLE, words::help()),
            Command::Stop => return Some(Act::Stop),
            Command::Letter(_) => {}
        }
        None
    }

    fn back(&mut self) -> Option<Act> {
        if self.search.take().is_none() && self.paper.take().is_none() {
            self.link = None;
        }
        None
    }

    fn turn(&mut self, by: usize) {
        self.paper = None;
        let at = Page::ALL.iter().position(|page| *page == self.page).unwrap_or(0);
        self.page = Page::ALL[(at + by) % Page::ALL.len()];
    }

    /// Up and down: in a list from entry to entry, in a text by rows.
    fn moves(&mut self, by: isize) {
        let step = |at: usize, last: usize| at.saturating_add_signed(by).min(last);
        match (&self.paper, self.page) {
            (Some(_), _) | (None, Page::Text) => self.scrolls(by),
            (None, Page::Course) => {
                self.cursor = step(self.cursor, self.course.lessons.len().saturating_sub(1));
            }
            (None, Page::Checks) => {
                self.chooses(step(self.chosen, self.rows.len().saturating_sub(1)));
            }
        }
    }

    fn chooses(&mut self, at: usize) {
        if at < self.rows.len() {
            self.chosen = at;
            self.is_chosen_by_hand = true;
            self.detail_scroll = 0;
        }
    }

    fn scrolls(&mut self, by: isize) {
        let scroll = match (&mut self.paper, self.page) {
            (Some(paper), _) => &mut paper.scroll,
            (None, Page::Text) => &mut self.text_scroll,
            (None, Page::Checks) => {
                self.is_chosen_by_hand = true; // it is being read
                &mut self.detail_scroll
            }
            (None, Page::Course) => return self.moves(by.signum()),
        };
        *scroll = scroll.saturating_add_signed(by); // drawing knows where the text ends
    }

    fn opens(&mut self) -> Option<Act> {
        self.search = None;
        match self.page {
            _ if self.paper.as_ref().is_some_and(|paper| paper.asks.is_none()) => {
                self.paper = None;
                None
            }
            Page::Course => self.goes_to(self.cursor),
            Page::Text => {
                self.page = Page::Checks;
                None
            }
            Page::Checks => Some(Act::Edit(self.place())),
        }
    }

    fn goes_to(&mut self, at: usize) -> Option<Act> {
        if at >= self.course.lessons.len() {
            self.notice = Some(words::LAST_LESSON.into());
            return None;
        }
        self.paper = None;
        if at == self.at {
            self.page = Page::Text;
            return None;
        }
        self.sit_down(at);
        self.lesson().is_some().then(|| Act::Grade(Vec::new()))
    }

    /// One more hint of the check that is looked at.
    fn hint(&mut self) {
        self.page = Page::Checks;
        self.paper = None;
        if self.work == Work::NoBuild {
            self.notice = Some(words::BUILD_FIRST.into());
            return;
        }
        let Some(lesson) = self.lesson() else { return };
        let (Some(row), Some(check)) =
            (self.rows.get_mut(self.chosen), lesson.checks.get(self.chosen))
        else {
            return;
        };
        if row.hints >= check.hints.len() {
            self.notice = Some(words::last_hint());
            return;
        }
        row.hints += 1;
        self.is_chosen_by_hand = true; // it is being read
        let progress = Progress::of_clone(&self.course.root);
        let notices = progress.record_hints(&lesson.name, &check.id, row.hints - 1);
        self.detail_scroll = usize::MAX / 2; // hints stand at the end
        if let Some(notice) = notices.first() {
            self.notice = Some(notice.to_string());
        }
    }

    /// Changes what is searched for, and goes to the first entry that has it in its name or title.
    fn searches(&mut self, change: impl FnOnce(&mut String)) {
        let Some(search) = &mut self.search else { return };
        change(search);
        let sought = search.to_lowercase();
        let has = |text: &str| text.to_lowercase().contains(&sought);
        match self.page {
            Page::Checks => {
                let checks = self.lesson().map_or(&[][..], |lesson| &lesson.checks);
                let found = checks.iter().position(|check| has(&check.id) || has(&check.title));
                if let Some(at) = found {
                    self.chooses(at);
                }
            }
            Page::Course | Page::Text => {
                self.page = Page::Course;
                let found = self.course.lessons.iter().position(|entry| {
                    has(&entry.name)
                        || entry.lesson.as_ref().is_ok_and(|it| has(&it.title) || has(&it.summary))
                });
                self.cursor = found.unwrap_or(self.cursor);
            }
        }
    }

    /// Shows a text over the page.
    pub(crate) fn shows(&mut self, title: impl Into<String>, text: impl Into<String>) {
        let (title, text) = (title.into(), text.into());
        self.paper = Some(Paper { title, text, scroll: 0, asks: None });
    }

    /// Asks something; `act` is done where the answer is yes.
    pub(crate) fn asks(&mut self, question: (String, String), act: Act) {
        let (title, text) = question;
        self.paper = Some(Paper { title, text, scroll: 0, asks: Some(act) });
    }
}

/// What to look at on the wire beside a lesson.
fn scenario_of(lesson: &str) -> &'static str {
    if lesson.starts_with("udp-") { "udp-loss" } else { "handshake" }
}

/// The file to begin with: the first that is not the given `main.rs`.
fn first_file(src: &Path) -> PathBuf {
    let files = crate::skeletons::files_of_a_student(src).unwrap_or_default();
    let mut files: Vec<PathBuf> = files.into_iter().map(|file| src.join(file)).collect();
    files.sort_by_key(|file| file.file_name().is_some_and(|name| name == "main.rs"));
    files.into_iter().next().unwrap_or_else(|| src.join("main.rs"))
}
