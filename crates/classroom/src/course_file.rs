//! The course file: what an instructor decides about a class.
//!
//! ```toml
//! title = "Networks, winter 2026"
//! seed = 7                        # of all that is random in checks; the same for everybody
//!
//! [weights]                       # what a lesson counts; 1 where it is not named
//! tcp-echo = 2
//!
//! [late]
//! grace_minutes = 10              # so late is in time
//! percent_per_day = 10            # is taken off for each day begun
//! most_percent = 50               # and no more
//! refused_after_days = 7          # then it is 0; leave it out to take everything
//!
//! [hidden]                        # checks that students never see
//! tcp-echo = ["half_close"]
//!
//! [left_out]                      # checks that are not run, and count for nobody
//! handshake-trace = ["sees_rare_states"]
//!
//! [after_due_date]                # checks that students see once nobody can hand in any more
//! tcp-echo = ["next_client"]
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use grader::Lesson;
use serde::Deserialize;

use crate::ending::Stop;
use crate::lessons::Clone;
use crate::result::Visibility;
use crate::words::{class as files, export as words};

const DAY: u64 = 86_400;

/// What stands in a course file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CourseFile {
    pub(crate) title: String,
    pub(crate) seed: u64,
    weights: BTreeMap<String, f64>,
    late: Late,
    hidden: BTreeMap<String, Vec<String>>,
    after_due_date: BTreeMap<String, Vec<String>>,
    left_out: BTreeMap<String, Vec<String>>,
}

/// What late work loses.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Late {
    grace_minutes: u64,
    percent_per_day: f64,
    most_percent: f64,
    refused_after_days: Option<u64>,
}

impl Default for CourseFile {
    fn default() -> Self {
        Self {
            title: "netlings".into(),
            seed: 1,
            weights: BTreeMap::new(),
            late: Late::default(),
            hidden: BTreeMap::new(),
            after_due_date: BTreeMap::new(),
            left_out: BTreeMap::new(),
        }
    }
}

impl Default for Late {
    fn default() -> Self {
        Self {
            grace_minutes: 0,
            percent_per_day: 0.0,
            most_percent: 100.0,
            refused_after_days: None,
        }
    }
}

impl CourseFile {
    pub(crate) fn load(path: &Path) -> Result<Self, Stop> {
        let bytes = crate::files::read(path, 1 << 20)
            .map_err(|error| Stop::usage(files::unreadable(path, &error)))?;
        Self::parse(&String::from_utf8_lossy(&bytes))
            .map_err(|why| Stop::usage(files::wrong_file(path, &why)))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let is_weight = |weight: &f64| weight.is_finite() && (0.0..=1e6).contains(weight);
        if let Some((lesson, _)) = file.weights.iter().find(|(_, weight)| !is_weight(weight)) {
            return Err(words::bad_weight(lesson));
        }
        let percents = [file.late.percent_per_day, file.late.most_percent];
        if !percents.iter().all(|percent| (0.0..=100.0).contains(percent)) {
            return Err(words::BAD_PERCENT.into());
        }
        Ok(file)
    }

    /// What `lesson` counts.
    pub(crate) fn weight(&self, lesson: &str) -> f64 {
        self.weights.get(lesson).copied().unwrap_or(1.0)
    }

    /// What part of the points is left of work that came so late: 0 to 1.
    pub(crate) fn left_when_late(&self, late_by_s: u64) -> f64 {
        let late = &self.late;
        let late_by_s = late_by_s.saturating_sub(late.grace_minutes.saturating_mul(60));
        if late_by_s == 0 {
            return 1.0;
        }
        let days = late_by_s.div_ceil(DAY);
        if late.refused_after_days.is_some_and(|most| days > most) {
            return 0.0;
        }
        1.0 - (days as f64 * late.percent_per_day).min(late.most_percent) / 100.0
    }

    /// Who may see the checks of `lesson` that not everybody may see.
    pub(crate) fn visibility(&self, lesson: &Lesson) -> Vec<(String, Visibility)> {
        self.visibility_of(&lesson.name)
    }

    /// The same, by the lesson's name.
    pub(crate) fn visibility_of(&self, lesson: &str) -> Vec<(String, Visibility)> {
        let named = |lists: &BTreeMap<String, Vec<String>>, it: Visibility| {
            let ids = lists.get(lesson).cloned().unwrap_or_default();
            ids.into_iter().map(move |id| (id, it)).collect::<Vec<_>>()
        };
        let mut all = named(&self.hidden, Visibility::Hidden);
        all.extend(named(&self.after_due_date, Visibility::AfterDueDate));
        all
    }

    /// The checks of `lesson` that are not run.
    pub(crate) fn left_out(&self, lesson: &Lesson) -> Vec<String> {
        self.left_out.get(&lesson.name).cloned().unwrap_or_default()
    }

    /// Refuses a check that `lesson` does not have: one that was to be hidden would be shown.
    pub(crate) fn names_checks_of(&self, lesson: &Lesson) -> Result<(), Stop> {
        let named = self.visibility(lesson).into_iter().map(|(id, _)| id);
        let wrong = named.chain(self.left_out(lesson)).find(|id| lesson.check(id).is_none());
        match wrong {
            Some(id) => Err(Stop::usage(words::no_such_check(&lesson.name, &id))),
            None => Ok(()),
        }
    }

    /// Refuses a lesson that the course does not have, for the same reason.
    pub(crate) fn names_lessons(&self, clone: &Clone) -> Result<(), Stop> {
        let lists = self.hidden.keys().chain(self.after_due_date.keys());
        let lists = lists.chain(self.left_out.keys());
        let mut named = lists.chain(self.weights.keys());
        match named.find(|name| !clone.has(name)) {
            Some(name) => Err(clone.unknown(name)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_work_loses_what_the_course_file_says_and_no_more() {
        let text = "[late]\ngrace_minutes = 10\npercent_per_day = 10\nmost_percent = 25\n\
                    refused_after_days = 4\n";
        let file = CourseFile::parse(text).unwrap();
        let left = [0, 600, 601, DAY + 600, DAY + 601, 3 * DAY, 4 * DAY, 5 * DAY];
        let left = left.map(|late| (file.left_when_late(late) * 100.0).round() as u32);
        assert_eq!(left, [100, 100, 90, 90, 80, 75, 75, 0]);
        assert!((CourseFile::default().left_when_late(100 * DAY) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_wrong_in_a_course_file_is_told() {
        let wrong = [
            ("[weight]\n", "weight"),
            ("[weights]\ntcp-echo = -1\n", "tcp-echo"),
            ("[weights]\ntcp-echo = nan\n", "tcp-echo"),
            ("[late]\npercent_per_day = 200\n", "0 to 100"),
            ("hidden = 3\n", "hidden"),
        ];
        for (text, told) in wrong {
            let error = CourseFile::parse(text).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }
}
