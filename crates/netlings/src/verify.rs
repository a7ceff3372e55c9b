//! `netlings verify`: the course's own gate.
//!
//! A lesson is good when its untouched skeleton fails every check by itself and says what is to do, its
//! solution and its other right programs pass, each of its known mistakes is caught by the check it
//! names, with the words it names, and its demo plays to the end.

pub(crate) mod judging;
mod paper;

use std::cmp::Reverse;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Instant;

use clap::Args;
use grader::report::{Look, failure_text};
use grader::{CheckReport, LessonReport};

use crate::course::Course;
use crate::demo::{self, script::Script};
use crate::ending::{FAILED, INFRASTRUCTURE, PASSED, Stop, worst};
use crate::gauge::Gauge;
use crate::screen::Screen;
use crate::variants::{Kind, Sources, Variant, Workshop};
use crate::verify::judging::{Difference, Said};
use crate::words::author as words;

#[derive(Args)]
pub(crate) struct Options {
    /// Only these lessons
    #[arg(value_name = "LESSON")]
    lessons: Vec<String>,
}

/// A lesson on its way through the gate, and what was found in it.
struct Findings<'a> {
    sources: &'a Sources<'a>,
    screen: &'a Screen,
    gauge: &'a Gauge,
    problems: usize,
    /// What the machine could not do; then some of the lesson is not known.
    broken: usize,
    caught: usize,
    accepted: usize,
    said: Vec<Said>,
}

/// Something to do with the programs of a lesson, by the lesson's place.
struct Job {
    lesson: usize,
    workshop: Arc<Workshop>,
    work: Work,
}

enum Work {
    /// Play the demo with the variant of this number.
    Rehearse(Script, usize),
    /// Grade the variant of this number.
    Grade(usize),
}

/// What happened, by the place of the lesson.
enum News {
    Built(usize, Box<Result<Workshop, Stop>>),
    Rehearsed(usize, Result<(), Stop>),
    Graded(usize, Arc<Workshop>, usize, Box<LessonReport>),
    /// Somebody who works panicked, so that this would never be through.
    Panicked,
}

/// Tells of a panic of the thread that holds it.
struct TellsOfPanics<'a>(&'a mpsc::Sender<News>);

impl Drop for TellsOfPanics<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = self.0.send(News::Panicked); // fails where nobody waits any more
        }
    }
}

/// Right programs work, and mistakes mostly keep the grader waiting: more of these at once.
const RIGHT_AT_ONCE: usize = 2;

pub(crate) fn run(course: &Course, screen: &Screen, options: &Options) -> Result<u8, Stop> {
    let began = Instant::now();
    let lessons = course.lessons_named(&options.lessons)?;
    let sources: Vec<Sources<'_>> = lessons
        .into_iter()
        .map(|lesson| Sources::read(course, lesson))
        .collect::<Result<_, _>>()?;
    let gauge = Gauge::new("verify");
    let findings: Vec<_> =
        sources.iter().map(|sources| Findings::new(sources, screen, &gauge)).collect();
    let (tell, news) = mpsc::channel();
    let ((right, right_jobs), (mistakes, mistake_jobs)) = (mpsc::channel(), mpsc::channel());
    let (right_jobs, mistake_jobs) = (Mutex::new(right_jobs), Mutex::new(mistake_jobs));
    let over = AtomicBool::new(false);
    let findings = thread::scope(|scope| {
        let (sources, over) = (&sources, &over);
        let workers = [(&right_jobs, RIGHT_AT_ONCE), (&mistake_jobs, 3 * grader::default_jobs())];
        for (jobs, at_once) in workers {
            for _ in 0..at_once {
                let tell = tell.clone();
                scope.spawn(move || serve(sources, jobs, over, &tell));
            }
        }
        // One lesson is built while those before it are graded: grading is mostly waiting.
        scope.spawn(move || {
            let _told = TellsOfPanics(&tell);
            let mut built = sources.iter().map(|sources| sources.build(course)).enumerate();
            built.all(|(lesson, workshop)| {
                let is_built = workshop.is_ok();
                tell.send(News::Built(lesson, Box::new(workshop))).is_ok() && is_built
            })
        });
        let found = follow(course, findings, &news, &Queues { right, mistakes });
        over.store(true, Ordering::Relaxed); // what was not begun need not be, after an error
        drop(news);
        found
    })?;
    gauge.end();
    table(&findings, screen);
    let code = worst(findings.iter().map(Findings::code));
    let problems = findings.iter().map(|findings| findings.problems).sum();
    screen.paragraph("", &words::verified(code, problems, began.elapsed()), 0);
    Ok(code)
}

/// Where jobs are put. Dropped, it lets the workers go.
struct Queues {
    right: mpsc::Sender<Job>,
    mistakes: mpsc::Sender<Job>,
}

