//! The page of all lessons.

use grader::layout::wrapped;
use ratatui_core::layout::Rect;
use ratatui_core::style::{Color, Modifier, Stylize};
use ratatui_core::terminal::Frame;
use ratatui_core::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::Pen;
use crate::learn::command::Command;
use crate::learn::seat::Seat;
use crate::screen::cut;
use crate::words;

/// A row a lesson; below the one that the cursor is on, what it is about.
pub(super) fn draw(pen: &mut Pen, seat: &mut Seat<'_>, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width);
    let name_width = seat.course.lessons.iter().map(|it| it.name.width()).max().unwrap_or(0);
    let mut rows: Vec<(Line<'static>, usize)> = Vec::new();
    for (number, entry) in seat.course.lessons.iter().enumerate() {
        let is_here = number == seat.cursor;
        let head = format!("{:name_width$}", entry.name);
        let (mark, points, title) = match &entry.lesson {
            Ok(lesson) => {
                let (reached, all) = seat.points(lesson);
                let mark = match reached {
                    _ if number == seat.at => Span::styled("▸", pen.colored(Color::Yellow)),
                    reached if reached == all => Span::styled("✓", pen.colored(Color::Green)),
                    _ => Span::styled("·", pen.faint()),
                };
                (mark, format!("{reached}/{all}"), lesson.title.clone())
            }
            Err(_) => {
                let mark = Span::styled("!", pen.colored(Color::Red));
                (mark, String::new(), words::BROKEN_LESSON.to_owned())
            }
        };
        let rest = cut(&title, width.saturating_sub(name_width + 14));
        let mut text = Span::raw(format!(" {head}  {points:>5}  {rest} "));
        if is_here {
            text = text.add_modifier(Modifier::REVERSED);
        }
        let cursor = if is_here { ">" } else { " " };
        rows.push((Line::from(vec![Span::raw(cursor), mark, text]), number));
        if is_here {
            let about = match &entry.lesson {
                Ok(lesson) => lesson.summary.clone(),
                Err(error) => error.to_string(),
            };
            let room = width.saturating_sub(8).max(20);
            let about = about.lines().flat_map(|line| wrapped("", line, room, 0));
            for row in about.collect::<Vec<_>>() {
                rows.push((Line::from(format!("      {row}")), number));
            }
        }
    }
    let height = usize::from(area.height);
    // The cursor's own row is seen, and of what stands below it as much as there is room for.
    let mut of_cursor = rows.iter().enumerate().filter(|(_, row)| row.1 == seat.cursor);
    let begins = of_cursor.next().map_or(0, |(at, _)| at);
    let ends = of_cursor.next_back().map_or(begins, |(at, _)| at);
    let first = (ends + 1).saturating_sub(height).min(begins);
    let is_more = rows.len() > first + height;
    for (line, (row, number)) in rows.into_iter().skip(first).take(height).enumerate() {
        let place = Rect::new(area.x, area.y + u16::try_from(line).unwrap_or(0), area.width, 1);
        frame.render_widget(row, place);
        pen.spots.push((place, Command::Lesson(number)));
    }
    if is_more && area.height > 0 {
        pen.more(frame, area, Command::Move(1));
    }
}
