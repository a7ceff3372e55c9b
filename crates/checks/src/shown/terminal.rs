//! What a program's output does to a terminal, one line at a time.

use anstyle_parse::{DefaultCharAccumulator, Params, Parser, Perform};

use super::{Cell, Colour, Ink, Line};

/// The lines of `output` as a terminal shows them. The last one has no end; it is empty after a
/// newline.
pub(super) fn lines(output: &[u8]) -> Vec<Line> {
    let mut terminal = Terminal { lines: vec![Line::default()], ..Terminal::default() };
    let mut parser = Parser::<DefaultCharAccumulator>::new();
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

    /// A character set is chosen. Where a terminal resets colours it often does that, too.
    fn switch_set(&mut self) {
        let (last, column) = (self.lines.len() - 1, self.column);
        self.lines[last].switches.push(column);
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
            0x0e | 0x0f => self.switch_set(), // SO, SI
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

    fn esc_dispatch(&mut self, marks: &[u8], _ignored: bool, byte: u8) {
        match (marks, byte) {
            ([b'(' | b')'], b'B' | b'0') => self.switch_set(), // as in `tput sgr0`
            ([], b'\\') => {} // `ESC \` only ends what is told below
            _ => self.put('\x1b'),
        }
    }

    fn osc_dispatch(&mut self, _params: &[&[u8]], _by_bell: bool) {
        self.put('\x1b');
    }

    fn hook(&mut self, _params: &Params, _marks: &[u8], _ignored: bool, _action: u8) {
        self.put('\x1b');
    }
}
