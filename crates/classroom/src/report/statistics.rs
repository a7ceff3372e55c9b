//! What the results of a class say together.

use std::collections::{BTreeMap, HashMap};

use grader::Outcome;

use crate::course_file::CourseFile;
use crate::export::Mark;
use crate::result::{Arrival, LessonOutcome, LessonResult, StudentResult};
use crate::words::report as words;

/// Below so many percent somebody is looked after.
const HELP_BELOW: u32 = 50;
/// So many rows of what fails most.
const MOST_ROWS: usize = 20;

/// A class, seen as a whole.
pub(super) struct Statistics {
    pub(super) students: Vec<Student>,
    /// How many handed in something that could be taken.
    pub(super) received: usize,
    /// How many students have 0 to 9 percent, 10 to 19, and so on; the last has 90 to 100.
    pub(super) spread: [usize; 10],
    pub(super) median: u32,
    /// A quarter of the students has less than the first, and a quarter more than the second.
    pub(super) quarters: (u32, u32),
    pub(super) lessons: Vec<Lesson>,
    /// The checks that fail, the one that most fail first.
    pub(super) checks: Vec<Check>,
    pub(super) misconceptions: Vec<Misconception>,
    /// Who needs help, and why; who needs it most comes first.
    pub(super) help: Vec<(String, String)>,
    pub(super) compile: Vec<Compile>,
    pub(super) same: Vec<Same>,
    /// Where the machine was in the way: student, lesson, how.
    pub(super) machine: Vec<(String, String, String)>,
}

/// A student's row.
pub(super) struct Student {
    pub(super) id: String,
    pub(super) name: String,
    /// Of all points, as a gradebook has them; none where the machine was in the way.
    pub(super) percent: Option<u32>,
    pub(super) received: String,
}

/// A lesson's row.
#[derive(Default)]
pub(super) struct Lesson {
    pub(super) name: String,
    /// Students with full marks.
    pub(super) full: usize,
    /// The mean of those that were graded, in percent.
    pub(super) mean: f64,
    pub(super) no_build: usize,
    /// Students whose submission has nothing for it.
    pub(super) not_there: usize,
}

/// A check's row.
pub(super) struct Check {
    pub(super) lesson: String,
    pub(super) id: String,
    pub(super) title: String,
    pub(super) failed: usize,
    /// Passed or failed.
    pub(super) graded: usize,
    pub(super) skipped: usize,
}

/// A misconception that an experiment confirmed, and whose it is.
pub(super) struct Misconception {
    pub(super) lesson: String,
    pub(super) check: String,
    pub(super) sentence: String,
    pub(super) students: Vec<String>,
}

/// Programs that do not compile for the same reason.
pub(super) struct Compile {
    pub(super) lesson: String,
    pub(super) code: Option<String>,
    pub(super) message: String,
    pub(super) students: Vec<String>,
}

/// Programs of one form.
pub(super) struct Same {
    pub(super) lesson: String,
    /// The program of the course that they equal.
    pub(super) shipped: Option<String>,
    pub(super) students: Vec<String>,
}

impl Statistics {
    /// `marks` are those of `results`, in the same order.
    pub(super) fn of(
        results: &[StudentResult],
        marks: &[Mark],
        course: &CourseFile,
        same: Vec<Same>,
    ) -> Self {
        let each = results.iter().zip(marks);
        let students: Vec<Student> =
            each.map(|(result, mark)| Student::of(result, mark, course)).collect();
        let mut percents: Vec<u32> = students.iter().filter_map(|it| it.percent).collect();
        percents.sort_unstable();
        let at = |part: usize| percents.get(percents.len() * part / 4).copied().unwrap_or(0);
        let mut spread = [0; 10];
        percents.iter().for_each(|percent| spread[(percent / 10).min(9) as usize] += 1);
        let is_received = |it: &&StudentResult| it.submission.outcome == Arrival::Received;
        Self {
            received: results.iter().filter(is_received).count(),
            spread,
            median: at(2),
            quarters: (at(1), at(3)),
            lessons: lessons(results, marks),
            checks: checks(results),
            misconceptions: misconceptions(results),
            help: help(results, marks, &students),
            compile: compile(results),
            same,
            machine: machine(results),
            students,
        }
    }

