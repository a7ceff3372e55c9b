//! Where a line of a text over the page is broken.

use ratatui_core::style::Style;
use ratatui_core::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A line in as many rows as it needs, broken at spaces where that is possible. In a table, that is
/// behind two spaces or more, the rows after the first stand below the second column.
pub(super) fn of(line: Line<'static>, width: usize) -> Vec<Line<'static>> {
    if line.width() <= width {
        return vec![line];
    }
    let letters = |span: &Span<'_>| {
        let style = span.style;
        span.content.chars().map(move |letter| (letter, style)).collect::<Vec<_>>()
    };
    let letters: Vec<(char, Style)> = line.spans.iter().flat_map(letters).collect();
    let indent = second_column(&letters).filter(|column| *column <= width / 2).unwrap_or(0);
    let (mut rows, mut rest, mut before) = (Vec::new(), letters.as_slice(), 0);
    while !rest.is_empty() {
        let (end, next) = row_end(rest, width.saturating_sub(before).max(1));
        rows.push(line_of(before, &rest[..end]));
        (rest, before) = (&rest[next..], indent);
    }
    rows
}

/// Where the row ends that `letters` begin, and where the next one begins.
fn row_end(letters: &[(char, Style)], width: usize) -> (usize, usize) {
    let mut used = 0;
    let over = letters.iter().position(|(letter, _)| {
        used += letter.width().unwrap_or(0);
        used > width
    });
    let Some(over) = over else { return (letters.len(), letters.len()) };
    let over = over.max(1); // a letter that is wider than the row
    let begins = letters.iter().position(|(letter, _)| *letter != ' ').unwrap_or(0);
    let space = (begins + 1..=over).rev().find(|at| letters.get(*at).is_some_and(|it| it.0 == ' '));
    let Some(space) = space else { return (over, over) };
    let words = &letters[space..];
    let spaces = words.iter().position(|(letter, _)| *letter != ' ').unwrap_or(words.len());
    (space, space + spaces)
}

/// The column behind the first gap of two spaces or more.
fn second_column(letters: &[(char, Style)]) -> Option<usize> {
    let text: String = letters.iter().map(|(letter, _)| *letter).collect();
    let begins = text.len() - text.trim_start().len();
    let gap = begins + text[begins..].find("  ")?;
    let behind = &text[gap..];
    let column = gap + behind.len() - behind.trim_start().len();
    Some(text[..column].width())
}

fn line_of(indent: usize, letters: &[(char, Style)]) -> Line<'static> {
    let mut spans = vec![Span::raw(" ".repeat(indent))];
    for same in letters.chunk_by(|one, other| one.1 == other.1) {
        let text: String = same.iter().map(|(letter, _)| *letter).collect();
        spans.push(Span::styled(text, same[0].1));
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &'static str, width: usize) -> Vec<String> {
        of(Line::from(text), width).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_line_is_broken_at_its_spaces_and_a_table_below_its_second_column() {
        assert_eq!(rows("what fits stays", 15), ["what fits stays"]);
        assert_eq!(rows("what does not is broken", 10), ["what does", "not is", "broken"]);
        assert_eq!(rows("  e  open your editor", 12), ["  e  open", "     your", "     editor"]);
        assert_eq!(rows("a_word_that_is_too_long", 10), ["a_word_tha", "t_is_too_l", "ong"]);
        assert_eq!(rows("\u{ff57}\u{ff57}", 1), ["\u{ff57}", "\u{ff57}"]);
        assert_eq!(rows("       ", 3).concat().trim(), "");
    }

    #[test]
    fn a_row_keeps_the_colours_of_its_letters() {
        let line =
            Line::from(vec![Span::raw("one "), Span::styled("two three", Style::new().red())]);
        let rows = of(line, 8);
        assert_eq!(rows[0].spans.last().unwrap().content, "two");
        assert!(rows[1].spans.last().unwrap().style == Style::new().red());
    }
}
