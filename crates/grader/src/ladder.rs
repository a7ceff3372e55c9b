//! A conversation as a ladder of two lifelines, time downwards.
//!
//! ```text
//!           client (grader)                     your server
//!    0 ms   │── connect ────────────────────────────▶│
//!    0 ms   │── "hello!" 6 B ───────────────────────▶│
//!           ┊   2.0 s, nothing came                  ┊
//! ```
//!
//! An [`Event`] becomes a [`Row`], which says what stands where and in which words; a [`Ladder`]
//! draws rows for a terminal, one by one, and [`svg`] draws all of them as a picture. A
//! [`Conversation`] is what a check's events come to.

use std::time::Duration;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::escape;
use crate::layout::{broken, wrapped};
use crate::record::{Event, What};

mod conversation;
mod svg;

pub use conversation::Conversation;
pub use svg::svg;

/// Columns left of the left lifeline: the time and a gap.
const MARGIN: usize = 10;
/// The narrowest a ladder is drawn.
const NARROWEST: usize = 40;
/// What is narrower leaves the times out.
const NARROW: usize = 60;

/// One row of a ladder, before it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// When it happened; a row without has no time before it.
    pub at: Option<Duration>,
    /// Where its words stand.
    pub place: Place,
    /// Its words.
    pub label: String,
    /// None of its words may be cut off: it takes as many lines as it needs.
    pub whole: bool,
}

/// Where the words of a row stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On an arrow from the left lifeline to the right one.
    ToRight,
    /// On an arrow from the right lifeline to the left one.
    ToLeft,
    /// On an arrow from the left that does not arrive.
    LostToRight,
    /// On an arrow from the right that does not arrive.
    LostToLeft,
    /// At the left lifeline.
    AtLeft,
    /// At the right lifeline.
    AtRight,
    /// Between the lifelines, which are dotted there: a pause, a remark.
    Between,
    /// Between the lifelines, in as many lines as it takes: what a narrator says.
    Told,
}

/// A lifeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Side {
    Left,
    Right,
}

impl Row {
    /// What `event` looks like. What a program does by itself stands at the lifeline `side`;
    /// `called` are the names that stand before its words, or nothing.
    #[must_use]
    pub fn of(event: &Event, side: Side, called: &str) -> Self {
        let words = words(event);
        let label = if called.is_empty() { words } else { format!("{called}: {words}") };
        let place = match event.what {
            What::Connect
            | What::Sent
            | What::SentDatagram
            | What::HalfClose
            | What::Close
            | What::Reset => Place::ToRight,
            What::Accept
            | What::Received
            | What::ReceivedDatagram
            | What::End
            | What::ResetReceived => Place::ToLeft,
            What::SentDatagramLost => Place::LostToRight,
            What::ReceivedDatagramLost => Place::LostToLeft,
            What::Wait | What::Note => Place::Between,
            What::Run
            | What::Stdin
            | What::StdinClosed
            | What::Stdout
            | What::Stderr
            | What::Exit
            | What::TakenDown => match side {
                Side::Left => Place::AtLeft,
                Side::Right => Place::AtRight,
            },
        };
        // What a conversation is about often stands in the arguments, and why it ended on stderr.
        let whole = matches!(event.what, What::Run | What::Stderr | What::Note);
        Row { at: (place != Place::Between).then_some(event.at), place, label, whole }
    }

    /// Words at a place, where they fit.
    #[must_use]
    pub fn at(at: Option<Duration>, place: Place, label: impl Into<String>) -> Self {
        Row { at, place, label: label.into(), whole: false }
    }

    /// What a narrator says.
    #[must_use]
    pub fn told(words: impl Into<String>) -> Self {
        Row { whole: true, ..Row::at(None, Place::Told, words) }
    }
}

/// What the arrow, or the remark at a lifeline, says.
fn words(event: &Event) -> String {
    let size = escape::size(event.bytes);
    let times = if event.times > 1 { format!(" in {} pieces", event.times) } else { String::new() };
    let data = format!("{} {size}{times}", event.text);
    let address =
        |word: &str| event.address.map_or(String::new(), |address| format!(" {word} {address}"));
    let own_words = |else_these: &str| match event.text.as_str() {
        "" | "\"\"" => else_these.to_owned(),
        words => words.to_owned(),
    };
    match event.what {
        What::Run => format!("run: {}", event.text),
        What::Stdin => format!("types {data}"),
        What::StdinClosed => "stdin ends".into(),
        What::Stdout => format!("prints {data}"),
        What::Stderr => format!("stderr {data}"),
        What::Exit => event.text.clone(),
        What::TakenDown => own_words("killed by the grader"),
        What::Connect => own_words(&format!("connect{}", address("to"))),
        What::Accept => format!("connect{}", address("from")),
        What::HalfClose => own_words("half-close"),
        What::End => own_words("end of stream"),
        What::Close => own_words("close"),
        What::Reset | What::ResetReceived => own_words("reset"),
        What::SentDatagram | What::SentDatagramLost => {
            format!("datagram {data}{}", address("to"))
        }
        What::ReceivedDatagram | What::ReceivedDatagramLost => {
            format!("datagram {data}{}", address("from"))
        }
        What::Sent | What::Received => data,
        What::Wait | What::Note => event.text.clone(),
    }
}

