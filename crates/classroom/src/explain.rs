//! `netlings-class explain`: one check of one student once more, with its seed, to look at.
//!
//! It changes no result.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use grader::Outcome;
use grader::report::{Look, failure_text};

use crate::class::HandedIn;
use crate::course_file::CourseFile;
use crate::ending::{DONE, FAILED, Stop};
use crate::grade::bench::Bench;
use crate::grade::interrupt::watch_for_interrupts;
use crate::grade::marking::Marker;
use crate::grade::scratch::Scratch;
use crate::intake::{self, Limits};
use crate::kit::{self, Maker};
use crate::lessons::Clone;
use crate::result::Store;
use crate::sandbox::{Asked, Sandbox};
use crate::words::explain as words;
use crate::worker::Workers;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The student's id
    student: String,
    /// The lesson's name, such as tcp-echo
    lesson: String,
    /// The check's name, as it stands in the student's result
    check: String,
    /// The folder with the submissions
    #[arg(long = "in", value_name = "FOLDER")]
    submissions: Option<PathBuf>,
    /// Or the manifest that names them
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// The folder that the class was graded into, to compare with
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The course file: the seed
    #[arg(long, value_name = "FILE")]
    course: Option<PathBuf>,
    /// Whether the program has to be confined
    #[arg(long, value_enum, default_value = "require")]
    sandbox: Asked,
    /// The clone of the course; else the one around here
    #[arg(long, value_name = "DIR")]
    course_root: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<u8, Stop> {
    let sandbox = Sandbox::find(options.sandbox)?;
    let mut course =
        options.course.as_deref().map(CourseFile::load).transpose()?.unwrap_or_default();
    let clone = Clone::find(options.course_root.as_deref())?;
    let class =
        crate::grade::class(options.submissions.as_deref(), options.manifest.as_deref(), None)?;
    let member = class.members.get(&options.student);
    let member = member.ok_or_else(|| Stop::usage(words::nobody(&options.student)))?;
    let HandedIn::One(piece) = &member.handed_in else {
        return Err(Stop::failed(words::nothing_to_replay(&options.student)));
    };
    let lesson = [options.lesson.clone()];
    let text = clone.lessons(&lesson)?.swap_remove(0);
    if text.lesson.check(&options.check).is_none() {
        let known = text.lesson.checks.iter().map(|check| check.id.as_str());
        return Err(Stop::usage(words::no_such_check(&options.check, known)));
    }
    let taken = intake::take(&piece.path, &lesson, Limits::default())
        .map_err(|refusal| Stop::failed(refusal.words()))?;
    let files = taken.lessons.get(&options.lesson);
    let files = files.ok_or_else(|| Stop::failed(words::nothing_to_replay(&options.student)))?;

    // The result that is there says which seed, whatever the course file says by now.
    let there = options.out.as_deref().and_then(|out| Store::at(out).find(&options.student));
    let there = there.and_then(|it| it.lessons.into_iter().find(|it| it.lesson == options.lesson));
    let there = there.and_then(|it| it.checks.into_iter().find(|it| it.report.id == options.check));
    course.seed = there.as_ref().map_or(course.seed, |check| check.report.seed);

    let workers = Arc::new(Workers::default());
    watch_for_interrupts(&workers)?;
    let target = kit::target_folder(&clone.root)?;
    let scratch = Scratch::below(&target.join("classroom"))?;
    let maker = Maker::new(&clone.root, &target, &workers, scratch.folder.path());
    let bench = Bench::new(text, &maker, &scratch.folder.path().join("kit"), &course)?;
    let marker = Marker { workers: &workers, scratch: scratch.folder.path(), sandbox, at_once: 1 };
    let checks = marker.replay(&bench, files, &options.check);
    let checks = checks
        .map_err(|why| Stop::failed(words::no_program(&options.student, &options.lesson, &why)))?;
    let mut passed = true;
    let mut lines = Vec::new();
    for check in checks {
        let mut report = check.report;
        report.stderr = check.stderr;
        report.alone = words::alone(&options.student, &options.lesson, &report.id);
        passed &= report.outcome == Outcome::Passed;
        lines.push(match report.outcome {
            Outcome::Passed => words::passes(&report),
            _ => failure_text(&options.lesson, &report, Look::of_stdout()),
        });
        let before = there.as_ref().filter(|it| it.report.id == report.id);
        let before = before.map(|it| it.report.outcome).filter(|it| *it != report.outcome);
        lines.extend(before.map(words::differs));
    }
    for line in lines {
        netkit::screen::line(line.trim_end())
            .map_err(|error| Stop::infrastructure(netkit::cause(&error)))?;
    }
    Ok(if passed { DONE } else { FAILED })
}
