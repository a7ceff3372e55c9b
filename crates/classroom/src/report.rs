//! `netlings-class report`: a page for each student and one for the class, each a file that needs
//! nothing else. Students' pages have only what students may see: the bytes are the same whatever
//! came of a hidden check.

mod class;
mod equal;
mod page;
mod seen;
mod statistics;
mod student;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::course_file::CourseFile;
use crate::ending::{DONE, Stop};
use crate::export::{self, Mark, corrections::Corrections};
use crate::intake::{self, Files, Limits};
use crate::lessons::Clone;
use crate::merge::Run;
use crate::result::{Store, StudentResult};
use crate::words::{class as files, report as words};
use seen::Seen;
use statistics::{Same, Statistics};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The folder that `grade` wrote its results to
    #[arg(value_name = "DIR")]
    out: PathBuf,
    /// The course file: the title, hidden checks, what late work loses
    #[arg(long, value_name = "FILE")]
    course: Option<PathBuf>,
    /// Corrections by hand, with their reasons
    #[arg(long, value_name = "FILE")]
    corrections: Option<PathBuf>,
    /// Nobody can hand in any more: students see what they may see then
    #[arg(long)]
    after_due_date: bool,
    /// The clone of the course; else the one around here
    #[arg(long, value_name = "DIR")]
    course_root: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<u8, Stop> {
    let course = options.course.as_deref().map(CourseFile::load).transpose()?.unwrap_or_default();
    let clone = Clone::find(options.course_root.as_deref())?;
    let store = Store::at(&options.out);
    // A page of a class with somebody missing would be taken for the whole class's.
    let run = Run::load(&options.out)?;
    let results = export::results(&options.out, &run)?;
    let corrections = options.corrections.as_deref().map(Corrections::load).transpose()?;
    let corrections = corrections.unwrap_or_default();
    corrections.fit(&results).map_err(Stop::usage)?;
    let is_due = options.after_due_date;
    let mark = |result: &StudentResult| Mark::of(result, &run, &course, &corrections, is_due);
    let marks: Vec<Mark> = results.iter().map(mark).collect();
    let each = results.iter().zip(&marks);
    let seen: Vec<Seen> =
        each.map(|(result, mark)| Seen::of(result.clone(), mark, &course)).collect();
    let code: Code<'_> =
        results.iter().map(|result| (result.id.as_str(), code(&store, result))).collect();

    let place = options.out.join("report");
    let class = Statistics::of(&results, &marks, &course, same(&clone, &code));
    write(&class, &seen, &code, &course.title, &place)?;
    let _ = netkit::screen::line(words::written(results.len(), &place));
    Ok(DONE)
}

/// Writes all pages below `place`.
fn write(
    class: &Statistics,
    seen: &[Seen],
    code: &Code<'_>,
    title: &str,
    place: &Path,
) -> Result<(), Stop> {
    let unwritable = |error| Stop::infrastructure(files::unwritable(place, &error));
    let students = place.join("students");
    crate::files::make_ready(place).map_err(unwritable)?;
    crate::files::make_ready(&students).map_err(unwritable)?;
    // A page of somebody who is not in the class any more would be handed out with the others.
    for page in fs::read_dir(&students).map_err(unwritable)? {
        let page = page.map_err(unwritable)?.path();
        let is_a_page = page.extension().is_some_and(|ending| ending == "html");
        let is_there =
            seen.iter().any(|it| page.file_stem().is_some_and(|id| *id == *it.result.id));
        if is_a_page && !is_there {
            fs::remove_file(page).map_err(unwritable)?;
        }
    }
    for seen in seen {
        let id = seen.result.id.as_str();
        let page = student::page(title, seen, &code[id]);
        let file = students.join(format!("{id}.html"));
        crate::files::replace(&file, page.as_bytes()).map_err(unwritable)?;
    }
    let page = class::page(title, class);
    crate::files::replace(&place.join("class.html"), page.as_bytes()).map_err(unwritable)
}

/// The files of each student's lessons, by the student's id and the lesson's name.
type Code<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Files>>;

/// The files of one student.
fn code<'a>(store: &Store, result: &'a StudentResult) -> BTreeMap<&'a str, Files> {
    let lessons = result.lessons.iter();
    lessons
        .filter_map(|lesson| Some((lesson.lesson.as_str(), store.code(&result.id, lesson)?)))
        .collect()
}

/// The programs of one form: of each other's, or of one that comes with the course.
fn same(clone: &Clone, code: &Code<'_>) -> Vec<Same> {
    let mut found: BTreeMap<(&str, String), Vec<String>> = BTreeMap::new();
    for (student, lessons) in code {
        for (lesson, files) in lessons {
            if let Some(form) = equal::form(files) {
                found.entry((lesson, form)).or_default().push((*student).to_owned());
            }
        }
    }
    let mut shipped = HashMap::new();
    let mut groups = Vec::new();
    for ((lesson, form), students) in found {
        let course: &Shipped =
            shipped.entry(lesson).or_insert_with(|| Shipped::of(&clone.root, lesson));
        let own = course.programs.get(&form).cloned();
        if course.skeleton.as_ref() == Some(&form) || students.len() < 2 && own.is_none() {
            continue;
        }
        groups.push(Same { lesson: lesson.into(), shipped: own, students });
    }
    groups.sort_by_key(|group| std::cmp::Reverse((group.shipped.is_some(), group.students.len())));
    groups
}

/// The forms of a lesson's own programs.
struct Shipped {
    skeleton: Option<String>,
    /// Their names, by their forms.
    programs: HashMap<String, String>,
}

impl Shipped {
    fn of(root: &Path, lesson: &str) -> Self {
        let form = |folder: &Path| -> Option<String> {
            let taken = intake::take(folder, &[lesson.to_owned()], Limits::default()).ok()?;
            equal::form(taken.lessons.get(lesson)?)
        };
        let solution = root.join("solutions").join(lesson);
        let mut programs = HashMap::new();
        programs.extend(form(&solution).map(|form| (form, "solution".to_owned())));
        for entry in fs::read_dir(solution.join("examples")).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let (true, Ok(bytes)) = (name.ends_with(".rs"), fs::read(entry.path())) {
                let files = BTreeMap::from([("main.rs".into(), bytes)]);
                programs.extend(equal::form(&files).map(|form| (form, name)));
            }
        }
        Self { skeleton: form(root), programs }
    }
}
