//! `results.json` of a Gradescope autograder, as
//! <https://gradescope-autograders.readthedocs.io/en/latest/specs/> describes it ("Output format").
//!
//! Gradescope hides and shows tests itself, by their `visibility`, and takes points off for late
//! work itself; so hidden checks are in the document, and their points too, and lateness is not.

use grader::Outcome;
use serde_json::{Value, json};

use super::marks::{CheckMark, Mark};
use crate::result::Visibility;

pub(super) fn results(mark: &Mark) -> Value {
    let mut tests = Vec::new();
    for lesson in &mark.lessons {
        if lesson.checks.is_empty() {
            let (score, most) = lesson.shown_points();
            let test = json!({
                "name": lesson.lesson,
                "score": score.unwrap_or(0),
                "max_score": most,
                "status": "failed",
                "output": lesson.message,
                "output_format": "text",
                "visibility": "visible",
            });
            tests.push(test);
        }
        tests.extend(lesson.checks.iter().map(|check| test(&lesson.lesson, check)));
        for correction in lesson.corrections.iter().filter(|_| lesson.checks.is_empty()) {
            tests.push(
                json!({ "name": lesson.lesson, "output": correction, "visibility": "hidden" }),
            );
        }
    }
    let scores: Option<u32> = mark.lessons.iter().map(|lesson| lesson.score).sum();
    let mut document = json!({
        "output": mark.message,
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    });
    // Without a score Gradescope says that the autograder failed, which is what happened.
    if let Some(score) = scores {
        document["score"] = score.into();
    } else {
        document["tests"] = json!([]);
    }
    document
}

fn test(lesson: &str, check: &CheckMark) -> Value {
    let mut test = json!({
        "name": format!("{lesson}: {}", check.title),
        "score": check.points,
        "max_score": check.max_points,
        "output": check.text,
        "output_format": "text",
        "visibility": match check.visibility {
            Visibility::Visible => "visible",
            Visibility::Hidden => "hidden",
            Visibility::AfterDueDate if check.is_shown => "visible",
            Visibility::AfterDueDate => "after_due_date",
        },
        "extra_data": { "lesson": lesson, "check": check.id },
    });
    match check.outcome {
        Outcome::Passed => test["status"] = "passed".into(),
        Outcome::Failed | Outcome::Skipped => test["status"] = "failed".into(),
        Outcome::InfraError => {}
    }
    test
}

/// What is wrong with a `results.json`, as far as the description of the format tells.
#[cfg(test)]
fn wrong(document: &Value) -> Option<String> {
    let seen = ["visible", "hidden", "after_due_date", "after_published"];
    let visibility_is_known = |it: &Value, name: &str| {
        it.get(name).is_none_or(|it| it.as_str().is_some_and(|it| seen.contains(&it)))
    };
    let is_number = |it: &Value, name: &str| it.get(name).is_none_or(Value::is_number);
    let tests = document.get("tests").map(|it| it.as_array().cloned().ok_or("tests is no list"));
    let tests = match tests.transpose() {
        Ok(tests) => tests.unwrap_or_default(),
        Err(why) => return Some(why.into()),
    };
    let all_scored = !tests.is_empty() && tests.iter().all(|test| test.get("score").is_some());
    if document.get("score").is_none() && !all_scored {
        return Some("a score is missing".into());
    }
    for it in tests.iter().chain([document]) {
        if !is_number(it, "score")
            || !is_number(it, "max_score")
            || !is_number(it, "execution_time")
        {
            return Some("a score is no number".into());
        }
        if !visibility_is_known(it, "visibility") || !visibility_is_known(it, "stdout_visibility") {
            return Some("an unknown visibility".into());
        }
        let status = it.get("status").and_then(Value::as_str);
        if status.is_some_and(|status| status != "passed" && status != "failed") {
            return Some("an unknown status".into());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::marks::tests::mark;

    /// The example in the description, without its comments.
    const PUBLISHED: &str = r#"{ "score": 44.0, "execution_time": 136,
        "output": "Text relevant to the entire submission", "output_format": "simple_format",
        "test_output_format": "text", "test_name_format": "text", "visibility": "after_due_date",
        "stdout_visibility": "visible", "extra_data": {},
        "tests": [{ "score": 2.0, "max_score": 2.0, "status": "passed", "name": "Your name here",
            "name_format": "text", "number": "1.1", "output": "Giant multiline string",
            "output_format": "text", "tags": ["tag1", "tag2", "tag3"], "visibility": "visible",
            "extra_data": {} }] }"#;

    #[test]
    fn what_is_written_is_what_the_description_allows() {
        let published: Value = serde_json::from_str(PUBLISHED).unwrap();
        assert_eq!(wrong(&published), None);
        assert_eq!(wrong(&results(&mark(false))), None);
        let broken = [
            ("/score", json!("44")),
            ("/visibility", json!("secret")),
            ("/tests/0/status", json!("ok")),
            ("/tests", json!({})),
        ];
        for (place, value) in broken {
            let mut document = published.clone();
            *document.pointer_mut(place).unwrap() = value;
            assert!(wrong(&document).is_some(), "{place}");
        }
    }

    #[test]
    fn a_hidden_check_is_marked_as_that_and_named_nowhere_else() {
        let document = results(&mark(false));
        let tests = document["tests"].as_array().unwrap();
        let (hidden, seen): (Vec<_>, Vec<_>) =
            tests.iter().partition(|test| test["visibility"] != "visible");
        assert_eq!(hidden.len(), 2);
        assert!(hidden.iter().any(|test| test["visibility"] == "after_due_date"));
        let seen = format!("{seen:?} {}", document["output"]);
        assert!(!seen.contains("secret"), "{seen}");
        assert_eq!(document["score"], 3);
    }
}
