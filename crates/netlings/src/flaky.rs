//! `netlings flaky`: the same gradings again and again, on a loaded machine. Whatever comes out
//! differently even once is an error of the course: of a check, of the engine, of a solution.

mod repeat;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, UNIX_EPOCH};

use clap::Args;
use grader::Subject;
use grader::progress::replace_file;

use crate::build;
use crate::course::Course;
use crate::ending::{FAILED, PASSED, Stop};
use crate::flaky::repeat::{Case, begun, repeat};
pub(crate) use crate::flaky::repeat::{Tallies, Tally};
use crate::gauge::Gauge;
use crate::screen::{Screen, diagnostic};
use crate::variants::{Kind, Sources, Variant, keep};
use crate::verify::below;
use crate::verify::judging::{self, Difference};
use crate::words::{self, author};

/// How many loops that never rest run beside the gradings.
const BUSY_LOOPS: usize = 2;
/// How often a line says how far it is, where there is no bar.
const BETWEEN_LINES: Duration = Duration::from_secs(15);

#[derive(Args)]
pub(crate) struct Options {
    /// Only these lessons
    #[arg(value_name = "LESSON")]
    lessons: Vec<String>,
    /// How often each solution is graded by all checks
    #[arg(long, value_name = "N", default_value_t = 200)]
    solutions: u32,
    /// How often each mistake is graded by the check that catches it
    #[arg(long, value_name = "N", default_value_t = 20)]
    mistakes: u32,
    /// Go on where the last run was interrupted
    #[arg(long)]
    resume: bool,
}

/// One program with what must come of it.
struct Subjects<'a> {
    sources: &'a Sources<'a>,
    variant: Variant,
}

pub(crate) fn run(course: &Course, screen: &Screen, options: &Options) -> Result<u8, Stop> {
    let lessons = course.lessons_named(&options.lessons)?;
    let folder = build::target_folder(&course.root)?.join("flaky");
    let state = State { file: folder.join("state.json") };
    let sources: Vec<Sources<'_>> = lessons
        .into_iter()
        .map(|lesson| Sources::read(course, lesson))
        .collect::<Result<_, _>>()?;
    let gauge = Gauge::new("flaky");
    let (mut subjects, mut cases) = (Vec::new(), Vec::new());
    for source in &sources {
        gauge.says(&author::building(&source.lesson.name, source.mistakes.len(), 0));
        for variant in programs(course, source, &folder)? {
            let wanted = match variant.1.kind {
                Kind::Solution => options.solutions,
                _ => options.mistakes,
            };
            if wanted == 0 {
                continue;
            }
            let name = format!("{}: {}", source.lesson.name, variant.1.name);
            cases.push(Case { name, wanted, stamp: variant.0 });
            subjects.push(Subjects { sources: source, variant: variant.1 });
        }
    }
    let earlier = if options.resume { state.load() } else { Tallies::new() };
    let mut tallies = begun(&cases, &earlier);
    count(&cases, &subjects, &mut tallies, &state, screen, &gauge);
    gauge.end();
    Ok(conclusion(&tallies, screen))
}

/// Runs everything and tells of each difference at once.
fn count(
    cases: &[Case],
    subjects: &[Subjects<'_>],
    tallies: &mut Tallies,
    state: &State,
    screen: &Screen,
    gauge: &Gauge,
) {
    let total: u32 = cases.iter().map(|case| case.wanted).sum();
    let done: u32 = cases.iter().map(|case| tallies[&case.name].done.min(case.wanted)).sum();
    gauge.begin(total as usize, &author::repeating(total, done));
    (0..done).for_each(|_| gauge.step());
    let _load = Load::new(BUSY_LOOPS);
    let mut last_line = Instant::now();
    let mut state_is_kept = true;
    repeat(
        cases,
        tallies,
        |number| subjects[number].differs(),
        |case, tallies, difference| {
            gauge.step();
            if let Some(difference) = difference {
                gauge.aside(|| {
                    screen.line(author::came_out_differently(&case.name, &difference.words));
                    if let Some(report) = &difference.shown {
                        screen.line(below(&case.name, report, screen));
                    }
                });
            }
            gauge.beside(author::counts(tallies));
            if last_line.elapsed() > BETWEEN_LINES {
                last_line = Instant::now();
                gauge.line(&author::counts(tallies));
            }
            if state_is_kept && let Err(error) = state.save(tallies) {
                state_is_kept = false;
                diagnostic(words::unwritable(&state.file, &error));
            }
        },
    );
}

/// Prints the counts and gives the exit code.
fn conclusion(tallies: &Tallies, screen: &Screen) -> u8 {
    for (name, tally) in tallies {
        screen.line(author::tally(name, tally.done, tally.differences));
    }
    screen.gap();
    screen.line(author::counts(tallies));
    if tallies.values().all(|tally| tally.differences == 0) { PASSED } else { FAILED }
}

impl Subjects<'_> {
    /// Grades it once. What differs from the expected is told, the machine's trouble too: the
    /// machine is loaded here, it is not broken.
    fn differs(&self) -> Option<Difference> {
        let (sources, variant) = (self.sources, &self.variant);
        let mistake = match variant.kind {
            Kind::Mistake(number) => Some(&sources.mistakes[number]),
            _ => None,
        };
        let only: Vec<&str> = mistake.map(|mistake| mistake.check.as_str()).into_iter().collect();
        let report = sources.grade(variant, &only);
        if let Some(check) = judging::broken(&report) {
            let words = author::machine(&variant.name, &check.id, &check.message);
            return Some(Difference { words, shown: Some(check.clone()) });
        }
        match mistake {
            Some(mistake) => judging::is_caught(mistake, &report),
            None => judging::passes_all(&variant.name, &report).pop(),
        }
    }
}

