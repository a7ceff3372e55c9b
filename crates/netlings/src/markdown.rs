//! Markdown for the terminal: a lesson's text in rows of a given width.
//!
//! A row is a list of pieces, each with what it is ([`Style`]) and not with escape codes, so that a
//! line printer and a full screen can show the same rows. Whatever stands in the text, no row can
//! drive the terminal, and none is wider than asked for, unless code was to be left whole.

use pulldown_cmark::{Options, Parser};
use unicode_width::UnicodeWidthStr;

mod breaking;
mod page;
mod table;

use page::Page;

/// What a piece of a row is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Style {
    #[default]
    Plain,
    Heading,
    Strong,
    Emphasis,
    Code,
    /// What is not the text itself: rules, marks, where a link leads.
    Faint,
}

/// A piece of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) text: String,
    pub(crate) style: Style,
}

/// What stands on one line of the terminal.
pub(crate) type Row = Vec<Span>;

/// How the rows should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The most columns of a row.
    pub(crate) width: usize,
    /// Whether styles can be seen. Where they can't, code keeps its backticks.
    pub(crate) styled: bool,
    /// Whether a line of code that is too long is broken. Else it stays whole, to be copied.
    pub(crate) breaks_code: bool,
}

/// The rows of a Markdown text.
pub(crate) fn rows(markdown: &str, layout: Layout) -> Vec<Row> {
    let mut page = Page::new(layout);
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        page.take(event);
    }
    page.end_of_text();
    page.rows
}

/// The width of a row in columns.
pub(crate) fn width(row: &[Span]) -> usize {
    row.iter().map(|span| span.text.width()).sum()
}

/// The text of a row, without its styles.
#[cfg(test)]
fn plain(row: &[Span]) -> String {
    row.iter().map(|span| span.text.as_str()).collect()
}

fn span(text: impl Into<String>, style: Style) -> Span {
    Span { text: text.into(), style }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNSTYLED: Layout = Layout { width: 20, styled: false, breaks_code: true };

    fn shown(markdown: &str) -> Vec<String> {
        rows(markdown, UNSTYLED).iter().map(|row| plain(row)).collect()
    }

    #[test]
    fn headings_are_underlined_and_paragraphs_are_wrapped() {
        let text = "# A title\n\nOne *two* three `four five`\nsix.  \nSeven.\n\n## Next\nEnd\n";
        assert_eq!(
            shown(text),
            [
                "A title",
                "═══════",
                "",
                "One two three `four",
                "five` six.",
                "Seven.",
                "",
                "Next",
                "────",
                "",
                "End"
            ]
        );
    }

    #[test]
    fn lists_are_indented_below_their_marks_and_tight_ones_stay_tight() {
        let text =
            "- one and two and three\n- four\n  1. a\n  2. b\n\ntext\n\n1. x\n\n   y\n\n2. z\n";
        assert_eq!(
            shown(text),
            [
                "- one and two and",
                "  three",
                "- four",
                "  1. a",
                "  2. b",
                "",
                "text",
                "",
                "1. x",
                "",
                "   y",
                "2. z"
            ]
        );
    }

    #[test]
    fn code_is_indented_where_it_fits_and_broken_with_a_mark_where_it_does_not() {
        assert_eq!(shown("```\na  b\n\nc\n```\n"), ["    a  b", "    ", "    c"]);
        let long = "```\n0123456789012345678901234567890123456789\n```\n";
        assert_eq!(shown(long), ["01234567890123456789", "↪ 012345678901234567", "↪ 89"]);
        let whole = Layout { breaks_code: false, ..UNSTYLED };
        assert_eq!(plain(&rows(long, whole)[0]), "0123456789012345678901234567890123456789");
    }

    #[test]
    fn a_link_says_where_it_leads_unless_its_words_do() {
        let text = "[a](b/c) [`d`](d) <https://e.example>";
        assert_eq!(shown(text), ["a (b/c) `d`", "https://e.example"]);
    }

    #[test]
    fn quotations_and_rules_have_the_width_that_is_left() {
        assert_eq!(
            shown("> one two three four five\n\n---\n"),
            ["│ one two three four", "│ five", "", "────────────────────"]
        );
    }

    #[test]
    fn wide_letters_count_twice_and_are_broken_anywhere() {
        assert_eq!(shown("时间时间时间时间时间时间"), ["时间时间时间时间时间", "时间"]);
    }

    #[test]
    fn nothing_in_the_text_drives_the_terminal() {
        let hostile = "a \x1b[2J `\x1b]0;x\x07`\n\n```\n\x1b[31m\u{202e}\n```\n";
        let all: String = shown(hostile).concat();
        assert!(!all.chars().any(char::is_control) && !all.contains('\u{202e}'), "{all:?}");
    }

    #[test]
    fn whatever_the_text_no_row_is_wider_than_asked_for() {
        let table = "| a | b | c |\n| - | - | - |\n| `TcpListener::bind` | 时间时间时间 | one two three |\n";
        let text = format!(
            "# {0}\n\n{0}\n\n- {0}\n  - {0}\n\n> {0}\n\n```\n{0}\n```\n\n{table}",
            "x时".repeat(40)
        );
        for width in [8, 20, 40, 100] {
            for row in rows(&text, Layout { width, ..UNSTYLED }) {
                assert!(super::width(&row) <= width.max(12), "{width}: {}", plain(&row));
            }
        }
    }
}
