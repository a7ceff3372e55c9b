//! What a terminal shows of a program's output: lines of characters, each with its colours.
//!
//! Colours are judged by this and never by escape codes, so that every right spelling passes:
//! `33` or `38;5;3`, together or one after the other, reset by `0` or by `39;49`. The crate
//! anstyle-parse takes the codes apart; what they do to one line stands here (ECMA-48 section
//! 8.3.117, "SGR"; a program may also clear its line or go back to its start). Anything else that
//! would move or change a terminal shows up as ESC in the line's text.
//!
//! The prompt `>>> ` may stand before what is shown: [`Line::cells`] leaves leading prompts out.

use std::fmt;

use grader::{PROMPT, quoted_start};

mod screen;
mod terminal;

pub(crate) use screen::Screen;
use terminal::lines;

/// The names of a terminal's first eight colours, in their order.
const NAMES: [&str; 8] = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/// Whether a character drives a terminal that it is printed on: control characters (C0 but the tab,
/// DEL, C1), and those that reorder text (Unicode Standard Annex 9, "explicit directional").
pub(crate) fn drives_a_terminal(c: char) -> bool {
    let reorders = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c != '\t' && (c.is_control() || reorders)
}

/// A colour as a program asks for it. How exactly it looks is the terminal's affair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    /// A number in the terminal's own palette: 0 to 7 have [`NAMES`], 8 to 15 are their bright
    /// variants.
    Number(u8),
    /// A mixture of red, green and blue.
    Mixed(u8, u8, u8),
    /// The terminal's own text colour as a ground, or the other way round (reverse video).
    Reversed,
}

/// The two colours of a character; `None` is the terminal's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ink {
    pub(crate) text: Option<Colour>,
    pub(crate) ground: Option<Colour>,
}

impl Ink {
    /// No colour of the program's: the terminal's own.
    pub(crate) const PLAIN: Ink = Ink { text: None, ground: None };

    /// Two of the eight colours that have names.
    pub(crate) const fn named(text: u8, ground: u8) -> Ink {
        Ink { text: Some(Colour::Number(text)), ground: Some(Colour::Number(ground)) }
    }

    /// Whether `c` looks the same in both: of a space only the ground is seen.
    fn looks_like(self, other: Ink, c: char) -> bool {
        self.ground == other.ground && (c == ' ' || self.text == other.text)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Colour::Number(number @ 0..8) => f.write_str(NAMES[usize::from(number)]),
            Colour::Number(number @ 8..16) => {
                write!(f, "bright {}", NAMES[usize::from(number - 8)])
            }
            Colour::Number(number) => write!(f, "colour {number}"),
            Colour::Mixed(red, green, blue) => write!(f, "#{red:02x}{green:02x}{blue:02x}"),
            Colour::Reversed => f.write_str("reversed"),
        }
    }
}

impl fmt::Display for Ink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.text, self.ground) {
            (None, None) => f.write_str("no colour"),
            (Some(text), None) => write!(f, "{text}, no ground"),
            (None, Some(ground)) => write!(f, "no text colour on {ground}"),
            (Some(text), Some(ground)) => write!(f, "{text} on {ground}"),
        }
    }
}

/// One character as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) c: char,
    pub(crate) ink: Ink,
}

/// One line as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// All of it, prompts too.
    all: Vec<Cell>,
    /// The colours in which the line's end was printed, or `None` while there is no end. A ground
    /// here colours the whole next line on a terminal that scrolls.
    pub(crate) end: Option<Ink>,
    /// The columns at which a character set was chosen.
    switches: Vec<usize>,
}

impl Line {
    /// What stands on it after leading prompts.
    pub(crate) fn cells(&self) -> &[Cell] {
        let mut rest = &self.all[..];
        while let Some(after) = without_prompt(rest) {
            rest = after;
        }
        rest
    }

    /// The text of [`Line::cells`].
    pub(crate) fn text(&self) -> String {
        self.cells().iter().map(|cell| cell.c).collect()
    }