/// Draws the rows of a ladder for a terminal.
#[derive(Clone, Copy, Debug)]
pub struct Ladder {
    /// Columns left of the left lifeline.
    margin: usize,
    /// Columns between the two lifelines.
    inside: usize,
}

impl Ladder {
    /// A ladder `width` columns wide, at least 40. A narrow one shows no times.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self::with_margin(width, if width < NARROW { 0 } else { MARGIN })
    }

    fn with_margin(width: usize, margin: usize) -> Self {
        Ladder { margin, inside: width.max(NARROWEST) - margin - 2 }
    }

    /// The names above the two lifelines.
    #[must_use]
    pub fn heading(&self, left: &str, right: &str) -> String {
        let room = (self.inside + 2).saturating_sub(left.width() + right.width());
        format!("{}{left}{}{right}", " ".repeat(self.margin), " ".repeat(room))
    }

    /// The lines of a row, each as wide as the ladder.
    #[must_use]
    pub fn lines(&self, row: &Row) -> Vec<String> {
        let room = self.inside.saturating_sub(6);
        let parts = match row.whole {
            true if row.place == Place::Told => wrapped("", &row.label, room, 0),
            true => broken(&row.label, room),
            false => vec![row.label.clone()],
        };
        let line = |(number, label): (usize, &String)| {
            let drawn = match row.place {
                Place::ToRight => self.arrow_right(label),
                Place::ToLeft => self.arrow_left(label),
                Place::LostToRight => self.lost_to_right(label),
                Place::LostToLeft => self.lost_to_left(label),
                Place::AtLeft => self.at_left(label, number == 0),
                Place::AtRight => self.at_right(label, number == 0),
                Place::Between => self.between(label),
                Place::Told => self.told(label),
            };
            match row.at.filter(|_| number == 0 && self.margin > 0) {
                Some(at) => format!("{:>7}   {drawn}", time(at)),
                None => " ".repeat(self.margin) + &drawn,
            }
        };
        parts.iter().enumerate().map(line).collect()
    }

    fn arrow_right(&self, label: &str) -> String {
        let label = cut(label, self.inside.saturating_sub(6));
        let line = "─".repeat(self.inside.saturating_sub(label.width() + 5));
        format!("│── {label} {line}▶│")
    }

    fn arrow_left(&self, label: &str) -> String {
        let label = cut(label, self.inside.saturating_sub(6));
        let line = "─".repeat(self.inside.saturating_sub(label.width() + 5));
        format!("│◀{line} {label} ──│")
    }

    fn lost_to_right(&self, label: &str) -> String {
        let label = cut(label, self.inside.saturating_sub(15));
        let line = "─".repeat(self.inside.saturating_sub(label.width() + 14));
        format!("│── {label} {line} ✗ lost   │")
    }

    fn lost_to_left(&self, label: &str) -> String {
        let label = cut(label, self.inside.saturating_sub(15));
        let line = "─".repeat(self.inside.saturating_sub(label.width() + 14));
        format!("│   lost ✗ {line} {label} ──│")
    }

    /// Only a row's first line has the tick: it happened once.
    fn at_left(&self, label: &str, is_first: bool) -> String {
        let label = cut(label, self.inside.saturating_sub(4));
        let gap = " ".repeat(self.inside.saturating_sub(label.width() + 2));
        let tick = if is_first { "├─" } else { "│ " };
        format!("{tick} {label}{gap}│")
    }

    fn at_right(&self, label: &str, is_first: bool) -> String {
        let label = cut(label, self.inside.saturating_sub(4));
        let gap = " ".repeat(self.inside.saturating_sub(label.width() + 2));
        let tick = if is_first { "─┤" } else { " │" };
        format!("│{gap}{label} {tick}")
    }

    fn between(&self, label: &str) -> String {
        let label = cut(label, self.inside.saturating_sub(4));
        let gap = " ".repeat(self.inside.saturating_sub(label.width() + 3));
        format!("┊   {label}{gap}┊")
    }

    fn told(&self, label: &str) -> String {
        let label = cut(label, self.inside.saturating_sub(3));
        let gap = " ".repeat(self.inside.saturating_sub(label.width() + 2));
        format!("┊  {label}{gap}┊")
    }
}

/// A time in at most seven columns, for as long as a day lasts.
fn time(at: Duration) -> String {
    match at.as_millis() {
        milliseconds @ 0..10_000 => format!("{milliseconds} ms"),
        10_000..1_000_000 => format!("{:.1} s", at.as_secs_f64()),
        milliseconds => format!("{} s", milliseconds / 1000),
    }
}

