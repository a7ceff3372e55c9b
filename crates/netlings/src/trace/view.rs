//! What a trace shows: each frame as an arrow between two lifelines, and below it both hosts'
//! states.

use colored::Color;
use unicode_width::UnicodeWidthStr;
use wirelab::TcpState;

use super::scenario::Side;
use crate::screen::{Screen, cut};
use crate::words::trace as words;

/// Columns from the left edge to the left lifeline.
const LEFT: usize = 3;
/// Columns behind the right lifeline, where there is room: two for the end of a state, the others
/// for a remark.
const BEHIND: usize = 24;
/// No ladder is wider than this.
const WIDEST: usize = 80;

/// What has become of a frame so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    OnTheWire,
    Delivered,
    DeliveredTwice,
    /// Others that were sent later arrived before it.
    DeliveredLate,
    Lost,
    /// Others overtake it.
    HeldUp,
}

/// A frame's row.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) from: Side,
    pub(crate) text: String,
    pub(crate) end: End,
}

pub(crate) struct View<'a> {
    pub(crate) screen: &'a Screen,
    /// Rows that are only for now are taken back.
    is_terminal: bool,
    /// How wide each line is that stands below what has been shown for good.
    for_now: Vec<usize>,
    /// The states that were shown last.
    states: Option<[TcpState; 2]>,
}

impl<'a> View<'a> {
    pub(crate) fn new(screen: &'a Screen, is_terminal: bool) -> Self {
        Self { screen, is_terminal, for_now: Vec::new(), states: None }
    }

    /// Columns for all of it. Asked for each row anew: the window may have got another width.
    pub(crate) fn width(&self) -> usize {
        self.screen.width().min(WIDEST)
    }

    /// Columns between the lifelines.
    fn between(&self) -> usize {
        self.width().saturating_sub(LEFT + BEHIND + 2).max(20)
    }

    /// Columns for a remark behind them.
    fn behind(&self) -> usize {
        self.width().saturating_sub(LEFT + self.between() + 3)
    }

    /// The names above the lifelines.
    pub(crate) fn heading(&self, names: &[String; 2]) {
        let row = format!(" {}", names[0]);
        let middle = words::THE_WIRE;
        let end = LEFT + 1 + self.between() + 2;
        let room = end.saturating_sub(row.width() + names[1].width());
        let (before, after) = match room.checked_sub(middle.width() + 2) {
            Some(left) => (left / 2 + 1, left - left / 2 + 1),
            None => return self.screen.line(format!("{row}{:>1$}{2}", "", room.max(1), names[1])),
        };
        let (before, after) = (" ".repeat(before), " ".repeat(after));
        self.screen.line(format!("{row}{before}{middle}{after}{}", names[1]));
    }

    /// A frame's row, with a remark behind it.
    pub(crate) fn frame(&self, row: &Row, remark: &str) {
        self.screen.line(self.drawn(row, remark));
    }

    fn drawn(&self, row: &Row, remark: &str) -> String {
        let inner = arrow(row, self.between());
        let painted = match row.end {
            End::Lost => self.screen.look.paint(&inner, Color::Red),
            End::OnTheWire | End::HeldUp => self.screen.look.paint(&inner, Color::Yellow),
            End::Delivered | End::DeliveredTwice | End::DeliveredLate => inner,
        };
        let remark = match row.end {
            _ if !remark.is_empty() => remark,
            End::Lost => words::LOST,
            End::OnTheWire => words::HELD,
            End::HeldUp => words::HELD_UP,
            End::DeliveredTwice => words::TWICE,
            End::DeliveredLate => words::LATE,
            End::Delivered => "",
        };
        let row = format!("{:LEFT$}│{painted}│ {}", "", cut(remark, self.behind()));
        row.trim_end().to_owned()
    }

    /// What a program does, beside its lifeline.
    pub(crate) fn act(&self, side: Side, text: &str) {
        let text = cut(text, self.between().saturating_sub(2));
        let gap = " ".repeat(self.between().saturating_sub(text.width() + 2));
        let inner = match side {
            Side::Alice => format!(" {text} {gap}"),
            Side::Bob => format!("{gap} {text} "),
        };
        self.screen.line(format!("{:LEFT$}│{inner}│", ""));
    }

    /// What a program does, in as many rows as it takes, up to so many.
    pub(crate) fn act_in_rows(&self, side: Side, text: &str, most: usize) {
        let width = self.between().saturating_sub(2);
        for row in grader::layout::wrapped("", text, width, 2).iter().take(most) {
            self.act(side, row);
        }
    }

    /// What a narrator says, in as many rows as it takes.
    pub(crate) fn told(&self, text: &str) {
        for row in grader::layout::wrapped(" ", text, self.width(), 1) {
            match self.screen.look.color {
                true => self.screen.line(format!("\x1b[1m{row}\x1b[0m")),
                false => self.screen.line(row),
            }
        }
    }

    /// Both hosts' states.
    pub(crate) fn states(&mut self, states: [TcpState; 2], remark: &str) {
        self.states = Some(states);
        let remark = cut(remark, self.behind().saturating_sub(2));
        let row = states_row(states, self.between(), &remark, |state| {
            self.screen.look.paint(state, Color::Cyan)
        });
        self.screen.line(row);
    }