    /// The colours of all of it, where it is all in the same.
    pub(crate) fn ink(&self) -> Option<Ink> {
        let first = self.cells().first()?.ink;
        self.cells().iter().all(|cell| cell.ink.looks_like(first, cell.c)).then_some(first)
    }

    /// The colours of the first character, a prompt's too.
    pub(crate) fn begins_in(&self) -> Option<Ink> {
        self.all.first().map(|cell| cell.ink)
    }

    /// Whether a character set is chosen within its text, where no colour ends.
    pub(crate) fn switches_within(&self) -> bool {
        let start = self.all.len() - self.cells().len();
        self.switches.iter().any(|at| (start + 1..self.all.len()).contains(at))
    }

    /// Whether it is a prompt and nothing else.
    pub(crate) fn is_prompt(&self) -> bool {
        !self.all.is_empty() && self.cells().is_empty()
    }

    /// Whether all that is shown is in these colours, and the line's end in none.
    pub(crate) fn is_in(&self, ink: Ink) -> bool {
        let cells = self.cells();
        cells.iter().all(|cell| cell.ink.looks_like(ink, cell.c)) && self.ends_plain()
    }

    /// Whether the colours were reset before the line's end.
    pub(crate) fn ends_plain(&self) -> bool {
        self.end.is_none_or(|ink| ink == Ink::PLAIN)
    }

    /// The text and its colours, for a failure: `yellow on green "alex", no colour " : hi"`.
    pub(crate) fn described(&self) -> String {
        let runs = self.cells().chunk_by(|one, next| one.ink == next.ink);
        let mut shown: Vec<String> = runs
            .map(|run| {
                let text: String = run.iter().map(|cell| cell.c).collect();
                format!("{} {}", run[0].ink, quoted_start(text.as_bytes(), 64))
            })
            .collect();
        if shown.is_empty() {
            shown.push("an empty line".into());
        }
        if let Some(end) = self.end.filter(|end| *end != Ink::PLAIN) {
            shown.push(format!("and the line's end {end}"));
        }
        shown.join(", ")
    }
}

