//! The learner's seat: from a save to the verdict, beside rustlings; its start, and what it costs
//! while nothing happens.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::series::{Contender, Series, in_turn};
use crate::student::Student;
use crate::table::{Goal, Row, range};
use crate::terminal::Terminal;
use crate::{Measured, Plan};

/// How long one save, or the first build, may take.
const LIMIT: Duration = Duration::from_secs(300);
/// How often at least.
const SAVES: usize = 20;
/// For all checks of a passing tcp-echo, in milliseconds.
const MOST_TO_PASSED: f64 = 600.0;
/// To the first frame, in milliseconds.
const MOST_TO_FRAME: f64 = 100.0;
/// In memory, in MiB.
const MOST_MEMORY: f64 = 20.0;

/// From a save to the verdict: a failing and a passing tcp-echo, each beside an exercise of
/// rustlings that fails and passes.
pub(crate) fn save_to_verdict(plan: &Plan) -> anyhow::Result<Measured> {
    let rounds = plan.rounds.max(SAVES);
    let mut failing = Student::at("tcp-echo")?;
    failing.err("greets-first")?;
    let mut measured = Measured::default();
    for (student, verdict) in
        [(failing, Verdict::Failed), (Student::at("tcp-echo")?, Verdict::Passed)]
    {
        match compared(rounds, &student, verdict) {
            Ok(row) => measured.rows.push(row),
            Err(error) => measured.not_run.push(error),
        }
    }
    Ok(measured)
}

#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    Failed,
    Passed,
}

fn compared(rounds: usize, student: &Student, verdict: Verdict) -> anyhow::Result<Row> {
    let mut seat = Seat::of(student)?;
    let mut rustlings = Rustlings::sit_down()?;
    // The first of each builds what later ones need.
    seat.save(student, verdict)?;
    rustlings.save(verdict)?;
    let ours: Contender<'_> = Box::new(|| seat.save(student, verdict));
    let theirs: Contender<'_> = Box::new(|| rustlings.save(verdict));
    let series = in_turn(rounds, vec![ours, theirs])?;
    let [ours, theirs] = &series[..] else { unreachable!("two went in") };
    Ok(row(ours, theirs, verdict))
}

fn row(ours: &Series, theirs: &Series, verdict: Verdict) -> Row {
    let (what, goal) = match verdict {
        Verdict::Failed => (
            "save to the first failing check of tcp-echo",
            Goal::new("faster", ours.median() < theirs.median()),
        ),
        Verdict::Passed => (
            "save to all of tcp-echo passed",
            Goal::new(format!("< {MOST_TO_PASSED:.0} ms"), ours.median() < MOST_TO_PASSED),
        ),
    };
    Row {
        what: what.into(),
        figure: format!("{:.0} ms", ours.median()),
        reference: format!("rustlings watch, one test {:.0} ms", theirs.median()),
        compared: format!("{:.2} ×", ours.median() / theirs.median()),
        goal,
        notes: vec![format!(
            "{what}: the middle half {}; rustlings: {}",
            range(ours, "ms"),
            range(theirs, "ms")
        )],
    }
}

/// netlings at a terminal.
struct Seat {
    terminal: Terminal,
}

impl Seat {
    fn of(student: &Student) -> anyhow::Result<Self> {
        // What ends a picture of ratatui: the cursor is hidden.
        let mut terminal = Terminal::start(&student.netlings())?.picture_by_picture(b"\x1b[?25l");
        terminal.when("its first frame", LIMIT, |screen| screen.contains("1 course"))?;
        Ok(Self { terminal })
    }

    /// Saves, and says how long it took until the verdict was on the screen, in milliseconds.
    fn save(&mut self, student: &Student, verdict: Verdict) -> anyhow::Result<f64> {
        // A save takes the keys' page away: what stands there then is of this save, whether a picture
        // of its build was drawn or not.
        let keys = |screen: &str| screen.contains("Each save is built and graded by itself.");
        self.terminal.press("?")?;
        self.terminal.when("the keys", LIMIT, keys)?;
        let began = Instant::now();
        student.edit()?;
        let is_new = |screen: &str| !keys(screen) && !screen.contains("… building");
        let at = self.terminal.when("a verdict", LIMIT, |screen| {
            is_new(screen)
                && match verdict {
                    // The first check that fails, with what it expected.
                    Verdict::Failed => screen.contains('✗') && screen.contains("tcp-echo  ✗"),
                    Verdict::Passed => screen.contains("tcp-echo is passed"),
                }
        })?;
        Ok((at - began).as_secs_f64() * 1000.0)
    }
}

/// `rustlings watch` at a terminal, in an exercise whose one test passes or fails.
struct Rustlings {
    terminal: Terminal,
    exercise: PathBuf,
    saves: u32,
}