    /// Both hosts' states, if they are others than before.
    pub(crate) fn new_states(&mut self, states: [TcpState; 2], remark: &str) {
        if self.states != Some(states) {
            self.states(states, remark);
        }
    }

    /// A row that is only for now: at a terminal [`View::settle`] takes it back.
    pub(crate) fn for_now(&mut self, line: &str) {
        self.screen.line(line);
        self.for_now.push(line.width());
    }

    /// What keys do, only for now; a row ends between two of them.
    pub(crate) fn legend(&mut self, keys: &[&str]) {
        let mut row = String::new();
        for key in keys {
            if !row.is_empty() && row.width() + 3 + key.width() > self.width() {
                self.for_now(&row);
                row.clear();
            }
            row.push_str(if row.is_empty() { " " } else { "   " });
            row.push_str(key);
        }
        self.for_now(&row);
    }

    /// A frame's row that is only for now.
    pub(crate) fn frame_for_now(&mut self, row: &Row, remark: &str) {
        self.screen.line(self.drawn(row, remark));
        let width = LEFT + 2 + self.between() + 1 + words::HELD.width().min(self.behind());
        self.for_now.push(width);
    }

    /// Words that are only for now, in as many rows as they take.
    pub(crate) fn say_for_now(&mut self, text: &str) {
        for row in grader::layout::wrapped(" ", text, self.width(), 1) {
            self.for_now(&row);
        }
    }

    /// The line where somebody types, drawn anew.
    pub(crate) fn typing(&self, prompt: &str, typed: &str) {
        let room = self.screen.columns().saturating_sub(prompt.width() + 2);
        self.screen.part(&format!("\r\x1b[K{prompt}{}", cut(typed, room)));
    }

    /// Nobody types any more.
    pub(crate) fn typed(&self) {
        self.screen.part("\r\x1b[K");
    }

    /// Somebody else has written below what was only for now, so it stays.
    pub(crate) fn leave(&mut self) {
        self.for_now.clear();
    }

    /// What was only for now goes, where it can.
    pub(crate) fn settle(&mut self) {
        // A terminal that has been made narrower shows them in more rows.
        let columns = self.screen.columns();
        let rows = |width: usize| width.div_ceil(columns).max(1);
        let lines: usize = std::mem::take(&mut self.for_now).into_iter().map(rows).sum();
        if self.is_terminal && lines > 0 {
            self.screen.part(&format!("\x1b[{lines}A\x1b[J"));
        }
    }
}

/// ` SYN-SENT          SYN-RECEIVED`, the right one's end below the right lifeline's end.
fn states_row(
    states: [TcpState; 2],
    between: usize,
    remark: &str,
    paint: impl Fn(&str) -> String,
) -> String {
    let [left, right] = states.map(TcpState::name);
    let end = LEFT + 1 + between + 2;
    let gap = " ".repeat(end.saturating_sub(1 + left.len() + right.len()));
    let row = format!(" {}{gap}{} {remark}", paint(left), paint(right));
    row.trim_end().to_owned()
}

/// `── SYN  seq 0 ───▶`, or from the right, or with ✗ or ● where it ended.
fn arrow(row: &Row, width: usize) -> String {
    let text = cut(&row.text, width.saturating_sub(8));
    let line = width.saturating_sub(text.width() + 5);
    // As far as it got: all the way, or some way behind its own text.
    let (line, end, rest) = match row.end {
        End::Delivered | End::DeliveredTwice | End::DeliveredLate => {
            (line, if row.from == Side::Alice { "▶" } else { "◀" }, 0)
        }
        End::Lost => (line.div_ceil(2), "✗", line - line.div_ceil(2)),
        End::OnTheWire | End::HeldUp => (line.div_ceil(2), "●", line - line.div_ceil(2)),
    };
    let (line, rest) = ("─".repeat(line), " ".repeat(rest));
    match row.from {
        Side::Alice => format!("── {text} {line}{end}{rest}"),
        Side::Bob => format!("{rest}{end}{line} {text} ──"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(from: Side, end: End) -> Row {
        Row { from, text: "SYN  seq 0".into(), end }
    }

    #[test]
    fn every_arrow_is_as_wide_as_the_wire() {
        for width in [20, 51] {
            for from in Side::BOTH {
                for end in [End::OnTheWire, End::Delivered, End::Lost] {
                    assert_eq!(arrow(&row(from, end), width).width(), width, "{from:?} {end:?}");
                }
            }
        }
    }

    #[test]
    fn an_arrow_ends_where_the_frame_did() {
        assert_eq!(arrow(&row(Side::Alice, End::Delivered), 24), "── SYN  seq 0 ─────────▶");
        assert_eq!(arrow(&row(Side::Bob, End::Delivered), 24), "◀───────── SYN  seq 0 ──");
        assert_eq!(arrow(&row(Side::Alice, End::Lost), 24), "── SYN  seq 0 ─────✗    ");
        assert_eq!(arrow(&row(Side::Bob, End::OnTheWire), 24), "    ●───── SYN  seq 0 ──");
    }

    #[test]
    fn the_states_stand_at_both_ends() {
        let states = [TcpState::SynSent, TcpState::SynReceived];
        let row = states_row(states, 51, "again in 1.0 s", str::to_owned);
        assert_eq!(row.width(), 57 + 1 + 14);
        assert!(row.starts_with(" SYN-SENT ") && row.ends_with(" SYN-RECEIVED again in 1.0 s"));
    }
}
