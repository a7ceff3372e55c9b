//! A table: columns as wide as they need to be, or narrower; one below the other where nothing else fits.

use pulldown_cmark::Alignment;

use super::breaking::wrapped;
use super::{Row, Span, Style, span, width};

/// Columns between two columns.
const GAP: usize = 2;

/// A table as it is read, cell by cell.
pub(super) struct Table {
    alignments: Vec<Alignment>,
    /// The first row is the head.
    rows: Vec<Vec<Row>>,
    open: Vec<Row>,
}

impl Table {
    pub(super) fn new(alignments: Vec<Alignment>) -> Self {
        Self { alignments, rows: Vec::new(), open: Vec::new() }
    }

    pub(super) fn cell(&mut self, cell: Row) {
        self.open.push(cell);
    }

    pub(super) fn end_row(&mut self) {
        let mut row = std::mem::take(&mut self.open);
        row.resize(self.alignments.len(), Row::new());
        if self.rows.is_empty() {
            row.iter_mut().flatten().for_each(|span| span.style = Style::Strong);
        }
        self.rows.push(row);
    }

    /// The table in rows of at most `room` columns.
    pub(super) fn rows(&self, room: usize) -> Vec<Row> {
        match self.widths(room) {
            Some(widths) => self.side_by_side(&widths),
            None => self.one_below_the_other(room),
        }
    }

    /// How wide each column is. None where a word would have to be cut.
    fn widths(&self, room: usize) -> Option<Vec<usize>> {
        let columns = 0..self.alignments.len();
        let most = |measure: &dyn Fn(&[Span]) -> usize, column: usize| {
            self.rows.iter().map(|row| measure(&row[column])).max().unwrap_or(0)
        };
        let whole: Vec<usize> = columns.clone().map(|column| most(&width, column)).collect();
        let least: Vec<usize> = columns.map(|column| most(&longest_word, column)).collect();
        let mut left = room.checked_sub(GAP * (whole.len().saturating_sub(1)))?;
        left = left.checked_sub(least.iter().sum())?;
        // What is left over goes a column at a time to whoever is narrowest and wants more.
        let mut widths = least;
        while left > 0 {
            let wants = |column: &usize| widths[*column] < whole[*column];
            let narrowest = (0..widths.len()).filter(wants).min_by_key(|&column| widths[column]);
            let Some(column) = narrowest else { break };
            widths[column] += 1;
            left -= 1;
        }
        Some(widths)
    }

    fn side_by_side(&self, widths: &[usize]) -> Vec<Row> {
        let mut shown = Vec::new();
        for (number, row) in self.rows.iter().enumerate() {
            let cells: Vec<Vec<Row>> =
                row.iter().zip(widths).map(|(cell, &room)| wrapped(cell, room.max(1))).collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or(0);
            for line in 0..height {
                let parts = cells.iter().map(|cell| cell.get(line).cloned().unwrap_or_default());
                shown.push(self.line(parts, widths));
            }
            if number == 0 {
                let length = widths.iter().sum::<usize>() + GAP * (widths.len().saturating_sub(1));
                shown.push(vec![span("─".repeat(length), Style::Faint)]);
            }
        }
        shown
    }

    fn line(&self, parts: impl Iterator<Item = Row>, widths: &[usize]) -> Row {
        let mut line = Row::new();
        let mut owed = 0; // spaces, written only when something follows
        for (column, part) in parts.enumerate() {
            let rest = widths[column].saturating_sub(width(&part));
            let before = if self.alignments[column] == Alignment::Right { rest } else { 0 };
            if !part.is_empty() {
                line.push(span(" ".repeat(owed + before), Style::Plain));
                owed = 0;
            } else {
                owed += before;
            }
            line.extend(part);
            owed += rest - before + GAP;
        }
        line
    }

    fn one_below_the_other(&self, room: usize) -> Vec<Row> {
        let mut shown = Vec::new();
        for (number, row) in self.rows.iter().enumerate() {
            let mut indent = 0;
            for cell in row.iter().filter(|cell| !cell.is_empty()) {
                for mut line in wrapped(cell, room.saturating_sub(indent).max(2)) {
                    line.insert(0, span(" ".repeat(indent), Style::Plain));
                    shown.push(line);
                }
                indent = 2;
            }
            if number == 0 {
                shown.push(vec![span("─".repeat(room), Style::Faint)]);
            }
        }
        shown
    }
}

fn longest_word(cell: &[Span]) -> usize {
    let text: String = cell.iter().map(|span| span.text.as_str()).collect();
    text.split_whitespace().map(unicode_width::UnicodeWidthStr::width).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::{Layout, plain, rows};

    const TABLE: &str = "| check | | n |\n| --- | --- | --: |\n| `one_byte` | a single 字 comes back | 1 |\n| `x` | | 12 |\n";

    fn shown(width: usize) -> Vec<String> {
        let layout = Layout { width, styled: false, breaks_code: true };
        rows(TABLE, layout).iter().map(|row| plain(row)).collect()
    }

    #[test]
    fn columns_stand_side_by_side_and_the_widest_gives_way() {
        assert_eq!(
            shown(60),
            [
                "check                                n",
                "──────────────────────────────────────",
                "`one_byte`  a single 字 comes back   1",
                "`x`                                 12",
            ]
        );
        assert_eq!(
            shown(26),
            [
                "check                    n",
                "──────────────────────────",
                "`one_byte`  a single     1",
                "            字 comes",
                "            back",
                "`x`                     12"
            ]
        );
    }

    #[test]
    fn where_a_word_would_be_cut_the_cells_stand_one_below_the_other() {
        assert_eq!(
            shown(14),
            [
                "check",
                "  n",
                "──────────────",
                "`one_byte`",
                "  a single 字",
                "  comes back",
                "  1",
                "`x`",
                "  12"
            ]
        );
    }
}
