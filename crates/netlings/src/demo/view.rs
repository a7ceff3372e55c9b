//! What a demo shows: the ladder's rows as they come, remarks, a prompt. It keeps the rows for the
//! picture, as many as a picture can use.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use grader::ladder::{Ladder, Place, Row};
use grader::report::terminal_size;
use grader::size;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::screen::Screen;
use crate::stage::Stage;
use crate::words::demo as words;

/// So many rows are kept from the beginning, and so many from the end.
const FIRST: usize = 150;
const LAST: usize = 250;
/// So many rows of one moment are shown; of further ones only how many.
const CROWD: usize = 24;
const MOMENT: Duration = Duration::from_secs(1);

pub(crate) struct View<'a> {
    /// Nobody watches where there is none.
    screen: Option<&'a Screen>,
    /// All is shown there instead.
    pub(crate) stage: Option<Box<Stage<'a>>>,
    ladder: Ladder,
    kept: Kept,
    /// When the latest came that can become a crowd, for each place and name.
    moments: Vec<(Place, String, VecDeque<Instant>)>,
    crowd: Vec<Crowd>,
    crowd_since: Instant,
    /// The names above the lifelines, to be said again when they have gone out of sight.
    names: [&'static str; 2],
    /// After so many lines they have; on no terminal they stay where they are.
    lines_in_sight: Option<usize>,
    lines: usize,
    /// Rows can be drawn over the line where somebody types.
    is_terminal: bool,
    prompt: Option<String>,
}

/// Events that got no row of their own.
struct Crowd {
    place: Place,
    called: String,
    events: u64,
    bytes: u64,
}

#[derive(Default)]
struct Kept {
    first: Vec<Row>,
    last: VecDeque<Row>,
    left_out: usize,
}

impl<'a> View<'a> {
    pub(crate) fn new(
        screen: Option<&'a Screen>,
        names: [&'static str; 2],
        is_terminal: bool,
    ) -> Self {
        let height = screen.and_then(|_| terminal_size()).map(|(_, height)| height);
        Self {
            names,
            lines_in_sight: height.map(|height| height.saturating_sub(5).max(10)),
            lines: 0,
            screen,
            stage: None,
            ladder: Ladder::new(screen.map_or(80, |screen| screen.look.width)),
            kept: Kept::default(),
            moments: Vec::new(),
            crowd: Vec::new(),
            crowd_since: Instant::now(),
            is_terminal,
            prompt: None,
        }
    }

    /// A view on the stage.
    pub(crate) fn on_stage(stage: Stage<'a>, names: [&'static str; 2]) -> Self {
        Self { stage: Some(Box::new(stage)), ..Self::new(None, names, false) }
    }

    /// The names above the lifelines.
    pub(crate) fn heading(&mut self) {
        let heading = self.ladder.heading(self.names[0], self.names[1]);
        self.line(&heading, None);
        self.lines = 0;
    }

    /// What comes from now on has another cause, and is no crowd together with what came.
    pub(crate) fn new_cause(&mut self) {
        self.settle_crowd();
        self.moments.clear();
    }

    /// A row of the ladder.
    pub(crate) fn row(&mut self, row: Row) {
        self.settle_crowd();
        if let Some(stage) = &mut self.stage {
            stage.row(&row);
        }
        self.show(row);
    }

    /// A row for one of many events: in a crowd it gets none.
    pub(crate) fn row_or_crowd(&mut self, row: Row, called: &str, bytes: u64) {
        let now = Instant::now();
        if self.is_alone(row.place, called, now) {
            self.settle_crowd();
            self.show_of_many(row);
            return;
        }
        if self.crowd.is_empty() {
            self.crowd_since = now;
        }
        match self.crowd.iter_mut().find(|it| it.place == row.place && it.called == called) {
            Some(crowd) => {
                crowd.events += 1;
                crowd.bytes += bytes;
            }
            None => {
                let called = called.into();
                self.crowd.push(Crowd { place: row.place, called, events: 1, bytes });
            }
        }
        if now.duration_since(self.crowd_since) > MOMENT {
            self.settle_crowd();
        }
    }

    /// Whether only a few of its kind have come of late.
    fn is_alone(&mut self, place: Place, called: &str, now: Instant) -> bool {
        let at = self.moments.iter().position(|(it, who, _)| *it == place && who == called);
        let at = at.unwrap_or_else(|| {
            self.moments.push((place, called.into(), VecDeque::new()));
            self.moments.len() - 1
        });
        let latest = &mut self.moments[at].2;
        latest.push_back(now);
        if latest.len() <= CROWD {
            return true;
        }
        // The first of so many: was it long ago?
        latest.pop_front().is_some_and(|first| now.duration_since(first) > MOMENT)
    }

    /// Whether some events wait for the row that tells how many they were.
    pub(crate) fn has_crowd(&self) -> bool {
        !self.crowd.is_empty()
    }

    /// Tells how many events got no row of their own.
    pub(crate) fn settle_crowd(&mut self) {
        for Crowd { place, called, events, bytes } in std::mem::take(&mut self.crowd) {
            let words = words::so_many_more(events, &size(bytes));
            let label = if called.is_empty() { words } else { format!("{called}: {words}") };
            self.show_of_many(Row::at(None, place, label));
        }
    }

