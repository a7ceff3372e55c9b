//! The record as text: for two hosts a ladder with an arrow for each frame, for more a list.

use std::fmt::Write;

use super::{Event, Fate, Recorder, is_gone, remark};
use crate::decode::Numbers;

/// Columns for a host's state: the longest, SYN-RECEIVED.
const STATE: usize = 12;
/// Columns between the two hosts at least.
const BETWEEN: usize = 36;

impl Recorder {
    /// What became of each frame, one row each, with relative sequence numbers. Lost frames end in
    /// ✗. For two hosts it is a ladder with the states of both, where they were recorded.
    pub fn ladder(&self) -> String {
        let mut numbers = Numbers::default();
        let rows = self.ends().into_iter().map(|event| {
            let text = numbers.line(&event.frame.bytes);
            (event, text)
        });
        let rows: Vec<_> = rows.collect();
        if self.hosts().len() == 2 { self.arrows(&rows) } else { self.list(&rows) }
    }

    fn arrows(&self, rows: &[(Event, String)]) -> String {
        let longest = rows.iter().map(|(_, text)| text.chars().count()).max().unwrap_or(0);
        let width = (longest + 8).max(BETWEEN);
        let mut out = String::new();
        let (left, right) = (self.name(0), self.name(1));
        // Writing to a String can't fail.
        let _ = writeln!(out, "{:>9}  {left:>STATE$} │{:width$}│ {right}", "seconds", "");
        for (event, text) in rows {
            let state = |host: usize| {
                let seen = event.states.iter().find(|seen| seen.host == host);
                seen.map_or("", |seen| seen.state().name())
            };
            let arrow = arrow(event, text, width);
            let row = format!(
                "{:>9.3}  {:>STATE$} │{arrow}│ {:STATE$} {}",
                event.time.as_secs_f64(),
                state(0),
                state(1),
                remark(event),
            );
            let _ = writeln!(out, "{}", row.trim_end());
        }
        out
    }

    fn list(&self, rows: &[(Event, String)]) -> String {
        let name = |event: &Event| self.name(event.frame.from).to_owned();
        let width = rows.iter().map(|(event, _)| name(event).chars().count()).max().unwrap_or(0);
        let mut out = String::new();
        for (event, text) in rows {
            let (time, from) = (event.time.as_secs_f64(), name(event));
            let end = if is_gone(event.fate) { '✗' } else { '▶' };
            let row = format!("{time:>9.3}  {from:>width$} {end} {text}  {}", remark(event));
            let _ = writeln!(out, "{}", row.trim_end());
        }
        out
    }
}

/// `── SYN  seq 0 ───────▶`, or from the right, or with ✗ where it ended.
pub(super) fn arrow(event: &Event, text: &str, width: usize) -> String {
    let near = "─".repeat(2);
    let left = width.saturating_sub(text.chars().count() + 5);
    let (far, end) = if is_gone(event.fate) {
        (format!("{}✗", "─".repeat(left.saturating_sub(3))), "   ")
    } else {
        ("─".repeat(left), "▶")
    };
    let to_the_right = (event.frame.from == 0) != (event.fate == Fate::Injected);
    if to_the_right {
        let drawn = format!("{near} {text} {far}{end}");
        pad(&drawn, width, false)
    } else {
        let (far, end): (String, String) =
            (far.chars().rev().collect(), end.replace('▶', "◀").chars().rev().collect());
        pad(&format!("{end}{far} {text} {near}"), width, true)
    }
}

fn pad(drawn: &str, width: usize, at_the_left: bool) -> String {
    let missing = " ".repeat(width.saturating_sub(drawn.chars().count()));
    if at_the_left { format!("{missing}{drawn}") } else { format!("{drawn}{missing}") }
}
