//! A check's events as a ladder: who takes part, what is the same again, and what is left out of a
//! long conversation.

use std::ops::Range;
use std::time::Duration;

use super::{Ladder, MARGIN, NARROWEST, Place, Row, Side};
use crate::record::{Event, What};

/// A long conversation shows this many rows from its start, and this many before its end.
const HEAD: usize = 14;
const TAIL: usize = 24;
/// Where a failure was found in between, its own rows are shown too, so many before and after, and
/// fewer at both ends.
const BEFORE: usize = 12;
const AFTER: usize = 3;
const HEAD_BESIDE: usize = 6;
const TAIL_BESIDE: usize = 17;

/// A check's conversation, ready to be drawn: who stands at the two lifelines, and the rows between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Who stands at the left lifeline: the grader.
    pub left: String,
    /// Who stands at the right lifeline: the program.
    pub right: String,
    /// What happened, from above.
    pub rows: Vec<Row>,
}

impl Conversation {
    /// What `events` come to, in the order given. Where a long conversation is cut, the rows around
    /// the time `found` stay.
    #[must_use]
    pub fn of(events: &[Event], found: Option<Duration>) -> Self {
        let names = Names::of(events);
        let folded = folded(events);
        let gaps = gaps(&folded, found);
        let mut rows = Vec::new();
        for (number, (event, repeats)) in folded.iter().enumerate() {
            if let Some(gap) = gaps.iter().find(|gap| gap.contains(&number)) {
                if number == gap.start {
                    let label = format!("{} more events", gap.len());
                    rows.push(Row::at(None, Place::Between, label));
                }
                // How a program ended is never left out.
                if event.what != What::Exit {
                    continue;
                }
            }
            let mut row = Row::of(event, Side::Right, &names.before(event));
            if *repeats > 1 {
                row.label = format!("{repeats} times {}", row.label);
            }
            rows.push(row);
        }
        let (left, right) = names.at_the_lifelines();
        Self { left, right, rows }
    }

    /// The conversation for a terminal, at most `width` columns wide (at least 40).
    #[must_use]
    pub fn text(&self, width: usize) -> String {
        let ladder = Ladder::with_margin(width.max(NARROWEST), MARGIN);
        let mut lines = vec![ladder.heading(&self.left, &self.right)];
        lines.extend(self.rows.iter().flat_map(|row| ladder.lines(row)));
        lines.iter().flat_map(|line| [line.trim_end(), "\n"]).collect()
    }

    /// The conversation as a picture, an SVG document with `title` above it.
    #[must_use]
    pub fn svg(&self, title: &str) -> String {
        super::svg(title, &self.left, &self.right, &self.rows)
    }
}

/// The rows of a long conversation that are left out, each gap of at least two.
fn gaps(rows: &[(&Event, usize)], found: Option<Duration>) -> Vec<Range<usize>> {
    let hidden = HEAD..rows.len().saturating_sub(TAIL);
    let last = found.and_then(|found| rows.iter().rposition(|(event, _)| event.at <= found));
    let around = last.map(|last| (last + 1).saturating_sub(BEFORE)..last + 1);
    let gaps = match around.filter(|it| it.start < hidden.end && hidden.start < it.end) {
        None => vec![hidden],
        Some(around) => {
            let tail = rows.len() - TAIL_BESIDE;
            vec![HEAD_BESIDE..around.start, (around.end + AFTER).min(tail)..tail]
        }
    };
    gaps.into_iter().filter(|gap| gap.len() > 1).collect()
}

/// The events, each with how often it came in a row, told in the same words.
fn folded(events: &[Event]) -> Vec<(&Event, usize)> {
    let mut rows: Vec<(&Event, usize)> = Vec::new();
    for event in events {
        let same = |last: &Event| {
            (last.what, &last.peer, &last.program) == (event.what, &event.peer, &event.program)
                && (&last.text, last.bytes, last.address)
                    == (&event.text, event.bytes, event.address)
        };
        match rows.last_mut() {
            Some((last, repeats)) if same(last) => *repeats += 1,
            _ => rows.push((event, 1)),
        }
    }
    rows
}

/// Who takes part in a check.
struct Names {
    peers: Vec<String>,
    programs: Vec<String>,
}

impl Names {
    fn of(events: &[Event]) -> Self {
        let names = |name: fn(&Event) -> &String| {
            let mut names: Vec<String> = Vec::new();
            for event in events {
                if !name(event).is_empty() && !names.contains(name(event)) {
                    names.push(name(event).clone());
                }
            }
            names
        };
        Names { peers: names(|event| &event.peer), programs: names(|event| &event.program) }
    }

    fn at_the_lifelines(&self) -> (String, String) {
        let left = match &*self.peers {
            [one] => format!("{one} (grader)"),
            _ => "grader".into(),
        };
        let right = match &*self.programs {
            [] => "",
            [one] => one,
            _ => "your programs",
        };
        (left, right.into())
    }

    /// Who it was, where there are several.
    fn before(&self, event: &Event) -> String {
        let mut names = Vec::new();
        if self.peers.len() > 1 && !event.peer.is_empty() {
            names.push(event.peer.as_str());
        }
        if self.programs.len() > 1 && !event.program.is_empty() {
            names.push(event.program.as_str());
        }
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::event;
    use super::*;

    fn draw(events: &[Event], found: Option<Duration>, width: usize) -> String {
        Conversation::of(events, found).text(width)
    }

    #[test]
    fn a_long_conversation_is_cut_in_its_middle() {
        let events: Vec<_> =
            (0..1000).map(|at| event(at, What::Sent, &at.to_string(), 1)).collect();
        let drawn = draw(&events, None, 80);
        assert!(drawn.contains("962 more events") && drawn.lines().count() < 45, "{drawn}");
    }

    #[test]
    fn where_a_long_conversation_is_cut_the_rows_around_the_failure_stay() {
        let events: Vec<_> =
            (0..100).map(|at| event(at, What::Sent, &format!("row {at}."), 1)).collect();
        for found in 0..100 {
            let drawn = draw(&events, Some(Duration::from_millis(found)), 80);
            for row in [0, found.saturating_sub(11), found.saturating_sub(1), found, 99] {
                assert!(drawn.contains(&format!("row {row}.")), "{found}, {row}: {drawn}");
            }
            assert!(drawn.lines().count() < 43, "{found}: {drawn}");
        }
        // Without a failure it is the middle that is left out.
        assert!(!draw(&events, None, 80).contains("row 50."));
    }

    #[test]
    fn the_same_again_is_folded_and_an_exit_is_never_left_out() {
        let mut events: Vec<_> = (0..50).map(|at| event(at, What::Sent, "\"tick\"", 4)).collect();
        let drawn = draw(&events, None, 80);
        assert!(drawn.contains("50 times \"tick\" 4 B") && drawn.lines().count() == 2, "{drawn}");
        events = (0..90).map(|at| event(at, What::Sent, &at.to_string(), at)).collect();
        events[40].what = What::Exit;
        events[40].text = "exit code 1".into();
        assert!(draw(&events, None, 80).contains("exit code 1"));
    }

    #[test]
    fn several_peers_are_told_apart() {
        let mut second = event(1, What::Connect, "", 0);
        second.peer = "client 2".into();
        let drawn = draw(&[event(0, What::Connect, "", 0), second], None, 80);
        assert!(drawn.contains("client: connect") && drawn.contains("client 2: connect"));
    }
}
