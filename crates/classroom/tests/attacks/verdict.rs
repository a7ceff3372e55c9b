//! What came of an attack, and whether that is what should.

use serde_json::Value;

use crate::bait::all_text;
use crate::class::{Class, text};
use crate::table::Outcome;

fn lesson(result: &Value) -> &Value {
    &result["lessons"][0]
}

fn checks(result: &Value) -> impl Iterator<Item = &Value> {
    lesson(result)["checks"].as_array().into_iter().flatten()
}

pub(crate) fn has_full_marks(result: &Value) -> bool {
    lesson(result)["score"] == lesson(result)["max_score"] && lesson(result)["score"] != 0
}

/// What a student's program said on stderr, in all checks.
pub(crate) fn said(result: &Value) -> String {
    let lines = checks(result).flat_map(|check| check["stderr"].as_array().into_iter().flatten());
    lines.filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
}

/// Why it is not as it should be, where it is not.
pub(crate) fn confined(comes_to: Outcome, result: &Value) -> Option<String> {
    let (lesson, said) = (lesson(result), said(result));
    let word = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    let was_ended = |words: &str| checks(result).all(|it| word(&it["message"]).contains(words));
    let was_graded = lesson["outcome"] == "graded" && lesson["score"] == 0;
    let is_right = !said.contains("reached: ")
        && match comes_to {
            Outcome::NotTaken(outcome, words) => {
                let it = word(&result["submission"]["outcome"]);
                let is_refused = ["hostile", "unreadable", "oversized"].contains(&&*it);
                is_refused
                    && (outcome.is_empty() || it == outcome)
                    && word(&result["submission"]["message"]).contains(words)
            }
            Outcome::NotCompiled(words) => {
                lesson["outcome"] == "no_build"
                    && lesson["score"] == 0
                    && (word(&lesson["message"]) + &lesson["compile"].to_string()).contains(words)
            }
            Outcome::KeptOut => was_graded && said.contains("kept out: "),
            Outcome::Says(words) => was_graded && said.contains(words),
            Outcome::Ended(words) => was_graded && was_ended(words),
            Outcome::KeptOutOrEnded(words) => {
                was_graded && (said.contains("kept out: ") || was_ended(words))
            }
            Outcome::NoPoints => was_graded && checks(result).next().is_some(),
        };
    let shown: String = result.to_string().chars().take(1500).collect();
    (!is_right).then(|| format!("it should be {comes_to:?}, and it is {shown}"))
}

/// What in reports and exports obeys a student, in words.
pub(crate) fn of_what_is_shown(class: &Class, told: &str) -> Vec<String> {
    let out = class.path("out");
    let mut shown = vec![("what grading says".to_owned(), told.to_owned())];
    for format in ["csv", "junit", "github"] {
        let done = class.run(&["export", &out, "--format", format]);
        assert!(done.status.success(), "{}", text(&done));
        shown.push((format.into(), String::from_utf8_lossy(&done.stdout).into_owned()));
    }
    let done = class.run(&["report", &out]);
    assert!(done.status.success(), "{}", text(&done));
    // The sources as they were handed in are for nobody to look at in a terminal.
    shown.extend(all_text(out.as_ref(), "code"));
    let mut wrong = Vec::new();
    for (place, text) in &shown {
        for (bad, words) in [
            ("\u{1b}", "an escape"),
            ("\u{9b}", "an escape"),
            ("\u{202e}", "another direction of writing"),
            ("\n0,100,100", "a line of a student's own"),
        ] {
            wrong.extend(text.contains(bad).then(|| format!("{place} has {words}")));
        }
        if place.ends_with(".html") || place == "junit" {
            let has = text.contains("<script>alert");
            wrong.extend(has.then(|| format!("{place} has a script of a student's")));
        }
    }
    let mut rows = csv::Reader::from_reader(shown[1].1.as_bytes());
    for cell in
        rows.records().flatten().flat_map(|row| row.iter().map(str::to_owned).collect::<Vec<_>>())
    {
        let is_a_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        wrong.extend(is_a_formula.then(|| format!("a spreadsheet computes {cell}")));
    }
    wrong
}
