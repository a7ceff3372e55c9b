//! `netlings check`: builds a student's program, grades it and shows what came out.

use std::sync::{Mutex, PoisonError};

use clap::Args;
use grader::lesson::Lesson;
use grader::progress::Progress;
use grader::{CheckReport, Grading, LessonOutcome, LessonReport, Outcome, Subject, Suite};
use serde::Serialize;

use crate::course::{self, Course, Entry};
use crate::ending::{FAILED, INFRASTRUCTURE, NO_BUILD, PASSED, Stop, worst};
use crate::rows::Rows;
use crate::screen::{Screen, diagnostic};
use crate::{build, map, words};

#[derive(Args)]
pub(crate) struct Options {
    /// The lessons to grade; without one, the one you stand in, or the next of the map
    #[arg(value_name = "LESSON")]
    lessons: Vec<String>,
    /// Grade every lesson
    #[arg(long, conflicts_with = "lessons")]
    all: bool,
    /// Only this check (and those it needs first); may be given several times
    #[arg(long = "check", value_name = "ID")]
    checks: Vec<String>,
    /// Use this seed for everything random, to see the same failure again
    #[arg(long)]
    seed: Option<u64>,
    /// Grade this command line instead: 'python3 my_echo.py'; the role and its arguments are
    /// appended, nothing is built, no progress is kept
    #[arg(long, value_name = "COMMAND", conflicts_with = "all")]
    subject: Option<String>,
    /// Print one JSON document (netlings-result/1) on stdout and nothing else
    #[arg(long)]
    json: bool,
}

/// The whole result, for programs to read.
#[derive(Serialize)]
struct Document {
    format: &'static str,
    lessons: Vec<LessonReport>,
}

/// One run of `check`: what was typed, and where the results go.
struct Session<'a> {
    course: &'a Course,
    screen: &'a Screen,
    options: &'a Options,
    subject: Option<Subject>,
}

/// Grades what was asked for and gives the exit code.
pub(crate) fn run(course: &Course, screen: &Screen, options: &Options) -> Result<u8, Stop> {
    if options.subject.is_some() && options.lessons.len() != 1 {
        return Err(Stop::usage(words::SUBJECT_NEEDS_ONE_LESSON));
    }
    let entries = chosen_lessons(course, options)?;
    checks_are_known(&entries, options)?;
    let subject = options.subject.as_deref().map(read_subject).transpose()?;
    if entries.is_empty() && !options.json {
        screen.paragraph("", words::ALL_PASSED, 0);
    }
    let session = Session { course, screen, options, subject };
    let reports: Vec<LessonReport> = entries.iter().map(|entry| session.report(entry)).collect();
    let code = worst(reports.iter().map(code));
    if options.json {
        let document = Document { format: "netlings-result/1", lessons: reports };
        screen.line(serde_json::to_string(&document).expect("a report is plain data"));
    }
    Ok(code)
}

fn read_subject(line: &str) -> Result<Subject, Stop> {
    let subject = Subject::command_line(line).map_err(Stop::usage)?;
    if !subject.can_be_found() {
        return Err(Stop::usage(words::no_such_program(line)));
    }
    Ok(subject)
}

fn chosen_lessons<'a>(course: &'a Course, options: &Options) -> Result<Vec<&'a Entry>, Stop> {
    if options.all {
        return Ok(course.lessons.iter().collect());
    }
    if !options.lessons.is_empty() {
        return course.entries_named(&options.lessons);
    }
    Ok(map::chosen_by_itself(course))
}

fn checks_are_known(entries: &[&Entry], options: &Options) -> Result<(), Stop> {
    if options.checks.is_empty() {
        return Ok(());
    }
    let [entry] = entries else { return Err(Stop::usage(words::CHECK_NEEDS_ONE_LESSON)) };
    let Ok(lesson) = &entry.lesson else { return Ok(()) }; // told when it is to be graded
    options.checks.iter().try_for_each(|id| course::check_named(lesson, id).map(drop))
}

impl Session<'_> {
    /// Grades one lesson. What is in the way of that is told, and the other lessons go on.
    fn report(&self, entry: &Entry) -> LessonReport {
        let lesson = match &entry.lesson {
            Ok(lesson) => self.build_and_grade(lesson),
            Err(error) => Err(error.clone().into()),
        };
        lesson.unwrap_or_else(|stop| {
            diagnostic(words::error(stop.words));
            let outcome = match stop.code {
                NO_BUILD => LessonOutcome::NoBuild,
                _ => LessonOutcome::InfraError,
            };
            let max_score = entry.lesson.as_ref().map_or(0, Lesson::points);
            let lesson = entry.name.clone();
            LessonReport { lesson, outcome, score: 0, max_score, checks: Vec::new() }
        })
    }

    fn build_and_grade(&self, lesson: &Lesson) -> Result<LessonReport, Stop> {
        let suite = checks::suite(&lesson.name)
            .ok_or_else(|| Stop::infrastructure(words::no_suite(&lesson.name)))?;
        if let Some(subject) = &self.subject {
            return Ok(self.grade(lesson, suite, subject));
        }
        let program = build::exercise(&self.course.root, &lesson.name)?;
        let report = self.grade(lesson, suite, &Subject::program(program));
        checks::keep_progress(&self.course.root, &lesson.name, &report.checks);
        Ok(report)
    }

    fn grade(&self, lesson: &Lesson, suite: &Suite, subject: &Subject) -> LessonReport {
        let mut grading = Grading::new(suite, lesson, subject);
        grading.seed = self.options.seed;
        grading.only.clone_from(&self.options.checks);
        grading.command = self.command(lesson);
        grading.hints_seen = Progress::of_clone(&self.course.root).hints_seen(&lesson.name);
        let own = self.subject.is_none().then_some(self.course);
        let rows = (!self.options.json).then(|| {
            let command = grading.command.clone();
            Mutex::new(Rows::new(lesson, &grading.wanted(), command, own, self.screen))
        });
        let report = grading.run(&|check| {
            if let Some(rows) = &rows {
                let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
                rows.take(check, grading.shows(check));
            }
        });
        if let Some(rows) = rows {
            rows.into_inner().unwrap_or_else(PoisonError::into_inner).summary(&report);
        }
        report
    }

    /// The command that does this again.
    fn command(&self, lesson: &Lesson) -> String {
        let command = format!("cargo netlings check {}", lesson.name);
        match &self.options.subject {
            Some(subject) => format!("{command} --subject {}", grader::quoted_word(subject)),
            None => command,
        }
    }
}

fn code(report: &LessonReport) -> u8 {
    let of_check = |check: &CheckReport| match check.outcome {
        Outcome::Passed | Outcome::Skipped => PASSED,
        Outcome::Failed => FAILED,
        Outcome::InfraError => INFRASTRUCTURE,
    };
    match report.outcome {
        LessonOutcome::Graded => worst(report.checks.iter().map(of_check)),
        LessonOutcome::NoBuild => NO_BUILD,
        LessonOutcome::InfraError => INFRASTRUCTURE,
    }
}
