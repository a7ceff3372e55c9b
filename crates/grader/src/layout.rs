//! Where the rows of a text end, on a terminal of so many columns.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Breaks `text` into rows of at most `width` columns, at spaces where that is possible. The first
/// row begins with `head`, which stays as it is; every other row begins with `indent` spaces.
#[must_use]
pub fn wrapped(head: &str, text: &str, width: usize, indent: usize) -> Vec<String> {
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

/// Breaks `text` into rows of at most `width` columns (at least 2) and keeps it as it is otherwise:
/// indentation and several spaces in a row stay. A number of bytes stays with its unit.
#[must_use]
pub fn broken(text: &str, width: usize) -> Vec<String> {
    let width = width.max(2);
    let (mut rows, mut rest) = (Vec::new(), text);
    loop {
        let mut used = 0;
        let over = rest.char_indices().find(|(_, letter)| {
            used += letter.width().unwrap_or(0);
            used > width
        });
        let Some((over, _)) = over else { break };
        // A space that stands just behind the row's edge ends it too.
        let spaces = rest[..over].rmatch_indices(' ').map(|(at, _)| at);
        let mut places = rest[over..].starts_with(' ').then_some(over).into_iter().chain(spaces);
        let place = places.find(|&at| !rest[..at].trim().is_empty() && !parts_a_size(rest, at));
        match place {
            Some(at) => {
                rows.push(rest[..at].trim_end().into());
                rest = &rest[at + 1..];
            }
            None => {
                rows.push(rest[..over].into());
                rest = &rest[over..];
            }
        }
    }
    rows.push(rest.into());
    rows
}

/// Whether the space at `at` stands between a number and its unit.
fn parts_a_size(text: &str, at: usize) -> bool {
    let unit = text[at + 1..].split(' ').next().unwrap_or_default();
    text[..at].ends_with(|c: char| c.is_ascii_digit()) && ["B", "KiB", "MiB"].contains(&unit)
}

#[cfg(test)]
mod tests {
    use super::{broken, wrapped};

    #[test]
    fn what_is_broken_keeps_its_spaces_and_a_size_its_unit() {
        assert_eq!(broken("    at  x.rs", 40), ["    at  x.rs"]);
        assert_eq!(broken("    at  x.rs y", 12), ["    at  x.rs", "y"]);
        assert_eq!(broken("\"abcd\" 49 B in 2 pieces", 9), ["\"abcd\"", "49 B in 2", "pieces"]);
        assert_eq!(broken("\"abcde\" 49 B", 10), ["\"abcde\"", "49 B"]);
        assert_eq!(broken("        abcdefgh", 6), ["      ", "  abcd", "efgh"]);
        assert_eq!(broken("时间时间", 5), ["时间", "时间"]);
        assert_eq!(broken("", 5), [""]);
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
