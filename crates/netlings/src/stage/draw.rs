//! The stage on the screen.

use grader::ladder::{Ladder, Place};
use grader::layout::wrapped;
use ratatui_core::layout::{Constraint, Layout, Position, Rect};
use ratatui_core::style::{Color, Style, Stylize};
use ratatui_core::terminal::Frame;
use ratatui_core::text::{Line, Span, Text};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::boards::{Boards, Mode};
use super::command::{Command, Part, Spots};
use super::pane::Kind;
use crate::demo::keyboard::Key;
use crate::ink::frames::{Clear, Framed, Rule};
use crate::screen::cut;
use crate::words::stage as words;

/// From so many columns on the ladder stands between the two sides.
const WIDE: u16 = 140;
/// From so many columns on the two sides stand side by side.
const TWO: u16 = 60;
/// The ladder's columns where it stands between.
const LADDER: u16 = 74;
/// From so many rows on there is room for a title.
const HIGH: u16 = 14;

/// What stands where; what there is no room for has no rows.
struct Areas {
    title: Rect,
    sides: [Rect; 2],
    /// Between the sides, where they stand side by side.
    divider: Rect,
    ladder: Rect,
    below: Rect,
    keys: Rect,
}

impl Areas {
    fn of(area: Rect, below: u16, chosen: usize) -> Self {
        let title = u16::from(area.height >= HIGH);
        let below = below.min(area.height.saturating_sub(4));
        let [title, middle, below, keys] = Layout::vertical([
            Constraint::Length(title),
            Constraint::Min(0),
            Constraint::Length(below),
            Constraint::Length(u16::from(area.height > 1)),
        ])
        .areas(area);
        let nothing = Rect::default();
        let areas = |sides, divider, ladder| Self { title, sides, divider, ladder, below, keys };
        if area.width >= WIDE {
            let side = (area.width - LADDER - 4) / 2;
            let [left, _, ladder, _, right] = Layout::horizontal([
                Constraint::Length(side),
                Constraint::Length(2),
                Constraint::Min(LADDER),
                Constraint::Length(2),
                Constraint::Length(side),
            ])
            .areas(middle);
            return areas([left, right], nothing, ladder);
        }
        let rows = |heights: [u16; 2]| -> [Rect; 3] {
            Layout::vertical([
                Constraint::Length(heights[0]),
                Constraint::Length(heights[1]),
                Constraint::Min(0),
            ])
            .areas(middle)
        };
        if area.width >= TWO && middle.height >= 6 {
            let [both, _, ladder] = rows([(middle.height * 9 / 20).max(4), 0]);
            let [left, divider, right] = Layout::horizontal([
                Constraint::Fill(1),
                Constraint::Length(1),
                Constraint::Fill(1),
            ])
            .areas(both);
            return areas([left, right], divider, ladder);
        }
        if middle.height >= 9 {
            let side = (middle.height * 3 / 10).max(3);
            let [left, right, ladder] = rows([side, side]);
            return areas([left, right], nothing, ladder);
        }
        // Room for one only.
        let side = if middle.height < 5 { middle.height } else { middle.height * 3 / 5 };
        let [only, _, ladder] = rows([side, 0]);
        let mut sides = [nothing; 2];
        sides[chosen.min(1)] = only;
        areas(sides, nothing, ladder)
    }
}

/// Draws it, and notes where the mouse can do what.
pub(super) fn draw(boards: &mut Boards, frame: &mut Frame<'_>) {
    boards.spots = Spots::default();
    let area = frame.area();
    let room = usize::from(area.width).saturating_sub(2).max(8);
    let remark = boards.remark.as_deref().map_or(Vec::new(), |words| {
        let rows = words.lines().flat_map(|line| wrapped("", line, room, 0));
        rows.take(3).collect()
    });
    let areas = Areas::of(area, u16::try_from(remark.len()).unwrap_or(0), boards.chosen);
    title(boards, frame, areas.title);
    for side in 0..2 {
        pane(boards, frame, side, areas.sides[side]);
    }
    frame.render_widget(Rule(boards.ink.faint()), areas.divider);
    ladder(boards, frame, areas.ladder);
    let remark = remark.into_iter().map(|row| Line::from(format!(" {row}")).bold());
    frame.render_widget(Text::from(remark.collect::<Vec<_>>()), areas.below);
    keys(boards, frame, areas.keys);
    if boards.help.is_some() {
        help(boards, frame, area);
    }
}