    pub(super) fn student(&self, id: &str) -> Option<&Student> {
        self.students.iter().find(|student| student.id == id)
    }
}

impl Student {
    fn of(result: &StudentResult, mark: &Mark, course: &CourseFile) -> Self {
        let most = mark.max_total(course);
        // Points are given in hundredths; what floating point loses of them is no percent.
        let percent = |total: f64| (total * 100.0 / most + 1e-6) as u32;
        Self {
            id: result.id.clone(),
            name: result.name.clone().unwrap_or_default(),
            percent: mark.total(course).map(|total| if most > 0.0 { percent(total) } else { 0 }),
            received: words::received(&result.submission),
        }
    }
}

/// Every lesson of every result, with whose it is.
fn all(results: &[StudentResult]) -> impl Iterator<Item = (&str, &LessonResult)> {
    results.iter().flat_map(|it| it.lessons.iter().map(move |lesson| (it.id.as_str(), lesson)))
}

/// The lessons, with the points as they are after corrections and before what late work loses.
fn lessons(results: &[StudentResult], marks: &[Mark]) -> Vec<Lesson> {
    let mut found: BTreeMap<&str, (Lesson, Vec<f64>)> = BTreeMap::new();
    for (result, mark) in results.iter().zip(marks) {
        for mark in &mark.lessons {
            let (row, parts) = found.entry(&mark.lesson).or_default();
            let graded = result.lessons.iter().find(|lesson| lesson.lesson == mark.lesson);
            row.full += usize::from(mark.score == Some(mark.max_score));
            match (graded.map(|lesson| lesson.outcome), mark.score) {
                (None, _) => row.not_there += 1,
                (Some(LessonOutcome::NoBuild), _) => row.no_build += 1,
                (Some(_), None) => {}
                (Some(_), Some(score)) => {
                    parts.push(f64::from(score) * 100.0 / f64::from(mark.max_score.max(1)));
                }
            }
        }
    }
    let row = |(name, (row, parts)): (&str, (Lesson, Vec<f64>))| {
        let mean = parts.iter().sum::<f64>() / parts.len().max(1) as f64;
        Lesson { name: name.into(), mean, ..row }
    };
    found.into_iter().map(row).collect()
}

fn checks(results: &[StudentResult]) -> Vec<Check> {
    let mut found: BTreeMap<(&str, &str), Check> = BTreeMap::new();
    for (_, lesson) in all(results) {
        for check in &lesson.checks {
            let report = &check.report;
            let row = found.entry((&lesson.lesson, &report.id)).or_insert_with(|| Check {
                lesson: lesson.lesson.clone(),
                id: report.id.clone(),
                title: report.title.clone(),
                failed: 0,
                graded: 0,
                skipped: 0,
            });
            row.failed += usize::from(report.outcome == Outcome::Failed);
            row.graded += usize::from(matches!(report.outcome, Outcome::Failed | Outcome::Passed));
            row.skipped += usize::from(report.outcome == Outcome::Skipped);
        }
    }
    let mut rows: Vec<Check> = found.into_values().filter(|row| row.failed > 0).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.failed));
    rows.truncate(MOST_ROWS);
    rows
}

fn misconceptions(results: &[StudentResult]) -> Vec<Misconception> {
    let mut found: BTreeMap<(&str, &str, &str), Vec<String>> = BTreeMap::new();
    for (student, lesson) in all(results) {
        for report in lesson.checks.iter().map(|check| &check.report) {
            if let Some(sentence) = &report.explanation {
                found
                    .entry((&lesson.lesson, &report.id, sentence))
                    .or_default()
                    .push(student.into());
            }
        }
    }
    let row =
        |((lesson, check, sentence), students): ((&str, &str, &str), Vec<String>)| Misconception {
            lesson: lesson.into(),
            check: check.into(),
            sentence: sentence.into(),
            students,
        };
    let mut rows: Vec<Misconception> = found.into_iter().map(row).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.students.len()));
    rows.truncate(MOST_ROWS);
    rows
}

