//! What stands above the keys: what to do next, or what goes on.

use super::*;
use crate::next::Next;

/// How many rows say what is next. However much there is to say they are as many, so that a page
/// stays where it is when a build begins and ends; a small window needs its rows for the page.
pub(super) fn height(height: u16) -> u16 {
    if height < 14 { 2 } else { 3 }
}

impl Pen {
    /// What to do next, in `most` rows or fewer.
    pub(super) fn next_rows(&self, seat: &Seat<'_>, width: u16, most: usize) -> Vec<Line<'static>> {
        let width = usize::from(width).saturating_sub(2);
        let lead = |text: String| Line::from(format!(" {}", cut(&text, width)));
        if let Some(search) = &seat.search {
            return vec![lead(format!("/{search}▏")).bold()];
        }
        if let Some(notice) = &seat.notice {
            let rows = at_most(most, grader::layout::wrapped("", notice, width, 0));
            return rows.into_iter().map(|row| lead(row).bold()).collect();
        }
        if let Some(link) = seat.link_text() {
            let rows = grader::layout::wrapped("", words::OPEN_IN_YOUR_EDITOR, width, 0);
            let mut rows = at_most(most.saturating_sub(1).max(1), rows);
            rows.resize(most.saturating_sub(1).max(1), String::new());
            let rows = rows.into_iter().map(|row| lead(row).bold());
            return rows.chain([lead(link)]).collect(); // the link is the last: `linked` counts on it
        }
        match &seat.work {
            Work::Building => {
                let what =
                    if seat.cargo.is_empty() { String::new() } else { format!(": {}", seat.cargo) };
                return vec![lead(format!("… {}{what}", words::BUILDING))];
            }
            Work::Grading => return vec![lead(format!("… {}", graded_so_far(seat)))],
            Work::NoBuild => {
                return vec![
                    lead(format!("▸ {}", words::no_build(!seat.compiler.is_empty()))).bold(),
                ];
            }
            Work::Trouble(_) | Work::Idle => {}
        }
        self.next_step(seat, width, most)
    }

    /// What the student has to do, where nothing goes on.
    fn next_step(&self, seat: &Seat<'_>, width: usize, most: usize) -> Vec<Line<'static>> {
        let lead = |text: String| Line::from(format!(" {}", cut(&text, width)));
        match seat.next() {
            Next::Step(todo, _) => {
                let place = words::waits_at(&seat.course.typed_path(&todo.file), todo.line);
                // What is written and wrong comes before what is not written yet.
                if let Some(id) = seat.fails_as_written() {
                    let then = format!("  {}", words::then_step(todo.number, &place));
                    return vec![lead(format!("▸ {}", words::mend(id))).bold(), lead(then)];
                }
                let said = words::step(todo.number, &todo.text);
                let rows = grader::layout::wrapped("▸ ", &said, width, 2);
                let rows = at_most(most.saturating_sub(1).max(1), rows); // the skeleton has the rest
                let mut rows: Vec<_> = rows.into_iter().map(|row| lead(row).bold()).collect();
                rows.push(lead(format!("  e opens {place}; {}", words::EACH_SAVE)));
                rows
            }
            Next::Mend(id) => {
                let mut rows = vec![lead(format!("▸ {}", words::mend(id))).bold()];
                if seat.warnings > 0 {
                    rows.push(lead(format!("  {}", words::warnings(seat.warnings))));
                }
                rows
            }
            Next::Nothing if seat.has_passed() => {
                vec![lead(format!("▸ {}", words::passed(&seat.entry().name))).bold()]
            }
            Next::Nothing => vec![lead(words::NOT_GRADED_YET.into())],
        }
    }
}

/// How far the grading is, and which checks it waits for where they are few.
fn graded_so_far(seat: &Seat<'_>) -> String {
    let awaited = seat.rows.iter().filter(|row| matches!(row.known, Known::Awaited(_)));
    let awaited: Vec<&str> = awaited.map(|row| row.id.as_str()).collect();
    let all = seat.rows.len();
    let mut said = format!("{} {}/{all}", words::GRADING, all - awaited.len());
    if (1..=3).contains(&awaited.len()) {
        said.push_str(&format!(": {}", awaited.join(", ")));
    }
    said
}

/// The first `most` of some rows, the last of them with a sign where there were more.
fn at_most(most: usize, mut rows: Vec<String>) -> Vec<String> {
    if rows.len() > most {
        rows.truncate(most);
        if let Some(last) = rows.last_mut() {
            last.push('…');
        }
    }
    rows
}