fn title(boards: &Boards, frame: &mut Frame<'_>, area: Rect) {
    let room = usize::from(area.width).saturating_sub(2);
    let said = cut(&boards.title, room);
    let whose = cut(boards.whose, room.saturating_sub(said.width() + 2));
    let gap = " ".repeat(room.saturating_sub(said.width() + whose.width()));
    let whose = Span::styled(whose, boards.ink.faint());
    let line = Line::from(vec![Span::raw(" "), said.bold(), Span::raw(gap), whose]);
    frame.render_widget(line, area);
}

/// One side: its name and how it stands, what was printed, the line that is typed.
fn pane(boards: &mut Boards, frame: &mut Frame<'_>, number: usize, area: Rect) {
    if area.height == 0 || area.width == 0 {
        return;
    }
    boards.spots.clicks.push((area, Command::Choose(number)));
    boards.spots.parts.push((area, Part::Pane(number)));
    let is_typed = boards.mode == Mode::Typing;
    let is_chosen = number == boards.chosen && is_typed;
    let ink = boards.ink;
    let side = &mut boards.sides[number];
    let height = usize::from(area.height);
    // Where there is hardly room, only the chosen one has a line to type in.
    let has_input = is_typed && !side.is_deaf && (height > 3 || is_chosen);
    let (heads, inputs) = (usize::from(height > 1), usize::from(has_input));
    let text = height.saturating_sub(heads + inputs);
    let width = usize::from(area.width);
    let mut lines = Vec::new();
    if heads == 1 {
        let mark = if is_chosen { "▸ " } else { "  " };
        let said = format!("{mark}{}: {} ", side.target, side.standing());
        let said = cut(&said, width.saturating_sub(2));
        let rule = "─".repeat(width.saturating_sub(said.width() + 1));
        let style = if is_chosen { Style::new().bold() } else { Style::new() };
        let rule = Span::styled(format!(" {rule}"), ink.faint());
        lines.push(Line::from(vec![Span::styled(said, style), rule]));
    }
    let mut rows = side.pane.rows(width, text);
    let is_at_top = side.pane.scroll > 0 && rows.len() < text;
    if is_at_top && side.pane.left_out() > 0 {
        rows.insert(0, (Kind::Told, words::lines_left_out(side.pane.left_out())));
        rows.truncate(text);
    }
    let blank = text.saturating_sub(rows.len());
    lines.extend(rows.into_iter().map(|(kind, row)| {
        Line::styled(
            row,
            match kind {
                Kind::Printed => Style::new(),
                Kind::Complained => ink.colored(Color::Red),
                Kind::Typed => Style::new().bold(),
                Kind::Told => ink.faint(),
            },
        )
    }));
    lines.extend(vec![Line::default(); blank]);
    if has_input {
        let (shown, columns) = end_of(&side.line.text, width.saturating_sub(3));
        let style = if is_chosen { Style::new().bold() } else { ink.faint() };
        lines.push(Line::styled(format!("› {shown}"), style));
        if is_chosen && boards.help.is_none() {
            let column = area.x + u16::try_from(2 + columns).unwrap_or(0);
            let column = column.min(area.right().saturating_sub(1));
            frame.set_cursor_position(Position::new(column, area.bottom() - 1));
        }
    }
    let is_more = side.pane.scroll > 0;
    frame.render_widget(Text::from(lines), area);
    if is_more && text > 0 {
        let row = area.bottom() - 1 - u16::from(has_input);
        more(boards, frame, Rect::new(area.x, row, area.width, 1));
    }
}

/// What fits of a line that is typed, its end, and how many columns that takes.
fn end_of(typed: &str, room: usize) -> (String, usize) {
    let shown = netkit::visible(typed.as_bytes()).replace('\t', " ");
    let mut used = 0;
    let fits = shown.char_indices().rev().take_while(|(_, letter)| {
        let columns = letter.width().unwrap_or(0);
        let fits = used + columns <= room;
        used += if fits { columns } else { 0 };
        fits
    });
    let from = fits.last().map_or(shown.len(), |(at, _)| at);
    (shown[from..].to_owned(), used)
}