/// Does one job after the other until there will be no more.
fn serve(
    sources: &[Sources<'_>],
    jobs: &Mutex<mpsc::Receiver<Job>>,
    over: &AtomicBool,
    tell: &mpsc::Sender<News>,
) {
    let _told = TellsOfPanics(tell);
    let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
    while let Ok(Job { lesson, workshop, work }) = next() {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let news = match work {
            Work::Rehearse(script, number) => {
                News::Rehearsed(lesson, demo::rehearse(&script, &workshop.variants[number].subject))
            }
            Work::Grade(number) => {
                let (sources, variant) = (&sources[lesson], &workshop.variants[number]);
                let report = sources.grade(variant, &checks_for(sources, variant));
                News::Graded(lesson, workshop, number, Box::new(report))
            }
        };
        if tell.send(news).is_err() {
            return;
        }
    }
}

/// Judges what comes, until every lesson is through.
fn follow<'a>(
    course: &Course,
    mut lessons: Vec<Findings<'a>>,
    news: &mpsc::Receiver<News>,
    queues: &Queues,
) -> Result<Vec<Findings<'a>>, Stop> {
    let mut not_built = lessons.len();
    let mut jobs = 0;
    lessons[0].building();
    while not_built > 0 || jobs > 0 {
        let news = news.recv().map_err(|_| Stop::infrastructure(words::NOT_BUILT))?;
        match news {
            News::Built(lesson, workshop) => {
                not_built -= 1;
                jobs += lessons[lesson].built(course, lesson, &Arc::new((*workshop)?), queues);
                if let Some(next) = lessons.get(lesson + 1) {
                    next.building();
                }
            }
            News::Rehearsed(lesson, played) => {
                jobs -= 1;
                lessons[lesson].rehearsed(played);
            }
            News::Graded(lesson, workshop, number, report) => {
                jobs -= 1;
                lessons[lesson].take(&workshop.variants[number], &report);
            }
            // The panic goes on when the threads are joined; these words are for nobody.
            News::Panicked => return Err(Stop::infrastructure(words::NOT_BUILT)),
        }
    }
    lessons.iter_mut().for_each(Findings::look_at_explanations);
    Ok(lessons)
}

/// The checks that a variant needs; empty for all.
fn checks_for<'a>(sources: &'a Sources<'_>, variant: &Variant) -> Vec<&'a str> {
    match variant.kind {
        Kind::Mistake(number) => judging::checks_up_to(sources.lesson, &sources.mistakes[number]),
        _ => Vec::new(),
    }
}

impl<'a> Findings<'a> {
    fn new(sources: &'a Sources<'a>, screen: &'a Screen, gauge: &'a Gauge) -> Self {
        let said = Vec::new();
        let (problems, broken, caught, accepted) = (0, 0, 0, 0);
        Self { sources, screen, gauge, problems, broken, caught, accepted, said }
    }

    fn building(&self) {
        let Sources { lesson, mistakes, also_right, .. } = self.sources;
        self.gauge.says(&words::building(&lesson.name, mistakes.len(), also_right.len()));
    }

    /// Looks at what stands on paper, and puts the lesson's jobs in the queues; gives their number.
    fn built(
        &mut self,
        course: &Course,
        lesson: usize,
        workshop: &Arc<Workshop>,
        queues: &Queues,
    ) -> usize {
        for problem in paper::problems(course, self.sources).iter().chain(&workshop.problems) {
            self.problem(problem);
        }
        let mut jobs = 0;
        let mut put = |queue: &mpsc::Sender<Job>, work| {
            let job = Job { lesson, workshop: Arc::clone(workshop), work };
            jobs += usize::from(queue.send(job).is_ok());
        };
        let variants = &workshop.variants;
        let name = &self.sources.lesson.name;
        match Script::load(&course.exercise(name)) {
            Err(error) => self.problem(&error.to_string()),
            Ok(script) => {
                let solution = |variant: &Variant| variant.kind == Kind::Solution;
                if let Some(solution) = variants.iter().position(solution) {
                    put(&queues.right, Work::Rehearse(script, solution));
                }
            }
        }
        let is_mistake = |number: &usize| matches!(variants[*number].kind, Kind::Mistake(_));
        let (mut mistakes, right): (Vec<usize>, Vec<usize>) =
            (0..variants.len()).partition(is_mistake);
        // What lasts longest comes first: mistakes last until their check.
        mistakes.sort_by_key(|number| Reverse(checks_for(self.sources, &variants[*number]).len()));
        right.into_iter().for_each(|number| put(&queues.right, Work::Grade(number)));
        mistakes.into_iter().for_each(|number| put(&queues.mistakes, Work::Grade(number)));
        self.gauge.more(variants.len(), &words::grading(name, variants.len()));
        jobs
    }

    /// Only when all mistakes were graded is it known what no mistake gets.
    fn look_at_explanations(&mut self) {
        if self.said.len() == self.sources.mistakes.len() && self.broken == 0 {
            for problem in judging::explanations_are_evidence(self.sources.lesson, &self.said) {
                self.problem(&problem);
            }
        }
    }

    fn code(&self) -> u8 {
        match self {
            findings if findings.broken > 0 => INFRASTRUCTURE,
            findings if findings.problems > 0 => FAILED,
            _ => PASSED,
        }
    }

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

    /// Judges how the lesson's demo went with its solution.
    fn rehearsed(&mut self, played: Result<(), Stop>) {
        let Err(stop) = played else { return };
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

fn table(lessons: &[Findings<'_>], screen: &Screen) {
    let of = |some: usize, all: usize| format!("{some} of {all}");
    let mut cells = vec![words::TABLE.map(String::from)];
    cells.extend(lessons.iter().map(|found| {
        let Sources { lesson, mistakes, also_right, .. } = found.sources;
        let problems = found.problems + found.broken;
        let (caught, accepted) =
            (of(found.caught, mistakes.len()), of(found.accepted, also_right.len()));
        [lesson.name.clone(), caught, accepted, problems.to_string()]
    }));
    let width = |column: usize| cells.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..4).map(width).collect();
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
