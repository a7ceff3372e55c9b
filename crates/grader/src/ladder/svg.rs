//! A ladder as a picture: SVG for slides, dark on white.

use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Place, Row, cut, time};
use crate::layout::{broken, wrapped};

/// The picture's width; its height is what the rows need. Lengths are in SVG's own units.
const WIDTH: usize = 1280;
/// Where the two lifelines stand.
const LEFT: usize = 120;
const RIGHT: usize = WIDTH - 40;
/// Between two rows that are drawn on a line, and between two lines of text.
const STEP: usize = 44;
const LINE: usize = 28;
/// Below the title and the names.
const TOP: usize = 128;
/// The letters of what crosses and their columns, as wide as the widest of the fonts has them.
const LETTER: f64 = 12.3;
/// As many columns as fit between the lifelines.
const COLUMNS: usize = 86;
/// As many columns of a narrator's words, whose letters are narrower.
const TOLD_COLUMNS: usize = 96;

/// Fonts that come with the systems, the ones for Chinese among them.
const MONOSPACE: &str = "'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, \
    'Noto Sans Mono CJK SC', 'PingFang SC', 'Microsoft YaHei', monospace";
const SANS: &str = "'DejaVu Sans', 'Segoe UI', Helvetica, Arial, \
    'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif";

const INK: &str = "#1b1f24";
const FAINT: &str = "#5b6470";
const GOING: &str = "#0b4a8f";
const COMING: &str = "#14613a";
const LOST: &str = "#a8071a";
const PAPER: &str = "#eef2f7";

/// Draws all rows as one picture, an SVG document: `title` above it, `left` and `right` above the
/// two lifelines, what a narrator says in boxes below the rows that it is about.
#[must_use]
pub fn svg(title: &str, left: &str, right: &str, rows: &[Row]) -> String {
    let mut picture = Picture { body: String::new(), y: TOP };
    for row in rows {
        picture.row(row);
    }
    let height = picture.y + 24;
    let mut document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" xml:space=\"preserve\">\n\
         <title>{title}</title>\n\
         <style>\n\
         text {{ font-family: {MONOSPACE}; font-size: 20px; fill: {INK}; }}\n\
         .title {{ font-family: {SANS}; font-size: 30px; font-weight: bold; }}\n\
         .name {{ font-family: {SANS}; font-size: 24px; font-weight: bold; }}\n\
         .told {{ font-family: {SANS}; font-size: 20px; }}\n\
         .time {{ font-size: 16px; fill: {FAINT}; }}\n\
         line {{ stroke: {INK}; stroke-width: 2; }}\n\
         </style>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n",
        title = safe(title),
    );
    let bottom = height - 12;
    let _ = write!(
        document,
        "<text class=\"title\" x=\"{LEFT}\" y=\"48\">{}</text>\n\
         <text class=\"name\" x=\"{LEFT}\" y=\"92\" text-anchor=\"middle\">{}</text>\n\
         <text class=\"name\" x=\"{RIGHT}\" y=\"92\" text-anchor=\"end\">{}</text>\n\
         <line x1=\"{LEFT}\" y1=\"104\" x2=\"{LEFT}\" y2=\"{bottom}\"/>\n\
         <line x1=\"{RIGHT}\" y1=\"104\" x2=\"{RIGHT}\" y2=\"{bottom}\"/>\n{}</svg>\n",
        safe(title),
        safe(left),
        safe(right),
        picture.body,
    );
    document
}

struct Picture {
    body: String,
    /// Where the next row begins.
    y: usize,
}

impl Picture {
    fn row(&mut self, row: &Row) {
        if let Some(at) = row.at {
            let (x, y) = (LEFT - 14, self.y + 22);
            let time = time(at);
            self.add(format_args!(
                "<text class=\"time\" x=\"{x}\" y=\"{y}\" text-anchor=\"end\">{time}</text>"
            ));
        }
        match row.place {
            Place::ToRight => self.arrow(&row.label, (LEFT, RIGHT), GOING, false),
            Place::ToLeft => self.arrow(&row.label, (RIGHT, LEFT), COMING, false),
            Place::LostToRight => self.arrow(&row.label, (LEFT, RIGHT - 180), LOST, true),
            Place::LostToLeft => self.arrow(&row.label, (RIGHT, LEFT + 180), LOST, true),
            Place::AtLeft => self.beside(row, LEFT, "start"),
            Place::AtRight => self.beside(row, RIGHT, "end"),
            Place::Between => {
                let (x, y) = (usize::midpoint(LEFT, RIGHT), self.y + 22);
                let label = safe(&cut(&row.label, COLUMNS));
                self.add(format_args!(
                    "<text class=\"told\" x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" \
                     fill=\"{FAINT}\">{label}</text>"
                ));
                self.y += STEP - 8;
            }
            Place::Told => self.told(&row.label),
        }
    }

