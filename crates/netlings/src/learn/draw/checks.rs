//! The page of a lesson's checks: the list, and the one that is looked at.

use super::*;

/// From so many columns on the list stands beside the details, not above them.
const WIDE: u16 = 112;

pub(super) fn draw(pen: &mut Pen, seat: &mut Seat<'_>, frame: &mut Frame<'_>, area: Rect) {
    let Some(lesson) = seat.lesson() else {
        let error = seat.entry().lesson.as_ref().err().map(ToString::to_string);
        let lines = pen.lines_of(&error.unwrap_or_default(), area.width);
        return frame.render_widget(Text::from(lines), area);
    };
    let count = u16::try_from(lesson.checks.len()).unwrap_or(1);
    let (list, detail) = if area.width >= WIDE {
        let ids = lesson.checks.iter().map(|check| check.id.width()).max().unwrap_or(0);
        let width = u16::try_from(ids + 12).unwrap_or(40).min(area.width / 2);
        let [list, detail] =
            Layout::horizontal([Constraint::Length(width), Constraint::Min(1)]).areas(area);
        (list, detail)
    } else {
        // On a small screen the details need the room more; the list is scrolled.
        let most = match area.height {
            ..8 => 1,
            8..20 => (area.height / 4).max(3),
            _ => area.height * 2 / 5,
        };
        let height = count.min(most);
        let [list, detail] =
            Layout::vertical([Constraint::Length(height), Constraint::Min(0)]).areas(area);
        (list, detail)
    };
    let is_more = draw_list(pen, seat, lesson, frame, list);
    let one = Constraint::Length(1);
    let [rule, inside] = match area.width >= WIDE {
        true => Layout::horizontal([one, Constraint::Min(0)]).areas(detail),
        false => Layout::vertical([one, Constraint::Min(0)]).areas(detail),
    };
    frame.render_widget(Rule(pen.faint()), rule);
    if is_more && area.height >= 8 {
        pen.more(frame, list, Command::Move(1));
    }
    seat.page_rows = inside.height.into();
    let lines = details(pen, seat, lesson, inside.width);
    let mut scroll = seat.detail_scroll;
    pen.scrolled(&lines, &mut scroll, frame, inside);
    seat.detail_scroll = scroll;
}

/// True where there are more checks below those that are seen.
fn draw_list(
    pen: &mut Pen,
    seat: &Seat<'_>,
    lesson: &Lesson,
    frame: &mut Frame<'_>,
    area: Rect,
) -> bool {
    let height = usize::from(area.height);
    // The chosen one stands in the middle where it can.
    let last = seat.rows.len().saturating_sub(height);
    let first = seat.chosen.saturating_sub(height / 2).min(last);
    let ids = lesson.checks.iter().map(|check| check.id.width()).max().unwrap_or(0);
    for (line, (number, row)) in seat.rows.iter().enumerate().skip(first).take(height).enumerate() {
        let place = Rect::new(area.x, area.y + u16::try_from(line).unwrap_or(0), area.width, 1);
        let Some(check) = lesson.checks.get(number) else { continue };
        let is_here = number == seat.chosen;
        let points = format!("{}/{}", reached(&row.known, check), check.points);
        let head = format!(" {:ids$} ", row.id);
        let room = usize::from(area.width).saturating_sub(head.width() + points.width() + 6);
        let title = if room > 12 { cut(&about(&row.known, check), room) } else { String::new() };
        let gap = " ".repeat(room.saturating_sub(title.width()));
        let mut text = Span::raw(format!("{head}{title}{gap} {points} "));
        if is_here {
            text = text.add_modifier(Modifier::REVERSED);
        }
        let awaited = matches!(row.known, Known::Awaited(_));
        let mut mark = pen.mark(row.known.outcome());
        if awaited {
            mark = Span::styled("…", pen.faint());
        }
        let cursor = if is_here { ">" } else { " " };
        frame.render_widget(Line::from(vec![Span::raw(cursor), mark, text]), place);
        pen.spots.push((place, Command::Check(number)));
    }
    first < last
}

fn reached(known: &Known, check: &CheckText) -> u32 {
    if known.outcome() == Some(Outcome::Passed) { check.points } else { 0 }
}

/// A row's words: what the check is about, or what is in its way.
fn about(known: &Known, check: &CheckText) -> String {
    match known {
        // The mark says that it was not run.
        Known::Ended(report) if report.outcome != Outcome::Passed => {
            report.message.strip_prefix("not run: ").unwrap_or(&report.message).to_owned()
        }
        _ => check.title.clone(),
    }
}

/// All that there is to say of the check that is looked at.
fn details(pen: &Pen, seat: &Seat<'_>, lesson: &Lesson, width: u16) -> Vec<Line<'static>> {
    let text_width = width.saturating_sub(1).clamp(20, 100);
    let look = Look { width: text_width.into(), color: pen.color };
    let mut text = String::new();
    match &seat.work {
        Work::NoBuild => return pen.lines_of(&seat.compiler, width),
        Work::Trouble(words) => {
            push(&mut text, words, look);
            if !seat.compiler.is_empty() {
                text.push_str(&seat.compiler);
            }
            return pen.lines_of(&text, width);
        }
        _ => {}
    }
    let (Some(row), Some(check)) = (seat.rows.get(seat.chosen), lesson.checks.get(seat.chosen))
    else {
        return Vec::new();
    };
    match &row.known {
        Known::Ended(report) => match report.outcome {
            Outcome::Failed | Outcome::InfraError if report.step_to_do.is_none() => {
                // Hints come by `h`, all of them below: not one here too, nor the shell's command.
                let report = CheckReport { hint: None, hints_left: 0, ..(**report).clone() };
                text = failure_text(&lesson.name, &report, look);
            }
            Outcome::Passed => {
                push(&mut text, &check.title, look);
                push(&mut text, &words::passed_in(report.duration_ms), look);
            }
            _ => {
                push(&mut text, &check.title, look);
                push(&mut text, &report.message, look);
            }
        },
        Known::Awaited(_) => {
            push(&mut text, &check.title, look);
            push(&mut text, words::IN_PROGRESS, look);
        }
        Known::Before(standing) => {
            push(&mut text, &check.title, look);
            let said = match standing {
                Some(grader::progress::Standing::Passed) => words::passed_before(),
                Some(_) => words::failed_before(),
                None => words::NOT_GRADED_YET.into(),
            };
            push(&mut text, &said, look);
        }
    }
    if row.hints > 0 {
        text.push_str(&format!("\n{}\n", words::HINTS));
        for (number, hint) in check.hints.iter().take(row.hints).enumerate() {
            let head = format!("  {}. ", number + 1);
            for row in grader::layout::wrapped(&head, hint, look.width, 5) {
                text.push_str(&format!("{row}\n"));
            }
        }
    }
    pen.lines_of(&text, width)
}

fn push(text: &mut String, words: &str, look: Look) {
    for row in words.lines().flat_map(|line| grader::layout::wrapped("", line, look.width, 0)) {
        text.push_str(&format!("{row}\n"));
    }
}
