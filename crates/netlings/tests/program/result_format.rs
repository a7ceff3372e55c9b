//! docs/result-format.md says what `check --json` prints: every field, and of which type.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::clone::{Clone, real, right_command, stdout};
use crate::document::{blocks, table_rows};

const PAGE: &str = "docs/result-format.md";

/// The fields of one object, each with its type, as the page's section of that heading says.
fn fields(heading: &str) -> BTreeMap<String, String> {
    let rows = table_rows(&real(PAGE), heading).into_iter().filter(|row| row.len() == 3);
    rows.map(|row| (row[0].trim_matches('`').to_owned(), row[1].clone())).collect()
}

/// The words in backticks of one field's, or one column's, explanation.
fn words(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn is_of_type(value: &Value, type_: &str) -> bool {
    match type_ {
        "text" => value.is_string(),
        "text or null" => value.is_string() || value.is_null(),
        "whole number" => value.is_u64(),
        "number" => value.is_number(),
        "list" => value.is_array(),
        other => panic!("no type is called `{other}`"),
    }
}

/// Looks that `object` has exactly the fields of that section, and gives those in lists.
fn agrees(object: &Value, heading: &str) {
    let said = fields(heading);
    let object = object.as_object().expect(heading);
    let names: Vec<_> = object.keys().collect();
    let known: Vec<_> = said.keys().collect();
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(sorted, known, "{heading}");
    for (name, value) in object {
        assert!(is_of_type(value, &said[name]), "{heading}: `{name}` is {}: {value}", said[name]);
    }
}

/// Looks at a whole document, and gives the kinds of events in it.
fn document_agrees(document: &Value) -> Vec<String> {
    agrees(document, "The document");
    assert_eq!(document["format"], "netlings-result/1");
    let list = |value: &Value| value.as_array().unwrap().clone();
    let mut kinds = Vec::new();
    for lesson in list(&document["lessons"]) {
        agrees(&lesson, "A lesson");
        one_of(&lesson["outcome"], "A lesson", "outcome");
        for check in list(&lesson["checks"]) {
            agrees(&check, "A check");
            one_of(&check["outcome"], "A check", "outcome");
            for event in list(&check["transcript"]) {
                agrees(&event, "An event");
                kinds.push(event["what"].as_str().unwrap().to_owned());
            }
        }
    }
    kinds
}

/// Looks that the page names this value among the field's.
fn one_of(value: &Value, heading: &str, field: &str) {
    let rows = table_rows(&real(PAGE), heading);
    let row = rows.iter().find(|row| row[0] == format!("`{field}`")).expect(field);
    assert!(words(&row[2]).iter().any(|word| value == word), "{heading}, {field}: {value}");
}

#[test]
fn what_is_printed_has_the_fields_types_and_values_that_the_page_says() {
    let clone = Clone::new();
    let printed = |arguments: &[&str]| -> Value {
        let assert = clone.netlings(&[&["check", "--json"], arguments].concat()).assert();
        serde_json::from_str(&stdout(&assert)).expect("one document")
    };
    // Passed; failed and skipped; not built; the course in the way.
    let mut kinds = document_agrees(&printed(&["tcp-echo", "--subject", &right_command()]));
    kinds.extend(document_agrees(&printed(&["tcp-echo", "--subject", "cat"])));
    clone.write("not-a-program", "");
    let subject = clone.path("not-a-program").display().to_string();
    kinds.extend(document_agrees(&printed(&["tcp-echo", "--subject", &subject])));
    clone.write("exercises/tcp-echo/src/main.rs", "fn main() { nothing }\n");
    document_agrees(&printed(&["tcp-echo"]));
    clone.write("exercises/tcp-echo/lesson.toml", "");
    document_agrees(&printed(&["tcp-echo"]));
    let known: Vec<String> = table_rows(&real(PAGE), "An event")
        .iter()
        .filter(|row| row.len() == 2)
        .flat_map(|row| words(&row[0]))
        .collect();
    assert!(known.len() > 15, "{known:?}");
    for kind in kinds {
        assert!(known.contains(&kind), "{kind}");
    }
}

#[test]
fn the_pages_example_is_a_document_of_that_form() {
    let page = real(PAGE);
    let example = blocks(&page).into_iter().find(|block| block.language == "json").expect(PAGE);
    document_agrees(&serde_json::from_str(&example.content).expect("JSON"));
}
