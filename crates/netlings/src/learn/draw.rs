//! The learner's seat on the screen.

use std::ops::Deref;

use grader::lesson::{CheckText, Lesson};
use grader::report::{Look, failure_text};
use grader::{CheckReport, Outcome};
use ratatui_core::layout::{Constraint, Layout, Rect, Size};
use ratatui_core::style::{Color, Modifier, Style, Stylize};
use ratatui_core::terminal::Frame;
use ratatui_core::text::{Line, Span, Text};
use unicode_width::UnicodeWidthStr;

use crate::ink::Ink;
use crate::ink::frames::{Framed, Rule};
use crate::learn::command::{Command, Spots};
use crate::learn::seat::{Known, LaidOut, Page, Seat, Work};
use crate::markdown;
use crate::screen::cut;
use crate::words::learn as words;

mod checks;
mod course;
mod next;
mod rows;
#[cfg(test)]
mod tests;

/// Draws the seat, and says where the mouse can do what.
pub(crate) fn draw(seat: &mut Seat<'_>, frame: &mut Frame<'_>, color: bool) -> Spots {
    let mut pen = Pen { spots: Spots::new(), ink: Ink { color } };
    let area = frame.area();
    let next_height = next::height(area.height);
    let next = pen.next_rows(seat, area.width, next_height.into());
    let [head, body, below, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(next_height),
        Constraint::Length(1),
    ])
    .areas(area);
    pen.head(seat, frame, head);
    frame.render_widget(Text::from(next), below);
    pen.keys(frame, keys);
    let [above, inside, under] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(u16::from(body.height > 1)),
    ])
    .areas(body);
    frame.render_widget(Rule(pen.faint()), above);
    frame.render_widget(Rule(pen.faint()), under);
    seat.page_rows = inside.height.into();
    match (&seat.paper, seat.page) {
        (Some(_), _) => pen.paper(seat, frame, body),
        (None, Page::Course) => course::draw(&mut pen, seat, frame, inside),
        (None, Page::Text) => pen.text(seat, frame, inside),
        (None, Page::Checks) => checks::draw(&mut pen, seat, frame, inside),
    }
    pen.spots
}

/// The escape codes that make a link of the row above the keys, where the place to open stands:
/// terminals that know links (OSC 8) open it at a click, others show what was there.
pub(crate) fn linked(seat: &Seat<'_>, size: Size) -> Option<String> {
    let text = cut(&seat.link_text()?, usize::from(size.width).saturating_sub(2));
    let path = seat.link.as_ref()?.file.to_str()?;
    let url: String = path.bytes().map(percent_encoded).collect();
    let row = size.height.checked_sub(1)?; // counted from 1
    Some(format!("\x1b7\x1b[{row};2H\x1b]8;;file://{url}\x1b\\{text}\x1b]8;;\x1b\\\x1b8"))
}

/// A byte as RFC 3986 has it in a path.
fn percent_encoded(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    }
}

struct Pen {
    spots: Spots,
    ink: Ink,
}

impl Deref for Pen {
    type Target = Ink;

    fn deref(&self) -> &Ink {
        &self.ink
    }
}

