//! Gradebooks, read as the platforms read them.

use super::*;
use crate::class::Roster;
use crate::course_file::CourseFile;
use crate::export::marks::tests::{mark, run};

#[test]
fn numbers_are_short_and_formulas_are_text() {
    let shown = [Some(3.0), Some(2.5), Some(10.0), Some(0.333), None].map(number);
    assert_eq!(shown, ["3", "2.5", "10", "0.33", ""]);
    let cells = ["=1+1", "@x", "-3", "+49 30", "Anna"].map(|it| harmless(it.into()));
    assert_eq!(cells, ["'=1+1", "'@x", "-3", "'+49 30", "Anna"]);
}

/// The lines of a table, each of as many cells as the first; nothing where one is not.
fn lines(text: &str) -> Option<Vec<Vec<String>>> {
    let reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let lines = reader.into_records().collect::<Result<Vec<_>, _>>().ok()?;
    Some(lines.iter().map(|line| line.iter().map(str::to_owned).collect()).collect())
}

/// Whether a cell is no points or a number from 0 up.
fn is_points(cell: &str) -> bool {
    cell.is_empty() || cell.parse::<f64>().is_ok_and(|points| points >= 0.0)
}

/// What is wrong with a gradebook that Canvas is to import, by `lib/gradebook_importer.rb` in
/// <https://github.com/instructure/canvas-lms>: the order of the first columns, a name or a number
/// for each student, points below each assignment. That Canvas makes a new assignment of a heading
/// that it does not know is allowed there.
fn wrong_for_canvas(text: &str) -> Option<&'static str> {
    let Some(lines) = lines(text) else { return Some("lines of different lengths") };
    let [headings, lines @ ..] = lines.as_slice() else { return Some("it is empty") };
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let Some(own) = canvas_columns(&headings) else { return Some("the first columns") };
    for line in lines {
        let (student, points) = line.split_at(own);
        let is_about_all = student[0].contains("Points Possible");
        let is_posting = line.iter().all(|it| it.is_empty() || it.starts_with("Manual Posting"));
        if is_posting {
            continue;
        }
        if student[..2].iter().all(String::is_empty) {
            return Some("a line is nobody's");
        }
        let others = ["EX", "N/A", "-", "(read only)"];
        let is_grade = |it: &String| is_points(it) || !is_about_all && others.contains(&&**it);
        let is_read_only = |it: &String| is_about_all && it == "(read only)";
        if !points.iter().all(|it| is_grade(it) || is_read_only(it)) {
            return Some("points are no number");
        }
    }
    None
}

/// As `lib/gradebook_exporter.rb` there writes it, for whoever may see all columns.
const OF_CANVAS: &str = "Student,ID,SIS User ID,SIS Login ID,Section,tcp-echo (17),Final Score\n\
    ,,,,,Manual Posting,\n    Points Possible,,,,,9.00,(read only)\n\
    \"A, Anna\",1,S1,anna,Monday,8.00,88.89\n\"B, Ben\",2,S2,ben,Monday,EX,\n\
    \"Student, Test\",3,,4cf2,Monday,N/A,\n";