    /// What programs print and read stands on the stage already, so that there only what crosses
    /// gets a row.
    fn show_of_many(&mut self, row: Row) {
        if let Some(stage) = &mut self.stage
            && !matches!(row.place, Place::AtLeft | Place::AtRight)
        {
            stage.row(&row);
        }
        self.show(row);
    }

    fn show(&mut self, row: Row) {
        let color = match row.place {
            Place::Told => Some(Paint::Bold),
            Place::LostToLeft | Place::LostToRight => Some(Paint::Red),
            _ => None,
        };
        if self.screen.is_some() {
            if self.lines_in_sight.is_some_and(|lines| self.lines >= lines) {
                self.heading();
            }
            for line in self.ladder.lines(&row) {
                self.line(line.trim_end(), color);
            }
        }
        self.kept.add(row);
    }

    /// Says something to whoever types; it is no part of the ladder.
    pub(crate) fn remark(&mut self, head: &str, text: &str) {
        self.take_prompt_away();
        if let Some(stage) = &mut self.stage {
            stage.remark(&format!("{head}{text}"));
        }
        if let Some(screen) = self.screen {
            screen.paragraph(head, text, head.width().min(screen.look.width / 2));
        }
    }

    /// Whether rows can be drawn over the line where somebody types.
    pub(crate) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Shows where a line goes that is typed now, and what there is of it.
    pub(crate) fn prompt(&mut self, words: &str, typed: &str) {
        if self.is_terminal && self.prompt.is_none() {
            self.prompt = Some(words.into());
            self.typing(typed);
        }
    }

    /// Shows what is typed behind the prompt; of a long line, its end.
    pub(crate) fn typing(&mut self, typed: &str) {
        let (Some(screen), Some(prompt)) = (self.screen, &self.prompt) else { return };
        let room = screen.columns().saturating_sub(prompt.width() + 1);
        let shown = netkit::visible(typed.as_bytes()).replace('\t', " ");
        let mut used = 0;
        let from = shown.char_indices().rev().take_while(|(_, letter)| {
            used += letter.width().unwrap_or(0);
            used <= room
        });
        let from = from.last().map_or(shown.len(), |(at, _)| at);
        let clear = if cfg!(unix) { "\r\x1b[K" } else { "" };
        screen.part(&format!("{clear}{prompt}{}", &shown[from..]));
    }

    /// A line was typed at the prompt: its row in the ladder takes its place.
    pub(crate) fn typed(&mut self) {
        if cfg!(unix) {
            self.take_prompt_away();
        } else {
            self.prompt = None; // the terminal's echo has ended the line
        }
    }

    /// Leaves the prompt behind, at the end.
    pub(crate) fn end(&mut self) {
        self.settle_crowd();
        if self.prompt.take().is_some()
            && let Some(screen) = self.screen
        {
            screen.gap();
        }
    }

    fn line(&mut self, line: &str, paint: Option<Paint>) {
        self.take_prompt_away();
        self.lines += 1;
        let Some(screen) = self.screen else { return };
        match paint.filter(|_| screen.look.color) {
            Some(Paint::Bold) => screen.line(format!("\x1b[1m{line}\x1b[0m")),
            Some(Paint::Red) => screen.line(screen.look.paint(line, colored::Color::Red)),
            None => screen.line(line),
        }
    }

    fn take_prompt_away(&mut self) {
        if self.prompt.take().is_some()
            && let Some(screen) = self.screen
        {
            screen.part(if cfg!(unix) { "\r\x1b[K" } else { "\n" });
        }
    }

    /// The rows so far, for the picture.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let mut rows = self.kept.first.clone();
        if self.kept.left_out > 0 {
            let label = words::rows_left_out(self.kept.left_out);
            rows.push(Row::at(None, Place::Between, label));
        }
        rows.extend(self.kept.last.iter().cloned());
        rows
    }
}

#[derive(Clone, Copy)]
enum Paint {
    Bold,
    Red,
}

impl Kept {
    fn add(&mut self, row: Row) {
        if self.first.len() < FIRST {
            self.first.push(row);
            return;
        }
        self.last.push_back(row);
        if self.last.len() > LAST {
            self.last.pop_front();
            self.left_out += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(label: &str) -> Row {
        Row::at(None, Place::ToRight, label)
    }

    #[test]
    fn a_crowd_is_counted_and_what_is_kept_is_bounded() {
        let mut view = View::new(None, ["client", "server"], false);
        for _ in 0..10_000 {
            view.row_or_crowd(row("\"x\" 1 KiB"), "client 2", 1024);
        }
        assert!(view.has_crowd());
        view.row(row("the end"));
        let rows = view.rows();
        assert!(rows.len() < CROWD + 40, "{}", rows.len());
        assert!(rows[rows.len() - 2].label.starts_with("client 2: "), "{rows:#?}");
        assert!(rows[rows.len() - 2].label.contains(" more, "), "{rows:#?}");
        for number in 0..1000 {
            view.row(row(&number.to_string()));
        }
        let rows = view.rows();
        assert_eq!(rows.len(), FIRST + 1 + LAST);
        assert!(rows[FIRST].label.contains("left out"), "{:?}", rows[FIRST]);
        assert_eq!(rows.last().unwrap().label, "999");
    }
}
