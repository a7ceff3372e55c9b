//! The learner's seat as lines of text: each save is built and graded, and told as `check` tells it.

use std::io::BufRead;
use std::sync::mpsc::{SyncSender, sync_channel};

use grader::{CheckReport, LessonOutcome, LessonReport, Outcome};

use crate::course::Course;
use crate::ending::{FAILED, PASSED, Stop};
use crate::learn::compiler::without_escapes;
use crate::learn::grading::{Grading, Job};
use crate::learn::message::Said;
use crate::learn::watch::Watch;
use crate::rows::Rows;
use crate::screen::Screen;
use crate::words::learn as words;
use crate::{hint, map, show, solution};

enum Happening {
    Typed(Option<String>),
    Saved(Vec<String>),
    Said(u64, Box<Option<Said>>),
}

/// One loop: what is saved is graded, what is typed is done. The end of the input is the end.
pub(crate) fn run(course: &Course, screen: &Screen, polls: bool) -> Result<u8, Stop> {
    let machine = |error: std::io::Error| Stop::infrastructure(netkit::cause(&error));
    let (teller, happenings) = sync_channel(256);
    let saves = teller.clone();
    let watch =
        Watch::over(course, polls, move |lessons| drop(saves.send(Happening::Saved(lessons))));
    let _watch =
        watch.map_err(|error| Stop::infrastructure(format!("{}: {error}", words::NO_WATCH)))?;
    let typed = teller.clone();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if typed.send(Happening::Typed(Some(line))).is_err() {
                return;
            }
        }
        let _ = typed.send(Happening::Typed(None));
    });
    let chosen = map::chosen_by_itself(course);
    let first = chosen.first().map(|entry| entry.name.clone());
    let mut plain = Plain { course, screen, teller, lesson: String::new(), number: 0, round: None };
    screen.paragraph("", words::PLAIN, 0);
    plain.goes_to(&first.unwrap_or_else(|| course.lessons[0].name.clone())).map_err(machine)?;
    while let Ok(happening) = happenings.recv() {
        match happening {
            Happening::Typed(None) => break,
            Happening::Typed(Some(line)) => {
                if !plain.typed(line.trim()).map_err(machine)? {
                    break;
                }
            }
            Happening::Saved(lessons) => {
                // Where many are saved at once, as a formatter does it, the lesson stays.
                let own = lessons.iter().find(|lesson| **lesson == plain.lesson).cloned();
                let only = || <[String; 1]>::try_from(lessons).ok().map(|[lesson]| lesson);
                if let Some(lesson) = own.or_else(only) {
                    plain.goes_to(&lesson).map_err(machine)?;
                }
            }
            Happening::Said(number, said) if number == plain.number => plain.hears(*said),
            Happening::Said(..) => {}
        }
    }
    Ok(PASSED)
}

struct Plain<'a> {
    course: &'a Course,
    screen: &'a Screen,
    teller: SyncSender<Happening>,
    lesson: String,
    number: u64,
    round: Option<Round<'a>>,
}

/// A grading that goes on, and what it has told.
struct Round<'a> {
    _grading: Grading,
    rows: Option<Rows<'a>>,
    reports: Vec<CheckReport>,
    /// Its result was told.
    is_told: bool,
}

impl<'a> Plain<'a> {
    /// Grades a lesson; the grading before is ended.
    fn goes_to(&mut self, lesson: &str) -> std::io::Result<()> {
        self.round = None;
        self.lesson = lesson.into();
        self.number += 1;
        self.screen.line(words::grading(lesson));
        let job = Job {
            root: self.course.root.clone(),
            lesson: lesson.into(),
            checks: Vec::new(),
            only_build: None,
            colored: self.screen.look.color,
        };
        let (teller, number) = (self.teller.clone(), self.number);
        let grading = Grading::begin(&job, move |said| {
            let _ = teller.send(Happening::Said(number, Box::new(said)));
        })?;
        self.round =
            Some(Round { _grading: grading, rows: None, reports: Vec::new(), is_told: false });
        Ok(())
    }

