//! The roster: a CSV file with a line for each student, as a course platform exports it.

use std::collections::BTreeMap;
use std::path::Path;

use super::is_an_id;
use crate::ending::Stop;
use crate::words::class as words;

/// The headings under which an id is looked for, in this order, whatever their case.
const ID: [&str; 5] = ["sis login id", "username", "login", "id", "email"];
/// And those of a name.
const NAME: [&str; 4] = ["name", "student", "full name", "student name"];

/// Who should hand in.
#[derive(Clone, Debug)]
pub(crate) struct Roster {
    pub(crate) students: Vec<Student>,
    pub(crate) headings: Vec<String>,
    /// The one under which the ids stand.
    pub(crate) id_heading: String,
}

/// A line of the roster.
#[derive(Clone, Debug)]
pub(crate) struct Student {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    /// All that the line says, by heading.
    pub(crate) columns: BTreeMap<String, String>,
}

impl Roster {
    pub(crate) fn load(file: &Path) -> Result<Self, Stop> {
        let bytes = crate::files::read(file, super::MOST)
            .map_err(|error| Stop::usage(words::unreadable(file, &error)))?;
        Self::read(&bytes).map_err(|why| Stop::usage(words::wrong_file(file, &why)))
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        // Spreadsheets write a byte order mark.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .delimiter(separator(bytes))
            .from_reader(bytes);
        let headings = reader.headers().map_err(|error| error.to_string())?.clone();
        let column = |wanted: &[&str]| {
            wanted.iter().find_map(|it| headings.iter().position(|h| h.eq_ignore_ascii_case(it)))
        };
        let id = column(&ID).ok_or_else(|| words::no_id_column(&ID))?;
        let name = column(&NAME);
        let mut roster = Self {
            students: Vec::new(),
            headings: headings.iter().map(str::to_owned).collect(),
            id_heading: headings.get(id).unwrap_or_default().to_owned(),
        };
        for (number, record) in reader.records().enumerate() {
            let record = record.map_err(|error| error.to_string())?;
            let field = |at: usize| record.get(at).unwrap_or_default().to_owned();
            let line = record.position().map_or(number as u64 + 2, csv::Position::line);
            let student = Student {
                id: field(id),
                name: name.map(field).filter(|name| !name.is_empty()),
                columns: headings.iter().map(str::to_owned).zip((0..).map(field)).collect(),
            };
            // Canvas's gradebook has lines that are nobody's.
            let is_nobody = |name: &str| name == "Points Possible" || name == "Student, Test";
            if student.id.is_empty() && student.name.as_deref().is_some_and(is_nobody) {
                continue;
            }
            if !is_an_id(&student.id) {
                return Err(words::bad_id(line, &student.id));
            }
            if roster.student(&student.id).is_some() {
                return Err(words::second_line(line, &student.id));
            }
            roster.students.push(student);
        }
        Ok(roster)
    }

    pub(crate) fn student(&self, id: &str) -> Option<&Student> {
        self.students.iter().find(|student| student.id == id)
    }
}

/// What stands between columns: a comma, or what spreadsheets write where commas are in numbers. The
/// heading tells, and of the three the one that stands there most often.
fn separator(bytes: &[u8]) -> u8 {
    let heading = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |separator: u8| heading.iter().filter(|byte| **byte == separator).count();
    // Of as many, the last one wins.
    [b'\t', b';', b','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roster_may_have_semicolons_or_tabs_as_spreadsheets_write_them() {
        for separator in [';', '\t'] {
            let text = "\u{feff}Nummer;Name;Username\r\n7;\"Ä, Anna\";anna\r\n8;\"B; Ben\";ben\r\n";
            let text = match separator {
                '\t' => text.replace("B; Ben", "B Ben").replace(';', "\t"),
                _ => text.to_owned(),
            };
            let roster = Roster::read(text.as_bytes()).unwrap();
            let names: Vec<_> = roster.students.iter().map(|it| it.name.as_deref()).collect();
            assert_eq!(names[0], Some("Ä, Anna"), "{text}");
            assert_eq!(roster.student("ben").unwrap().columns["Nummer"], "8", "{text}");
        }
    }

    #[test]
    fn a_roster_is_read_by_its_headings() {
        let text = "\u{feff}Name, Username ,Section\n\"Ä, Anna\",anna,1\nBen,ben@x.org,2\n";
        let roster = Roster::read(text.as_bytes()).unwrap();
        let anna = roster.student("anna").unwrap();
        assert_eq!(
            (anna.name.as_deref(), anna.columns["Section"].as_str()),
            (Some("Ä, Anna"), "1")
        );
        assert!(roster.student("ben@x.org").is_some());
        let canvas =
            "Student,ID,SIS Login ID,Section\n    Points Possible,,,\n\"A, Anna\",17,anna,1\n";
        let roster = Roster::read(canvas.as_bytes()).unwrap();
        assert_eq!((roster.students.len(), roster.id_heading.as_str()), (1, "SIS Login ID"));
    }

    #[test]
    fn what_is_wrong_with_a_roster_is_told_with_its_line() {
        let wrong = [
            ("who,what\na,b\n", "no column for ids"),
            ("id\nanna\n../../etc\n", "line 3"),
            ("id\nanna\nben\nanna\n", "line 4"),
            ("id,name\nanna\n", "line"),
        ];
        for (text, told) in wrong {
            let error = Roster::read(text.as_bytes()).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }
}
