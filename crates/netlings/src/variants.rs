//! The variants of a lesson's program: the skeleton, the solution, the known mistakes and the
//! other right programs; how they are built and how many of them are graded at once.

mod scratch;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use grader::lesson::Lesson;
use grader::{Grading, LessonReport, Subject, Suite};

use crate::build::{self, Built};
use crate::course::Course;
use crate::ending::Stop;
use crate::mistake::{self, Mistake};
use crate::skeletons::{self, Pristine};
use crate::words::{self, author};

/// The words before a right program in Python. It uses nothing but the standard library, so that
/// no other packages are looked for; some checks start it a thousand times, and most of that is
/// Python's own start.
fn python() -> &'static [String; 2] {
    static PYTHON: OnceLock<[String; 2]> = OnceLock::new();
    PYTHON.get_or_init(|| {
        // `python3` may be a script that looks for the right version, at every start.
        let mut asking = Command::new("python3");
        let told = asking.args(["-c", "import sys; print(sys.executable)"]).output().ok();
        let told = told.and_then(|told| String::from_utf8(told.stdout).ok());
        let told = told.filter(|told| Path::new(told.trim_end()).is_file());
        [told.map_or("python3".into(), |told| told.trim_end().into()), "-IS".into()]
    })
}

/// A lesson with everything that its course authors wrote about it.
pub(crate) struct Sources<'a> {
    pub(crate) lesson: &'a Lesson,
    pub(crate) suite: &'static Suite,
    pub(crate) mistakes: Vec<Mistake>,
    pub(crate) files: Vec<Pristine>,
    /// The other right programs, in `examples/`.
    pub(crate) also_right: Vec<PathBuf>,
}

/// A program that was built, ready to be graded.
pub(crate) struct Variant {
    pub(crate) kind: Kind,
    /// How it is named to the author.
    pub(crate) name: String,
    pub(crate) subject: Subject,
    /// The file that changes when the program does.
    pub(crate) file: PathBuf,
}

/// What a variant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Skeleton,
    Solution,
    /// The mistake of this number.
    Mistake(usize),
    AlsoRight,
}

/// What building gave: the programs, and in words what did not build or was warned of.
pub(crate) struct Workshop {
    /// Where the programs are kept.
    folder: PathBuf,
    pub(crate) variants: Vec<Variant>,
    pub(crate) problems: Vec<String>,
}

impl<'a> Sources<'a> {
    pub(crate) fn read(course: &Course, lesson: &'a Lesson) -> Result<Self, Stop> {
        let solution = course.solution_here(&lesson.name)?;
        let suite = checks::suite(&lesson.name)
            .ok_or_else(|| Stop::infrastructure(words::no_suite(&lesson.name)))?;
        let also_right = other_programs(&solution)?;
        let mistakes = mistake::load(&solution, lesson)?;
        Ok(Self { lesson, suite, mistakes, files: skeletons::pristine(&solution)?, also_right })
    }

    /// Builds every variant: the solution where it stands, the others in a workspace of their own.
    pub(crate) fn build(&self, course: &Course) -> Result<Workshop, Stop> {
        let target = build::target_folder(&course.root)?;
        let name = &self.lesson.name;
        let package = format!("{name}-solution");
        let right = build::quietly(
            &course.root,
            &["build", "--package", &package, "--bins", "--examples", "--keep-going"],
        )?;
        let scratch = scratch::write(course, self, &target)?;
        let once = |packages: &[String]| {
            let target = target.display().to_string();
            let mut arguments =
                vec!["build", "--bins", "--keep-going", "--offline", "--target-dir", &target];
            packages.iter().for_each(|package| arguments.extend(["--package", package]));
            build::quietly_once(scratch.folder(), &arguments)
        };
        let all = scratch::mistakes_package(name);
        let others = once(&[scratch::skeleton_package(name), all.clone()])?;
        let folder = scratch.folder().join("programs");
        let mut workshop = Workshop { folder, variants: Vec::new(), problems: Vec::new() };
        workshop.add(&right, &package, Kind::Solution, package.clone())?;
        for path in &self.also_right {
            workshop.add_also_right(&right, path)?;
        }
        let skeleton = scratch::program_name(name, "skeleton");
        for remark in others.remarks_of(&skeleton).filter(|remark| !remark.is_error) {
            workshop.problems.push(author::skeleton_warning(&remark.text));
        }
        workshop.add(
            &others,
            &skeleton,
            Kind::Skeleton,
            format!("{name}, the untouched skeleton"),
        )?;
        let one_of_all = others.program(&all);
        let apart = match one_of_all {
            None if !self.mistakes.is_empty() => once(&[scratch::apart_package(name)])?,
            _ => Built::default(),
        };
        for (number, Mistake { id, .. }) in self.mistakes.iter().enumerate() {
            let (target, kind) = (scratch::program_name(name, id), Kind::Mistake(number));
            match one_of_all {
                Some(program) => workshop.keep(program, &target, kind, id.clone())?,
                None => workshop.add(&apart, &target, kind, id.clone())?,
            }
        }
        Ok(workshop)
    }