    fn hears(&mut self, said: Option<Said>) {
        let Some(round) = &mut self.round else { return };
        match said {
            Some(Said::Cargo { .. } | Said::Program { .. }) => {}
            Some(Said::Compiler { text, .. }) => {
                let text = if self.screen.look.color { text } else { without_escapes(&text) };
                self.screen.line(text.trim_end());
            }
            Some(Said::Built) => {
                let entry = self.course.lessons.iter().find(|entry| entry.name == self.lesson);
                if let Some(lesson) = entry.and_then(|entry| entry.lesson.as_ref().ok()) {
                    let all: Vec<_> = lesson.checks.iter().collect();
                    let command = format!("cargo netlings check {}", lesson.name);
                    let rows = Rows::new(lesson, &all, command, Some(self.course), self.screen);
                    round.rows = Some(rows);
                }
            }
            Some(Said::Check(report)) => {
                let report = report.unpack();
                if let Some(rows) = &mut round.rows {
                    rows.take(&report, true);
                }
                round.reports.push(report);
            }
            Some(Said::Graded) => {
                round.is_told = true;
                if let Some(rows) = &round.rows {
                    let reports = std::mem::take(&mut round.reports);
                    rows.summary(&whole(&self.lesson, self.course, reports));
                }
                self.screen.line(words::WAITING);
            }
            Some(Said::Stopped { words, .. }) => {
                round.is_told = true;
                self.screen.paragraph("", &words, 0);
                self.screen.line(words::WAITING);
            }
            None => {
                if !round.is_told {
                    self.screen.paragraph("", words::GRADING_VANISHED, 0);
                    self.screen.line(words::WAITING);
                }
                self.round = None;
            }
        }
    }

    /// Does what was typed. False where it is the end.
    fn typed(&mut self, line: &str) -> std::io::Result<bool> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let name = || Some(self.lesson.clone());
        let told = match word {
            "q" | "quit" => return Ok(false),
            "" | "g" | "grade" => {
                let lesson = self.lesson.clone();
                return self.goes_to(&lesson).map(|()| true);
            }
            "h" | "hint" => {
                let check = Some(rest.to_owned()).filter(|check| !check.is_empty());
                let options = hint::Options { lesson: name(), check };
                hint::run(self.course, self.screen, &options)
            }
            "t" | "text" => {
                let text = show::printed(self.course, self.screen, &self.lesson);
                text.map(|()| PASSED)
            }
            "s" | "solution" => {
                let anyway = rest == "anyway";
                let options = solution::Options { lesson: self.lesson.clone(), anyway };
                let told = solution::run(self.course, self.screen, &options);
                told.map_err(|stop| match stop.code {
                    FAILED if !anyway => Stop::failed(format!(
                        "{}\n{}",
                        words::not_yet(&stop.words),
                        words::SOLUTION_ANYWAY
                    )),
                    _ => stop,
                })
            }
            "l" | "list" => Ok(map::list(self.course, self.screen)),
            "n" | "next" => {
                let at = self.course.lessons.iter().position(|entry| entry.name == self.lesson);
                match at.and_then(|at| self.course.lessons.get(at + 1)) {
                    Some(entry) => {
                        let name = entry.name.clone();
                        return self.goes_to(&name).map(|()| true);
                    }
                    None => {
                        self.screen.line(words::LAST_LESSON);
                        Ok(PASSED)
                    }
                }
            }
            _ => match self.course.entry_named(word) {
                Ok(entry) => {
                    let name = entry.name.clone();
                    return self.goes_to(&name).map(|()| true);
                }
                Err(_) => {
                    self.screen.paragraph(
                        "",
                        &words::unknown(&netkit::visible(word.as_bytes())),
                        0,
                    );
                    self.screen.paragraph("", words::PLAIN, 0);
                    Ok(PASSED)
                }
            },
        };
        if let Err(stop) = told {
            stop.words.lines().for_each(|line| self.screen.paragraph("", line, 0));
        }
        Ok(true)
    }
}

/// The reports in the lesson's order, with their points.
fn whole(lesson: &str, course: &Course, mut checks: Vec<CheckReport>) -> LessonReport {
    let entry = course.lessons.iter().find(|entry| entry.name == lesson);
    let order = |id: &str| {
        let lesson = entry.and_then(|entry| entry.lesson.as_ref().ok());
        lesson.and_then(|lesson| lesson.checks.iter().position(|check| check.id == id))
    };
    checks.sort_by_key(|check| order(&check.id));
    let broken = checks.iter().any(|check| check.outcome == Outcome::InfraError);
    LessonReport {
        lesson: lesson.into(),
        outcome: if broken { LessonOutcome::InfraError } else { LessonOutcome::Graded },
        score: checks.iter().map(|check| check.points).sum(),
        max_score: checks.iter().map(|check| check.max_points).sum(),
        checks,
    }
}
