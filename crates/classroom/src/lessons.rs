//! The course's lessons, from the clone.

use std::path::{Path, PathBuf};

use grader::text::Text;
use grader::{Lesson, clone};

use crate::ending::Stop;
use crate::words::{class, grading as words};

/// A clone of the course.
pub(crate) struct Clone {
    pub(crate) root: PathBuf,
    /// The lessons' names, sorted.
    names: Vec<String>,
}

/// Takes checks out of a lesson, as if nobody had thought of them.
pub(crate) fn leave_out(lesson: &mut Lesson, ids: &[String]) {
    lesson.checks.retain(|check| !ids.contains(&check.id));
    for check in &mut lesson.checks {
        check.needs.retain(|need| !ids.contains(need));
    }
}

/// A lesson with the text that its words come from.
#[derive(Debug)]
pub(crate) struct LessonText {
    pub(crate) lesson: Lesson,
    pub(crate) text: String,
}

impl Clone {
    /// The clone that was named, or the one around the current directory, or the one that this
    /// program was built from.
    pub(crate) fn find(named: Option<&Path>) -> Result<Self, Stop> {
        let root = match named {
            Some(named) => Some(named.to_owned()).filter(|place| clone::is_clone(place)),
            None => clone::find(),
        };
        let root = root.ok_or_else(|| Stop::usage(words::NO_CLONE))?;
        let unreadable =
            |error| Stop::infrastructure(class::unreadable(&root.join("exercises"), &error));
        let names = clone::lessons(&root).map_err(unreadable)?;
        let root = root.canonicalize().unwrap_or(root);
        Ok(Self { root, names })
    }

    /// The lessons that were typed, each once, or all.
    pub(crate) fn lessons(&self, typed: &[String]) -> Result<Vec<LessonText>, Stop> {
        let mut wanted: Vec<&String> = Vec::new();
        for name in if typed.is_empty() { &self.names } else { typed } {
            if !self.has(name) {
                return Err(self.unknown(name));
            }
            if !wanted.contains(&name) {
                wanted.push(name);
            }
        }
        wanted.into_iter().map(|name| self.lesson(name)).collect()
    }

    /// Whether there is a lesson of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|it| it == name)
    }

    /// What to say of a name that no lesson has.
    pub(crate) fn unknown(&self, name: &str) -> Stop {
        Stop::usage(words::unknown_lesson(name, &self.names))
    }

    fn lesson(&self, name: &str) -> Result<LessonText, Stop> {
        let broken = |error: &dyn std::fmt::Display| Stop::infrastructure(error.to_string());
        let path = self.root.join("exercises").join(name).join("lesson.toml");
        let text = Text::read(path).map_err(|error| broken(&error))?;
        let content = text.content.clone();
        let lesson = Lesson::parse(name.into(), text).map_err(|error| broken(&error))?;
        Ok(LessonText { lesson, text: content })
    }
}
