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

use anstyle_parse::{Params, Parser, Perform};
use grader::{Cause, Failure, Program, Trouble, Verdict, expect_bytes, quoted_start};

/// The prompt that may stand before any shown text.
const PROMPT: &str = ">>> ";

/// The names of a terminal's first eight colours, in their order.
const NAMES: [&str; 8] = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

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

/// The lines of `output` as a terminal shows them. The last one has no end; it is empty after a
/// newline.
pub(crate) fn lines(output: &[u8]) -> Vec<Line> {
    let mut terminal = Terminal { lines: vec![Line::default()], ..Terminal::default() };
    let mut parser = Parser::<anstyle_parse::DefaultCharAccumulator>::new();
    for byte in String::from_utf8_lossy(output).bytes() {
        parser.advance(&mut terminal, byte); // would drop what is not UTF-8; a terminal shows U+FFFD
    }
    terminal.lines
}

/// What a program's output does to a terminal, one line at a time.
#[derive(Default)]
struct Terminal {
    lines: Vec<Line>,
    /// Where the next character goes, in characters from the line's start.
    column: usize,
    ink: Ink,
    reverse: bool,
    hidden: bool,
}

impl Terminal {
    fn line(&mut self) -> &mut Vec<Cell> {
        let last = self.lines.len() - 1; // there is always one
        &mut self.lines[last].all
    }

    fn put(&mut self, c: char) {
        let own = self.ink;
        let reversed = |colour: Option<Colour>| Some(colour.unwrap_or(Colour::Reversed));
        let ink = match self.reverse {
            true => Ink { text: reversed(own.ground), ground: reversed(own.text) },
            false => own,
        };
        let cell = Cell { c: if self.hidden { ' ' } else { c }, ink };
        let column = self.column;
        let line = self.line();
        let blank = Cell { c: ' ', ink: Ink::PLAIN };
        line.resize(line.len().max(column + 1), blank);
        line[column] = cell;
        self.column += 1;
    }

    fn end_line(&mut self) {
        let last = self.lines.len() - 1;
        self.lines[last].end = Some(self.ink);
        self.lines.push(Line::default());
        self.column = 0;
    }

    /// "Erase in line": what is to the right of here, to the left, or all.
    fn erase(&mut self, what: u16) {
        let column = self.column;
        let line = self.line();
        if what != 1 {
            line.truncate(column);
        }
        if what != 0 {
            let length = line.len().min(column + 1);
            line[..length].fill(Cell { c: ' ', ink: Ink::PLAIN });
        }
    }

    /// "Select graphic rendition": weights and underlines are free, only colours count.
    fn choose(&mut self, params: &Params) {
        let mut groups = params.iter();
        while let Some(group) = groups.next() {
            let code = group.first().copied().unwrap_or(0);
            match code {
                0 => (self.ink, self.reverse, self.hidden) = (Ink::PLAIN, false, false),
                7 | 27 => self.reverse = code == 7,
                8 | 28 => self.hidden = code == 8,
                30..=37 => self.ink.text = number(code - 30),
                90..=97 => self.ink.text = number(code - 90 + 8),
                40..=47 => self.ink.ground = number(code - 40),
                100..=107 => self.ink.ground = number(code - 100 + 8),
                39 => self.ink.text = None,
                49 => self.ink.ground = None,
                38 | 48 => {
                    let colour = extended(&group[1..], &mut groups);
                    let place = if code == 38 { &mut self.ink.text } else { &mut self.ink.ground };
                    *place = colour.or(*place);
                }
                _ => {}
            }
        }
    }
}

fn number(number: u16) -> Option<Colour> {
    u8::try_from(number).ok().map(Colour::Number)
}

/// What follows 38 or 48: `5;n` or `2;r;g;b`, or the same after colons in the same parameter,
/// where a colour space may stand before red.
fn extended<'p>(inner: &[u16], rest: &mut impl Iterator<Item = &'p [u16]>) -> Option<Colour> {
    let mixed = |rgb: &[u16]| match *rgb {
        [red, green, blue] => {
            let part = |value: u16| u8::try_from(value).ok();
            Some(Colour::Mixed(part(red)?, part(green)?, part(blue)?))
        }
        _ => None,
    };
    match inner {
        [5, index, ..] => number(*index),
        [2, rgb @ ..] => mixed(&rgb[rgb.len().saturating_sub(3)..]),
        [] => {
            let mut next = || rest.next().and_then(|group| group.first().copied());
            match next()? {
                5 => number(next()?),
                2 => mixed(&[next()?, next()?, next()?]),
                _ => None,
            }
        }
        _ => None,
    }
}

impl Perform for Terminal {
    fn print(&mut self, c: char) {
        self.put(c);
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\n' => self.end_line(),
            b'\r' => self.column = 0,
            0x08 => self.column = self.column.saturating_sub(1),
            other => self.put(char::from(other)),
        }
    }

    fn csi_dispatch(&mut self, params: &Params, marks: &[u8], _ignored: bool, action: u8) {
        let first = params.iter().next().and_then(|group| group.first()).copied().unwrap_or(0);
        let steps = usize::from(first.max(1));
        match (marks, action) {
            ([], b'm') => self.choose(params),
            ([], b'K') => self.erase(first),
            ([], b'C') => self.column += steps,
            ([], b'D') => self.column = self.column.saturating_sub(steps),
            ([], b'G') => self.column = steps - 1,
            ([b'?'], b'h' | b'l') => {} // a mode of the terminal, such as bracketed paste
            _ => self.put('\x1b'),
        }
    }

    fn esc_dispatch(&mut self, _marks: &[u8], _ignored: bool, byte: u8) {
        if byte != b'\\' {
            self.put('\x1b'); // `ESC \` only ends what is told below
        }
    }

    fn osc_dispatch(&mut self, _params: &[&[u8]], _by_bell: bool) {
        self.put('\x1b');
    }

    fn hook(&mut self, _params: &Params, _marks: &[u8], _ignored: bool, _action: u8) {
        self.put('\x1b');
    }
}

