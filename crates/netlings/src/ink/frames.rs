//! Rules and frames.

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::Style;
use ratatui_core::text::Line;
use ratatui_core::widgets::Widget;

/// A rule over a whole area: from left to right, or from the top to the bottom of one column.
pub(crate) struct Rule(pub(crate) Style);

impl Widget for Rule {
    fn render(self, area: Rect, screen: &mut Buffer) {
        let area = area.intersection(screen.area);
        let sign = if area.width == 1 && area.height > 1 { "│" } else { "─" };
        for place in area.positions() {
            screen[place].set_symbol(sign).set_style(self.0);
        }
    }
}

/// A cleared area with a frame around it and words in the frame.
pub(crate) struct Framed<'a> {
    /// At the left above, and at the left below.
    pub(crate) above: Line<'a>,
    pub(crate) below: Line<'a>,
}

impl Framed<'_> {
    /// What is within the frame.
    pub(crate) fn inside(area: Rect) -> Rect {
        Rect {
            x: area.x.saturating_add(1).min(area.right()),
            y: area.y.saturating_add(1).min(area.bottom()),
            width: area.width.saturating_sub(2),
            height: area.height.saturating_sub(2),
        }
    }
}

impl Widget for Framed<'_> {
    fn render(self, area: Rect, screen: &mut Buffer) {
        let area = area.intersection(screen.area);
        if area.is_empty() {
            return;
        }
        let (left, right, top, bottom) = (area.x, area.right() - 1, area.y, area.bottom() - 1);
        for place in area.positions() {
            let sign = match (place.x, place.y) {
                (x, y) if (x, y) == (left, top) => "┌",
                (x, y) if (x, y) == (right, top) => "┐",
                (x, y) if (x, y) == (left, bottom) => "└",
                (x, y) if (x, y) == (right, bottom) => "┘",
                (_, y) if y == top || y == bottom => "─",
                (x, _) if x == left || x == right => "│",
                _ => " ",
            };
            screen[place].reset();
            screen[place].set_symbol(sign);
        }
        let room = area.width.saturating_sub(2);
        self.above.render(Rect::new(left + 1, top, room, 1), screen);
        if bottom > top {
            self.below.render(Rect::new(left + 1, bottom, room, 1), screen);
        }
    }
}

/// Takes away what stands there.
pub(crate) struct Clear;

impl Widget for Clear {
    fn render(self, area: Rect, screen: &mut Buffer) {
        for place in area.intersection(screen.area).positions() {
            screen[place].reset();
        }
    }
}