impl Pen {
    /// A mark in its colour. The mark alone says it.
    fn mark(&self, outcome: Option<Outcome>) -> Span<'static> {
        match outcome {
            Some(Outcome::Passed) => Span::styled("✓", self.colored(Color::Green)),
            Some(Outcome::Failed) => Span::styled("✗", self.colored(Color::Red)),
            Some(Outcome::Skipped) => Span::styled("-", self.faint()),
            Some(Outcome::InfraError) => Span::styled("!", self.colored(Color::Yellow)),
            None => Span::styled("·", self.faint()),
        }
    }

    /// The pages, and which lesson this is.
    fn head(&mut self, seat: &Seat<'_>, frame: &mut Frame<'_>, area: Rect) {
        let mut left = vec![Span::raw(" ")];
        let mut x = area.x + 1;
        for (number, page) in Page::ALL.into_iter().enumerate() {
            let open = page == seat.page;
            let label = match open {
                true => format!("[{} {}]", number + 1, words::PAGES[number]),
                false => format!(" {} {} ", number + 1, words::PAGES[number]),
            };
            let width = u16::try_from(label.width()).unwrap_or(0);
            self.spots.push((Rect::new(x, area.y, width, 1), Command::Page(page)));
            x += width;
            left.push(if open { label.bold() } else { Span::styled(label, self.faint()) });
        }
        let room = usize::from(area.width).saturating_sub(usize::from(x) + 2);
        let said = cut(&where_it_is(seat, room), room);
        left.push(Span::raw(" ".repeat(room.saturating_sub(said.width()) + 1)));
        left.push(said.bold());
        frame.render_widget(Line::from(left), area);
    }

    fn keys(&mut self, frame: &mut Frame<'_>, area: Rect) {
        let commands = [
            Command::Edit,
            Command::Hint,
            Command::GradeAll,
            Command::Run,
            Command::NextPage,
            Command::NextLesson,
            Command::Solution,
            Command::Search,
            Command::Help,
            Command::Quit,
        ];
        let spots = self.ink.keys(frame, area, &words::KEYS, 2);
        self.spots.extend(spots.into_iter().map(|(place, number)| (place, commands[number])));
    }

    /// The lesson's own text.
    fn text(&mut self, seat: &mut Seat<'_>, frame: &mut Frame<'_>, area: Rect) {
        let file = seat.course.exercise(&seat.entry().name).join("README.md");
        let written = std::fs::metadata(&file).and_then(|about| about.modified()).ok();
        // Whoever has graded nothing yet is told what this is, where there is room.
        let welcomes = seat.standings.is_empty() && area.height >= 12;
        let layout = markdown::Layout {
            width: usize::from(area.width.saturating_sub(2)).clamp(20, 96),
            styled: self.color,
            breaks_code: true,
        };
        let is_same = |it: &LaidOut| {
            (&it.file, it.written, it.welcomes, it.layout) == (&file, written, welcomes, layout)
        };
        let laid_out = seat.laid_out.take().filter(is_same).unwrap_or_else(|| {
            let content = grader::text::Text::read(&file).map(|text| text.content);
            let content = content.unwrap_or_else(|error| error.to_string());
            let welcome = if welcomes { words::WELCOME } else { "" };
            let rows = markdown::rows(&format!("{welcome}{content}"), layout);
            LaidOut { file, written, welcomes, layout, rows }
        });
        let (rows, scroll) = (&laid_out.rows, &mut seat.text_scroll);
        if self.part(rows.len(), scroll, frame, area, |at| self.markdown_line(&rows[at])) {
            self.more(frame, area, Command::Screens(1));
        }
        seat.laid_out = Some(laid_out);
    }

    fn markdown_line(&self, row: &markdown::Row) -> Line<'static> {
        let style = |style| match style {
            markdown::Style::Plain => Style::new(),
            markdown::Style::Heading => self.colored(Color::Yellow).bold(),
            markdown::Style::Strong => Style::new().bold(),
            markdown::Style::Emphasis => Style::new().italic(),
            markdown::Style::Code => self.colored(Color::Cyan),
            markdown::Style::Faint => self.faint(),
        };
        let spans = row.iter().map(|span| Span::styled(span.text.clone(), style(span.style)));
        Line::from_iter(std::iter::once(Span::raw(" ")).chain(spans))
    }

    /// A text over the page.
    fn paper(&mut self, seat: &mut Seat<'_>, frame: &mut Frame<'_>, area: Rect) {
        let Some(paper) = &mut seat.paper else { return };
        let below = match paper.asks {
            None => Line::from(format!(" {} ", words::GO_BACK)),
            Some(_) => Line::default(),
        };
        let above = Line::from(format!(" {} ", paper.title).bold());
        frame.render_widget(Framed { above, below }, area);
        let inside = Framed::inside(area);
        let width = usize::from(inside.width);
        let lines = self.lines_of(&paper.text, u16::MAX);
        let lines: Vec<_> = lines.into_iter().flat_map(|line| rows::of(line, width)).collect();
        let mut scroll = paper.scroll;
        self.scrolled(&lines, &mut scroll, frame, inside);
        paper.scroll = scroll;
    }

    /// A part of a long text; `scroll` becomes what is possible.
    fn scrolled(
        &mut self,
        lines: &[Line<'static>],
        scroll: &mut usize,
        frame: &mut Frame<'_>,
        area: Rect,
    ) {
        if self.part(lines.len(), scroll, frame, area, |at| lines[at].clone()) {
            self.more(frame, area, Command::Screens(1));
        }
    }

    /// Draws what fits of so many lines, and says whether there is more below.
    fn part(
        &self,
        count: usize,
        scroll: &mut usize,
        frame: &mut Frame<'_>,
        area: Rect,
        line: impl Fn(usize) -> Line<'static>,
    ) -> bool {
        let height = usize::from(area.height);
        let last = count.saturating_sub(height);
        *scroll = (*scroll).min(last);
        let shown: Vec<_> = (*scroll..count.min(*scroll + height)).map(line).collect();
        frame.render_widget(Text::from(shown), area);
        *scroll < last && height > 0
    }

    /// Says in the rule below `area`, where it hides nothing, that there is more; a click does
    /// what `clicked` says.
    fn more(&mut self, frame: &mut Frame<'_>, area: Rect, clicked: Command) {
        let sign = format!(" {} ", words::MORE_BELOW);
        let width = u16::try_from(sign.width()).unwrap_or(0).min(area.width);
        let place = Rect::new(area.right() - width, area.bottom(), width, 1);
        let place = place.intersection(frame.area());
        frame.render_widget(Line::from(Span::styled(sign, self.faint())), place);
        self.spots.push((place, clicked));
    }
}

/// The lesson's name, its number and its points, or what is needed most of it.
fn where_it_is(seat: &Seat<'_>, room: usize) -> String {
    let name = seat.entry().name.as_str();
    let Some(lesson) = seat.lesson() else { return name.into() };
    let (reached, all) = seat.points(lesson);
    let number = words::lesson_of(seat.at + 1, seat.course.lessons.len());
    let points = words::points(reached, all);
    let ways = [
        format!("{name}  {number}  {points}"),
        format!("{name}  {points}"),
        format!("{name} {reached}/{all}"),
    ];
    let last = format!("{reached}/{all}");
    ways.into_iter().find(|way| way.width() <= room).unwrap_or(last)
}
