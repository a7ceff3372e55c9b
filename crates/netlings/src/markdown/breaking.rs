//! Where a row ends: words of several styles, and lines of code.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Row, Span, Style, span, width};

/// Stands in a text where a line has to end.
pub(super) const LINE_END: &str = "\n";

/// Stands before what is left of a line of code that was broken.
pub(super) const CONTINUED: &str = "↪ ";

/// A line of code in parts; all but the first have room for [`CONTINUED`].
pub(super) fn broken(line: &str, room: usize) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut left = room;
    for letter in line.chars() {
        let columns = letter.width().unwrap_or(0);
        if columns > left {
            parts.push(String::new());
            left = room.saturating_sub(CONTINUED.width()).max(2);
        }
        left = left.saturating_sub(columns);
        parts.last_mut().expect("there is always one").push(letter);
    }
    parts
}

/// `inline` in rows of at most `room` columns, broken at spaces where that is possible.
pub(super) fn wrapped(inline: &[Span], room: usize) -> Vec<Row> {
    let mut rows = vec![Row::new()];
    let (mut used, mut word, mut space_before) = (0, Row::new(), false);
    let mut end_word = |word: &mut Row, space_before: bool, rows: &mut Vec<Row>, ends: bool| {
        let columns = width(word);
        let gap = usize::from(space_before && used > 0);
        if used > 0 && used + gap + columns > room && columns > 0 {
            rows.push(Row::new());
            used = 0;
        } else if gap > 0 && columns > 0 {
            push(rows, ' ', Style::Plain);
            used += 1;
        }
        for piece in word.drain(..) {
            for letter in piece.text.chars() {
                let columns = letter.width().unwrap_or(0);
                if used + columns > room && used > 0 {
                    rows.push(Row::new());
                    used = 0;
                }
                push(rows, letter, piece.style);
                used += columns;
            }
        }
        if ends {
            rows.push(Row::new());
            used = 0;
        }
    };
    for piece in inline {
        if piece.text == LINE_END {
            end_word(&mut word, space_before, &mut rows, true);
            space_before = false;
            continue;
        }
        for letter in piece.text.chars() {
            if letter.is_whitespace() {
                end_word(&mut word, space_before, &mut rows, false);
                space_before = true;
                continue;
            }
            match word.last_mut() {
                Some(last) if last.style == piece.style => last.text.push(letter),
                _ => word.push(span(letter, piece.style)),
            }
        }
    }
    end_word(&mut word, space_before, &mut rows, false);
    rows
}

/// Adds a letter to the last row.
fn push(rows: &mut [Row], letter: char, style: Style) {
    let row = rows.last_mut().expect("there is always one");
    match row.last_mut() {
        Some(last) if last.style == style => last.text.push(letter),
        _ => row.push(span(letter, style)),
    }
}
