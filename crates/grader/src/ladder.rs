//! The conversation as a ladder: the grader on the left, the program on the right, time downwards.
//!
//! ```text
//!           client (grader)                     your server
//!    0 ms   │── connect ────────────────────────────▶│
//!    0 ms   │── "hello!" 6 B ───────────────────────▶│
//!           ┊   2.0 s, nothing came                  ┊
//! ```

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::escape;
use crate::record::{Event, What};
use crate::report::wrapped;

/// Columns left of the grader's rail: the time and a gap.
const MARGIN: usize = 10;
/// A long conversation shows this many rows from its start, and this many before its end.
const HEAD: usize = 14;
const TAIL: usize = 24;
/// The narrowest a ladder is drawn.
const NARROWEST: usize = 40;

/// Draws `events`, in the order given, at most `width` columns wide (at least 40).
#[must_use]
pub(crate) fn draw(events: &[Event], width: usize) -> String {
    let ladder = Ladder::of(events, width.max(NARROWEST));
    let mut lines = vec![ladder.heading()];
    let rows = folded(events);
    let hidden = rows.len().saturating_sub(HEAD + TAIL);
    for (row, (event, repeats)) in rows.iter().enumerate() {
        if hidden > 1 && (HEAD..HEAD + hidden).contains(&row) {
            if row == HEAD {
                lines.push(ladder.pause(&format!("{hidden} more events")));
            }
            // How a program ended is never left out.
            if event.what != What::Exit {
                continue;
            }
        }
        lines.extend(ladder.rows(event, *repeats));
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

struct Ladder {
    /// Columns between the two rails.
    inside: usize,
    peers: Vec<String>,
    programs: Vec<String>,
}

impl Ladder {
    fn of(events: &[Event], width: usize) -> Self {
        let names = |name: fn(&Event) -> &String| {
            let mut names: Vec<String> = Vec::new();
            for event in events {
                if !name(event).is_empty() && !names.contains(name(event)) {
                    names.push(name(event).clone());
                }
            }
            names
        };
        Ladder {
            inside: width - MARGIN - 2,
            peers: names(|event| &event.peer),
            programs: names(|event| &event.program),
        }
    }

    fn heading(&self) -> String {
        let left = match &*self.peers {
            [] => "grader".into(),
            [one] => format!("{one} (grader)"),
            _ => "grader".into(),
        };
        let right = match &*self.programs {
            [] => String::new(),
            [one] => one.clone(),
            _ => "your programs".into(),
        };
        let room = (self.inside + 2).saturating_sub(left.width() + right.width());
        format!("{}{left}{}{right}", " ".repeat(MARGIN), " ".repeat(room))
    }

    fn rows(&self, event: &Event, repeats: usize) -> Vec<String> {
        let mut label = self.label(event);
        if repeats > 1 {
            label = format!("{repeats} times {label}");
        }
        // What a check is about often stands in the arguments, so none is cut off.
        if event.what == What::Run {
            let lines = wrapped(&label, self.inside.saturating_sub(6));
            let row = |(number, line): (usize, &String)| match number {
                0 => format!("{:>7}   {}", time(event), self.at_program(line)),
                _ => format!("{}{}", " ".repeat(MARGIN), self.at_program(line)),
            };
            return lines.iter().enumerate().map(row).collect();
        }
        vec![self.row(event, &label)]
    }

    fn row(&self, event: &Event, label: &str) -> String {
        let inner = match event.what {
            What::Connect
            | What::Sent
            | What::SentDatagram
            | What::HalfClose
            | What::Close
            | What::Reset => self.arrow_right(label),
            What::Accept
            | What::Received
            | What::ReceivedDatagram
            | What::End
            | What::ResetReceived => self.arrow_left(label),
            What::Wait => return self.pause(label),
            What::Note => return self.pause(label),
            _ => self.at_program(label),
        };
        format!("{:>7}   {inner}", time(event))
    }

    /// What the arrow, or the note at the program's rail, says.
    fn label(&self, event: &Event) -> String {
        let size = escape::size(event.bytes);
        let times =
            if event.times > 1 { format!(" in {} pieces", event.times) } else { String::new() };
        let data = format!("{} {size}{times}", event.text);
        let address = |word: &str| {
            event.address.map_or(String::new(), |address| format!(" {word} {address}"))
        };
        let words = match event.what {
            What::Run => format!("run: {}", event.text),
            What::Stdin => format!("types {data}"),
            What::StdinClosed => "stdin ends".into(),
            What::Stdout => format!("prints {data}"),
            What::Stderr => format!("stderr {data}"),
            What::Exit => event.text.clone(),
            What::TakenDown => "killed by the grader".into(),
            What::Connect => format!("connect{}", address("to")),
            What::Accept => format!("connect{}", address("from")),
            What::HalfClose => "half-close".into(),
            What::End => "end of stream".into(),
            What::Close => "close".into(),
            What::Reset | What::ResetReceived => "reset".into(),
            What::SentDatagram => format!("datagram {data}{}", address("to")),
            What::ReceivedDatagram => format!("datagram {data}{}", address("from")),
            What::Sent | What::Received => data,
            What::Wait | What::Note => event.text.clone(),
        };
        let mut names = Vec::new();
        if self.peers.len() > 1 && !event.peer.is_empty() {
            names.push(event.peer.as_str());
        }
        if self.programs.len() > 1 && !event.program.is_empty() {
            names.push(event.program.as_str());
        }
        if names.is_empty() { words } else { format!("{}: {words}", names.join(", ")) }
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

    fn at_program(&self, label: &str) -> String {
        let label = cut(label, self.inside.saturating_sub(4));
        let gap = " ".repeat(self.inside.saturating_sub(label.width() + 2));
        format!("│{gap}{label} ─┤")
    }

    fn pause(&self, label: &str) -> String {
        let label = cut(label, self.inside.saturating_sub(4));
        let gap = " ".repeat(self.inside.saturating_sub(label.width() + 3));
        format!("{}┊   {label}{gap}┊", " ".repeat(MARGIN))
    }
}

fn time(event: &Event) -> String {
    format!("{} ms", event.at.as_millis())
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
}
