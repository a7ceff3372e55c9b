//! What the seat does with a command.

use grader::progress::Progress;

use super::{Act, Page, Paper, Seat, Work};
use crate::learn::command::Command;
use crate::learn::work::Whose;
use crate::words::learn as words;

impl Seat<'_> {
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
            Command::Run => return Some(Act::Run(Whose::Own)),
            Command::Demo => return Some(Act::Run(Whose::Solutions)),
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
            (None, Page::Course) => return self.moves(by),
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
        // Of a broken lesson too: what is graded of the one before must not be taken for its.
        Some(Act::Grade(Vec::new()))
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
