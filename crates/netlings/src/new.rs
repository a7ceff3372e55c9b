//! `netlings new`: the files of a new lesson, small but whole, so that `verify` is content from the
//! beginning. From there an author goes on: docs/adding-a-lesson.md.

mod name;
mod registry;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use grader::progress::replace_file;
use grader::text::Text;

use crate::course::Course;
use crate::ending::{PASSED, Stop};
use crate::screen::Screen;
use crate::skeletons;
use crate::words::{self, author};

#[derive(Args)]
pub(crate) struct Options {
    /// Its name: a-z, 0-9 and -, such as tcp-echo
    #[arg(value_name = "LESSON")]
    lesson: String,
}

/// The templates' own lesson. Wherever its name stands in one, the new lesson's comes.
const TEMPLATE: &str = "new-lesson";

/// What stands in `exercises/<lesson>`, besides `src`, which is made from the solution.
const EXERCISE: [(&str, &str); 5] = [
    ("Cargo.toml", include_str!("../templates/exercise/Cargo.toml")),
    ("README.md", include_str!("../templates/exercise/README.md")),
    ("lesson.toml", include_str!("../templates/exercise/lesson.toml")),
    ("demo.toml", include_str!("../templates/exercise/demo.toml")),
    ("tests/grade.rs", include_str!("../templates/exercise/tests/grade.rs")),
];

/// What stands in `solutions/<lesson>`.
const SOLUTION: [(&str, &str); 7] = [
    ("Cargo.toml", include_str!("../templates/solution/Cargo.toml")),
    ("mistakes.toml", include_str!("../templates/solution/mistakes.toml")),
    ("src/main.rs", include_str!("../templates/solution/src/main.rs")),
    ("src/server.rs", include_str!("../templates/solution/src/server.rs")),
    ("tests/grade.rs", include_str!("../templates/solution/tests/grade.rs")),
    (
        "examples/new_lesson_threads.rs",
        include_str!("../templates/solution/examples/new_lesson_threads.rs"),
    ),
    ("examples/new_lesson.py", include_str!("../templates/solution/examples/new_lesson.py")),
];

/// `crates/checks/src/<module>.rs`
const CHECKS: &str = include_str!("../templates/checks.rs");

pub(crate) fn run(course: &Course, screen: &Screen, options: &Options) -> Result<u8, Stop> {
    let name = &options.lesson;
    name::is_free(course, name).map_err(Stop::usage)?;
    let checks = course.root.join("crates/checks/src");
    let list = Text::read(checks.join("lib.rs"))?;
    let with_it = registry::with(&list, &module(name))?;

    // Everything is written beside its place first: what cannot be written is known before anything
    // stands where cargo and the other commands look.
    let workshop = tempfile::Builder::new()
        .prefix(".new-lesson-")
        .tempdir_in(&course.root)
        .map_err(|error| unwritable(&course.root, &error))?;
    let (exercise, solution) = (workshop.path().join("exercise"), workshop.path().join("solution"));
    write_all(&exercise, name, &EXERCISE)?;
    write_all(&solution, name, &SOLUTION)?;
    for file in skeletons::pristine(&solution)? {
        write(&exercise.join("src").join(&file.place), &file.content)?;
    }
    let suite = workshop.path().join("checks.rs");
    write(&suite, filled_in(CHECKS, name).as_bytes())?;

    let mut moved = Moved(Vec::new());
    moved.put(&exercise, course.exercise(name))?;
    moved.put(&solution, course.solution(name))?;
    moved.put(&suite, checks.join(module(name)).with_extension("rs"))?;
    replace_file(&list.path, with_it.as_bytes()).map_err(|error| unwritable(&list.path, &error))?;

    for place in &moved.0 {
        screen.line(author::written(&course.typed_path(place), None::<&String>));
    }
    screen.line(author::written(&course.typed_path(&list.path), None::<&String>));
    screen.paragraph("", &author::lesson_begun(name), 0);
    moved.0.clear(); // it stays
    Ok(PASSED)
}

/// A lesson's module in crates/checks.
fn module(lesson: &str) -> String {
    lesson.replace('-', "_")
}

/// A template with the lesson's name in it.
fn filled_in(template: &str, lesson: &str) -> String {
    template.replace(TEMPLATE, lesson).replace(&module(TEMPLATE), &module(lesson))
}

fn write_all(folder: &Path, lesson: &str, files: &[(&str, &str)]) -> Result<(), Stop> {
    files.iter().try_for_each(|(place, template)| {
        let place = place.replace(&module(TEMPLATE), &module(lesson));
        write(&folder.join(place), filled_in(template, lesson).as_bytes())
    })
}

fn write(path: &Path, content: &[u8]) -> Result<(), Stop> {
    fs::create_dir_all(path.parent().unwrap_or(path))
        .and_then(|()| fs::write(path, content))
        .map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &io::Error) -> Stop {
    Stop::infrastructure(words::unwritable(path, error))
}

/// What was put in its place; taken away again unless everything was.
struct Moved(Vec<PathBuf>);

impl Moved {
    fn put(&mut self, from: &Path, to: PathBuf) -> Result<(), Stop> {
        fs::rename(from, &to).map_err(|error| unwritable(&to, &error))?;
        self.0.push(to);
        Ok(())
    }
}

impl Drop for Moved {
    fn drop(&mut self) {
        for place in &self.0 {
            // What cannot be removed is left: the error that led here says what is the matter.
            let _ = if place.is_dir() { fs::remove_dir_all(place) } else { fs::remove_file(place) };
        }
    }
}
