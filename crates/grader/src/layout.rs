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

#[cfg(test)]
mod tests {
    use super::wrapped;

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