fn without_prompt(cells: &[Cell]) -> Option<&[Cell]> {
    let (start, rest) = cells.split_at_checked(PROMPT.len())?;
    start.iter().map(|cell| cell.c).eq(PROMPT.chars()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const YELLOW_ON_GREEN: Ink = Ink::named(3, 2);

    fn only(output: &str) -> Line {
        let mut lines = lines(output.as_bytes());
        assert_eq!(lines.len(), 2, "one line and what follows it: {output:?}");
        lines.swap_remove(0)
    }

    #[test]
    fn every_right_spelling_of_two_colours_is_the_same_line() {
        let spellings = [
            "\x1b[33;42malex\x1b[0m\n",
            "\x1b[42m\x1b[33malex\x1b[m\n",
            "\x1b[38;5;3m\x1b[48;5;2malex\x1b[39m\x1b[49m\n",
            "\x1b[38:5:3;48:5:2malex\x1b[39;49m\n",
            "\x1b[1;4;33;42malex\x1b[0m\r\n",
            "\x1b[7;32;43malex\x1b[27;39;49m\n",
            "\x1b[33;42mal\x1b[33;42mex\x1b[0m\n",
            "\x1b[33m\x1b[42malex\x1b(B\x1b[m\n",
            "\x1b[33m\x1b[42malex\x1b[m\x0f\n",
            ">>> >>> \x1b[33;42malex\x1b[0m\n",
            ">>> \r\x1b[K\x1b[33;42malex\x1b[0m\n",
            ">>> \x1b[2K\x1b[G\x1b[33;42malex\x1b[K\x1b[0m\n",
        ];
        for spelling in spellings {
            let line = only(spelling);
            assert_eq!(line.text(), "alex", "{spelling:?}");
            assert!(line.is_in(YELLOW_ON_GREEN), "{spelling:?}: {}", line.described());
            assert!(!line.switches_within(), "{spelling:?}");
        }
    }

    #[test]
    fn other_colours_and_half_coloured_lines_are_not_the_same() {
        let others = [
            "alex\n",
            "\x1b[33malex\x1b[0m\n",
            "\x1b[32;43malex\x1b[0m\n",
            "\x1b[93;42malex\x1b[0m\n",
            "\x1b[38;5;226;42malex\x1b[0m\n",
            "\x1b[38;2;255;255;0;42malex\x1b[0m\n",
            "\x1b[33;42mal\x1b[0mex\n",
            "\x1b[33;42malex\n\x1b[0m",
            "\x1b[33;42malex\x1b[39m\n",
        ];
        for other in others {
            assert!(!only(other).is_in(YELLOW_ON_GREEN), "{other:?}");
        }
        assert!(only("\x1b[39;49malex\x1b[0m\n").is_in(Ink::PLAIN));
    }

    #[test]
    fn colours_have_names_that_a_reader_knows() {
        let described = |output: &str| only(output).described();
        assert_eq!(
            described("\x1b[33;42malex\x1b[0m : hi\n"),
            "yellow on green \"alex\", no colour \" : hi\""
        );
        assert_eq!(described("\x1b[93mx\x1b[0m\n"), "bright yellow, no ground \"x\"");
        assert_eq!(described("\x1b[38;2;255;255;0mx\x1b[m\n"), "#ffff00, no ground \"x\"");
        assert_eq!(described("\x1b[48:2::1:2:3mx\x1b[m\n"), "no text colour on #010203 \"x\"");
        assert_eq!(described("\x1b[7mx\n"), "reversed on reversed \"x\"");
        assert_eq!(
            described("\x1b[43m\n"),
            "an empty line, and the line's end no text colour on yellow"
        );
    }

    #[test]
    fn what_would_drive_the_terminal_shows_in_the_text() {
        for driving in ["\x1b[2J", "\x1bc", "\x1b]0;title\x07", "\x07", "\x1bPq\x1b\\", "\x1b[5A"] {
            let line = only(&format!("before{driving}after\n"));
            assert!(line.text().chars().any(char::is_control), "{driving:?}: {}", line.text());
        }
        for switch in ["\x0e", "\x0f", "\x1b(0", "\x1b(B", "\x1b)B"] {
            assert!(only(&format!("before{switch}after\n")).switches_within(), "{switch:?}");
        }
        assert_eq!(only("before\rAFTER\n").text(), "AFTERe");
        assert_eq!(only("\x1b[?2004hplain\n").text(), "plain");
        assert_eq!(only("\x1b[8mhidden\x1b[0m!\n").text(), "      !");
        assert_eq!(only("broken \u{9b}31m\n").text(), "broken \u{9b}31m");
    }

    #[test]
    fn an_open_line_has_no_end_and_may_be_a_prompt() {
        let mut shown = lines(b"listening on 127.0.0.1:1\n>>> ");
        let last = shown.pop().unwrap();
        assert!(last.is_prompt() && last.end.is_none());
        assert!(!lines(b">>> x").pop().unwrap().is_prompt());
        assert!(!lines(b"").pop().unwrap().is_prompt());
    }

    #[test]
    fn what_moves_recolours_or_reorders_drives_a_terminal_and_text_does_not() {
        for c in ['\x1b', '\r', '\n', '\x7f', '\u{9b}', '\u{85}', '\u{202e}', '\u{2066}', '\u{61c}']
        {
            assert!(drives_a_terminal(c), "{c:?}");
        }
        for c in ['\t', ' ', 'x', '好', '\u{fffd}', '\u{2028}'] {
            assert!(!drives_a_terminal(c), "{c:?}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_one_replacement_each() {
        assert_eq!(lines(b"\xff\n")[0].text(), "\u{fffd}");
    }
}