/// What a program shows, read line by line.
pub(crate) struct Screen<'a> {
    program: &'a Program,
    /// How many lines of its stdout have been read.
    taken: usize,
    last: Line,
}

impl<'a> Screen<'a> {
    /// The screen of a client: all that it prints.
    pub(crate) fn of(program: &'a Program) -> Self {
        Screen { program, taken: 0, last: Line::default() }
    }

    /// The screen of a server: what it prints after its announcement.
    pub(crate) fn after_announcement(program: &'a Program) -> Self {
        Screen { program, taken: 1, last: Line::default() }
    }

    /// The line that was read last.
    pub(crate) fn last(&self) -> &Line {
        &self.last
    }

    /// The next whole line. Prompts that stand alone on a line, and blank lines, are passed over
    /// unless `blank`.
    ///
    /// # Errors
    /// None comes.
    pub(crate) fn line(&mut self, blank: bool) -> Verdict<Line> {
        loop {
            let taken = self.taken;
            let line = self.program.find_in_stdout(|bytes| {
                let mut lines = lines(bytes);
                let is_whole = lines.get(taken).is_some_and(|line| line.end.is_some());
                is_whole.then(|| lines.swap_remove(taken))
            })?;
            self.taken += 1;
            if blank || !line.cells().is_empty() {
                self.last = line.clone();
                return Ok(line);
            }
        }
    }

    /// Checks that the next line shows `text`, in any colours.
    ///
    /// # Errors
    /// Another line comes, or none.
    pub(crate) fn expect_text(&mut self, text: &str) -> Verdict {
        let line = self.line(text.is_empty()).map_err(|trouble| match trouble {
            Trouble::Failed(mut failure) => {
                if failure.cause == Cause::Silence {
                    failure.message = "nothing more is shown".into();
                }
                failure.expected(quoted_start(text.as_bytes(), 64)).got("no such line").into()
            }
            other => other,
        })?;
        expect_shown(text, &line)
    }

    /// Checks that the line that was read last shows `text`.
    ///
    /// # Errors
    /// It shows another.
    pub(crate) fn expect_last(&self, text: &str) -> Verdict {
        expect_shown(text, &self.last)
    }

    /// Checks that the next line shows `text` in these colours, and that they are reset before
    /// the line's end.
    ///
    /// # Errors
    /// Another line comes, or none.
    pub(crate) fn expect(&mut self, text: &str, ink: Ink) -> Verdict {
        self.expect_text(text)?;
        if self.last.is_in(ink) {
            return Ok(());
        }
        let message = match self.last.ends_plain() {
            true => "the text is right, its colours are not",
            false => "the colours are not reset before the line's end",
        };
        let expected = format!("{ink} {}", quoted_start(text.as_bytes(), 64));
        let failure = Failure::new(message).cause(Cause::Other);
        Err(failure.expected(expected).got(self.last.described()).into())
    }

    /// The line that has no end yet, when it is as `wanted` says.
    ///
    /// # Errors
    /// It does not become so.
    pub(crate) fn open_line(&self, wanted: impl Fn(&Line) -> bool) -> Verdict<Line> {
        self.program.find_in_stdout(|bytes| lines(bytes).pop().filter(&wanted))
    }

    /// Checks that the prompt is shown, in no colour, with nothing after it.
    ///
    /// # Errors
    /// It is not.
    pub(crate) fn expect_prompt(&self) -> Verdict {
        let prompt = self.open_line(Line::is_prompt).map_err(|trouble| match trouble {
            Trouble::Failed(mut failure) => {
                failure.message = "the prompt is not shown".into();
                let failure = failure.expected(format!("{PROMPT:?}, and no line's end"));
                failure.got("no prompt").into()
            }
            other => other,
        })?;
        match prompt.begins_in() {
            None | Some(Ink::PLAIN) => Ok(()),
            Some(ink) => {
                let failure = Failure::new("the prompt is shown in the colours of the line above");
                Err(failure.expected("no colour").got(ink.to_string()).into())
            }
        }
    }
}

fn expect_shown(text: &str, line: &Line) -> Verdict {
    expect_bytes("another line is shown", text.as_bytes(), line.text().as_bytes())
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
            ">>> >>> \x1b[33;42malex\x1b[0m\n",
            ">>> \r\x1b[K\x1b[33;42malex\x1b[0m\n",
            ">>> \x1b[2K\x1b[G\x1b[33;42malex\x1b[K\x1b[0m\n",
        ];
        for spelling in spellings {
            let line = only(spelling);
            assert_eq!(line.text(), "alex", "{spelling:?}");
            assert!(line.is_in(YELLOW_ON_GREEN), "{spelling:?}: {}", line.described());
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
    fn bytes_that_are_not_utf8_are_one_replacement_each() {
        assert_eq!(lines(b"\xff\n")[0].text(), "\u{fffd}");
    }
}