    /// An arrow with its words above it. One that is lost ends in a cross.
    fn arrow(&mut self, label: &str, (from, to): (usize, usize), color: &str, lost: bool) {
        let goes_right = from < to;
        let (y, tip) = (self.y + 34, if goes_right { to - 16 } else { to + 16 });
        let end = if lost { to } else { tip };
        let columns = if lost { COLUMNS - 16 } else { COLUMNS };
        let (x, anchor) = if goes_right { (from + 18, "start") } else { (from - 18, "end") };
        let words = safe(&cut(label, columns));
        self.add(format_args!(
            "<text x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\" style=\"fill: {color}\"{}>{words}\
             </text>",
            y - 10,
            fitted(label, columns),
        ));
        self.add(format_args!(
            "<line x1=\"{from}\" y1=\"{y}\" x2=\"{end}\" y2=\"{y}\" style=\"stroke: {color}\"/>"
        ));
        if lost {
            let (above, below) = (y - 9, y + 9);
            let (before, after) = (to - 9, to + 9);
            self.add(format_args!(
                "<path d=\"M {before} {above} L {after} {below} M {before} {below} L {after} \
                 {above}\" stroke=\"{color}\" stroke-width=\"4\" fill=\"none\"/>"
            ));
        } else {
            let (above, below) = (y - 7, y + 7);
            self.add(format_args!(
                "<path d=\"M {to} {y} L {tip} {above} L {tip} {below} Z\" fill=\"{color}\"/>"
            ));
        }
        self.y += STEP + 4;
    }

    /// Words at a lifeline.
    fn beside(&mut self, row: &Row, rail: usize, anchor: &str) {
        let y = self.y + 16;
        let (tick, x) =
            if anchor == "start" { (rail + 14, rail + 24) } else { (rail - 14, rail - 24) };
        self.add(format_args!("<line x1=\"{rail}\" y1=\"{y}\" x2=\"{tick}\" y2=\"{y}\"/>"));
        let parts = if row.whole { broken(&row.label, COLUMNS) } else { vec![row.label.clone()] };
        for (number, label) in parts.iter().enumerate() {
            let words = safe(&cut(label, COLUMNS));
            self.add(format_args!(
                "<text x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\"{}>{words}</text>",
                y + 7 + number * LINE,
                fitted(label, COLUMNS),
            ));
        }
        self.y += STEP - 8 + (parts.len() - 1) * LINE;
    }

    /// A narrator's words, in a box of their own.
    fn told(&mut self, words: &str) {
        let lines = wrapped("", words, TOLD_COLUMNS, 0);
        let (x, width, height) = (LEFT + 24, RIGHT - LEFT - 48, lines.len() * LINE + 18);
        let y = self.y + 6;
        self.add(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\" \
             fill=\"{PAPER}\"/>"
        ));
        for (number, line) in lines.iter().enumerate() {
            let (x, y) = (x + 16, y + 30 + number * LINE);
            let line = safe(&cut(line, TOLD_COLUMNS));
            self.add(format_args!("<text class=\"told\" x=\"{x}\" y=\"{y}\">{line}</text>"));
        }
        self.y += height + 22;
    }

    fn add(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.body, "{element}");
    }
}

/// The length of a long label with wide letters, whose font nobody knows beforehand: the viewer
/// then makes it fit.
fn fitted(label: &str, columns: usize) -> String {
    let shown = cut(label, columns);
    let has_wide = shown.chars().any(|letter| letter.width() == Some(2));
    if !has_wide || shown.width() * 4 < columns * 3 {
        return String::new();
    }
    let length = shown.width() as f64 * LETTER;
    format!(" textLength=\"{length:.0}\" lengthAdjust=\"spacingAndGlyphs\"")
}

/// `text` as an XML document may hold it.
fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // XML 1.0 section 2.2 has no place for these, escaped or not.
            '\0'..='\x1f' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                safe.push(char::REPLACEMENT_CHARACTER);
            }
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn row(place: Place, label: &str) -> Row {
        Row::at(Some(Duration::from_millis(3)), place, label)
    }

    #[test]
    fn words_are_escaped_and_what_xml_cannot_hold_is_replaced() {
        let rows = [row(Place::ToRight, "<b> & \"c\" \x1b\u{ffff}"), Row::told("a < b")];
        let picture = svg("T & U", "<left>", "right", &rows);
        assert!(picture.contains("&lt;b&gt; &amp; &quot;c&quot; \u{fffd}\u{fffd}"), "{picture}");
        assert!(picture.contains("a &lt; b") && picture.contains("<title>T &amp; U</title>"));
        assert!(picture.contains("&lt;left&gt;") && !picture.contains('\x1b'));
    }

    #[test]
    fn every_row_is_drawn_within_the_picture_and_below_the_one_before() {
        use Place::{AtLeft, AtRight, Between, LostToLeft, LostToRight, ToLeft, ToRight, Told};
        let places = [ToRight, ToLeft, LostToRight, LostToLeft, AtLeft, AtRight, Between, Told];
        let rows: Vec<Row> = (0..80)
            .map(|at| row(places[at % 8], &format!("row {at} {}", "好".repeat(at))))
            .collect();
        let picture = svg("t", "l", "r", &rows);
        let number = |line: &str, name: &str| -> Option<usize> {
            line.split(&format!("{name}=\"")).nth(1)?.split('"').next()?.parse().ok()
        };
        let height = picture.lines().find_map(|line| number(line, "height")).unwrap();
        let body = picture.lines().skip_while(|line| !line.contains("class=\"name\""));
        let words = body.filter(|line| line.contains("row ")).map(|line| {
            let text = line.rfind("<text").map_or(line, |at| &line[at..]);
            number(text, " y").unwrap()
        });
        let places: Vec<usize> = words.collect();
        assert_eq!(places.len(), 80, "{picture}");
        assert!(places.is_sorted_by(|a, b| a + 24 <= *b), "{places:?}");
        assert!(places.iter().all(|y| *y < height), "{places:?} {height}");
    }
}
