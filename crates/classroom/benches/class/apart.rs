//! Compiling and checking apart, beside rustc alone with the same arguments.

use std::time::Duration;

use anyhow::Context;
use serde::Deserialize;

use crate::made::{Made, program};
use crate::series::Series;
use crate::table::{Goal, Row};
use crate::{LESSON, Options, SANDBOX, held};

/// So many programs are compiled in a round.
const PROGRAMS: usize = 24;
/// Compiling may take so much longer than rustc alone.
const MOST_LONGER: f64 = 1.15;
const LIMIT: Duration = Duration::from_secs(3600);

/// What `netlings-class measure` says, in seconds for all programs.
#[derive(Deserialize)]
struct Measured {
    programs: usize,
    jobs: usize,
    sandbox: String,
    confined: Vec<Spent>,
    bare: Vec<Spent>,
    checked: usize,
    checking: Spent,
}

#[derive(Deserialize)]
struct Spent {
    wall: f64,
    processor: f64,
}

pub(crate) fn measure(options: &Options) -> anyhow::Result<Vec<Row>> {
    let made = Made::of(PROGRAMS)?;
    let mut measure = program();
    measure.arg("measure").arg(made.submissions()).args(["--lesson", LESSON]).args(SANDBOX);
    measure.args(["--rounds", &options.rounds.to_string()]);
    let ended = held::run_well(measure, LIMIT)?;
    let line = ended.out().next().context("nothing was measured")?;
    let it: Measured = serde_json::from_str(&line.text)?;
    let count = it.programs as f64;
    let each = |of: fn(&Spent) -> f64| {
        let pairs = it.confined.iter().zip(&it.bare);
        Series::new(pairs.map(|(one, other)| of(one) / of(other).max(f64::EPSILON)).collect())
    };
    let ratio = each(|it| it.wall);
    let rate = |all: &[Spent]| Series::new(all.iter().map(|it| count / it.wall).collect());
    let work = |all: &[Spent]| {
        Series::new(all.iter().map(|it| 1000.0 * it.processor / count).collect()).median()
    };
    let (confined, bare) = (rate(&it.confined), rate(&it.bare));
    let (low, high) = ratio.middle_half();
    let checked = it.checked as f64;
    let checking = checked / it.checking.wall;
    Ok(vec![
        Row {
            what: format!("compiled, {} at once", it.jobs),
            figure: format!("{:.2} /s", confined.median()),
            reference: format!("rustc alone {:.2} /s", bare.median()),
            compared: format!("takes {:.2} ×", ratio.median()),
            goal: Goal::new(format!("≤ {MOST_LONGER} ×"), ratio.median() <= MOST_LONGER),
            notes: vec![
                format!("{} programs of {LESSON}, confinement: {}", it.programs, it.sandbox),
                format!("round by round {low:.2} to {high:.2} ×, the middle half"),
                format!(
                    "processor time of each: {:.0} ms, rustc alone {:.0} ms, {:.2} ×; to check {:.0} ms",
                    work(&it.confined),
                    work(&it.bare),
                    each(|it| it.processor).median(),
                    1000.0 * it.checking.processor / checked
                ),
            ],
        },
        Row {
            what: format!("checked, {} at once", it.jobs),
            figure: format!("{checking:.2} /s"),
            reference: format!("compiled {:.2} /s", confined.median()),
            compared: format!("takes {:.2} ×", confined.median() / checking),
            goal: None,
            notes: vec![format!(
                "{} programs that compiled, solutions and mistakes, all checks of the lesson",
                it.checked
            )],
        },
    ])
}