impl Rustlings {
    fn sit_down() -> anyhow::Result<Self> {
        // Outside this workspace: `rustlings init` makes itself a member of one that it finds.
        let place = std::env::temp_dir().join("netlings-bench");
        fs::create_dir_all(&place)?;
        let folder = place.join("rustlings");
        let program = std::env::var_os("RUSTLINGS").unwrap_or_else(|| "rustlings".into());
        if !folder.join("exercises").is_dir() {
            let mut init = Command::new(&program);
            init.arg("init").current_dir(&place);
            let mut terminal = Terminal::start(&init).context(
                "the reference is missing: `cargo install rustlings`, or RUSTLINGS=PATH",
            )?;
            terminal.press("\n")?;
            terminal.when("that it is ready", LIMIT, |screen| screen.contains("done"))?;
        }
        let exercise = folder.join("exercises/03_if/if1.rs");
        ensure!(exercise.is_file(), "rustlings has no {}", exercise.display());
        fs::write(folder.join(".rustlings-state.txt"), "DON'T EDIT THIS FILE!\n\nif1\n\n")?;
        let mut command = Command::new(&program);
        command.current_dir(&folder).env_remove("CARGO_TARGET_DIR");
        let mut terminal = Terminal::start(&command)?;
        let ready = |screen: &str| screen.contains("if1.rs");
        terminal.when("its exercise", LIMIT, ready)?;
        Ok(Self { terminal, exercise, saves: 0 })
    }

    /// Saves, and says how long it took until the test's verdict was on the screen.
    fn save(&mut self, verdict: Verdict) -> anyhow::Result<f64> {
        self.saves += 1;
        // Each save has a word of its own, so that its verdict is told from the one before.
        let (word, wanted) = match verdict {
            Verdict::Failed => (format!("failed{}x", self.saves), 1),
            Verdict::Passed => (format!("passed{}x", self.saves), 2),
        };
        let text = format!(
            "fn bigger(a: i32, b: i32) -> i32 {{\n    if a > b {{ a }} else {{ b }}\n}}\n\n\
             fn main() {{\n    println!(\"{word}\");\n}}\n\n#[cfg(test)]\nmod tests {{\n    use super::*;\n\n    \
             #[test]\n    fn two_is_bigger() {{\n        assert_eq!({wanted}, bigger(1, 2), \"{word}\");\n    }}\n}}\n"
        );
        let began = Instant::now();
        fs::write(&self.exercise, text)?;
        let at = self.terminal.when("a verdict", LIMIT, |screen| {
            screen.contains(&word)
                && match verdict {
                    Verdict::Failed => screen.contains("panicked") || screen.contains("FAILED"),
                    Verdict::Passed => screen.contains("done"),
                }
        })?;
        Ok((at - began).as_secs_f64() * 1000.0)
    }
}

/// Its first frame, and what it takes while nothing happens.
pub(crate) fn at_rest(plan: &Plan) -> anyhow::Result<Measured> {
    let student = Student::at("tcp-echo")?;
    let first: Contender<'_> = Box::new(|| {
        let began = Instant::now();
        let mut terminal = Terminal::start(&student.netlings())?;
        let at = terminal.when("its first frame", LIMIT, |screen| screen.contains("1 course"))?;
        Ok((at - began).as_secs_f64() * 1000.0)
    });
    let bare: Contender<'_> = Box::new(|| {
        let began = Instant::now();
        let mut command = student.netlings();
        command.arg("list");
        let mut terminal = Terminal::start(&command)?;
        let at = terminal.when("the list", LIMIT, |screen| screen.contains("tcp-echo"))?;
        Ok((at - began).as_secs_f64() * 1000.0)
    });
    let series = in_turn(plan.rounds.max(SAVES), vec![first, bare])?;
    let [frame, list] = &series[..] else { unreachable!("two went in") };
    let start = Row {
        what: "the seat's first frame".into(),
        figure: format!("{:.0} ms", frame.median()),
        reference: format!("netlings list {:.0} ms", list.median()),
        compared: format!("{:+.0} ms", frame.median() - list.median()),
        goal: Goal::new(format!("< {MOST_TO_FRAME:.0} ms"), frame.median() < MOST_TO_FRAME),
        notes: vec![format!("the seat's first frame: the middle half {}", range(frame, "ms"))],
    };
    let mut measured = Measured::from(vec![start]);
    match idle(&student) {
        Ok(rows) => measured.rows.extend(rows),
        Err(error) => measured.not_run.push(error),
    }
    Ok(measured)
}

/// Processor and memory while nothing happens, after a whole grading.
fn idle(student: &Student) -> anyhow::Result<Vec<Row>> {
    const LOOKED_AT: Duration = Duration::from_secs(5);
    let mut seat = Seat::of(student)?;
    seat.save(student, Verdict::Passed)?;
    let id = seat.terminal.process_id().context("it runs")?;
    let before = processor_time(id)?;
    std::thread::sleep(LOOKED_AT);
    let used = processor_time(id)? - before;
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    let Some(kilobytes) = kilobytes else { bail!("/proc/{id}/status has no VmRSS") };
    let memory = kilobytes / 1024.0;
    Ok(vec![
        Row {
            what: "the idle seat's processor time in 5 s".into(),
            figure: format!("{used} ticks of 10 ms"),
            reference: String::new(),
            compared: String::new(),
            goal: Goal::new("none", used == 0),
            notes: Vec::new(),
        },
        Row {
            what: "the idle seat's memory".into(),
            figure: format!("{memory:.1} MiB resident"),
            reference: String::new(),
            compared: String::new(),
            goal: Goal::new(format!("< {MOST_MEMORY:.0} MiB"), memory < MOST_MEMORY),
            notes: Vec::new(),
        },
    ])
}

/// User and system time of a process, in the system's ticks (proc_pid_stat(5), fields 14 and 15).
fn processor_time(id: u32) -> anyhow::Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    let behind = stat.rsplit_once(')').context("a process has a name")?.1;
    let fields: Vec<&str> = behind.split_whitespace().collect();
    let time = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
    Ok(time(11).context("user time")? + time(12).context("system time")?)
}
