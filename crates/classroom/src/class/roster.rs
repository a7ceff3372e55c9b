//! The roster: a CSV file with a line for each student, as a course platform exports it.

use std::collections::BTreeMap;
use std::path::Path;

use super::is_an_id;
use crate::ending::Stop;
use crate::words::class as words;

/// The headings under which an id is looked for, in this order, whatever their case.
const ID: [&str; 7] =
    ["sis login id", "username", "login", "id", "id number", "email", "email address"];
/// And those of a name.
const NAME: [&str; 4] = ["name", "student", "full name", "student name"];
/// Or of the parts of one, as Moodle and Canvas have them.
const FIRST_NAME: [&str; 2] = ["first name", "firstname"];
const LAST_NAME: [&str; 3] = ["last name", "surname", "lastname"];

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

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        // Spreadsheets write a byte order mark.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new();
        let mut reader = reader.trim(csv::Trim::All).delimiter(separator(bytes)).from_reader(bytes);
        let headings = reader.headers().map_err(|error| error.to_string())?.clone();
        let records = reader.records().collect::<Result<Vec<_>, _>>();
        let mut records = records.map_err(|error| error.to_string())?;
        records.retain(|record| !is_nobody(record));
        let has_any =
            |at: usize| records.iter().any(|it| it.get(at).is_some_and(|cell| !cell.is_empty()));
        let columns = |wanted: &[&str]| -> Vec<usize> {
            let column = |it: &&str| headings.iter().position(|h| h.eq_ignore_ascii_case(it));
            wanted.iter().filter_map(column).collect()
        };
        let column = |wanted: &[&str]| columns(wanted).first().copied();
        // A platform may have a column that nobody fills in.
        let ids = columns(&ID);
        let id = ids.iter().find(|at| has_any(**at)).or(ids.first()).copied();
        let id = id.ok_or_else(|| words::no_id_column(&ID))?;
        let name = match column(&NAME) {
            Some(name) => vec![name],
            None => [column(&FIRST_NAME), column(&LAST_NAME)].into_iter().flatten().collect(),
        };
        let mut roster = Self {
            students: Vec::new(),
            headings: headings.iter().map(str::to_owned).collect(),
            id_heading: headings.get(id).unwrap_or_default().to_owned(),
        };
        for (number, record) in records.iter().enumerate() {
            let field = |at: usize| record.get(at).unwrap_or_default().to_owned();
            let line = record.position().map_or(number as u64 + 2, csv::Position::line);
            let name: Vec<String> = name.iter().map(|at| field(*at)).collect();
            let student = Student {
                id: field(id),
                name: Some(name.join(" ").trim().to_owned()).filter(|name| !name.is_empty()),
                columns: headings.iter().map(str::to_owned).zip((0..).map(field)).collect(),
            };
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

/// Whether a line of Canvas's gradebook is no student's: how many points there are, whether points
/// are posted by hand, the student that instructors see the course as
/// (<https://github.com/instructure/canvas-lms/blob/master/lib/gradebook_importer.rb>).
fn is_nobody(record: &csv::StringRecord) -> bool {
    let is_about_posting = |cell: &str| {
        ["muted", "manual posting"].iter().any(|it| cell.to_ascii_lowercase().starts_with(it))
    };
    let first = [0, 1].map(|at| record.get(at).unwrap_or_default());
    let is_test = first[0] == "Student, Test" || first == ["Student", "Test"];
    let is_blank = record.iter().all(|cell| cell.is_empty() || is_about_posting(cell));
    first[0] == "Points Possible" || is_test || is_blank
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
    fn the_lines_of_canvas_that_are_nobodys_are_left_out() {
        let canvas = "Student;ID;SIS Login ID;Section;tcp-echo (17)\n;;;;Manual Posting\n\
            \"    Points Possible\";;;;17\n\"A, Anna\";17;anna;1;3,5\n\"Student, Test\";18;4cf2;1;\n";
        let roster = Roster::read(canvas.as_bytes()).unwrap();
        assert_eq!(roster.students.len(), 1);
        assert_eq!(roster.student("anna").unwrap().name.as_deref(), Some("A, Anna"));
    }

    #[test]
    fn a_column_of_ids_that_nobody_filled_in_is_none() {
        let moodle = "First name,Surname,ID number,Email address\nAnna,A,,anna@x.org\n";
        let roster = Roster::read(moodle.as_bytes()).unwrap();
        assert_eq!(roster.id_heading, "Email address");
        assert_eq!(roster.student("anna@x.org").unwrap().name.as_deref(), Some("Anna A"));
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
