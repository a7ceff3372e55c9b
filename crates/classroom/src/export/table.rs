//! Gradebooks: CSV, a line for each student.

use super::Export;
use super::marks::Mark;
use crate::ending::Stop;
use crate::words::export as words;

/// The columns that Canvas's import wants before the assignments, in this order (Canvas Instructor
/// Guide, "How do I import grades in the Gradebook?").
const CANVAS: [&str; 5] = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"];

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
    if CANVAS.iter().any(|heading| !roster.headings.iter().any(|it| it == heading)) {
        return Err(Stop::usage(words::CANVAS_ROSTER));
    }
    let mut rows = Rows::new();
    let lessons = || export.run.lessons.iter();
    let headings = CANVAS.map(str::to_owned).into_iter();
    rows.add(headings.chain(lessons().map(|it| it.lesson.clone())))?;
    let blank = ["    Points Possible", "", "", "", ""].map(str::to_owned).into_iter();
    rows.add(blank.chain(lessons().map(|it| it.max_score.to_string())))?;
    for student in &roster.students {
        let Some(mark) = export.marks.iter().find(|mark| mark.id == student.id) else { continue };
        let own = CANVAS.map(|it| student.columns.get(it).cloned().unwrap_or_default());
        let points = mark.lessons.iter().map(|it| number(mark.points(it)));
        rows.add(own.into_iter().chain(points))?;
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
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_formulas_are_text() {
        let shown = [Some(3.0), Some(2.5), Some(10.0), Some(0.333), None].map(number);
        assert_eq!(shown, ["3", "2.5", "10", "0.33", ""]);
        let cells = ["=1+1", "@x", "-3", "+49 30", "Anna"].map(|it| harmless(it.into()));
        assert_eq!(cells, ["'=1+1", "'@x", "-3", "'+49 30", "Anna"]);
    }
}