#[test]
fn canvas_gets_what_it_reads_and_its_own_assignments_back() {
    assert_eq!(wrong_for_canvas(OF_CANVAS), None);
    for (good, broken) in [
        ("Student,ID", "ID,Student"),
        ("SIS Login ID,Section", "Section,SIS Login ID"),
        ("Section,tcp-echo", "tcp-echo,Section"),
        ("8.00,88.89", "eight,88.89"),
        ("8.00,88.89", "8.00"),
        ("\"A, Anna\",1", ","),
    ] {
        assert!(wrong_for_canvas(&OF_CANVAS.replacen(good, broken, 1)).is_some(), "{broken}");
    }
    let (run, course, marks) = (run(), CourseFile::default(), [mark(true)]);
    let written = |roster: &str| {
        let roster = Roster::read(roster.as_bytes()).unwrap();
        canvas(&Export { run: &run, course: &course, roster: Some(&roster), marks: &marks })
    };
    let text = written(OF_CANVAS).unwrap();
    assert_eq!(wrong_for_canvas(&text), None, "{text}");
    assert_eq!(
        text,
        "Student,ID,SIS User ID,SIS Login ID,Section,tcp-echo (17)\n    Points Possible,,,,,9\n\
         \"A, Anna\",1,S1,anna,Monday,3\n"
    );
    // Whoever may not see the school's numbers gets no column of them.
    for roster in [
        "Student,ID,SIS Login ID,Section\n\"A, Anna\",1,anna,Monday\n",
        "LastName,FirstName,ID,SIS User ID,SIS Login ID,Section\nA,Anna,1,S1,anna,Monday\n",
    ] {
        let text = written(roster).unwrap();
        assert_eq!(wrong_for_canvas(&text), None, "{text}");
        assert!(text.contains(",tcp-echo\n") && text.contains("anna,Monday,3"), "{text}");
    }
    assert!(written("id,name\nanna,Anna\n").is_err());
}

/// What is wrong with a table that Moodle is to import, where students are matched by the column
/// `by`, and grades stand in the columns `grades`: by `grade/import/csv/classes/load_data.php` in
/// <https://github.com/moodle/moodle>, with the settings that Moodle begins with.
fn wrong_for_moodle(text: &str, by: &str, grades: &[&str]) -> Option<&'static str> {
    let Some(lines) = lines(text) else { return Some("lines of different lengths") };
    let [headings, lines @ ..] = lines.as_slice() else { return Some("it is empty") };
    let column = |name: &str| headings.iter().position(|it| it.trim() == name);
    let Some(by) = column(by) else { return Some("nobody can be matched") };
    for line in lines {
        if line[by].is_empty() {
            return Some("a line is nobody's");
        }
        for grade in grades {
            let Some(at) = column(grade) else { return Some("a grade is missing") };
            let is_grade = |it: &str| is_points(it) && it.parse::<f64>().unwrap_or(0.0) <= 100.0;
            if line[at] != "-" && !is_grade(&line[at]) {
                return Some("a grade is no number up to 100");
            }
        }
    }
    None
}

/// The columns of the table in Moodle's own test of its import, `grade/import/csv/tests/load_data_test.php`.
const OF_MOODLE: &str = "\"First name\",Surname,\"ID number\",Institution,Department,\
    \"Email address\",\"Assignment: tcp-echo\", \"Feedback: tcp-echo\",\"Course total\"\n\
    Anna,A,,,,anna@example.com,56.00,\"good, so far\",56.00\nBen,B,,,,ben@example.com,-,,\n";

#[test]
fn moodle_gets_what_it_reads() {
    let published = |text: &str| wrong_for_moodle(text, "Email address", &["Assignment: tcp-echo"]);
    assert_eq!(published(OF_MOODLE), None);
    for (good, broken) in [
        ("56.00,\"good", "56.00,78.00,\"good"),
        ("56.00,\"good", "A,\"good"),
        ("56.00,\"good", "560,\"good"),
        ("ben@example.com", ""),
        ("\"Email address\"", "Address"),
    ] {
        assert!(published(&OF_MOODLE.replacen(good, broken, 1)).is_some(), "{broken}");
    }
    let (run, course, mut marks) = (run(), CourseFile::default(), [mark(true), mark(true)]);
    (marks[0].id, marks[1].id) = ("anna@example.com".into(), "ben@example.com".into());
    marks[1].lessons[0].score = None;
    let roster = Roster::read(OF_MOODLE.as_bytes()).unwrap();
    let export = Export { run: &run, course: &course, roster: Some(&roster), marks: &marks };
    let text = csv(&export).unwrap();
    assert_eq!(wrong_for_moodle(&text, "Email address", &["tcp-echo", "points"]), None, "{text}");
}
