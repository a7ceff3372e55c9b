//! `netlings reset`: a lesson's files as they were at the beginning, the student's kept aside.
//!
//! First everything of the student's is copied, then the skeleton is written over it, file by file.
//! So whatever goes wrong, and whenever, all of it is in the copy or still where it was. The folder
//! `src` itself stays: a shell or an editor may stand in it.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use clap::Args;
use grader::progress::{Progress, replace_file};

use crate::course::Course;
use crate::ending::{PASSED, Stop};
use crate::screen::Screen;
use crate::skeletons::{Beginning, at_the_beginning, files_of_a_student};
use crate::words;

#[derive(Args)]
pub(crate) struct Options {
    /// The lesson
    #[arg(value_name = "LESSON")]
    pub(crate) lesson: String,
}

pub(crate) fn run(course: &Course, screen: &Screen, options: &Options) -> Result<u8, Stop> {
    let name = &course.entry_named(&options.lesson)?.name;
    let skeleton = at_the_beginning(course, name)?;
    let src = course.exercise(name).join("src");
    let yours = files_of_a_student(&src).map_err(unchanged)?;
    can_be_kept(&src, &yours).map_err(unchanged)?;
    let told = if is_as_at_the_beginning(&src, &yours, &skeleton) {
        words::is_pristine(name)
    } else {
        let kept = keep(&src, &yours, &course.exercise(name).join("kept")).map_err(unchanged)?;
        write(&src, &yours, &skeleton).map_err(|(path, error)| {
            let kept = kept.as_ref().map(|kept| course.typed_path(kept));
            let words = words::unwritable(&path, &error);
            Stop::infrastructure(words::half_reset(&words, kept.as_ref()))
        })?;
        tell_what_is_kept(course, screen, kept.as_deref(), &src);
        words::was_reset(name)
    };
    for notice in Progress::of_clone(&course.root).forget(name) {
        screen.notice(notice);
    }
    screen.paragraph("", &told, 0);
    Ok(PASSED)
}

fn unwritable(path: &Path, error: &io::Error) -> Stop {
    Stop::infrastructure(words::unwritable(path, error))
}

fn unreadable(path: &Path, error: &io::Error) -> Stop {
    Stop::infrastructure(words::unreadable(path, error))
}

fn unchanged(mut stop: Stop) -> Stop {
    stop.words = words::nothing_was_changed(&stop.words);
    stop
}

/// Looks before anything is opened: a named pipe would wait for a writer that never comes, and a
/// link may lead nowhere, or to a folder.
fn can_be_kept(src: &Path, yours: &[PathBuf]) -> Result<(), Stop> {
    yours.iter().map(|place| src.join(place)).try_for_each(|path| match fs::metadata(&path) {
        Ok(it) if it.is_file() => Ok(()),
        Ok(_) => Err(Stop::infrastructure(words::no_file_to_keep(&path))),
        Err(error) => Err(unreadable(&path, &error)),
    })
}

fn is_as_at_the_beginning(src: &Path, yours: &[PathBuf], skeleton: &[Beginning]) -> bool {
    let is_there = |file: &Beginning| {
        fs::read(src.join(&file.place)).is_ok_and(|content| content == file.content)
    };
    yours.len() == skeleton.len() && skeleton.iter().all(is_there)
}

/// What went wrong, and where.
type Trouble = (PathBuf, io::Error);

/// Copies all of the student's files to a new folder in `folder` that has the time for its name.
/// None where there are no files.
fn keep(src: &Path, yours: &[PathBuf], folder: &Path) -> Result<Option<PathBuf>, Stop> {
    if yours.is_empty() {
        return Ok(None);
    }
    let at = |path: &Path| {
        let path = path.to_owned();
        move |error| unwritable(&path, &error)
    };
    fs::create_dir_all(folder).map_err(at(folder))?;
    let dated = new_folder(folder).map_err(at(folder))?;
    // Under its own name only when it is whole.
    let unfinished = dated.join("src.unfinished");
    for file in yours {
        let copy = unfinished.join(file);
        copy_file(&src.join(file), &copy).inspect_err(|_| {
            let _ = fs::remove_dir_all(&dated); // a part of a copy is of no use to anybody
        })?;
    }
    let kept = dated.join("src");
    fs::rename(&unfinished, &kept).map_err(at(&kept))?;
    Ok(Some(kept))
}

/// Makes a folder whose name is the time; the second one of a second gets a number.
fn new_folder(folder: &Path) -> io::Result<PathBuf> {
    let now = chrono::Local::now().format("%Y-%m-%dT%H-%M-%S").to_string();
    let names = (1..).map(|number| match number {
        1 => now.clone(),
        _ => format!("{now}-{number}"),
    });
    for path in names.map(|name| folder.join(name)) {
        match fs::create_dir(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            other => return other.map(|()| path),
        }
    }
    unreachable!("numbers do not run out")
}

fn copy_file(from: &Path, to: &Path) -> Result<(), Stop> {
    let mut file = File::open(from).map_err(|error| unreadable(from, &error))?;
    let mut copy = || {
        fs::create_dir_all(to.parent().unwrap_or(to))?;
        let mut copy = File::options().write(true).create_new(true).open(to)?;
        io::copy(&mut file, &mut copy)?;
        copy.sync_all()
    };
    copy().map_err(|error| unwritable(to, &error))
}

/// Makes `src` what `skeleton` says. What is not of the skeleton goes: it is kept by now, and a
/// file in `src/bin`, say, would be a program of its own.
fn write(src: &Path, yours: &[PathBuf], skeleton: &[Beginning]) -> Result<(), Trouble> {
    for file in yours.iter().filter(|file| !skeleton.iter().any(|it| it.place == **file)) {
        let path = src.join(file);
        fs::remove_file(&path).map_err(|error| (path.clone(), error))?;
        // The folders that it leaves empty go too; the first that is not empty ends it.
        for folder in path.ancestors().skip(1).take_while(|folder| *folder != src) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }
    for file in skeleton {
        let path = src.join(&file.place);
        fs::create_dir_all(path.parent().unwrap_or(&path))
            .and_then(|()| replace_file(&path, &file.content))
            .map_err(|error| (path, error))?;
    }
    Ok(())
}

fn tell_what_is_kept(course: &Course, screen: &Screen, kept: Option<&Path>, src: &Path) {
    let Some(kept) = kept else {
        screen.paragraph("", words::NOTHING_TO_KEEP, 0);
        return;
    };
    let place = course.typed_path(kept).to_string();
    screen.line(words::kept(&place)); // whole, to be copied, and so is the command
    screen.line(words::TO_HAVE_IT_BACK);
    screen.line(format!("  {}", words::copy_back(&place, &course.typed_path(src).to_string())));
}
