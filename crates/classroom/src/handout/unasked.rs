//! Checks that a student edition does not ask: those that the course file hides.
//!
//! They are taken out of what a lesson's grading reads and out of the tables that list checks. Their
//! source stays: a check's function shares its experiments and its peers with others.

use std::io;

use toml_edit::{DocumentMut, Item};

/// A `lesson.toml` without the checks `ids`, and without needs of them.
pub(super) fn of_lesson(text: &str, ids: &[String]) -> io::Result<String> {
    let mut lesson: DocumentMut = text.parse().map_err(io::Error::other)?;
    if let Some(checks) = lesson.get_mut("check").and_then(Item::as_array_of_tables_mut) {
        checks.retain(|check| !is_one(check.get("id").and_then(Item::as_str), ids));
        for check in checks.iter_mut() {
            if let Some(needs) = check.get_mut("needs").and_then(Item::as_array_mut) {
                needs.retain(|need| !is_one(need.as_str(), ids));
                needs.fmt();
            }
        }
    }
    Ok(lesson.to_string())
}

fn is_one(id: Option<&str>, ids: &[String]) -> bool {
    id.is_some_and(|id| ids.iter().any(|it| it == id))
}

/// A text without the rows of tables that are about one of `ids`.
pub(super) fn of_tables(text: &str, ids: &[String]) -> String {
    let is_about_one = |line: &str| {
        let first = line.strip_prefix("| ").and_then(|row| row.split(" |").next());
        is_one(first.map(|cell| cell.trim_matches('`')), ids)
    };
    text.split_inclusive('\n').filter(|line| !is_about_one(line)).collect()
}

/// The contract, without the rows of `ids` in the part about `lesson`: lessons share names of checks.
pub(super) fn of_contract(text: &str, lesson: &str, ids: &[String]) -> String {
    let part = part_about(text, lesson);
    text.replacen(part, &of_tables(part, ids), usize::from(!part.is_empty()))
}

/// The part of the contract that is about `lesson`.
pub(super) fn part_about<'a>(text: &'a str, lesson: &str) -> &'a str {
    let heading = format!("\n## {lesson}\n");
    let Some((_, after)) = text.split_once(&heading) else { return "" };
    after.split("\n## ").next().unwrap_or_default()
}

/// Those of `ids` that `text` still names.
pub(super) fn named_in<'a>(text: &str, ids: &'a [String]) -> Vec<&'a str> {
    let is_named = |id: &&String| text.contains(&format!("`{id}`"));
    ids.iter().filter(is_named).map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_taken_out_of_a_lesson_and_nobody_needs_it_any_more() {
        let text = "title = \"t\"\n\n[[check]]\nid = \"one\"\npoints = 1\n\n[[check]]\nid = \"two\"\n\
                    needs = [\"one\"]\n\n[[check]]\nid = \"three\"\nneeds = [\"two\", \"one\"]\n";
        let left = of_lesson(text, &["two".into()]).unwrap();
        assert!(!left.contains("two") && left.contains("needs = [\"one\"]\n"), "{left}");
        let left = of_lesson(text, &["one".into(), "two".into()]).unwrap();
        assert!(left.contains("id = \"three\"\nneeds = []"), "{left}");
    }

    #[test]
    fn a_row_goes_in_its_own_lessons_part_alone() {
        let text = "\n## a\n\n| `x` | 1 |\n| y | 2 |\n\n## b\n\n| `x` | 3 |\nand `x`\n";
        let ids = ["x".to_owned()];
        let left = of_contract(text, "a", &ids);
        assert_eq!(left, "\n## a\n\n| y | 2 |\n\n## b\n\n| `x` | 3 |\nand `x`\n");
        assert_eq!(of_tables(text, &["y".into()]), text.replace("| y | 2 |\n", ""));
        assert_eq!(named_in(part_about(&left, "b"), &ids), ["x"]);
        assert!(named_in(part_about(&left, "a"), &ids).is_empty());
    }
}
