//! What ratatui draws, written with crossterm.
//!
//! ratatui-crossterm does so too, and brings eleven crates more, most of them to expand macros: whoever
//! has a fresh clone would wait for these. What it does beyond this, nothing here needs.

use std::io::{self, Write};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::style::{
    Attribute, Color as Ink, Colors, Print, ResetColor, SetAttribute, SetColors,
};
use crossterm::terminal::{self, Clear};
use ratatui_core::backend::{Backend, ClearType, WindowSize};
use ratatui_core::buffer::Cell;
use ratatui_core::layout::{Position, Size};
use ratatui_core::style::{Color, Modifier};

/// Writes to `out` what is drawn.
pub(super) struct Crossterm<W: Write> {
    out: W,
}

impl<W: Write> Crossterm<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write> Backend for Crossterm<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let plain = (Color::Reset, Color::Reset, Modifier::empty());
        let (mut now, mut next) = (plain, None);
        for (x, y, cell) in content {
            if next != Some((x, y)) {
                queue!(self.out, MoveTo(x, y))?;
            }
            // A wide letter moves the cursor further: then this is not where it is, and it is moved.
            next = Some((x.saturating_add(1), y));
            let wanted = (cell.fg, cell.bg, cell.modifier);
            if wanted != now {
                self.looks(wanted)?;
                now = wanted;
            }
            queue!(self.out, Print(cell.symbol()))?;
        }
        self.looks(plain)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        queue!(self.out, Hide)?;
        self.out.flush()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        queue!(self.out, Show)?;
        self.out.flush()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        crossterm::cursor::position().map(|(x, y)| Position { x, y })
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let Position { x, y } = position.into();
        queue!(self.out, MoveTo(x, y))?;
        self.out.flush()
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, what: ClearType) -> io::Result<()> {
        let what = match what {
            ClearType::All => terminal::ClearType::All,
            ClearType::AfterCursor => terminal::ClearType::FromCursorDown,
            ClearType::BeforeCursor => terminal::ClearType::FromCursorUp,
            ClearType::CurrentLine => terminal::ClearType::CurrentLine,
            ClearType::UntilNewLine => terminal::ClearType::UntilNewLine,
        };
        queue!(self.out, Clear(what))?;
        self.out.flush()
    }

    fn size(&self) -> io::Result<Size> {
        terminal::size().map(|(width, height)| Size { width, height })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        let size = terminal::window_size()?;
        Ok(WindowSize {
            columns_rows: Size { width: size.columns, height: size.rows },
            pixels: Size { width: size.width, height: size.height },
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W: Write> Crossterm<W> {
    /// Chooses how the letters look that follow. All is reset first: what is on needs not be known.
    fn looks(&mut self, (text, ground, modifier): (Color, Color, Modifier)) -> io::Result<()> {
        queue!(self.out, ResetColor)?; // of attributes too: it is SGR 0
        for (its, attribute) in ATTRIBUTES {
            if modifier.contains(its) {
                queue!(self.out, SetAttribute(attribute))?;
            }
        }
        if (text, ground) != (Color::Reset, Color::Reset) {
            queue!(self.out, SetColors(Colors::new(ink(text), ink(ground))))?;
        }
        Ok(())
    }
}

const ATTRIBUTES: [(Modifier, Attribute); 9] = [
    (Modifier::BOLD, Attribute::Bold),
    (Modifier::DIM, Attribute::Dim),
    (Modifier::ITALIC, Attribute::Italic),
    (Modifier::UNDERLINED, Attribute::Underlined),
    (Modifier::SLOW_BLINK, Attribute::SlowBlink),
    (Modifier::RAPID_BLINK, Attribute::RapidBlink),
    (Modifier::REVERSED, Attribute::Reverse),
    (Modifier::HIDDEN, Attribute::Hidden),
    (Modifier::CROSSED_OUT, Attribute::CrossedOut),
];

fn ink(color: Color) -> Ink {
    match color {
        Color::Reset => Ink::Reset,
        Color::Black => Ink::Black,
        Color::Red => Ink::DarkRed,
        Color::Green => Ink::DarkGreen,
        Color::Yellow => Ink::DarkYellow,
        Color::Blue => Ink::DarkBlue,
        Color::Magenta => Ink::DarkMagenta,
        Color::Cyan => Ink::DarkCyan,
        Color::Gray => Ink::Grey,
        Color::DarkGray => Ink::DarkGrey,
        Color::LightRed => Ink::Red,
        Color::LightGreen => Ink::Green,
        Color::LightYellow => Ink::Yellow,
        Color::LightBlue => Ink::Blue,
        Color::LightMagenta => Ink::Magenta,
        Color::LightCyan => Ink::Cyan,
        Color::White => Ink::White,
        Color::Indexed(number) => Ink::AnsiValue(number),
        Color::Rgb(r, g, b) => Ink::Rgb { r, g, b },
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use ratatui_core::style::Style;

    use super::*;

    fn written(cells: &[(u16, u16, Cell)]) -> String {
        let mut backend = Crossterm::new(Vec::new());
        backend.draw(cells.iter().map(|(x, y, cell)| (*x, *y, cell))).unwrap();
        String::from_utf8(backend.out).unwrap()
    }

    fn cell(text: &str, style: Style) -> Cell {
        let mut cell = Cell::default();
        cell.set_symbol(text).set_style(style);
        cell
    }

    #[test]
    fn a_terminal_shows_each_cell_where_it_is_and_as_it_is() {
        let mut screen = {
            let size = |columns| NonZero::new(columns).unwrap();
            vt100::Parser::new(size(2), size(20), 0)
        };
        let plain = Style::new();
        screen.process(b"before, all of it is inverse \x1b[7m\x1b[H\x1b[2J");
        screen.process(
            written(&[
                (0, 0, cell("a", plain.bold().red())),
                (1, 0, cell("b", plain.dim())),
                (2, 0, cell("时", plain.on_blue())),
                (4, 0, cell("c", plain.reversed())),
                (3, 1, cell("d", plain)),
            ])
            .as_bytes(),
        );
        assert_eq!(screen.screen().contents(), "ab时c\n   d");
        let at = |row, column| screen.screen().cell(row, column).unwrap();
        assert!(at(0, 0).bold() && at(0, 0).fgcolor() == vt100::Color::Idx(1));
        assert!(at(0, 1).dim() && !at(0, 1).bold());
        assert_eq!(at(0, 1).fgcolor(), vt100::Color::Default);
        assert_eq!(at(0, 2).bgcolor(), vt100::Color::Idx(4));
        assert!(at(0, 4).inverse() && at(0, 4).bgcolor() == vt100::Color::Default);
        assert!(!at(1, 3).inverse());
        assert!(!screen.screen().inverse(), "nothing is left for others");
    }
}
