//! `--json`: one document in the form netlings-result/1, and nothing else on stdout.

use serde_json::Value;

use crate::clone::{Clone, right_command, stderr, stdout};

fn document(clone: &Clone, arguments: &[&str], code: i32) -> Value {
    let assert = clone.netlings(&[&["check", "--json"], arguments].concat()).assert().code(code);
    serde_json::from_str(&stdout(&assert)).expect("one document")
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn the_document_has_the_form_that_it_names() {
    let clone = Clone::new();
    let result = document(&clone, &["tcp-echo", "--subject", "cat", "--seed", "7"], 1);
    assert_eq!(keys(&result), ["format", "lessons"]);
    assert_eq!(result["format"], "netlings-result/1");
    let lesson = &result["lessons"][0];
    assert_eq!(keys(lesson), ["checks", "lesson", "max_score", "outcome", "score"]);
    assert_eq!(lesson["outcome"], "graded");
    let check = &lesson["checks"][0];
    let form = [
        "actual",
        "duration_ms",
        "expected",
        "explanation",
        "hint",
        "id",
        "max_points",
        "message",
        "outcome",
        "points",
        "seed",
        "title",
        "transcript",
    ];
    assert_eq!(keys(check), form);
    assert_eq!((&check["id"], &check["outcome"]), (&"echoes_hello".into(), &"failed".into()));
    assert_eq!((&check["seed"], &check["points"]), (&7.into(), &0.into()));
    assert!(check["transcript"].as_array().is_some_and(|events| !events.is_empty()), "{check}");
    let outcomes: Vec<_> =
        lesson["checks"].as_array().unwrap().iter().map(|it| &it["outcome"]).collect();
    assert!(outcomes.contains(&&"skipped".into()), "{outcomes:?}");
}

#[test]
fn a_right_program_has_all_points() {
    let result = document(&Clone::new(), &["tcp-echo", "--subject", &right_command()], 0);
    let lesson = &result["lessons"][0];
    assert_eq!(lesson["score"], lesson["max_score"]);
    assert!(lesson["checks"].as_array().unwrap().iter().all(|it| it["outcome"] == "passed"));
}

#[test]
fn what_does_not_build_and_what_the_course_lacks_have_outcomes_of_their_own() {
    let clone = Clone::new();
    clone.write("exercises/tcp-echo/src/main.rs", "fn main() { nothing }\n");
    let lesson = document(&clone, &["tcp-echo"], 3)["lessons"][0].take();
    assert_eq!((&lesson["outcome"], &lesson["score"]), (&"no_build".into(), &0.into()));
    assert!(lesson["max_score"].as_u64().is_some_and(|points| points > 0));
    assert_eq!(lesson["checks"], Value::Array(Vec::new()));

    // A right program, and a folder that cargo cannot make.
    clone.write("exercises/tcp-echo/src/main.rs", "fn main() {}\n");
    clone.write("a-file", "");
    let mut check = clone.netlings(&["check", "--json", "tcp-echo"]);
    let assert = check.env("CARGO_TARGET_DIR", clone.path("a-file/target")).assert().code(4);
    let result: Value = serde_json::from_str(&stdout(&assert)).expect("one document");
    assert_eq!(result["lessons"][0]["outcome"], "infra_error");
    assert!(stderr(&assert).contains("compiler found no error"), "{}", stderr(&assert));

    clone.write("exercises/zoo/lesson.toml", &clone.read("exercises/tcp-echo/lesson.toml"));
    clone.change("exercises/tcp-echo/lesson.toml", "minutes", "minuets");
    let lessons = document(&clone, &["--all"], 4)["lessons"].take();
    let outcomes: Vec<_> = lessons.as_array().unwrap().iter().map(|it| &it["outcome"]).collect();
    assert_eq!(outcomes, ["infra_error", "infra_error"]);
}
