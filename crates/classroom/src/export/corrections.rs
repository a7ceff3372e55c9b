//! Corrections by hand: what an instructor decided otherwise, and why.
//!
//! ```toml
//! [[correction]]
//! student = "anna"
//! lesson = "tcp-echo"
//! check = "half_close"    # leave it out to set the whole lesson's points
//! points = 1
//! reason = "shown in the lab on 20 November"
//! ```

use std::path::Path;

use serde::Deserialize;

use crate::ending::Stop;
use crate::result::StudentResult;
use crate::words::{class as files, export as words};

/// The corrections of a class.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Corrections {
    #[serde(default)]
    correction: Vec<Correction>,
}

/// One correction.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Correction {
    student: String,
    lesson: String,
    pub(crate) check: Option<String>,
    pub(crate) points: u32,
    pub(crate) reason: String,
}

impl Corrections {
    pub(crate) fn load(path: &Path) -> Result<Self, Stop> {
        let bytes = crate::files::read(path, 1 << 20)
            .map_err(|error| Stop::usage(files::unreadable(path, &error)))?;
        toml::from_str(&String::from_utf8_lossy(&bytes))
            .map_err(|error| Stop::usage(files::wrong_file(path, &error.to_string())))
    }

    /// Refuses corrections of what is not there: they would be lost without a word.
    pub(crate) fn fit(&self, results: &[StudentResult]) -> Result<(), String> {
        for it in &self.correction {
            if it.reason.trim().is_empty() {
                return Err(words::no_reason(&it.student, &it.lesson));
            }
            let student = results.iter().find(|result| result.id == it.student);
            let student = student.ok_or_else(|| words::no_such_student(&it.student))?;
            let lesson = student.lessons.iter().find(|lesson| lesson.lesson == it.lesson);
            let missing = student.not_handed_in.iter().find(|lesson| lesson.lesson == it.lesson);
            let check = it
                .check
                .as_ref()
                .and_then(|id| lesson?.checks.iter().find(|check| check.report.id == *id));
            let most = match (&it.check, check, lesson, missing) {
                (Some(_), Some(check), ..) => check.report.max_points,
                (None, _, Some(lesson), _) => lesson.max_score,
                (None, _, None, Some(missing)) => missing.max_score,
                // Nothing of theirs could be taken: the lesson's points are not known here.
                (None, _, None, None) if student.lessons.is_empty() => u32::MAX,
                _ => {
                    return Err(words::nothing_to_correct(
                        &it.student,
                        &it.lesson,
                        it.check.as_deref(),
                    ));
                }
            };
            if it.points > most {
                return Err(words::too_many_points(&it.student, &it.lesson, it.points, most));
            }
        }
        Ok(())
    }

    /// Those of a student's lesson; of two of the same the last one counts.
    pub(crate) fn of<'a>(
        &'a self,
        student: &'a str,
        lesson: &'a str,
    ) -> impl Iterator<Item = &'a Correction> {
        self.correction.iter().filter(move |it| it.student == student && it.lesson == lesson)
    }
}
