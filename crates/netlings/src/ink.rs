//! What every full screen is drawn with.
//!
//! Only the terminal's own sixteen colours are used, and never one without the words or the sign that
//! say the same: it must be readable on light and dark ground, and without colour.

use ratatui_core::layout::Rect;
use ratatui_core::style::{Color, Modifier, Style, Stylize};
use ratatui_core::terminal::Frame;
use ratatui_core::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::learn::compiler;

mod escapes;
pub(crate) mod frames;

/// Colours where there are any.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ink {
    pub(crate) color: bool,
}

impl Ink {
    pub(crate) fn colored(self, color: Color) -> Style {
        if self.color { Style::new().fg(color) } else { Style::new() }
    }

    pub(crate) fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// The rows of a text with escape codes for colour, none wider than `width`.
    pub(crate) fn lines_of(self, text: &str, width: u16) -> Vec<Line<'static>> {
        let lines = match self.color {
            true => escapes::lines(text),
            false => escapes::lines(&compiler::without_escapes(text)),
        };
        let width = usize::from(width).max(1);
        lines.into_iter().flat_map(|line| broken(line, width)).collect()
    }

    /// A row of keys with what they do. On a narrow screen the `last` ones stay, and of the others
    /// those that fit. Says where each stands, by its number.
    pub(crate) fn keys(
        self,
        frame: &mut Frame<'_>,
        area: Rect,
        keys: &[(&str, &str)],
        last: usize,
    ) -> Vec<(Rect, usize)> {
        let width = |(key, does): &(&str, &str)| key.width() + does.width() + 3;
        let (first, kept) = keys.split_at(keys.len().saturating_sub(last));
        let mut room = usize::from(area.width).saturating_sub(kept.iter().map(width).sum());
        let fits = first.iter().take_while(|key| {
            let fits = width(key) <= room;
            room = room.saturating_sub(width(key));
            fits
        });
        let shown = fits.count();
        let (mut spans, mut spots, mut x) = (Vec::new(), Vec::new(), area.x);
        for (number, key) in keys.iter().enumerate() {
            if number >= shown && number < first.len() {
                continue;
            }
            let width = u16::try_from(width(key)).unwrap_or(0);
            spots.push((Rect::new(x, area.y, width, 1), number));
            x += width;
            spans.push(Span::raw(" "));
            spans.push(Span::styled(key.0.to_owned(), self.colored(Color::Cyan)).bold());
            spans.push(Span::raw(format!(" {} ", key.1)));
        }
        frame.render_widget(Line::from(spans), area);
        spots
    }
}

/// A line in as many rows as it needs.
pub(crate) fn broken(line: Line<'static>, width: usize) -> Vec<Line<'static>> {
    if line.width() <= width {
        return vec![line];
    }
    let mut rows = Vec::new();
    let (mut row, mut used) = (Vec::new(), 0);
    for span in line.spans {
        let mut piece = String::new();
        for letter in span.content.chars() {
            let columns = UnicodeWidthChar::width(letter).unwrap_or(0);
            if used + columns > width {
                row.push(Span::styled(std::mem::take(&mut piece), span.style));
                rows.push(Line::from(std::mem::take(&mut row)));
                used = 0;
            }
            piece.push(letter);
            used += columns;
        }
        row.push(Span::styled(piece, span.style));
    }
    rows.push(Line::from(row));
    rows
}