    /// Grades `variant` with the checks called `only`, or with all.
    pub(crate) fn grade(&self, variant: &Variant, only: &[&str]) -> LessonReport {
        let free = matches!(variant.kind, Kind::Skeleton).then(|| without_needs(self.lesson));
        let lesson = free.as_ref().unwrap_or(self.lesson);
        let mut grading = Grading::new(self.suite, lesson, &variant.subject);
        grading.only = only.iter().map(|&id| id.to_owned()).collect();
        let name = &self.lesson.name;
        let subject = variant.command();
        grading.command =
            format!("cargo netlings check {name} --subject {}", grader::quoted_word(&subject));
        grading.run(&|_| {})
    }
}

/// `lesson` with checks that wait for no other: a skeleton passes none, so that every check behind
/// the first would only be skipped, and nobody would know whether it can fail.
fn without_needs(lesson: &Lesson) -> Lesson {
    let mut lesson = lesson.clone();
    lesson.checks.iter_mut().for_each(|check| check.needs.clear());
    lesson
}

/// The other right programs of the lesson whose solution stands in the folder `solution`.
pub(crate) fn other_programs(solution: &Path) -> Result<Vec<PathBuf>, Stop> {
    let examples = solution.join("examples");
    let unreadable = |error| Stop::infrastructure(words::unreadable(&examples, &error));
    let mut found = Vec::new();
    if examples.is_dir() {
        for entry in fs::read_dir(&examples).map_err(unreadable)? {
            found.push(entry.map_err(unreadable)?.path());
        }
    }
    found.retain(|path| ending(path) == "rs" || ending(path) == "py");
    found.sort();
    Ok(found)
}

impl Variant {
    /// The command line that starts it.
    pub(crate) fn command(&self) -> String {
        let file = self.file.display().to_string();
        let file = grader::quoted_word(&file);
        if ending(&self.file) == "py" {
            let [python, options] = python();
            return format!("{} {options} {file}", grader::quoted_word(python));
        }
        file.into_owned()
    }
}

impl Workshop {
    fn add(&mut self, built: &Built, target: &str, kind: Kind, name: String) -> Result<(), Stop> {
        match built.program(target) {
            Some(program) => self.keep(program, target, kind, name)?,
            None => {
                let errors = built.remarks_of(target).filter(|remark| remark.is_error);
                let errors: String = errors.map(|remark| remark.text.as_str()).collect();
                // Where the compiler never came to it, cargo itself has said why.
                let why = if errors.is_empty() { &built.log } else { &errors };
                self.problems.push(author::does_not_build(&name, why));
            }
        }
        Ok(())
    }

    /// Keeps `program` as one that is started as `target`.
    fn keep(&mut self, program: &Path, target: &str, kind: Kind, name: String) -> Result<(), Stop> {
        let file = self.folder.join(format!("{target}{}", std::env::consts::EXE_SUFFIX));
        keep(program, &file)?;
        self.variants.push(Variant { kind, name, subject: Subject::program(&file), file });
        Ok(())
    }

    fn add_also_right(&mut self, built: &Built, path: &Path) -> Result<(), Stop> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if ending(path) == "rs" {
            let target = path.file_stem().unwrap_or_default().to_string_lossy();
            return self.add(built, &target, Kind::AlsoRight, name);
        }
        let [python, options] = python();
        let subject = Subject::program(python).with(options).with(path);
        self.variants.push(Variant { kind: Kind::AlsoRight, name, subject, file: path.into() });
        Ok(())
    }
}

/// Keeps `program` as the file `kept`, in a folder of its own. cargo builds all programs of all lessons
/// into one, where two of one name replace each other silently, and where others build while this
/// one is graded.
pub(crate) fn keep(program: &Path, kept: &Path) -> Result<(), Stop> {
    let keep = || {
        fs::create_dir_all(kept.parent().unwrap_or(kept))?;
        match fs::remove_file(kept) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // cargo and the linker write a program anew rather than into the old one, so that a link
        // is as good as a copy, and free.
        fs::hard_link(program, kept).or_else(|_| fs::copy(program, kept).map(|_| ()))
    };
    keep().map_err(|error| Stop::infrastructure(words::unwritable(kept, &error)))
}

pub(crate) fn ending(path: &Path) -> &str {
    path.extension().and_then(|ending| ending.to_str()).unwrap_or_default()
}

/// Does `work` for each number below `count`, `at_once` at a time, and hands each result to `take` on
/// this thread, in the order in which they are done.
pub(crate) fn in_parallel<T: Send>(
    count: usize,
    at_once: usize,
    work: impl Fn(usize) -> T + Sync,
    mut take: impl FnMut(usize, T),
) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (sender, results) = mpsc::channel();
        for _ in 0..at_once.min(count) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count || sender.send((number, work(number))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (number, result) in results {
            take(number, result);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_in_a_folder_with_a_space_is_started_by_a_command_that_can_be_typed() {
        let command = |file: &str| {
            let subject = Subject::program(file);
            Variant { kind: Kind::AlsoRight, name: "v".into(), subject, file: file.into() }
                .command()
        };
        let python = command("/my clone/echo.py");
        assert!(python.ends_with(" -IS '/my clone/echo.py'"), "{python}");
        assert_eq!(command("/my clone/echo"), "'/my clone/echo'");
    }
}
