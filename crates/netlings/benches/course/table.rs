//! What is printed: a row for each figure beside its reference.

use std::fmt::Write;

use crate::series::Series;

/// One figure, its reference, and what the course wants of the two.
pub(crate) struct Row {
    /// What was measured, in words.
    pub(crate) what: String,
    /// The figure, with its unit.
    pub(crate) figure: String,
    /// What it stands beside, in words and with its own figure.
    pub(crate) reference: String,
    /// The two compared: a difference or a ratio.
    pub(crate) compared: String,
    /// What is wanted, where something is.
    pub(crate) goal: Option<Goal>,
    /// What one has to know to read the row, a line each.
    pub(crate) notes: Vec<String>,
}

/// What is wanted of a figure, and whether this run saw it.
pub(crate) struct Goal {
    pub(crate) words: String,
    pub(crate) is_met: bool,
}

impl Goal {
    pub(crate) fn new(words: impl Into<String>, is_met: bool) -> Option<Self> {
        Some(Self { words: words.into(), is_met })
    }
}

/// Between what the middle half of the rounds lies.
pub(crate) fn range(series: &Series, unit: &str) -> String {
    let (low, high) = series.middle_half();
    format!("{low:.0} to {high:.0} {unit}")
}

const HEAD: [&str; 6] = ["", "figure", "reference", "compared", "goal", "met"];

/// The rows as a table, each column as wide as its widest cell; then the notes.
pub(crate) fn show(rows: &[Row]) -> String {
    let mut cells = vec![HEAD.map(str::to_owned)];
    cells.extend(rows.iter().map(|row| {
        let (goal, met) = match &row.goal {
            Some(goal) => (goal.words.as_str(), if goal.is_met { "yes" } else { "NO" }),
            None => ("", ""),
        };
        [&row.what, &row.figure, &row.reference, &row.compared, goal, met].map(str::to_owned)
    }));
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..HEAD.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in &cells {
        let mut line = String::from(" ");
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, " {cell:width$} ");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let mut notes: Vec<&String> = Vec::new();
    for note in rows.iter().flat_map(|row| &row.notes) {
        // Rows with the same reference say the same of it.
        if !notes.contains(&note) {
            let _ = writeln!(text, "    {note}");
            notes.push(note);
        }
    }
    text
}
