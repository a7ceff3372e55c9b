//! A text with escape codes for colour, as a terminal shows it.
//!
//! anstyle-parse takes the codes apart; what "select graphic rendition" says (ECMA-48, 8.3.117) stands
//! here. Other codes and control characters do nothing, so a hostile text cannot do more than be coloured.

use anstyle_parse::{DefaultCharAccumulator, Params, Parser, Perform};
use ratatui_core::style::{Color, Modifier, Style};
use ratatui_core::text::{Line, Span};

/// The lines of `text` in their colours.
pub(super) fn lines(text: &str) -> Vec<Line<'static>> {
    let mut page = Page::default();
    let mut parser = Parser::<DefaultCharAccumulator>::new();
    for byte in text.bytes() {
        parser.advance(&mut page, byte);
    }
    page.end_span();
    if !page.line.is_empty() {
        page.lines.push(Line::from(page.line));
    }
    page.lines
}

#[derive(Default)]
struct Page {
    lines: Vec<Line<'static>>,
    line: Vec<Span<'static>>,
    /// What is printed since the style changed.
    text: String,
    style: Style,
}

impl Page {
    fn end_span(&mut self) {
        if !self.text.is_empty() {
            self.line.push(Span::styled(std::mem::take(&mut self.text), self.style));
        }
    }

    fn chooses(&mut self, params: &Params) {
        let mut groups = params.iter();
        while let Some(group) = groups.next() {
            let code = group.first().copied().unwrap_or(0);
            let style = self.style;
            let with = |modifier| style.add_modifier(modifier);
            self.style = match code {
                0 => Style::new(),
                1 => with(Modifier::BOLD),
                2 => with(Modifier::DIM),
                3 => with(Modifier::ITALIC),
                4 => with(Modifier::UNDERLINED),
                7 => with(Modifier::REVERSED),
                9 => with(Modifier::CROSSED_OUT),
                22 => style.remove_modifier(Modifier::BOLD | Modifier::DIM),
                23 => style.remove_modifier(Modifier::ITALIC),
                24 => style.remove_modifier(Modifier::UNDERLINED),
                27 => style.remove_modifier(Modifier::REVERSED),
                29 => style.remove_modifier(Modifier::CROSSED_OUT),
                30..=37 => style.fg(numbered(code - 30)),
                90..=97 => style.fg(numbered(code - 90 + 8)),
                39 => style.fg(Color::Reset),
                40..=47 => style.bg(numbered(code - 40)),
                100..=107 => style.bg(numbered(code - 100 + 8)),
                49 => style.bg(Color::Reset),
                38 | 48 => match (extended(&group[1..], &mut groups), code) {
                    (Some(color), 38) => style.fg(color),
                    (Some(color), _) => style.bg(color),
                    (None, _) => style,
                },
                _ => style,
            };
        }
    }
}

impl Perform for Page {
    fn print(&mut self, letter: char) {
        self.text.push(letter);
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\n' => {
                self.end_span();
                self.lines.push(Line::from(std::mem::take(&mut self.line)));
            }
            b'\t' => self.text.push_str("    "),
            _ => {}
        }
    }

    fn csi_dispatch(&mut self, params: &Params, inner: &[u8], _ignore: bool, action: u8) {
        if (action, inner) == (b'm', b"") {
            self.end_span();
            self.chooses(params);
        }
    }
}

/// One of the terminal's own sixteen colours: eight, and the same bright.
fn numbered(number: u16) -> Color {
    const COLORS: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    COLORS.get(usize::from(number)).copied().unwrap_or(Color::Reset)
}

/// What follows 38 or 48: `5;n` or `2;r;g;b`, or the same after colons in the same parameter, where a
/// colour space may stand before red.
fn extended<'p>(inner: &[u16], rest: &mut impl Iterator<Item = &'p [u16]>) -> Option<Color> {
    let indexed = |number: u16| u8::try_from(number).ok().map(Color::Indexed);
    let mixed = |parts: &[u16]| match *parts {
        [r, g, b] => {
            let part = |value: u16| u8::try_from(value).ok();
            Some(Color::Rgb(part(r)?, part(g)?, part(b)?))
        }
        _ => None,
    };
    match inner {
        [5, number, ..] => indexed(*number),
        [2, parts @ ..] => mixed(&parts[parts.len().saturating_sub(3)..]),
        [] => {
            let mut next = || rest.next().and_then(|group| group.first().copied());
            match next()? {
                5 => indexed(next()?),
                2 => mixed(&[next()?, next()?, next()?]),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(text: &str) -> Vec<(String, Style)> {
        let lines = lines(text);
        let spans = lines.into_iter().flat_map(|line| line.spans);
        spans.map(|span| (span.content.into_owned(), span.style)).collect()
    }

    #[test]
    fn an_error_of_the_compiler_keeps_its_colours() {
        let text = "\x1b[1m\x1b[91merror[E0425]\x1b[0m\x1b[1m: no 时间\x1b[0m\n\n  here\n";
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let expected = [
            ("error[E0425]", bold.fg(Color::LightRed)),
            (": no 时间", bold),
            ("  here", Style::new()),
        ];
        assert_eq!(spans(text), expected.map(|(text, style)| (text.to_owned(), style)));
        assert_eq!(lines(text).len(), 3);
    }

    #[test]
    fn each_way_to_say_a_colour_is_known() {
        for (code, color) in [
            ("38;5;208", Color::Indexed(208)),
            ("38:5:208", Color::Indexed(208)),
            ("38;2;1;2;3", Color::Rgb(1, 2, 3)),
            ("38:2::1:2:3", Color::Rgb(1, 2, 3)),
            ("36", Color::Cyan),
            ("96", Color::LightCyan),
        ] {
            let found = spans(&format!("\x1b[{code}mx"));
            assert_eq!(found, [("x".to_owned(), Style::new().fg(color))], "{code}");
        }
    }

    #[test]
    fn what_is_no_colour_does_nothing() {
        for text in
            ["\x1b[2Jx", "\x1b]0;title\x07x", "\x07\x08x", "\x1b[38;5;999mx", "\x1b[>1mx", "x\x1b["]
        {
            assert_eq!(spans(text), [("x".to_owned(), Style::new())], "{text:?}");
        }
    }
}
