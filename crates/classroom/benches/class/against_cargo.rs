//! Grading a class, beside what an instructor without a grader does: a loop that copies each
//! submission into a clone of the course and runs `cargo test`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::made::Made;
use crate::series::Series;
use crate::table::{Goal, Row};
use crate::work_tree::{WorkTree, write_if_other};
use crate::{LESSON, Options, held};

const STUDENTS: usize = 40;
/// A loop of fresh builds may not be done in less than so many times the time.
const TIMES: f64 = 10.0;
/// Of fresh builds so many are measured, and counted for all.
const FRESH: usize = 2;
/// Of builds where all but the submission is built already so many are measured, and counted for all.
const WARM: usize = 10;
const LIMIT: Duration = Duration::from_secs(3600);
const PURPOSE: &str = "class";

pub(crate) fn measure(_: &Options) -> anyhow::Result<Vec<Row>> {
    let made = Made::of(STUDENTS)?;
    let sources = made.sources()?;
    let tree = WorkTree::copy("class")?;
    // Once before, so that the lesson's dependencies are built for the grader as they are for cargo.
    held::run_well(made.grading()?, LIMIT)?;
    let mut fresh = Vec::new();
    for source in &sources[..FRESH] {
        tree.clean(PURPOSE)?;
        fresh.push(test(&tree, source)?);
    }
    // Half of them before the class and half behind it: what else the machine does hits both.
    let (before, behind) = sources[FRESH..FRESH + WARM].split_at(WARM / 2);
    let mut warm = Vec::new();
    for source in before {
        warm.push(test(&tree, source)?);
    }
    let began = Instant::now();
    held::run_well(made.grading()?, LIMIT)?;
    let graded = began.elapsed().as_secs_f64();
    made.is_graded_right()?;
    for source in behind {
        warm.push(test(&tree, source)?);
    }
    tree.clean(PURPOSE)?;
    let count = STUDENTS as f64;
    let (fresh, warm) = (Series::new(fresh).median(), Series::new(warm).median());
    let row = |what: &str, each: f64| Row {
        what: format!("{STUDENTS} students graded"),
        figure: format!("{graded:.1} s"),
        reference: format!("{what} {:.0} s", each * count),
        compared: format!("{:.1} ×", each * count / graded),
        goal: None,
        notes: Vec::new(),
    };
    let fresh_row = row("cargo test, each from nothing", fresh);
    let is_met = fresh * count / graded >= TIMES;
    Ok(vec![
        Row {
            goal: Goal::new(format!("≥ {TIMES:.0} ×"), is_met),
            notes: vec![
                format!(
                    "from nothing: a target folder for each, {fresh:.1} s a submission, median of {FRESH}"
                ),
                format!(
                    "all but the submission built, one folder for all: {warm:.2} s a submission, median of \
                     {WARM}; nothing is confined there, and a build can be taken for another's"
                ),
            ],
            ..fresh_row
        },
        row("cargo test, all else built", warm),
    ])
}

/// Copies a submission into the clone and tests it. Whether it passes is no matter.
fn test(tree: &WorkTree, source: &Path) -> anyhow::Result<f64> {
    let began = Instant::now();
    let place = tree.exercise(LESSON).join("src");
    for entry in fs::read_dir(source)? {
        let path: PathBuf = entry?.path();
        let name = path.file_name().unwrap_or_default();
        write_if_other(&place.join(name), &fs::read(&path)?)?;
    }
    let mut cargo = tree.cargo(PURPOSE);
    cargo.args(["test", "--quiet", "--package", LESSON]);
    held::run(cargo, LIMIT)?;
    Ok(began.elapsed().as_secs_f64())
}