/// The solution and the mistakes of a lesson, each with its stamp, in a folder of their own: they
/// stay as they are even if somebody builds meanwhile.
fn programs(
    course: &Course,
    sources: &Sources<'_>,
    folder: &Path,
) -> Result<Vec<(String, Variant)>, Stop> {
    let workshop = sources.build(course)?;
    if let Some(problem) = workshop.problems.first() {
        return Err(Stop::failed(problem));
    }
    let folder = folder.join(&sources.lesson.name);
    // Of netlings too, which holds the checks.
    let own = std::env::current_exe().map_err(|error| Stop::infrastructure(error.to_string()))?;
    let own = stamp(&own)?;
    let is_repeated = |variant: &Variant| matches!(variant.kind, Kind::Solution | Kind::Mistake(_));
    let mut programs = Vec::new();
    for mut variant in workshop.variants.into_iter().filter(is_repeated) {
        let stamp = format!("{} {own}", stamp(&variant.file)?);
        let kept = folder.join(variant.file.file_name().unwrap_or_default());
        keep(&variant.file, &kept)?;
        variant.file = kept;
        variant.subject = Subject::program(&variant.file);
        programs.push((stamp, variant));
    }
    Ok(programs)
}

/// Changes when the program was built anew.
fn stamp(program: &Path) -> Result<String, Stop> {
    let read = || -> io::Result<String> {
        let metadata = fs::metadata(program)?;
        let built = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(format!("{}-{}", metadata.len(), built.as_nanos()))
    };
    read().map_err(|error| Stop::infrastructure(words::unreadable(program, &error)))
}

/// Where the counts are kept for `--resume`.
struct State {
    file: PathBuf,
}

impl State {
    /// What was counted before; nothing, where that cannot be read.
    fn load(&self) -> Tallies {
        let read = fs::read(&self.file).and_then(|bytes| Ok(serde_json::from_slice(&bytes)?));
        read.unwrap_or_else(|error| {
            diagnostic(author::no_state(&self.file, &error));
            Tallies::new()
        })
    }

    fn save(&self, tallies: &Tallies) -> io::Result<()> {
        replace_file(&self.file, &serde_json::to_vec(tallies)?)
    }
}

/// Loops that keep the processors busy until this is dropped.
struct Load {
    stop: Arc<AtomicBool>,
    loops: Vec<JoinHandle<()>>,
}

impl Load {
    fn new(loops: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let busy = |_| {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })
        };
        Self { loops: (0..loops).map(busy).collect(), stop }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for busy in self.loops.drain(..) {
            let _ = busy.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grader::{Check, Failure, LIMIT, Outcome, Run, Suite, Verdict};
    use std::sync::atomic::AtomicU32;

    static RUNS: AtomicU32 = AtomicU32::new(0);

    /// The planted check: it fails once in 50 runs.
    fn fails_once_in_50(_: &mut Run) -> Verdict {
        match RUNS.fetch_add(1, Ordering::Relaxed) % 50 {
            37 => Err(Failure::new("this once").into()),
            _ => Ok(()),
        }
    }

    #[test]
    fn a_check_that_fails_once_in_50_is_caught() {
        let check = Check { id: "planted", body: fails_once_in_50, limit: LIMIT, waits: false };
        let suite = Suite { lesson: "l", checks: Box::leak(Box::new([check])) };
        let content = "title = \"t\"\nsummary = \"s\"\nminutes = 1\n[[check]]\nid = \"planted\"\n\
                       title = \"t\"\npoints = 1\nhints = [\"h\"]\n";
        let text = grader::text::Text { path: "lesson.toml".into(), content: content.into() };
        let lesson = grader::Lesson::parse("l".into(), text).unwrap();
        let subject = Subject::program("none");
        let once = |_| {
            let report = grader::Grading::new(&suite, &lesson, &subject).run(&|_| {});
            assert!(report.checks.iter().all(|check| check.outcome != Outcome::InfraError));
            judging::passes_all("planted", &report).pop()
        };
        let cases = [Case { name: "planted".into(), wanted: 100, stamp: String::new() }];
        let mut tallies = begun(&cases, &Tallies::new());
        let mut told = Vec::new();
        repeat(&cases, &mut tallies, once, |_, _, difference| told.extend(difference));
        assert_eq!((tallies["planted"].done, tallies["planted"].differences), (100, 2));
        assert!(told.iter().all(|difference| difference.words.contains("`planted`")));
    }
}
