//! A conversation as a ladder of two lifelines, time downwards.
//!
//! ```text
//!           client (grader)                     your server
//!    0 ms   │── connect ────────────────────────────▶│
//!    0 ms   │── "hello!" 6 B ───────────────────────▶│
//!           ┊   2.0 s, nothing came                  ┊
//! ```
//!
//! An [event](crate::Event) becomes a [`Row`], which says what stands where and in which words; a [`Ladder`]
//! draws rows for a terminal, one by one, and [`svg`] draws all of them as a picture.

use std::time::Duration;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::layout::wrapped;

mod check;
mod row;
mod svg;

pub(crate) use check::draw;
pub use row::{Place, Row, Side};
pub use svg::svg;

/// Columns left of the left lifeline: the time and a gap.
const MARGIN: usize = 10;
/// The narrowest a ladder is drawn.
const NARROWEST: usize = 40;
/// What is narrower leaves the times out.
const NARROW: usize = 60;

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
        let parts = match row.whole {
            true => wrapped("", &row.label, self.inside.saturating_sub(6), 0),
            false => vec![row.label.clone()],
        };
        let line = |(number, label): (usize, &String)| {
            let drawn = match row.place {
                Place::ToRight => self.arrow_right(label),
                Place::ToLeft => self.arrow_left(label),
                Place::LostToRight => self.lost_to_right(label),
                Place::LostToLeft => self.lost_to_left(label),
                Place::AtLeft => self.at_left(label),
                Place::AtRight => self.at_right(label),
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

    fn at_left(&self, label: &str) -> String {
        let label = cut(label, self.inside.saturating_sub(4));
        let gap = " ".repeat(self.inside.saturating_sub(label.width() + 2));
        format!("├─ {label}{gap}│")
    }

    fn at_right(&self, label: &str) -> String {
        let label = cut(label, self.inside.saturating_sub(4));
        let gap = " ".repeat(self.inside.saturating_sub(label.width() + 2));
        format!("│{gap}{label} ─┤")
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
    use crate::record::{Event, What};

    fn event(at: u64, what: What, text: &str, bytes: u64) -> Event {
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
            let drawn = draw(&events, width);
            let widths: Vec<_> = drawn.lines().skip(1).map(UnicodeWidthStr::width).collect();
            assert!(widths.iter().all(|w| *w == width.max(40)), "{widths:?}\n{drawn}");
        }
    }

    #[test]
    fn a_long_label_keeps_its_count() {
        let text = format!("\"{}\"", "x".repeat(250));
        let drawn = draw(&[event(1, What::Sent, &text, 250)], 60);
        assert!(drawn.contains("…\" 250 B ─"), "{drawn}");
    }

    #[test]
    fn a_long_conversation_is_cut_in_its_middle() {
        let events: Vec<_> =
            (0..1000).map(|at| event(at, What::Sent, &at.to_string(), 1)).collect();
        let drawn = draw(&events, 80);
        assert!(drawn.contains("962 more events") && drawn.lines().count() < 45, "{drawn}");
    }

    #[test]
    fn the_same_again_is_folded_and_an_exit_is_never_left_out() {
        let mut events: Vec<_> = (0..50).map(|at| event(at, What::Sent, "\"tick\"", 4)).collect();
        let drawn = draw(&events, 80);
        assert!(drawn.contains("50 times \"tick\" 4 B") && drawn.lines().count() == 2, "{drawn}");
        events = (0..90).map(|at| event(at, What::Sent, &at.to_string(), at)).collect();
        events[40].what = What::Exit;
        events[40].text = "exit code 1".into();
        assert!(draw(&events, 80).contains("exit code 1"));
    }

    #[test]
    fn a_long_command_is_shown_to_its_end() {
        let command = format!("client --addr 127.0.0.1:1 {} --retries 20", "x ".repeat(60));
        let drawn = draw(&[event(0, What::Run, &command, 0)], 80);
        assert!(drawn.contains("--retries 20 ─┤") && drawn.lines().count() == 4, "{drawn}");
    }

    #[test]
    fn several_peers_are_told_apart() {
        let mut second = event(1, What::Connect, "", 0);
        second.peer = "client 2".into();
        let drawn = draw(&[event(0, What::Connect, "", 0), second], 80);
        assert!(drawn.contains("client: connect") && drawn.contains("client 2: connect"));
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
