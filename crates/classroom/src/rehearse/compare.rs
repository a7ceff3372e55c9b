//! Whether a made-up class was graded as it deserves, and each time alike.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use super::expected::Expected;
use crate::ending::{DONE, FAILED, Stop};
use crate::result::{LessonResult, Store, StudentResult};
use crate::words::grading::outcome;
use crate::words::{class as files, rehearse as words};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The folder that `rehearse make` wrote
    class: PathBuf,
    /// Where it was graded to; with several, they are compared with each other too
    #[arg(required = true)]
    graded: Vec<PathBuf>,
}

type Results = BTreeMap<String, StudentResult>;

pub(super) fn run(options: &Options) -> Result<u8, Stop> {
    let expected = Expected::load(&options.class)?;
    let mut gradings = Vec::new();
    for folder in &options.graded {
        gradings.push((folder.as_path(), load(folder)?));
    }
    let mut lines = Vec::new();
    let (mut programs, mut checks, mut again) = (0, 0, 0);
    for (folder, results) in &gradings {
        for (id, lessons) in &expected.students {
            let Some(result) = results.get(id) else {
                lines.push(words::no_result(folder, id));
                continue;
            };
            for (lesson, program) in lessons {
                programs += 1;
                let graded = result.lessons.iter().find(|it| it.lesson == *lesson);
                let Some(graded) = graded else {
                    lines.push(words::no_lesson(folder, id, lesson));
                    continue;
                };
                checks += graded.checks.len();
                again += graded.checks.iter().filter(|check| check.again.is_some()).count();
                if let Some(came) = program.verdict.missed(graded) {
                    lines.push(words::missed(folder, id, lesson, program, &came));
                }
            }
        }
    }
    if let Some(((first, results), others)) = gradings.split_first() {
        for (other, others) in others {
            lines.extend(between((first, results), (other, others)));
        }
    }
    let summary = words::compared(programs, checks, again, gradings.len(), lines.len());
    for line in lines.iter().chain([&summary]) {
        netkit::screen::line(line).map_err(|error| Stop::infrastructure(netkit::cause(&error)))?;
    }
    Ok(if lines.is_empty() { DONE } else { FAILED })
}

/// The results in `folder`, without what was said in the checks: nobody compares that.
fn load(folder: &Path) -> Result<Results, Stop> {
    let all = Store::at(folder).all();
    let all = all.map_err(|error| Stop::usage(files::unreadable(folder, &error)))?;
    let mut results = Results::new();
    for result in all {
        let mut result = result.map_err(Stop::failed)?;
        for check in result.lessons.iter_mut().flat_map(|lesson| &mut lesson.checks) {
            check.report.transcript = Vec::new();
        }
        results.insert(result.id.clone(), result);
    }
    Ok(results)
}

/// A line for each check that came out otherwise in another grading.
fn between(one: (&Path, &Results), other: (&Path, &Results)) -> Vec<String> {
    let mut lines = Vec::new();
    for (id, first) in one.1 {
        let Some(second) = other.1.get(id) else { continue };
        for lesson in &first.lessons {
            let Some(now) = second.lessons.iter().find(|it| it.lesson == lesson.lesson) else {
                lines.push(words::no_lesson(other.0, id, &lesson.lesson));
                continue;
            };
            let (was, now) = (outcomes(lesson), outcomes(now));
            let ids = was.keys().chain(now.keys().filter(|it| !was.contains_key(*it)));
            for check in ids {
                let (was, now) = (was.get(check), now.get(check));
                if was != now {
                    let [was, now] = [was, now].map(|it| it.cloned().unwrap_or_default());
                    lines.push(words::differs(id, &lesson.lesson, check, &was, &now));
                }
            }
        }
    }
    lines
}

/// How each check came out, with its points and what was seen as the cause; and the lesson itself.
fn outcomes(lesson: &LessonResult) -> BTreeMap<&str, String> {
    let checks = lesson.checks.iter().map(|it| {
        let told =
            format!("{} {}/{}", outcome(it.report.outcome), it.report.points, it.report.max_points);
        (it.report.id.as_str(), told)
    });
    let whole = format!("{} {}/{}", lesson.outcome.word(), lesson.score, lesson.max_score);
    checks.chain([("", whole)]).collect()
}
