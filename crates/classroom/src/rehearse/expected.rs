//! What must come of a made-up class: `expected.json`.

use std::collections::BTreeMap;
use std::path::Path;

use grader::Outcome;
use serde::{Deserialize, Serialize};

use crate::ending::Stop;
use crate::result::{LessonOutcome, LessonResult};
use crate::words::{class as files, rehearse as words};

const FORMAT: &str = "netlings-rehearsal/1";
/// The most bytes of such a file that are read: a hundred thousand students with all lessons.
const MOST: u64 = 256 << 20;

/// What must come of each student's programs, by lesson.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Expected {
    format: String,
    pub(crate) students: BTreeMap<String, BTreeMap<String, Program>>,
}

/// What a program is, and what must come of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Program {
    /// What it is, for people: a kind, and where it has one its name.
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Solution,
    Mistake,
    AlsoRight,
    Skeleton,
    DoesNotCompile,
}

/// What must come of a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    FullMarks,
    /// This check is the first that fails, in the lesson's order.
    FailsFirst(String),
    NoPoints,
    DoesNotCompile,
}

impl Default for Expected {
    fn default() -> Self {
        Self { format: FORMAT.into(), students: BTreeMap::new() }
    }
}

impl Expected {
    /// Notes what a student's program for `lesson` is.
    pub(super) fn note(&mut self, id: &str, lesson: &str, program: Program) {
        self.students.entry(id.into()).or_default().insert(lesson.into(), program);
    }

    /// How many programs of each kind there are.
    pub(super) fn kinds(&self) -> BTreeMap<Kind, usize> {
        let mut kinds = BTreeMap::new();
        for program in self.students.values().flat_map(BTreeMap::values) {
            *kinds.entry(program.kind).or_insert(0) += 1;
        }
        kinds
    }

    pub(super) fn keep(&self, class: &Path) -> Result<(), Stop> {
        let path = class.join("expected.json");
        let bytes = serde_json::to_vec_pretty(self);
        bytes
            .map_err(std::io::Error::from)
            .and_then(|bytes| crate::files::replace(&path, &bytes))
            .map_err(|error| Stop::infrastructure(files::unwritable(&path, &error)))
    }

    pub(super) fn load(class: &Path) -> Result<Self, Stop> {
        let path = class.join("expected.json");
        let bytes = crate::files::read(&path, MOST)
            .map_err(|error| Stop::usage(files::unreadable(&path, &error)))?;
        let expected: Self = serde_json::from_slice(&bytes)
            .map_err(|error| Stop::usage(files::wrong_file(&path, &error.to_string())))?;
        match expected.format == FORMAT {
            true => Ok(expected),
            false => Err(Stop::usage(files::wrong_file(&path, words::OTHER_FORMAT))),
        }
    }
}

impl Verdict {
    /// It in words.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::FullMarks => words::FULL_MARKS.into(),
            Self::FailsFirst(check) => words::fails_first(check),
            Self::NoPoints => words::NO_POINTS.into(),
            Self::DoesNotCompile => words::NO_BUILD.into(),
        }
    }

    /// What came of it instead, in words, where something else did.
    pub(super) fn missed(&self, result: &LessonResult) -> Option<String> {
        let built = result.outcome != LessonOutcome::NoBuild;
        let first = || result.checks.iter().find(|it| it.report.outcome == Outcome::Failed);
        let all_passed = || result.checks.iter().all(|it| it.report.outcome == Outcome::Passed);
        let is_as_expected = match self {
            _ if result.outcome == LessonOutcome::InfraError => false,
            Self::DoesNotCompile => !built,
            Self::FullMarks => built && all_passed() && !result.checks.is_empty(),
            Self::NoPoints => built && result.score == 0 && !result.checks.is_empty(),
            Self::FailsFirst(check) => {
                built && {
                    // A course file can leave the check out.
                    let is_run = result.checks.iter().any(|it| it.report.id == *check);
                    !is_run || first().is_some_and(|it| it.report.id == *check)
                }
            }
        };
        (!is_as_expected).then(|| match first() {
            Some(bad) => words::came(result, Some((&bad.report.id, &bad.report.message))),
            None => words::came(result, None),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tests::result;

    #[test]
    fn a_verdict_is_held_to_the_first_check_that_fails() {
        let mut lesson = result().lessons.remove(0);
        let first = "secret_one".to_owned();
        assert_eq!(Verdict::FailsFirst(first.clone()).missed(&lesson), None);
        let other = Verdict::FailsFirst("closes".into()).missed(&lesson);
        assert!(other.is_some_and(|it| it.contains(&first)));
        assert_eq!(Verdict::FailsFirst("left_out".into()).missed(&lesson), None);
        assert!(Verdict::FullMarks.missed(&lesson).is_some());
        assert!(Verdict::DoesNotCompile.missed(&lesson).is_some());
        lesson.outcome = LessonOutcome::InfraError;
        assert!(Verdict::FailsFirst(first).missed(&lesson).is_some());
    }
}
