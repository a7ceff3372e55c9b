//! The course: the clone it stands in, and its lessons in the order of their needs.

use std::path::{Path, PathBuf};

use grader::clone;
use grader::lesson::{CheckText, Lesson};
use grader::text::{TextError, near_match};

use crate::ending::Stop;
use crate::words;

/// The course of one clone.
pub(crate) struct Course {
    /// The clone's root.
    pub(crate) root: PathBuf,
    /// The lessons, each after those that it needs. Broken ones come last.
    pub(crate) lessons: Vec<Entry>,
}

/// One lesson, or what is wrong with its lesson.toml.
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) lesson: Result<Lesson, TextError>,
}

impl Course {
    /// Finds the clone around the current directory and reads its lessons.
    pub(crate) fn find() -> Result<Self, Stop> {
        Self::at(&clone::find().ok_or_else(|| Stop::usage(words::NO_CLONE))?)
    }

    /// Refuses where the course is not the clone around the current directory: for commands that
    /// change its files. Nobody who stands elsewhere means this clone.
    pub(crate) fn is_around_here(&self) -> Result<(), Stop> {
        match clone::around_here().is_some_and(|place| place == self.root) {
            true => Ok(()),
            false => Err(Stop::usage(words::NO_CLONE)),
        }
    }

    /// Reads the lessons of the clone at `root`.
    pub(crate) fn at(root: &Path) -> Result<Self, Stop> {
        let folder = root.join("exercises");
        let unreadable = |error| Stop::infrastructure(words::unreadable(&folder, &error));
        let names = clone::lessons(root).map_err(unreadable)?;
        let read = |name: String| Entry { lesson: Lesson::load(&folder.join(&name)), name };
        let lessons = in_order_of_needs(names.into_iter().map(read).collect());
        Ok(Self { root: root.into(), lessons })
    }

    /// The lesson that was typed.
    pub(crate) fn entry_named(&self, typed: &str) -> Result<&Entry, Stop> {
        let found = self.lessons.iter().find(|entry| entry.name == typed);
        found.ok_or_else(|| self.unknown_lesson(typed))
    }

    /// What to say of a word that is no lesson.
    pub(crate) fn unknown_lesson(&self, typed: &str) -> Stop {
        let known = || self.lessons.iter().map(|entry| entry.name.as_str());
        Stop::usage(words::unknown_lesson(typed, near_match(typed, known()), known()))
    }

    /// The lessons that were typed, each once.
    pub(crate) fn entries_named(&self, typed: &[String]) -> Result<Vec<&Entry>, Stop> {
        let mut chosen: Vec<&Entry> = Vec::new();
        for name in typed {
            let entry = self.entry_named(name)?;
            if !chosen.iter().any(|earlier| earlier.name == entry.name) {
                chosen.push(entry);
            }
        }
        Ok(chosen)
    }

    /// The lessons that were typed, or all of them. A broken lesson.toml ends it.
    pub(crate) fn lessons_named(&self, typed: &[String]) -> Result<Vec<&Lesson>, Stop> {
        let entries = match typed {
            [] => self.lessons.iter().collect(),
            _ => self.entries_named(typed)?,
        };
        let lessons = entries.into_iter().map(|entry| entry.lesson.as_ref());
        lessons.collect::<Result<_, _>>().map_err(|error| error.clone().into())
    }

    /// The lesson in whose folder, or below it, the current directory lies.
    pub(crate) fn lesson_around_here(&self) -> Option<&Entry> {
        let here = std::env::current_dir().ok()?;
        self.lessons.iter().find(|entry| here.starts_with(self.exercise(&entry.name)))
    }

    /// `exercises/<lesson>`
    pub(crate) fn exercise(&self, lesson: &str) -> PathBuf {
        self.root.join("exercises").join(lesson)
    }

    /// `solutions/<lesson>`
    pub(crate) fn solution(&self, lesson: &str) -> PathBuf {
        solution_in(&self.root, lesson)
    }

    /// [`Course::solution`], which is there.
    pub(crate) fn solution_here(&self, lesson: &str) -> Result<PathBuf, Stop> {
        has_solution(&self.root, lesson).map(|()| self.solution(lesson))
    }

    /// `exercises/<lesson>/pristine`: the skeleton, in an edition without solutions.
    pub(crate) fn pristine(&self, lesson: &str) -> PathBuf {
        pristine_in(&self.root, lesson)
    }

    /// `path`, a place in the clone, as one would type it from the clone's root.
    pub(crate) fn typed_path<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}

/// The check that was typed.
pub(crate) fn check_named<'a>(lesson: &'a Lesson, typed: &str) -> Result<&'a CheckText, Stop> {
    let near = || near_match(typed, lesson.checks.iter().map(|check| check.id.as_str()));
    let unknown = || Stop::usage(words::unknown_check(lesson, typed, near()));
    lesson.check(typed).ok_or_else(unknown)
}

