//! What grading costs a student beside the build that an edit costs anyway.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::graded::{Graded, longest_wait};
use crate::held::{Ended, Stream};
use crate::series::{Contender, Series, in_turn};
use crate::student::Student;
use crate::table::{Goal, Row, range};
use crate::{Measured, Plan};

/// What passing checks may add to a build, in milliseconds.
const MOST_ADDED: f64 = 300.0;

/// How long after the build's end the first failure may show, in milliseconds.
const MOST_TO_FAILURE: f64 = 80.0;

/// Mistakes of tcp-echo that a check sees at once, without waiting for anything in vain: two in the
/// first check, one further down.
const AT_ONCE: [&str; 3] = ["accepts-and-drops", "greets-first", "adds-a-newline"];

/// `netlings check` after an edit, against a bare build after the same kind of edit.
pub(crate) fn after_an_edit(plan: &Plan, lesson: &str) -> anyhow::Result<Measured> {
    let student = Student::at(lesson)?;
    let graded = student.grading()?;
    let timed = |run: fn(&Student) -> anyhow::Result<Ended>| -> Contender<'_> {
        let student = &student;
        Box::new(move || Ok(milliseconds(run(student)?.took)))
    };
    let ways = [Student::build, Student::check, Student::check_through_cargo];
    let series = in_turn(plan.rounds, ways.map(timed).into())?;
    let [build, check, through_cargo] = &series[..] else { unreachable!("three went in") };
    let bare = format!("cargo build -p {lesson}");
    let mut rows = vec![
        longer(format!("netlings check {lesson}"), check, &bare, build),
        longer(format!("cargo netlings check {lesson}"), through_cargo, &bare, build),
    ];
    let waits = longest_waits(plan, &student, &graded)?;
    let goal = match waits {
        0.0 => format!("< +{MOST_ADDED:.0} ms"),
        waits => format!("< +{MOST_ADDED:.0} ms beside the {waits:.0} ms of waiting"),
    };
    let all_passed = graded.iter().all(|check| check.is_passed);
    let added = check.median() - build.median();
    rows[0].goal = Goal::new(goal, all_passed && added < MOST_ADDED + waits);
    rows[0].notes.extend(notes(&graded));
    Ok(rows.into())
}

/// The time that no grader can save. Where there is such a wait, it is not the same each time: one
/// that ends at the next whole second depends on when it begins.
fn longest_waits(plan: &Plan, student: &Student, graded: &[Graded]) -> anyhow::Result<f64> {
    if !graded.iter().any(|check| check.waits) {
        return Ok(0.0);
    }
    let one: Contender<'_> = Box::new(|| Ok(longest_wait(&student.grading()?)));
    Ok(in_turn(plan.rounds, vec![one])?[0].median())
}

/// From the end of the build to the first failure, against what cargo itself takes to end.
pub(crate) fn first_failure(plan: &Plan) -> anyhow::Result<Measured> {
    let mut measured = Measured::default();
    for mistake in AT_ONCE {
        match until_failure(plan, mistake) {
            Ok(row) => measured.rows.push(row),
            Err(error) => measured.not_run.push(error),
        }
    }
    Ok(measured)
}

fn until_failure(plan: &Plan, mistake: &str) -> anyhow::Result<Row> {
    let mut student = Student::at("tcp-echo")?;
    student.err(mistake)?;
    let student = &student;
    let until_cargo_ends: Contender<'_> = Box::new(|| {
        let ended = student.build()?;
        Ok(milliseconds(ended.at - built(&ended)?))
    });
    let until_failure: Contender<'_> = Box::new(|| {
        let ended = student.check()?;
        let failure = ended.out().find(|line| line.text.contains('✗'));
        let shown = failure.with_context(|| format!("`{mistake}` fails no check"))?.at;
        Ok(milliseconds(shown.saturating_duration_since(built(&ended)?)))
    });
    let series = in_turn(plan.rounds, vec![until_cargo_ends, until_failure])?;
    let [cargo, failure] = &series[..] else { unreachable!("two went in") };
    let what = format!("build's end to the first ✗, {mistake}");
    let mut row = longer(what, failure, "to cargo's own end", cargo);
    row.goal = Goal::new(format!("< {MOST_TO_FAILURE:.0} ms"), failure.median() < MOST_TO_FAILURE);
    Ok(row)
}

/// When cargo said that it had built the program.
fn built(ended: &Ended) -> anyhow::Result<Instant> {
    let says_so =
        |text: &str| text.trim_start().starts_with("Finished ") && text.contains("target");
    let line = ended.lines.iter().find(|it| it.stream == Stream::Err && says_so(&it.text));
    ensure!(line.is_some(), "cargo did not finish:\n    {}", ended.complaint());
    line.map(|line| line.at).context("just seen")
}

fn longer(what: String, figure: &Series, bare: &str, reference: &Series) -> Row {
    let figure_range = format!("{what}: the middle half {}", range(figure, "ms"));
    Row {
        what,
        figure: format!("{:.0} ms", figure.median()),
        reference: format!("{bare} {:.0} ms", reference.median()),
        compared: format!("{:+.0} ms", figure.median() - reference.median()),
        goal: None,
        notes: vec![figure_range, format!("{bare}: the middle half {}", range(reference, "ms"))],
    }
}

fn notes(graded: &[Graded]) -> Vec<String> {
    let passed = graded.iter().filter(|check| check.is_passed).count();
    let mut slowest: Vec<&Graded> = graded.iter().collect();
    slowest.sort_by(|one, other| other.took.total_cmp(&one.took));
    let name = |check: &&Graded| format!("{} {:.0} ms", check.id, check.took);
    let list = |checks: Vec<String>| checks.join(", ");
    let mut notes = vec![format!("{passed} of {} checks passed", graded.len())];
    let waiting: Vec<String> = slowest.iter().filter(|check| check.waits).map(name).collect();
    if !waiting.is_empty() {
        notes.push(format!("these wait by their nature: {}", list(waiting)));
    }
    let others = slowest.iter().filter(|check| !check.waits).take(3).map(name).collect();
    notes.push(format!("the slowest of the others: {}", list(others)));
    notes
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
