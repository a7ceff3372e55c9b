//! The ladder of a check: who takes part in it, and what is left out of a long one.

use super::{Ladder, MARGIN, NARROWEST, Place, Row, Side};
use crate::record::{Event, What};

/// A long conversation shows this many rows from its start, and this many before its end.
const HEAD: usize = 14;
const TAIL: usize = 24;

/// Draws a check's `events`, in the order given, at most `width` columns wide (at least 40): the
/// grader on the left, the program on the right.
#[must_use]
pub(crate) fn draw(events: &[Event], width: usize) -> String {
    let ladder = Ladder::with_margin(width.max(NARROWEST), MARGIN);
    let names = Names::of(events);
    let mut lines = vec![names.heading(ladder)];
    let rows = folded(events);
    let hidden = rows.len().saturating_sub(HEAD + TAIL);
    for (number, (event, repeats)) in rows.iter().enumerate() {
        if hidden > 1 && (HEAD..HEAD + hidden).contains(&number) {
            if number == HEAD {
                let label = format!("{hidden} more events");
                lines.extend(ladder.lines(&Row::at(None, Place::Between, label)));
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
        lines.extend(ladder.lines(&row));
    }
    lines.iter().flat_map(|line| [line.trim_end(), "\n"]).collect()
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

    fn heading(&self, ladder: Ladder) -> String {
        let left = match &*self.peers {
            [] => "grader".into(),
            [one] => format!("{one} (grader)"),
            _ => "grader".into(),
        };
        let right = match &*self.programs {
            [] => "",
            [one] => one,
            _ => "your programs",
        };
        ladder.heading(&left, right)
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