fn solution_in(root: &Path, lesson: &str) -> PathBuf {
    root.join("solutions").join(lesson)
}

/// Refuses in an edition of the course that students get without solutions.
pub(crate) fn has_solution(root: &Path, lesson: &str) -> Result<(), Stop> {
    match pristine_in(root, lesson).is_dir() && !solution_in(root, lesson).is_dir() {
        true => Err(Stop::usage(words::STUDENT_EDITION)),
        false => Ok(()),
    }
}

fn pristine_in(root: &Path, lesson: &str) -> PathBuf {
    root.join("exercises").join(lesson).join("pristine")
}

/// Takes again and again the first lesson whose needs have all been taken.
fn in_order_of_needs(entries: Vec<Entry>) -> Vec<Entry> {
    let names: Vec<String> = entries.iter().map(|entry| entry.name.clone()).collect();
    let (mut waiting, mut broken): (Vec<Entry>, Vec<Entry>) = entries
        .into_iter()
        .map(|entry| needs_are_known(entry, &names))
        .partition(|it| it.lesson.is_ok());
    let mut taken: Vec<Entry> = Vec::new();
    loop {
        // A need that is broken itself keeps nobody waiting: its own error is enough.
        let is_open = |need: &String| waiting.iter().any(|entry| entry.name == *need);
        let ready = waiting.iter().position(|entry| {
            entry.lesson.as_ref().is_ok_and(|lesson| !lesson.needs.iter().any(is_open))
        });
        match ready {
            Some(index) => taken.push(waiting.remove(index)),
            None => break,
        }
    }
    for Entry { name, lesson } in waiting {
        let lesson = lesson.and_then(|it| {
            Err(it.wrong_need(0, &words::needs_in_a_circle(&name), words::LEAVE_OUT_ONE_NEED))
        });
        broken.push(Entry { name, lesson });
    }
    taken.extend(broken);
    taken
}

fn needs_are_known(entry: Entry, names: &[String]) -> Entry {
    let Ok(lesson) = &entry.lesson else { return entry };
    let unknown = lesson.needs.iter().position(|need| !names.contains(need));
    let Some(index) = unknown else { return entry };
    let need = &lesson.needs[index];
    let near = near_match(need, names.iter().map(String::as_str));
    let error = lesson.wrong_need(index, &words::no_such_lesson(need), &words::near_lesson(near));
    Entry { name: entry.name, lesson: Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grader::text::Text;

    fn order(lessons: &[(&str, &[&str])]) -> Vec<(String, String)> {
        let entries = lessons.iter().map(|(name, needs)| {
            let content = format!(
                "title = \"t\"\nsummary = \"s\"\nneeds = {needs:?}\nminutes = 1\n\
                 [[check]]\nid = \"c\"\ntitle = \"t\"\npoints = 1\nhints = [\"h\"]\n"
            );
            let text = Text { path: format!("{name}.toml").into(), content };
            Entry { name: (*name).into(), lesson: Lesson::parse((*name).into(), text) }
        });
        let ordered = in_order_of_needs(entries.collect()).into_iter();
        let problem = |entry: &Entry| entry.lesson.as_ref().err().map(ToString::to_string);
        ordered.map(|it| (it.name.clone(), problem(&it).unwrap_or_default())).collect()
    }

    #[test]
    fn a_lesson_comes_after_those_it_needs_and_else_by_name() {
        let lessons = order(&[("a", &["c"]), ("b", &[]), ("c", &["d"]), ("d", &[])]);
        let names: Vec<&str> = lessons.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["b", "d", "c", "a"]);
        assert!(lessons.iter().all(|(_, problem)| problem.is_empty()), "{lessons:?}");
    }

    #[test]
    fn an_unknown_need_and_a_circle_are_told_with_their_line() {
        let lessons =
            order(&[("a", &["b"]), ("b", &["a"]), ("c", &["tpc-echo"]), ("tcp-echo", &[])]);
        assert_eq!(lessons[0], ("tcp-echo".into(), String::new()));
        let told = |name: &str| &lessons.iter().find(|(it, _)| it == name).unwrap().1;
        assert!(told("c").contains("c.toml:3:10: no lesson is called `tpc-echo`"), "{}", told("c"));
        assert!(told("c").contains("did you mean `tcp-echo`?"));
        assert!(told("a").contains("a.toml:3:10: ") && told("a").contains("circle"));
        assert!(told("b").contains("b.toml:3:10: ") && told("b").contains("circle"));
    }

    #[test]
    fn one_broken_lesson_does_not_break_those_that_need_it() {
        let lessons = order(&[("a", &["b"]), ("b", &["nowhere-near"])]);
        assert_eq!(lessons[0], ("a".into(), String::new()));
        assert!(lessons[1].1.contains("no lesson is called"));
    }
}