/// What crosses, with the names above.
fn ladder(boards: &mut Boards, frame: &mut Frame<'_>, area: Rect) {
    if area.height == 0 {
        return;
    }
    boards.spots.parts.push((area, Part::Ladder));
    let ladder = Ladder::new(usize::from(area.width).saturating_sub(1));
    let [left, right] = [boards.sides[0].role, boards.sides[1].role];
    let height = usize::from(area.height).saturating_sub(1);
    boards.page = height;
    let mut lines: Vec<Line<'static>> = Vec::new(); // the last one first
    for row in boards.rows.iter().rev() {
        if lines.len() >= height + boards.scroll {
            break;
        }
        let style = match row.place {
            Place::Told => Style::new().bold(),
            Place::LostToLeft | Place::LostToRight => boards.ink.colored(Color::Red),
            _ => Style::new(),
        };
        let drawn = ladder.lines(row).into_iter().rev();
        lines.extend(drawn.map(|line| Line::styled(line, style)));
    }
    boards.scroll = boards.scroll.min(lines.len().saturating_sub(height));
    let mut shown: Vec<Line<'static>> =
        lines.into_iter().skip(boards.scroll).take(height).collect();
    shown.push(Line::styled(ladder.heading(left, right), boards.ink.faint()));
    shown.reverse();
    frame.render_widget(Text::from(shown), area);
    if boards.scroll > 0 && height > 0 {
        more(boards, frame, Rect::new(area.x, area.bottom() - 1, area.width, 1));
    }
}

/// Says that there is more below.
fn more(boards: &Boards, frame: &mut Frame<'_>, row: Rect) {
    let width = u16::try_from(words::MORE_BELOW.width() + 1).unwrap_or(0).min(row.width);
    let place = Rect::new(row.right() - width, row.y, width, 1);
    frame.render_widget(Clear, place);
    let said = Span::styled(format!(" {}", words::MORE_BELOW), boards.ink.faint());
    frame.render_widget(Line::from(said), place);
}

fn keys(boards: &mut Boards, frame: &mut Frame<'_>, area: Rect) {
    if area.height == 0 {
        return;
    }
    let (keys, commands): (&[_], &[_]) = match boards.mode {
        Mode::Typing => (
            &words::KEYS,
            &[
                Command::Next,
                Command::Key(Key::Enter),
                Command::Key(Key::End),
                Command::Restart,
                Command::Kill,
                Command::New,
                Command::Help,
                Command::Leave,
            ],
        ),
        Mode::Script => (
            &words::KEYS_OF_SCRIPT,
            &[Command::Key(Key::Enter), Command::Screens(1), Command::Help, Command::Leave],
        ),
    };
    let spots = boards.ink.keys(frame, area, keys, 2);
    let clicks = spots.into_iter().map(|(place, number)| (place, commands[number]));
    boards.spots.clicks.extend(clicks);
}

/// The help over everything.
fn help(boards: &mut Boards, frame: &mut Frame<'_>, area: Rect) {
    let area = Rect { height: area.height.saturating_sub(1), ..area };
    let above = Line::from(format!(" {} ", words::HELP_TITLE).bold());
    frame.render_widget(Framed { above, below: Line::default() }, area);
    let inside = Framed::inside(area);
    boards.spots.parts.push((area, Part::Help));
    let keys = words::HELP.iter().map(|(key, does)| ((*key).to_owned(), (*does).to_owned()));
    let all: Vec<(String, String)> = keys.chain(boards.legend.iter().cloned()).collect();
    let longest = all.iter().map(|(key, _)| key.width()).max().unwrap_or(0) + 3;
    // On a narrow screen what a long key does stands below it.
    let head = longest.min(usize::from(inside.width) / 3);
    let width = usize::from(inside.width).saturating_sub(1).max(head + 8);
    let rows = all.iter().flat_map(|(key, does)| {
        let gap = " ".repeat(head.saturating_sub(key.width() + 1).max(2));
        wrapped(&format!(" {key}{gap}"), does, width, head)
    });
    let rows: Vec<Line<'static>> = rows.map(Line::from).collect();
    let last = rows.len().saturating_sub(usize::from(inside.height));
    let scroll = boards.help.unwrap_or(0).min(last);
    boards.help = Some(scroll);
    let shown: Vec<Line<'static>> = rows.into_iter().skip(scroll).collect();
    frame.render_widget(Text::from(shown), inside);
    if scroll < last && inside.height > 0 {
        more(boards, frame, Rect::new(inside.x, inside.bottom() - 1, inside.width, 1));
    }
}

#[cfg(test)]
mod tests;
