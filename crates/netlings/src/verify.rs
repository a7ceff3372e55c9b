//! `netlings verify`: the course's own gate.
//!
//! A lesson is good when its untouched skeleton fails every check by itself and says what is to do, its
//! solution and its other right programs pass, each of its known mistakes is caught by the check it
//! names, with the words it names, and its demo plays to the end.

pub(crate) mod judging;
mod paper;

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use grader::report::{Look, failure_text};
use grader::{CheckReport, LessonReport};

use crate::course::Course;
use crate::demo::{self, script::Script};
use crate::ending::{FAILED, INFRASTRUCTURE, PASSED, Stop, worst};
use crate::gauge::Gauge;
use crate::screen::Screen;
use crate::variants::{Kind, Sources, Variant, Workshop, in_parallel};
use crate::verify::judging::{Difference, Said};
use crate::words::author as words;

#[derive(Args)]
pub(crate) struct Options {
    /// Only these lessons
    #[arg(value_name = "LESSON")]
    lessons: Vec<String>,
}

/// What was found in one lesson.
struct Findings<'a> {
    sources: &'a Sources<'a>,
    screen: &'a Screen,
    gauge: Gauge,
    problems: usize,
    /// What the machine could not do; then some of the lesson is not known.
    broken: usize,
    caught: usize,
    accepted: usize,
    said: Vec<Said>,
}

/// A row of the table at the end.
struct Row {
    lesson: String,
    caught: (usize, usize),
    accepted: (usize, usize),
    problems: usize,
    broken: usize,
    took: Duration,
}

pub(crate) fn run(course: &Course, screen: &Screen, options: &Options) -> Result<u8, Stop> {
    let lessons = course.lessons_named(&options.lessons)?;
    let sources: Vec<Sources<'_>> = lessons
        .into_iter()
        .map(|lesson| Sources::read(course, lesson))
        .collect::<Result<_, _>>()?;
    // One lesson is built while the one before it is graded: grading is mostly waiting.
    let (sender, built) = mpsc::sync_channel(1);
    let rows: Vec<Row> = thread::scope(|scope| {
        scope.spawn(|| {
            let sender = sender; // gone when this thread ends
            let mut workshops = sources.iter().map(|sources| sources.build(course));
            workshops.all(|workshop| sender.send(workshop).is_ok())
        });
        let built = built; // gone when an error ends this, and the builder stops too
        let next = || built.recv().unwrap_or_else(|_| Err(Stop::infrastructure(words::NOT_BUILT)));
        sources
            .iter()
            .map(|sources| verify(course, sources, next, screen))
            .collect::<Result<_, _>>()
    })?;
    table(&rows, screen);
    let code = worst(rows.iter().map(|row| match row {
        row if row.broken > 0 => INFRASTRUCTURE,
        row if row.problems > 0 => FAILED,
        _ => PASSED,
    }));
    let problems = rows.iter().map(|row| row.problems).sum();
    screen.paragraph("", &words::verified(code, problems), 0);
    Ok(code)
}

/// Verifies one lesson, whose programs `build` gives.
fn verify(
    course: &Course,
    sources: &Sources<'_>,
    build: impl FnOnce() -> Result<Workshop, Stop>,
    screen: &Screen,
) -> Result<Row, Stop> {
    let (began, lesson) = (Instant::now(), sources.lesson);
    let gauge = Gauge::new(&lesson.name);
    gauge.says(&words::building(sources.mistakes.len(), sources.also_right.len()));
    let mut findings = Findings {
        sources,
        screen,
        gauge,
        problems: 0,
        broken: 0,
        caught: 0,
        accepted: 0,
        said: Vec::new(),
    };
    for problem in paper::problems(course, sources) {
        findings.problem(&problem);
    }
    let script = Script::load(&course.exercise(&lesson.name));
    if let Err(error) = &script {
        findings.problem(&error.to_string());
    }
    let workshop = build()?;
    for problem in &workshop.problems {
        findings.problem(problem);
    }
    let variants = &workshop.variants;
    let solution = variants.iter().find(|variant| variant.kind == Kind::Solution);
    if let (Ok(script), Some(solution)) = (&script, solution) {
        findings.rehearse(script, solution);
    }
    findings.gauge.begin(variants.len(), &words::grading(variants.len()));
    // Right programs work, and mistakes mostly keep the grader waiting: more of these at once.
    let (mistakes, right): (Vec<&Variant>, Vec<&Variant>) =
        variants.iter().partition(|variant| matches!(variant.kind, Kind::Mistake(_)));
    for (variants, at_once) in [(right, 2), (mistakes, 3 * grader::default_jobs())] {
        in_parallel(
            variants.len(),
            at_once,
            |number| sources.grade(variants[number], &checks_for(sources, variants[number])),
            |number, report| findings.take(variants[number], &report),
        );
    }
    // Only when all mistakes were graded is it known what no mistake gets.
    if findings.said.len() == sources.mistakes.len() && findings.broken == 0 {
        for problem in judging::explanations_are_evidence(lesson, &findings.said) {
            findings.problem(&problem);
        }
    }
    findings.gauge.end();
    Ok(Row {
        lesson: lesson.name.clone(),
        caught: (findings.caught, sources.mistakes.len()),
        accepted: (findings.accepted, sources.also_right.len()),
        problems: findings.problems,
        broken: findings.broken,
        took: began.elapsed(),
    })
}

