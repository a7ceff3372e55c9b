//! What a bigger class costs: time for each student, memory, disk.

use std::time::Duration;

use crate::made::Made;
use crate::table::{Goal, Row};
use crate::watched::{Peaks, bytes_of, watch};
use crate::{LESSON, Options};

const CLASSES: [usize; 4] = [100, 300, 1000, 2000];
/// A student of a bigger class may take so many times the time of one of the smallest.
const MOST_TIME: f64 = 1.25;
/// The grader may hold so much more memory with a bigger class, in MiB: it knows who is in it.
const MOST_MEMORY: f64 = 16.0;
/// The folders that are worked in may be so many times as big.
const MOST_SCRATCH: f64 = 1.5;
/// How long each student may take.
const LIMIT: Duration = Duration::from_secs(30);

struct Graded {
    students: f64,
    seconds: f64,
    processor: f64,
    peaks: Peaks,
    kept: f64,
}

pub(crate) fn measure(options: &Options) -> anyhow::Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    let mut first: Option<Graded> = None;
    for students in CLASSES.into_iter().filter(|it| *it <= options.students.max(CLASSES[0])) {
        let graded = grade(students)?;
        let (each, own) = (1000.0 * graded.seconds / graded.students, graded.peaks.grader >> 20);
        // The last of them takes long, and until then nothing else is said.
        println!("  {students} students: {:.0} s, {each:.0} ms each, {own} MiB", graded.seconds);
        rows.extend(show(&graded, first.as_ref().unwrap_or(&graded)));
        first.get_or_insert(graded);
    }
    Ok(rows)
}

fn grade(students: usize) -> anyhow::Result<Graded> {
    let made = Made::of(students)?;
    let limit = LIMIT * u32::try_from(students)?;
    let watched = watch(made.grading()?, limit)?;
    made.is_graded_right()?;
    Ok(Graded {
        students: students as f64,
        seconds: watched.seconds,
        processor: watched.processor,
        peaks: watched.peaks,
        kept: bytes_of(&made.out()) as f64,
    })
}

fn show(it: &Graded, first: &Graded) -> [Row; 5] {
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let goal = |words: String, is_met: bool| match it.students > first.students {
        true => Goal::new(words, is_met),
        false => None,
    };
    let row = |what: &str, figure: String, reference: String, compared: String, goal| Row {
        what: format!("{:.0} students, {what}", it.students),
        figure,
        reference: format!("{:.0} students {reference}", first.students),
        compared,
        goal,
        notes: Vec::new(),
    };
    let each = |seconds: f64, of: &Graded| 1000.0 * seconds / of.students;
    let [time, time_first] = [each(it.seconds, it), each(first.seconds, first)];
    let [work, work_first] = [each(it.processor, it), each(first.processor, first)];
    let times = |one: f64, other: f64| format!("{:.2} ×", one / other);
    let [own, own_first] = [it, first].map(|it| mib(it.peaks.grader));
    let [tree, tree_first] = [it, first].map(|it| mib(it.peaks.tree));
    let [scratch, scratch_first] = [it, first].map(|it| mib(it.peaks.scratch));
    let [kept, kept_first] = [it, first].map(|it| it.kept / it.students / 1024.0);
    let mut rows = [
        row(
            "time for each",
            format!("{time:.0} ms"),
            format!("{time_first:.0} ms"),
            times(time, time_first),
            goal(format!("≤ {MOST_TIME} ×"), time <= MOST_TIME * time_first),
        ),
        row(
            "processor for each",
            format!("{work:.0} ms"),
            format!("{work_first:.0} ms"),
            times(work, work_first),
            goal(format!("≤ {MOST_TIME} ×"), work <= MOST_TIME * work_first),
        ),
        row(
            "the grader's memory",
            format!("{own:.1} MiB"),
            format!("{own_first:.1} MiB"),
            format!("{:+.1} MiB", own - own_first),
            goal(format!("≤ +{MOST_MEMORY:.0} MiB"), own <= own_first + MOST_MEMORY),
        ),
        row(
            "scratch on disk",
            format!("{scratch:.0} MiB"),
            format!("{scratch_first:.0} MiB"),
            times(scratch, scratch_first),
            goal(format!("≤ {MOST_SCRATCH} ×"), scratch <= MOST_SCRATCH * scratch_first),
        ),
        row(
            "kept for each",
            format!("{kept:.0} KiB"),
            format!("{kept_first:.0} KiB"),
            times(kept, kept_first),
            None,
        ),
    ];
    rows[0].notes.push(format!(
        "a class of {:.0} in {LESSON}: {:.0} s, in all at once at most {tree:.0} MiB of memory \
         (resident, what is shared counted often; with {:.0} students {tree_first:.0} MiB)",
        it.students, it.seconds, first.students
    ));
    rows
}