/// Who needs help: nothing to grade, a program that does not compile, few points.
fn help(results: &[StudentResult], marks: &[Mark], students: &[Student]) -> Vec<(String, String)> {
    let mut found: Vec<(u32, &str, String)> = Vec::new();
    for ((result, mark), student) in results.iter().zip(marks).zip(students) {
        let Some(percent) = student.percent else { continue };
        // What an instructor has decided about needs no help any more.
        let is_set = |name: &str| mark.lessons.iter().any(|it| it.lesson == name && it.is_set);
        let no_build: Vec<&str> = result
            .lessons
            .iter()
            .filter(|lesson| lesson.outcome == LessonOutcome::NoBuild && !is_set(&lesson.lesson))
            .map(|lesson| lesson.lesson.as_str())
            .collect();
        let why = match () {
            () if result.submission.outcome != Arrival::Received && percent < HELP_BELOW => {
                words::received(&result.submission)
            }
            () if !no_build.is_empty() => words::does_not_compile(&no_build),
            () if percent < HELP_BELOW => words::stuck(first_failures(result)),
            () => continue,
        };
        found.push((percent, &result.id, why));
    }
    found.sort();
    found.into_iter().map(|(_, id, why)| (id.into(), why)).collect()
}

/// The first check of each lesson that fails: where a student is stuck.
fn first_failures(result: &StudentResult) -> impl Iterator<Item = (&str, &str)> {
    result.lessons.iter().filter_map(|lesson| {
        let failed = lesson.checks.iter().find(|check| check.report.outcome == Outcome::Failed)?;
        Some((lesson.lesson.as_str(), failed.report.id.as_str()))
    })
}

fn compile(results: &[StudentResult]) -> Vec<Compile> {
    let mut found: HashMap<(&str, Option<String>, String), Vec<String>> = HashMap::new();
    let failures = all(results).filter(|(_, lesson)| lesson.outcome == LessonOutcome::NoBuild);
    for (student, lesson) in failures {
        let first = lesson.compile.errors.first();
        // Errors of one number differ in the names that they quote.
        let (code, message) = match first {
            Some(error) if error.code.is_some() => {
                (error.code.clone(), without_names(&error.message))
            }
            Some(error) => (None, without_names(&error.message)),
            None => (None, lesson.message.clone()),
        };
        found.entry((&lesson.lesson, code, message)).or_default().push(student.into());
    }
    let row =
        |((lesson, code, message), students): ((&str, Option<String>, String), Vec<String>)| {
            Compile { lesson: lesson.into(), code, message, students }
        };
    let mut rows: Vec<Compile> = found.into_iter().map(row).collect();
    rows.sort_by(|a, b| {
        (b.students.len(), &a.lesson, &a.code, &a.message).cmp(&(
            a.students.len(),
            &b.lesson,
            &b.code,
            &b.message,
        ))
    });
    rows
}

/// A message with `…` for each name that it quotes.
fn without_names(message: &str) -> String {
    let parts = message.split('`').enumerate();
    parts.map(|(number, part)| if number % 2 == 1 { "`…`" } else { part }).collect()
}

fn machine(results: &[StudentResult]) -> Vec<(String, String, String)> {
    let broken = all(results).filter(|(_, lesson)| lesson.outcome == LessonOutcome::InfraError);
    broken.map(|(id, it)| (id.into(), it.lesson.clone(), it.message.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_that_differ_in_names_alone_are_one() {
        let one = without_names("cannot find value `buf` in this scope");
        assert_eq!(one, without_names("cannot find value `buffer` in this scope"));
        assert_eq!(one, "cannot find value `…` in this scope");
    }
}