/// The checks that a variant needs; empty for all.
fn checks_for<'a>(sources: &'a Sources<'_>, variant: &Variant) -> Vec<&'a str> {
    match variant.kind {
        Kind::Mistake(number) => judging::checks_up_to(sources.lesson, &sources.mistakes[number]),
        _ => Vec::new(),
    }
}

impl Findings<'_> {
    fn problem(&mut self, words: &str) {
        self.problems += 1;
        let lesson = &self.sources.lesson.name;
        self.gauge.aside(|| self.screen.line(format!("{lesson}: {words}")));
    }

    fn difference(&mut self, difference: &Difference) {
        self.problem(&difference.words);
        if let Some(report) = &difference.shown {
            let text = below(&self.sources.lesson.name, report, self.screen);
            self.gauge.aside(|| self.screen.line(text));
        }
    }

    /// Plays the lesson's demo with its solution.
    fn rehearse(&mut self, script: &Script, solution: &Variant) {
        let Err(stop) = demo::rehearse(script, &solution.subject) else { return };
        if stop.code == INFRASTRUCTURE {
            self.broken += 1;
            self.gauge.aside(|| self.screen.line(words::no_rehearsal(&stop.words)));
        } else {
            self.problem(&stop.words);
        }
    }

    /// Judges the grading of one variant.
    fn take(&mut self, variant: &Variant, report: &LessonReport) {
        self.gauge.step();
        if let Some(check) = judging::broken(report) {
            self.broken += 1;
            let words = words::machine(&variant.name, &check.id, &check.message);
            self.gauge.aside(|| self.screen.line(words));
            return;
        }
        let differences = match variant.kind {
            Kind::Skeleton => judging::is_all_to_do(report),
            Kind::Solution | Kind::AlsoRight => judging::passes_all(&variant.name, report),
            Kind::Mistake(number) => {
                let mistake = &self.sources.mistakes[number];
                self.said.extend(Said::of(mistake, report));
                judging::is_caught(mistake, report).into_iter().collect()
            }
        };
        match variant.kind {
            Kind::Mistake(_) if differences.is_empty() => self.caught += 1,
            Kind::AlsoRight if differences.is_empty() => self.accepted += 1,
            _ => {}
        }
        for difference in &differences {
            self.difference(difference);
        }
    }
}

/// A failure in full, indented below a sentence about it.
pub(crate) fn below(lesson: &str, report: &CheckReport, screen: &Screen) -> String {
    // What is narrower than 40 columns is shown as 40, so that an indent would lead over the edge.
    let indent = screen.look.width.saturating_sub(40).min(4);
    let look = Look { width: screen.look.width - indent, ..screen.look };
    // Who reads this knows the answer: no hints.
    let report = CheckReport { hints_left: 0, ..report.clone() };
    let text = failure_text(lesson, &report, look);
    text.lines().map(|line| format!("{:indent$}{line}\n", "")).collect()
}

fn table(rows: &[Row], screen: &Screen) {
    let of = |(some, all): (usize, usize)| format!("{some} of {all}");
    let header = words::TABLE.map(String::from);
    let mut cells = vec![header];
    cells.extend(rows.iter().map(|row| {
        let seconds = format!("{:.1} s", row.took.as_secs_f64());
        let problems = row.problems + row.broken;
        [row.lesson.clone(), of(row.caught), of(row.accepted), problems.to_string(), seconds]
    }));
    let width = |column: usize| cells.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(width).collect();
    screen.gap();
    for row in &cells {
        let padded = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        screen.line(padded.collect::<Vec<_>>().join("  ").trim_end());
    }
    screen.gap();
}

#[cfg(test)]
mod tests {
    use super::*;
    use grader::lesson::Lesson;
    use grader::text::Text;
    use grader::{Grading, Subject, Suite};

    #[test]
    fn a_failure_is_indented_only_where_forty_columns_are_left_for_it() {
        let content = "title = \"t\"\nsummary = \"s\"\nminutes = 1\n[[check]]\nid = \"one\"\n\
                       title = \"t\"\npoints = 1\nhints = [\"h\"]\n";
        let text = Text { path: "lesson.toml".into(), content: content.into() };
        let lesson = Lesson::parse("l".into(), text).unwrap();
        let (suite, subject) = (Suite { lesson: "l", checks: &[] }, Subject::program("none"));
        let report = Grading::new(&suite, &lesson, &subject).run(&|_| {});
        let mut screen = Screen::stdout();
        for (width, indent) in [(40, 0), (42, 2), (80, 4)] {
            screen.look.width = width;
            let text = below("l", &report.checks[0], &screen);
            let heading = text.lines().next().unwrap();
            assert_eq!(heading.find('l'), Some(indent), "{text}");
        }
    }
}
