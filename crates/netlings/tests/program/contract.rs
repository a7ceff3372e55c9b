//! docs/contract.md and the lessons name the same checks.

use crate::clone::{real, real_lessons};
use crate::document::table_rows;

/// The checks that the page's section on a lesson lists.
fn checks_on_the_page(lesson: &str) -> Vec<String> {
    let rows = table_rows(&real("docs/contract.md"), lesson);
    let cells = rows.iter().filter(|row| row[0].starts_with('`')).map(|row| row[0].clone());
    cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

#[test]
fn every_lesson_has_the_checks_of_its_contract() {
    for lesson in real_lessons() {
        let texts = real(&format!("exercises/{lesson}/lesson.toml"));
        let ids = texts.lines().filter_map(|line| line.strip_prefix("id = \"")?.strip_suffix('"'));
        // Said once for all lessons with a network.
        let general = |id: &str| id == "errors_are_clear";
        let mut ids: Vec<String> = ids.filter(|id| !general(id)).map(str::to_owned).collect();
        let mut page = checks_on_the_page(&lesson);
        page.retain(|id| !general(id));
        ids.sort();
        page.sort();
        assert_eq!(ids, page, "{lesson}: its lesson.toml, and its section of docs/contract.md");
    }
}
