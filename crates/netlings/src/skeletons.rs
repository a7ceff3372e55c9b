//! `netlings skeletons`: writes each lesson's skeleton from its marked solution, or compares.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use grader::progress::replace_file;
use grader::text::{Text, TextError};

use crate::course::Course;
use crate::ending::{FAILED, PASSED, Stop};
use crate::screen::Screen;
use crate::steps::{Step, skeleton};
use crate::words::{self, author};

#[derive(Args)]
pub(crate) struct Options {
    /// Only these lessons
    #[arg(value_name = "LESSON")]
    lessons: Vec<String>,
    /// Write nothing; say which files differ
    #[arg(long)]
    check: bool,
}

/// A file as a student first gets it.
pub(crate) struct Beginning {
    /// Its place below `src`.
    pub(crate) place: PathBuf,
    pub(crate) content: Vec<u8>,
}

/// One file of a lesson's `src`, as a student first gets it, with what it was made of.
pub(crate) struct Pristine {
    /// Its place below `src`.
    pub(crate) place: PathBuf,
    /// The solution's text, where it is one.
    pub(crate) solution: Vec<u8>,
    pub(crate) content: Vec<u8>,
    pub(crate) steps: Vec<Step>,
}

pub(crate) fn run(course: &Course, screen: &Screen, options: &Options) -> Result<u8, Stop> {
    let mut code = PASSED;
    for lesson in course.lessons_named(&options.lessons)? {
        let target = course.exercise(&lesson.name).join("src");
        for file in pristine(&course.solution_here(&lesson.name)?)? {
            let path = target.join(&file.place);
            let found = match fs::read(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                other => Some(
                    other
                        .map_err(|error| Stop::infrastructure(words::unreadable(&path, &error)))?,
                ),
            };
            if found.as_ref() == Some(&file.content) {
                continue;
            }
            if options.check {
                code = FAILED;
                let difference = first_difference(found.as_deref(), &file.content);
                screen.line(author::differs(&course.typed_path(&path), difference));
            } else {
                let kept = found.map(|found| keep_old(course, &path, &found)).transpose()?;
                write(&path, &file.content)?;
                let kept = kept.as_deref().map(|kept| course.typed_path(kept));
                screen.line(author::written(&course.typed_path(&path), kept.as_ref()));
            }
        }
    }
    match code {
        FAILED => screen.line(author::WRITE_SKELETONS),
        _ if options.check => screen.line(author::SKELETONS_AGREE),
        _ => {}
    }
    Ok(code)
}

/// The files of a lesson's `src` as a student first gets them, by their places: from its solution, or
/// in an edition without solutions as they were put there.
pub(crate) fn at_the_beginning(course: &Course, lesson: &str) -> Result<Vec<Beginning>, Stop> {
    let kept = course.pristine(lesson);
    if course.solution(lesson).is_dir() || !kept.is_dir() {
        let made = pristine(&course.solution_here(lesson)?)?.into_iter();
        return Ok(made
            .map(|file| Beginning { place: file.place, content: file.content })
            .collect());
    }
    let read = |place: PathBuf| {
        let path = kept.join(&place);
        let content = fs::read(&path)
            .map_err(|error| Stop::infrastructure(words::unreadable(&path, &error)))?;
        Ok(Beginning { place, content })
    };
    files_of(&kept)?.into_iter().map(read).collect()
}

/// The files of a lesson's `src` as a student first gets them, made from its solution alone.
pub(crate) fn pristine(solution: &Path) -> Result<Vec<Pristine>, Stop> {
    let src = solution.join("src");
    let mut files = Vec::new();
    let mut numbered: Vec<(Step, Text)> = Vec::new();
    for place in files_of(&src)? {
        let path = src.join(&place);
        let unreadable = |error| Stop::infrastructure(words::unreadable(&path, &error));
        let solution = fs::read(&path).map_err(unreadable)?;
        if place.extension().is_none_or(|ending| ending != "rs") {
            files.push(Pristine { place, content: solution.clone(), solution, steps: Vec::new() });
            continue;
        }
        let text = Text::read(path)?;
        let made = skeleton(&text)?;
        numbered.extend(made.steps.iter().map(|step| (step.clone(), text.clone())));
        files.push(Pristine { place, solution, content: made.content.into(), steps: made.steps });
    }
    numbers_run_through(numbered)?;
    Ok(files)
}

/// The steps of a lesson are numbered 1, 2, 3, … over all its files, so that "step 3" is one place.
fn numbers_run_through(mut steps: Vec<(Step, Text)>) -> Result<(), TextError> {
    steps.sort_by_key(|(step, _)| step.number);
    for (expected, (step, text)) in (1..).zip(steps) {
        if step.number != expected {
            let (problem, fix) = author::step_number(step.number, expected);
            return Err(text.wrong_at(&step.place, problem, fix));
        }
    }
    Ok(())
}

/// The files below the folder `src`, in order, without those whose names begin with a dot: they are
/// an editor's.
pub(crate) fn files_of(src: &Path) -> Result<Vec<PathBuf>, Stop> {
    let mut places = Vec::new();
    files_below(src, Path::new(""), &mut places)
        .map_err(|error| Stop::infrastructure(words::unreadable(src, &error)))?;
    places.sort();
    Ok(places)
}

/// [`files_of`] a student's folder, which may be gone.
pub(crate) fn files_of_a_student(src: &Path) -> Result<Vec<PathBuf>, Stop> {
    match fs::symlink_metadata(src) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        _ => files_of(src),
    }
}

fn files_below(src: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(src.join(folder))? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let place = folder.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => files_below(src, &place, found)?,
            false => found.push(place),
        }
    }
    Ok(())
}

/// Puts a copy of what is about to be replaced into `.netlings`: it may be somebody's work.
fn keep_old(course: &Course, path: &Path, old: &[u8]) -> Result<PathBuf, Stop> {
    let place = path.strip_prefix(&course.root).unwrap_or(path);
    let kept = course.root.join(".netlings/replaced").join(place);
    write(&kept, old)?;
    Ok(kept)
}

fn write(path: &Path, content: &[u8]) -> Result<(), Stop> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| replace_file(path, content))
        .map_err(|error| Stop::infrastructure(words::unwritable(path, &error)))
}

/// The number of the first line in which the two differ; `None` where one of them is missing.
fn first_difference(found: Option<&[u8]>, wanted: &[u8]) -> Option<usize> {
    let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let (found, wanted): (Vec<_>, Vec<_>) = (lines(found?), lines(wanted));
    let same = found.iter().zip(&wanted).take_while(|(ours, theirs)| ours == theirs).count();
    Some(same + 1)
}
