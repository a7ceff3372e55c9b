//! What the programs of one side printed, as a terminal would show it, but for what would drive it.

use std::collections::VecDeque;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// So many lines are kept, the last ones.
const MOST_LINES: usize = 1000;
/// A longer line is broken, in bytes.
const LONGEST: usize = 4096;
/// Columns from one tab stop to the next.
const TAB: usize = 8;
/// How a carriage return is shown; before a line feed it is none.
const RETURN: char = '␍';

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Printed,
    /// It came on stderr.
    Complained,
    Typed,
    /// It is said of the program.
    Told,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    kind: Kind,
    text: String,
}

pub(super) struct Pane {
    /// Whose lines need no name before them.
    name: &'static str,
    lines: VecDeque<Line>,
    left_out: usize,
    /// The last line may go on.
    is_open: bool,
    /// Whose the last line is.
    speaker: String,
    /// The first bytes of a character whose others have not come.
    unfinished: Vec<u8>,
    /// So many rows are below those that are shown.
    pub(super) scroll: usize,
}

impl Pane {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            lines: VecDeque::new(),
            left_out: 0,
            is_open: false,
            speaker: name.into(),
            unfinished: Vec::new(),
            scroll: 0,
        }
    }

    /// What `speaker` has printed, in whatever pieces it comes.
    pub(super) fn prints(&mut self, speaker: &str, kind: Kind, bytes: &[u8]) {
        self.speaks(speaker);
        if self.lines.back().is_some_and(|line| line.kind != kind) {
            self.ends_line();
        }
        let mut all = std::mem::take(&mut self.unfinished);
        all.extend_from_slice(bytes);
        self.unfinished = all.split_off(all.len() - unfinished(&all));
        for chunk in all.utf8_chunks() {
            for (number, part) in chunk.valid().split('\n').enumerate() {
                if number > 0 {
                    self.feeds_line(kind);
                }
                if !part.is_empty() {
                    self.adds(kind, &netkit::visible(part.as_bytes()));
                }
            }
            for byte in chunk.invalid() {
                self.adds(kind, &format!("\\x{byte:02x}"));
            }
        }
    }

    /// A line that somebody typed for `into`: behind its prompt, where it has printed one.
    pub(super) fn typed(&mut self, into: &str, line: &str) {
        self.speaks(into);
        self.finishes_character();
        let has_prompt = self.is_open
            && self.lines.back().is_some_and(|it| it.kind == Kind::Printed && !it.text.is_empty());
        let text = netkit::visible(line.as_bytes());
        match has_prompt {
            true => self.adds(Kind::Printed, &text),
            false => {
                self.ends_line();
                self.adds(Kind::Typed, &text);
            }
        }
        self.is_open = false;
    }

    /// Something that is said of a program.
    pub(super) fn tells(&mut self, words: &str) {
        self.ends_line();
        self.adds(Kind::Told, words);
        self.is_open = false;
    }

    /// What comes next is `speaker`'s; that is said where it is not clear.
    fn speaks(&mut self, speaker: &str) {
        if self.speaker != speaker {
            self.speaker = speaker.into();
            self.tells(&format!("{speaker}:"));
        }
    }

    /// From now on the lines are those of one that was just started.
    pub(super) fn begins(&mut self, speaker: &str, command: &str) {
        self.tells(&match speaker == self.name {
            true => format!("$ {command}"),
            false => format!("{speaker}: $ {command}"),
        });
        self.speaker = speaker.into();
    }

    fn feeds_line(&mut self, kind: Kind) {
        if !self.is_open {
            self.opens(kind);
        }
        if let Some(line) = self.lines.back_mut().filter(|line| line.text.ends_with(RETURN)) {
            line.text.pop();
        }
        self.is_open = false;
    }

    fn ends_line(&mut self) {
        self.finishes_character();
        self.is_open = false;
    }

    /// Its other bytes do not come any more.
    fn finishes_character(&mut self) {
        let kind = self.lines.back().map_or(Kind::Printed, |line| line.kind);
        for byte in std::mem::take(&mut self.unfinished) {
            self.adds(kind, &format!("\\x{byte:02x}"));
        }
    }

    fn opens(&mut self, kind: Kind) {
        self.lines.push_back(Line { kind, text: String::new() });
        self.is_open = true;
        if self.lines.len() > MOST_LINES {
            self.lines.pop_front();
            self.left_out += 1;
        }
    }

    fn adds(&mut self, kind: Kind, text: &str) {
        for letter in text.chars() {
            let is_full = self.lines.back().is_some_and(|line| line.text.len() >= LONGEST);
            if !self.is_open || is_full {
                self.opens(kind);
            }
            let Some(line) = self.lines.back_mut() else { return };
            match letter {
                '\t' => {
                    let columns = TAB - line.text.width() % TAB;
                    line.text.push_str(&" ".repeat(columns));
                }
                letter => line.text.push(letter),
            }
        }
    }

    /// The rows that fit, the last ones unless it is scrolled. `scroll` becomes what is possible.
    pub(super) fn rows(&mut self, width: usize, height: usize) -> Vec<(Kind, String)> {
        let mut rows: Vec<(Kind, String)> = Vec::new();
        for line in self.lines.iter().rev() {
            if rows.len() >= height + self.scroll {
                break;
            }
            let head = match line.kind {
                Kind::Printed => "",
                Kind::Complained => "! ",
                Kind::Typed => "› ",
                Kind::Told => "· ",
            };
            let parts = in_rows(head, &line.text, width.max(4));
            rows.extend(parts.into_iter().rev().map(|part| (line.kind, part)));
        }
        self.scroll = self.scroll.min(rows.len().saturating_sub(height));
        rows.drain(..self.scroll);
        rows.truncate(height);
        rows.reverse();
        rows
    }

    /// How many lines are not kept any more.
    pub(super) fn left_out(&self) -> usize {
        self.left_out
    }
}

