//! stdout, as every command prints on it.

use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::{Mutex, PoisonError};

use grader::report::{Look, terminal_size};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Prints lines until stdout is closed or full. The work goes on in both cases: what was graded is
/// recorded and the exit code is right, only nobody reads along.
pub(crate) struct Screen {
    pub(crate) look: Look,
    ended: Mutex<Option<io::Error>>,
}

impl Screen {
    pub(crate) fn stdout() -> Self {
        Self { look: Look::of_stdout(), ended: Mutex::new(None) }
    }

    /// Prints `text` and ends the line.
    pub(crate) fn line(&self, text: impl fmt::Display) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if ended.is_none() {
            *ended = netkit::screen::line(text).err();
        }
    }

    /// The terminal's own columns; what is printed uses no more than `look` says.
    pub(crate) fn columns(&self) -> usize {
        terminal_size().map_or(self.look.width, |(width, _)| width).max(1)
    }

    /// Prints `text`, and the line goes on.
    pub(crate) fn part(&self, text: &str) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if ended.is_none() {
            *ended = netkit::screen::bytes(text.as_bytes()).err();
        }
    }

    /// Prints an empty line.
    pub(crate) fn gap(&self) {
        self.line("");
    }

    /// Prints `text` behind `head`, in as many rows as it takes; all but the first are indented.
    pub(crate) fn paragraph(&self, head: &str, text: &str, indent: usize) {
        for row in wrapped(head, text, self.look.width, indent) {
            self.line(row);
        }
    }

    /// What went wrong with stdout. A reader who has left is no error.
    pub(crate) fn trouble(self) -> Option<io::Error> {
        let ended = self.ended.into_inner().unwrap_or_else(PoisonError::into_inner);
        ended.filter(|error| error.kind() != ErrorKind::BrokenPipe)
    }
}

/// Breaks `text` into rows of at most `width` columns, at spaces where that is possible. The first
/// row begins with `head`, which stays as it is; every other row begins with `indent` spaces.
pub(crate) fn wrapped(head: &str, text: &str, width: usize, indent: usize) -> Vec<String> {
    let width = width.max(indent + 2);
    let mut rows = Vec::new();
    let mut row = String::from(head);
    let mut row_has_words = false;
    let new_row = || " ".repeat(indent);
    for word in text.split_whitespace() {
        if row_has_words && row.width() + 1 + word.width() > width {
            rows.push(std::mem::replace(&mut row, new_row()));
        } else if row_has_words {
            row.push(' ');
        } else if row.width() > indent && row.width() + word.width() > width {
            rows.push(std::mem::replace(&mut row, new_row()).trim_end().into()); // a long head
        }
        for letter in word.chars() {
            if row.width() + letter.width().unwrap_or(0) > width {
                rows.push(std::mem::replace(&mut row, new_row()));
            }
            row.push(letter);
        }
        row_has_words = true;
    }
    rows.push(row);
    rows
}

/// As much of `text` as fits into `width` columns, with `…` where something is left out.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.into();
    }
    let mut used = 1; // the `…`
    let fits = |letter: &char| {
        used += letter.width().unwrap_or(0);
        used <= width
    };
    let kept: String = text.chars().take_while(fits).collect();
    if width == 0 { kept } else { format!("{}…", kept.trim_end()) }
}

#[cfg(test)]
mod tests {
    use super::{cut, wrapped};

    #[test]
    fn what_is_left_out_is_marked() {
        assert_eq!(cut("one two", 7), "one two");
        assert_eq!(cut("one two", 6), "one t…");
        assert_eq!(cut("one two", 5), "one…");
        assert_eq!(cut("时间", 3), "时…");
        assert_eq!(cut("one", 0), "");
    }

    #[test]
    fn a_paragraph_is_broken_at_spaces_and_its_rows_are_indented() {
        assert_eq!(wrapped("", "one two three four", 9, 2), ["one two", "  three", "  four"]);
        assert_eq!(wrapped("a  b  ", "one  two", 9, 2), ["a  b  one", "  two"]);
        assert_eq!(wrapped("a  b  ", "three", 9, 2), ["a  b", "  three"]);
        assert_eq!(wrapped("", "", 20, 4), [""]);
    }

    #[test]
    fn a_word_that_is_too_long_is_cut_and_wide_letters_count_twice() {
        assert_eq!(wrapped("", "abcdefgh", 4, 1), ["abcd", " efg", " h"]);
        assert_eq!(wrapped("", "时间时间", 4, 0), ["时间", "时间"]);
    }
}
