//! `result.json` of Classroom 50: `classroom50/result/v1`, as
//! <https://raw.githubusercontent.com/foundation50/classroom50/main/schemas/result-v1.schema.json>
//! describes it.
//!
//! Students read it, on their repository's releases. So hidden checks are not in it, and their points
//! are not either. Points are whole numbers there, and lateness is Classroom 50's own.

use chrono::{DateTime, SecondsFormat, Utc};
use grader::Outcome;
use serde_json::{Value, json};

use super::marks::Mark;
use crate::ending::Stop;
use crate::words::export as words;

/// What Classroom 50's runner tells an autograder in the environment.
pub(super) struct Place {
    classroom: String,
    assignment: String,
    submission: String,
    commit: String,
    release: String,
    review: String,
    now: DateTime<Utc>,
}

impl Place {
    pub(super) fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Stop> {
        let needed = |name: &str| {
            let value = variable(name).filter(|value| !value.is_empty());
            value.ok_or_else(|| Stop::usage(words::no_variable(name)))
        };
        let commit = needed("COMMIT_URL")?;
        let submission = needed("SUBMISSION_TAG")?;
        if !submission.starts_with("submit/") {
            return Err(Stop::usage(words::NO_SUBMIT_TAG));
        }
        Ok(Self {
            classroom: needed("CLASSROOM")?,
            assignment: needed("ASSIGNMENT")?,
            submission,
            release: needed("RELEASE_URL")?,
            review: variable("REVIEW_URL").filter(|it| !it.is_empty()).unwrap_or(commit.clone()),
            commit,
            now: Utc::now(),
        })
    }
}

pub(super) fn result(mark: &Mark, place: &Place) -> Result<Value, Stop> {
    let mut tests = Vec::new();
    let (mut score, mut max_score) = (0, 0);
    let mut add = |name: String, passed: bool, points: u32, most: u32, output: &str| {
        // A student reads 0 points as a verdict; the form has nothing for "not graded".
        let points = points.min(most);
        (score, max_score) = (score + points, max_score + most);
        tests.push(json!({
            "test-name": name, "passed": passed, "score": points, "max-score": most,
            "output": output,
        }));
    };
    for lesson in &mark.lessons {
        if lesson.score.is_none() {
            return Err(Stop::infrastructure(words::not_graded(&mark.id, &lesson.lesson)));
        }
        if lesson.checks.is_empty() {
            let (points, most) = lesson.shown_points();
            add(lesson.lesson.clone(), false, points.unwrap_or(0), most, &lesson.message);
        }
        for check in lesson.shown() {
            let name = format!("{}: {}", lesson.lesson, check.title);
            let passed = check.outcome == Outcome::Passed;
            add(name, passed, check.points, check.max_points, &check.text);
        }
    }
    let submitted = mark.submitted_at.as_deref();
    let submitted = submitted.and_then(|it| DateTime::parse_from_rfc3339(it).ok());
    let submitted = submitted.map_or(place.now, |it| it.with_timezone(&Utc));
    Ok(json!({
        "schema": "classroom50/result/v1",
        "classroom": place.classroom,
        "assignment": place.assignment,
        "assignment_type": "individual",
        "owner": mark.id,
        "submission": place.submission,
        "commit": place.commit,
        "release": place.release,
        "review": place.review,
        "datetime": submitted.to_rfc3339_opts(SecondsFormat::Secs, true),
        "graded_at": place.now.to_rfc3339_opts(SecondsFormat::Secs, true),
        "score": score,
        "max-score": max_score,
        "tests": tests,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::marks::tests::mark;

    /// The fields that the schema requires, and those that it allows besides.
    const REQUIRED: [&str; 13] = [
        "schema",
        "classroom",
        "assignment",
        "assignment_type",
        "owner",
        "submission",
        "commit",
        "release",
        "review",
        "datetime",
        "score",
        "max-score",
        "tests",
    ];
    const ALLOWED: [&str; 2] = ["graded_at", "submitted_by"];

    /// An example: the record in Classroom 50's own tests.
    const PUBLISHED: &str = r#"{ "schema": "classroom50/result/v1", "classroom": "cs50",
        "assignment": "hw1", "assignment_type": "individual", "owner": "alice",
        "submission": "submit/manual-2026-02-02T00-00-00Z",
        "commit": "submit/manual-2026-02-02T00-00-00Z",
        "release": "submit/manual-2026-02-02T00-00-00Z",
        "review": "submit/manual-2026-02-02T00-00-00Z", "datetime": "2026-02-02T00:00:00Z",
        "score": 42, "max-score": 50, "tests": [] }"#;

    /// What is wrong with a document, by the schema.
    fn wrong(document: &Value) -> Option<&'static str> {
        let fields = document.as_object()?;
        let is_whole = |it: Option<&Value>| it.and_then(Value::as_u64);
        let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
        let moment = |it: &str| {
            it.len() == 20 && it.ends_with('Z') && DateTime::parse_from_rfc3339(it).is_ok()
        };
        if REQUIRED.iter().any(|name| !fields.contains_key(*name)) {
            return Some("a field is missing");
        }
        if fields
            .keys()
            .any(|it| !REQUIRED.contains(&it.as_str()) && !ALLOWED.contains(&it.as_str()))
        {
            return Some("a field too many");
        }
        if REQUIRED[..10].iter().any(|name| text(name).is_empty()) {
            return Some("a text is empty");
        }
        if !text("submission").starts_with("submit/") || !moment(text("datetime")) {
            return Some("a text is not in its form");
        }
        let own = |it: &Value| Some((is_whole(it.get("score"))?, is_whole(it.get("max-score"))?));
        let all = fields["tests"].as_array()?.iter().chain([document]);
        let mut scores = all.map(own);
        if scores.any(|it| it.is_none_or(|(score, most)| score > most)) {
            return Some("a score is no whole number up to its most");
        }
        None
    }

    fn place() -> Place {
        let told = |name: &str| {
            Some(if name == "SUBMISSION_TAG" { "submit/x".into() } else { format!("the {name}") })
        };
        Place::of_environment(told).unwrap_or_else(|stop| panic!("{}", stop.words))
    }

    #[test]
    fn what_is_written_is_what_the_schema_allows() {
        let published: Value = serde_json::from_str(PUBLISHED).unwrap();
        assert_eq!(wrong(&published), None);
        let written = result(&mark(false), &place()).unwrap();
        assert_eq!(wrong(&written), None, "{written}");
        let broken: [fn(&mut Value); 4] = [
            |it| it["score"] = json!(1.5),
            |it| it["score"] = json!(51),
            |it| it["more"] = json!(true),
            |it| drop(it.as_object_mut().and_then(|it| it.remove("owner"))),
        ];
        for breaks in broken {
            let mut document = published.clone();
            breaks(&mut document);
            assert!(wrong(&document).is_some(), "{document}");
        }
    }

    #[test]
    fn a_hidden_check_is_in_no_word_and_in_no_sum() {
        let written = result(&mark(false), &place()).unwrap();
        assert!(!written.to_string().contains("secret"), "{written}");
        assert_eq!((&written["score"], &written["max-score"]), (&json!(1), &json!(3)));
        let later = result(&mark(true), &place()).unwrap();
        assert_eq!((&later["score"], &later["max-score"]), (&json!(3), &json!(5)));
    }

    #[test]
    fn what_the_machine_could_not_grade_is_no_zero() {
        let mut mark = mark(false);
        mark.lessons[0].score = None;
        assert_eq!(result(&mark, &place()).unwrap_err().code, crate::ending::INFRASTRUCTURE);
    }
}