/// How many bytes at the end begin a character that is not whole.
fn unfinished(bytes: &[u8]) -> usize {
    let lengths = 1..=bytes.len().min(3);
    let begins = |length: &usize| {
        let end = &bytes[bytes.len() - length..];
        str::from_utf8(end)
            .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
    };
    lengths.rev().find(begins).unwrap_or(0)
}

/// `text` in rows of at most `width` columns; `head` stands before the first.
fn in_rows(head: &str, text: &str, width: usize) -> Vec<String> {
    let mut rows = Vec::new();
    let (mut row, mut used) = (head.to_owned(), head.width());
    for letter in text.chars() {
        let columns = letter.width().unwrap_or(0);
        if used + columns > width {
            rows.push(std::mem::take(&mut row));
            used = 0;
        }
        row.push(letter);
        used += columns;
    }
    rows.push(row);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(pane: &mut Pane) -> Vec<String> {
        pane.rows(40, 100).into_iter().map(|(_, row)| row).collect()
    }

    #[test]
    fn a_character_in_pieces_is_one_and_broken_ones_and_escapes_drive_nothing() {
        let mut pane = Pane::new("server");
        pane.prints("server", Kind::Printed, "时".as_bytes().split_at(1).0);
        pane.prints("server", Kind::Printed, &"时".as_bytes()[1..]);
        pane.prints("server", Kind::Printed, b"\x1b[2J\xff\r\nend\r");
        pane.prints("server", Kind::Printed, b"\n\xe6");
        pane.prints("server", Kind::Complained, b"a\tb\n");
        assert_eq!(rows(&mut pane), ["时␛[2J\\xff", "end", "\\xe6", "! a       b"]);
    }

    #[test]
    fn what_is_typed_stands_behind_the_prompt_and_whose_a_line_is_is_said() {
        let mut pane = Pane::new("client");
        pane.begins("client", "client");
        pane.prints("client", Kind::Printed, b">>> ");
        pane.typed("client", "hello");
        pane.typed("client", "again");
        pane.prints("client 2", Kind::Printed, b"me\n\nthere");
        pane.prints("client", Kind::Printed, b"x");
        let wanted = [
            "· $ client",
            ">>> hello",
            "› again",
            "· client 2:",
            "me",
            "",
            "there",
            "· client:",
            "x",
        ];
        assert_eq!(rows(&mut pane), wanted);
    }

    #[test]
    fn a_flood_is_bounded_and_rows_are_no_wider_than_asked() {
        let mut pane = Pane::new("server");
        pane.prints("server", Kind::Printed, &b"x".repeat(1 << 20));
        for _ in 0..5000 {
            pane.prints("server", Kind::Printed, "时间🦀\n".as_bytes());
        }
        assert!(pane.lines.len() <= MOST_LINES && pane.left_out() > 0);
        assert!(pane.lines.iter().all(|line| line.text.len() <= LONGEST + 4));
        for width in [4, 5, 9] {
            let rows = pane.rows(width, 50);
            assert!(rows.iter().all(|(_, row)| row.width() <= width), "{rows:?}");
        }
        pane.scroll = usize::MAX / 2;
        assert_eq!(pane.rows(40, 10).len(), 10);
        assert!(pane.scroll <= MOST_LINES * 200);
    }
}
