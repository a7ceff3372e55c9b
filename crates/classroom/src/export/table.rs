//! Gradebooks: CSV, a line for each student.

use super::Export;
use super::marks::Mark;
use crate::ending::Stop;
use crate::words::export as words;

/// What stands between a student's name and the assignments in the gradebook that Canvas exports,
/// and must stand there when it is imported. How much of it an instructor gets is the school's
/// decision (<https://github.com/instructure/canvas-lms>, `lib/gradebook_exporter.rb` and
/// `lib/gradebook_importer.rb`).
const CANVAS: [&[&str]; 6] = [
    &["ID", "Section"],
    &["ID", "SIS Login ID", "Section"],
    &["ID", "SIS User ID", "SIS Login ID", "Section"],
    &["ID", "SIS User ID", "SIS Login ID", "Integration ID", "Section"],
    &["ID", "SIS User ID", "SIS Login ID", "Root Account", "Section"],
    &["ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account", "Section"],
];

/// How many columns of Canvas's are about the student; none where it is no gradebook of Canvas's.
fn canvas_columns(headings: &[&str]) -> Option<usize> {
    let names = match headings {
        ["Student", ..] => 1,
        ["LastName", "FirstName", ..] => 2,
        _ => return None,
    };
    let is_next = |columns: &&&[&str]| headings[names..].starts_with(columns);
    CANVAS.iter().find(is_next).map(|columns| names + columns.len())
}

/// Whether Canvas's heading is of the assignment `title`: it puts its own number behind the title,
/// and knows the assignment by it.
fn is_of_assignment(heading: &str, title: &str) -> bool {
    let number = heading.strip_prefix(title).and_then(|rest| rest.strip_prefix(" ("));
    let number = number.and_then(|rest| rest.strip_suffix(')'));
    heading == title
        || number.is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The gradebook: the roster's own columns first, so that whoever made the roster can match it.
pub(super) fn csv(export: &Export<'_>) -> Result<String, Stop> {
    let students = || export.roster.iter().flat_map(|roster| &roster.students);
    let own: Vec<String> = match export.roster {
        Some(roster) => roster.headings.clone(),
        None => vec!["id".into(), "name".into()],
    };
    let mut rows = Rows::new();
    let tail = ["points", "max_points", "submission", "late_by_s", "note"].map(str::to_owned);
    let lessons = export.run.lessons.iter().map(|it| it.lesson.clone());
    rows.add(own.iter().cloned().chain(lessons).chain(tail))?;
    for mark in export.marks {
        let columns = students().find(|it| it.id == mark.id).map(|it| &it.columns);
        let cell = |heading: &String| match (columns, export.roster) {
            (Some(columns), _) => columns.get(heading).cloned().unwrap_or_default(),
            // Whoever is not on the roster has at least an id, in the column of ids.
            (None, Some(roster)) if *heading == roster.id_heading => mark.id.clone(),
            (None, Some(_)) => String::new(),
            (None, None) if heading == "id" => mark.id.clone(),
            (None, None) => mark.name.clone().unwrap_or_default(),
        };
        let lessons = mark.lessons.iter().map(|it| number(mark.points(it)));
        let tail = [
            number(mark.total(export.course)),
            number(Some(mark.max_total(export.course))),
            mark.received.word().into(),
            mark.late_by_s.to_string(),
            note(mark),
        ];
        rows.add(own.iter().map(cell).chain(lessons).chain(tail))?;
    }
    rows.text()
}

/// The gradebook as Canvas imports it, in the order in which Canvas gave the students.
pub(super) fn canvas(export: &Export<'_>) -> Result<String, Stop> {
    let roster = export.roster.ok_or_else(|| Stop::usage(words::CANVAS_ROSTER))?;
    let headings: Vec<&str> = roster.headings.iter().map(String::as_str).collect();
    let own = canvas_columns(&headings).ok_or_else(|| Stop::usage(words::CANVAS_ROSTER))?;
    let own = &headings[..own];
    let mut rows = Rows::new();
    let lessons = || export.run.lessons.iter();
    let heading = |title: &str| {
        let known = headings.iter().find(|heading| is_of_assignment(heading, title));
        known.map_or(title, |known| known).to_owned()
    };
    let names = own.iter().map(|it| (*it).to_owned());
    rows.add(names.chain(lessons().map(|it| heading(&it.lesson))))?;
    let most = std::iter::once("    Points Possible").chain(own.iter().skip(1).map(|_| ""));
    rows.add(most.map(str::to_owned).chain(lessons().map(|it| it.max_score.to_string())))?;
    for student in &roster.students {
        let Some(mark) = export.marks.iter().find(|mark| mark.id == student.id) else { continue };
        let own = own.iter().map(|it| student.columns.get(*it).cloned().unwrap_or_default());
        let points = mark.lessons.iter().map(|it| number(mark.points(it)));
        rows.add(own.chain(points))?;
    }
    rows.text()
}

fn note(mark: &Mark) -> String {
    let mut notes = vec![mark.message.clone()];
    if mark.left < 1.0 {
        notes.push(words::late(mark.late_by_s, mark.left));
    }
    for lesson in &mark.lessons {
        let why = lesson.message.lines().next().unwrap_or_default();
        if !why.is_empty() && why != mark.message {
            notes.push(format!("{}: {why}", lesson.lesson));
        }
        notes.extend(lesson.corrections.iter().map(|it| format!("{}: {it}", lesson.lesson)));
    }
    notes.retain(|note| !note.is_empty());
    notes.join("; ")
}

/// Points with at most two places; nothing where there are none.
fn number(points: Option<f64>) -> String {
    let text = points.map(|points| format!("{points:.2}")).unwrap_or_default();
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

struct Rows(csv::Writer<Vec<u8>>);

impl Rows {
    fn new() -> Self {
        Self(csv::Writer::from_writer(Vec::new()))
    }

    fn add(&mut self, cells: impl Iterator<Item = String>) -> Result<(), Stop> {
        let cells: Vec<String> = cells.map(harmless).collect();
        self.0.write_record(cells).map_err(|error| Stop::infrastructure(error.to_string()))
    }

    fn text(self) -> Result<String, Stop> {
        let bytes = self.0.into_inner().map_err(|error| Stop::infrastructure(error.to_string()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// A cell that no spreadsheet takes for a formula: names are what students chose.
fn harmless(cell: String) -> String {
    let is_number = cell.parse::<f64>().is_ok();
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number {
        true => format!("'{cell}"),
        false => cell,
    }
}

#[cfg(test)]
mod tests;
