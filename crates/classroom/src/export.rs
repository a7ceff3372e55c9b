//! `netlings-class export`: results in the forms that course platforms read.
//!
//! The results stay as they are; everything that is only about points or about who may see what is
//! decided here, from the course file and the file of corrections, and can be made anew any time.

mod classroom50;
pub(crate) mod corrections;
mod github;
mod gradescope;
mod junit;
mod marks;
mod table;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::class::Roster;
use crate::course_file::CourseFile;
use crate::ending::{DONE, INFRASTRUCTURE, Stop};
use crate::merge::Run;
use crate::result::{Store, StudentResult};
use crate::words::{class as files, export as words};
use corrections::Corrections;
pub(crate) use marks::{LessonMark, Mark};

/// A form that something else reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A gradebook with a line for each student, as spreadsheets and Moodle import it
    Csv,
    /// A gradebook for Canvas; the roster is what Canvas exports
    Canvas,
    /// `results.json` of a Gradescope autograder
    Gradescope,
    /// `result.json` of Classroom 50
    Classroom50,
    /// A JUnit report
    Junit,
    /// Annotations for GitHub Actions, and the step's summary
    Github,
}

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The folder that a class was graded into
    dir: PathBuf,
    /// For whom
    #[arg(long, value_enum)]
    format: Format,
    /// Where to write it, else to stdout; a folder, where every student has a file of their own
    #[arg(long, value_name = "PLACE")]
    to: Option<PathBuf>,
    /// Only this student
    #[arg(long, value_name = "ID")]
    student: Option<String>,
    /// Weights, what late work loses, hidden checks
    #[arg(long, value_name = "FILE")]
    course: Option<PathBuf>,
    /// The roster, for its columns
    #[arg(long, value_name = "FILE")]
    roster: Option<PathBuf>,
    /// Corrections by hand, with their reasons
    #[arg(long, value_name = "FILE")]
    corrections: Option<PathBuf>,
    /// Students may see the checks now that are for after the due date
    #[arg(long)]
    after_due_date: bool,
}

/// What every form is made from.
pub(crate) struct Export<'a> {
    pub(crate) run: &'a Run,
    pub(crate) course: &'a CourseFile,
    pub(crate) roster: Option<&'a Roster>,
    pub(crate) marks: &'a [Mark],
}

#[cfg(test)]
pub(crate) use marks::tests;

pub(crate) fn run(options: &Options) -> Result<u8, Stop> {
    let course = options.course.as_deref().map(CourseFile::load).transpose()?.unwrap_or_default();
    let roster = options.roster.as_deref().map(Roster::load).transpose()?;
    let corrections = options.corrections.as_deref().map(Corrections::load).transpose()?;
    let corrections = corrections.unwrap_or_default();
    let run = Run::load(&options.dir)?;
    let results = results(&options.dir, &run)?;
    corrections.fit(&results).map_err(Stop::usage)?;
    let is_wanted = |result: &&StudentResult| {
        options.student.as_ref().is_none_or(|student| *student == result.id)
    };
    let marks: Vec<Mark> = results
        .iter()
        .filter(is_wanted)
        .map(|result| Mark::of(result, &run, &course, &corrections, options.after_due_date))
        .collect();
    if let (Some(student), true) = (&options.student, marks.is_empty()) {
        return Err(Stop::usage(words::no_such_student(student)));
    }
    let export = Export { run: &run, course: &course, roster: roster.as_ref(), marks: &marks };
    match options.format {
        Format::Csv => write(options, &table::csv(&export)?)?,
        Format::Canvas => write(options, &table::canvas(&export)?)?,
        Format::Junit => write(options, &junit::report(&export)?)?,
        Format::Github => {
            write(options, &github::annotations(&marks))?;
            github::summary(&marks)?;
        }
        Format::Gradescope => each(options, &marks, |mark| Ok(gradescope::results(mark)))?,
        Format::Classroom50 => {
            let place = classroom50::Place::of_environment(|name| std::env::var(name).ok())?;
            each(options, &marks, |mark| classroom50::result(mark, &place))?;
        }
    }
    let is_whole = marks.iter().all(|mark| mark.lessons.iter().all(|it| it.score.is_some()));
    Ok(if is_whole { DONE } else { INFRASTRUCTURE })
}

/// The results of all students of the class, or a refusal: a gradebook with a line too few would be
/// taken for a whole one.
pub(crate) fn results(dir: &Path, run: &Run) -> Result<Vec<StudentResult>, Stop> {
    let all = Store::at(dir).all();
    let all = all.map_err(|error| Stop::usage(files::unreadable(dir, &error)))?;
    let results: Vec<StudentResult> =
        all.into_iter().collect::<Result<_, _>>().map_err(Stop::failed)?;
    let missing: Vec<&String> =
        run.ids.iter().filter(|id| !results.iter().any(|result| result.id == **id)).collect();
    match missing.is_empty() {
        true => Ok(results.into_iter().filter(|it| run.ids.contains(&it.id)).collect()),
        false => Err(Stop::failed(words::missing_results(&missing))),
    }
}

/// A document for each student: on stdout where it is one, else in a folder.
fn each(
    options: &Options,
    marks: &[Mark],
    document: impl Fn(&Mark) -> Result<serde_json::Value, Stop>,
) -> Result<(), Stop> {
    let text = |mark: &Mark| -> Result<String, Stop> {
        let document = document(mark)?;
        Ok(serde_json::to_string_pretty(&document).unwrap_or_default() + "\n")
    };
    match (marks, &options.to) {
        ([one], _) if options.student.is_some() || options.to.is_none() => {
            write(options, &text(one)?)
        }
        (_, None) => Err(Stop::usage(words::NEEDS_A_PLACE)),
        (_, Some(folder)) => {
            let unwritable = |error| Stop::infrastructure(files::unwritable(folder, &error));
            crate::files::make_ready(folder).map_err(unwritable)?;
            for mark in marks {
                let file = folder.join(format!("{}.json", mark.id));
                crate::files::replace(&file, text(mark)?.as_bytes()).map_err(unwritable)?;
            }
            Ok(())
        }
    }
}

fn write(options: &Options, text: &str) -> Result<(), Stop> {
    match &options.to {
        Some(file) => {
            let folder = file.parent().filter(|it| !it.as_os_str().is_empty());
            let file = folder.map_or_else(|| Path::new(".").join(file), |_| file.clone());
            crate::files::replace(&file, text.as_bytes())
                .map_err(|error| Stop::infrastructure(files::unwritable(&file, &error)))
        }
        None => netkit::screen::bytes(text.as_bytes())
            .map_err(|error| Stop::infrastructure(netkit::cause(&error))),
    }
}