/// `text` in at most `columns` columns; what is cut off shows as `…`, and the end, which has the
/// count, stays.
fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.into();
    }
    let end: String = match text.rfind("\" ").or_else(|| text.rfind("\"… ")) {
        Some(at) if text.len() - at < columns / 2 => text[at..].trim_start_matches("\"…").into(),
        _ => String::new(),
    };
    let end = if end.is_empty() || end.starts_with('"') { end } else { format!("\"{end}") };
    let mut room = columns.saturating_sub(end.width() + 1);
    let mut start = String::new();
    for c in text.chars() {
        let width = c.width().unwrap_or(0);
        if width > room {
            break;
        }
        room -= width;
        start.push(c);
    }
    format!("{start}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    pub(super) fn event(at: u64, what: What, text: &str, bytes: u64) -> Event {
        Event {
            at: Duration::from_millis(at),
            peer: "client".into(),
            program: "your server".into(),
            what,
            bytes,
            text: text.into(),
            address: None,
            times: 1,
        }
    }

    #[test]
    fn the_rails_stand_straight_at_every_width_and_with_wide_characters() {
        let long = format!("\"{}\"", "好".repeat(200));
        let events = [
            event(0, What::Connect, "", 0),
            event(1, What::Sent, "\"hello!\"", 6),
            event(2, What::Received, &long, 600),
            event(2001, What::Wait, "2.0 s, nothing came", 0),
            event(2002, What::Stdout, "\"listening\"", 9),
            event(12_345, What::SentDatagramLost, &long, 600),
            event(86_399_999, What::ReceivedDatagramLost, "\"x\"", 1),
        ];
        for width in [1, 40, 41, 80, 120] {
            let drawn = Conversation::of(&events, None).text(width);
            let widths: Vec<_> = drawn.lines().skip(1).map(UnicodeWidthStr::width).collect();
            assert!(widths.iter().all(|w| *w == width.max(40)), "{widths:?}\n{drawn}");
        }
    }

    #[test]
    fn a_long_label_keeps_its_count() {
        let text = format!("\"{}\"", "x".repeat(250));
        let drawn = Conversation::of(&[event(1, What::Sent, &text, 250)], None).text(60);
        assert!(drawn.contains("…\" 250 B ─"), "{drawn}");
    }

    #[test]
    fn a_long_command_is_shown_to_its_end() {
        let command = format!("client --addr 127.0.0.1:1 {} --retries 20", "x ".repeat(60));
        let drawn = Conversation::of(&[event(0, What::Run, &command, 0)], None).text(80);
        assert!(drawn.contains("--retries 20  │") && drawn.lines().count() == 4, "{drawn}");
        assert_eq!(drawn.matches('┤').count(), 1, "it was run once: {drawn}");
    }

    #[test]
    fn what_is_on_stderr_and_a_note_with_a_seed_are_shown_to_their_ends() {
        let long = format!("\"error: {}refused\"", "x ".repeat(60));
        let note = format!("a further experiment: {}seed 4294967295", "x ".repeat(60));
        let events = [event(0, What::Stderr, &long, 149), event(1, What::Note, &note, 0)];
        let drawn = Conversation::of(&events, None).text(80);
        assert!(drawn.contains("refused\" 149 B") && drawn.contains("4294967295"), "{drawn}");
    }

    #[test]
    fn every_place_is_as_wide_as_the_ladder_and_a_narrow_one_leaves_the_times_out() {
        use Place::{AtLeft, AtRight, Between, LostToLeft, LostToRight, ToLeft, ToRight, Told};
        let places = [ToRight, ToLeft, LostToRight, LostToLeft, AtLeft, AtRight, Between, Told];
        for width in [40, 59, 60, 80] {
            let ladder = Ladder::new(width);
            for (place, label) in
                places.iter().flat_map(|p| [(*p, "hi".into()), (*p, "好 ".repeat(90))])
            {
                let at = Some(Duration::from_millis(7));
                let row = Row { whole: place == Told, ..Row::at(at, place, label) };
                let lines = ladder.lines(&row);
                assert!(lines.iter().all(|line| line.width() == width), "{lines:#?}");
                assert_eq!(lines[0].contains("7 ms"), width >= NARROW, "{lines:#?}");
            }
            assert_eq!(ladder.heading("client", "server").width(), width);
        }
    }

    #[test]
    fn a_program_stands_at_its_own_lifeline_under_its_own_name() {
        let exit = event(3, What::Exit, "exit code 0", 0);
        let row = Row::of(&exit, Side::Left, "client 2");
        assert_eq!((row.place, row.label.as_str()), (Place::AtLeft, "client 2: exit code 0"));
        assert_eq!(Row::of(&exit, Side::Right, "").label, "exit code 0");
    }
}
