//! What `verify` can tell without running anything: whether a lesson's files agree with each other
//! and keep to the course's measures.

use std::path::Path;

use grader::text::Text;
use similar::{ChangeTag, TextDiff};

use crate::course::Course;
use crate::skeletons::Pristine;
use crate::variants::{Sources, ending, other_programs};
use crate::words::author as words;

/// The most lines by which a skeleton's file and its solution's may differ.
const MOST_CHANGED_LINES: usize = 39;
/// The most lines that a lesson's file may have, as a student first gets it.
const MOST_LINES: usize = 120;
/// The most lines that a step's body may have.
const MOST_STEP_LINES: usize = 15;

/// The problems of one lesson, each in a sentence.
pub(super) fn problems(course: &Course, sources: &Sources<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    let readme = Text::read(course.exercise(&sources.lesson.name).join("README.md"));
    checks_and_texts_agree(sources, &mut problems);
    match readme {
        Ok(readme) => readme_names_every_check(sources, &readme.content, &mut problems),
        Err(error) => problems.push(error.to_string()),
    }
    every_check_is_named(sources, &mut problems);
    hints_lead_to_the_answer(sources, &mut problems);
    other_programs_are_there(sources, &mut problems);
    programs_have_names_of_their_own(course, sources, &mut problems);
    for file in &sources.files {
        measures(file, &mut problems);
    }
    problems
}

fn checks_and_texts_agree(sources: &Sources<'_>, problems: &mut Vec<String>) {
    for check in &sources.lesson.checks {
        if sources.suite.check(&check.id).is_none() {
            problems.push(words::check_without_function(&check.id));
        }
    }
    for check in sources.suite.checks {
        if sources.lesson.check(check.id).is_none() {
            problems.push(words::check_without_text(check.id));
        }
    }
}

fn readme_names_every_check(sources: &Sources<'_>, readme: &str, problems: &mut Vec<String>) {
    let is_in_a_word = |c: char| c.is_alphanumeric() || c == '_';
    for check in &sources.lesson.checks {
        if !readme.split(|c| !is_in_a_word(c)).any(|word| word == check.id) {
            problems.push(words::check_not_in_readme(&check.id));
        }
    }
}

fn every_check_is_named(sources: &Sources<'_>, problems: &mut Vec<String>) {
    for check in &sources.lesson.checks {
        if !sources.mistakes.iter().any(|mistake| mistake.check == check.id) {
            problems.push(words::check_without_mistake(&check.id));
        }
    }
}

fn hints_lead_to_the_answer(sources: &Sources<'_>, problems: &mut Vec<String>) {
    for check in &sources.lesson.checks {
        if !(2..=3).contains(&check.hints.len()) {
            problems.push(words::number_of_hints(&check.id, check.hints.len()));
        }
    }
}

fn other_programs_are_there(sources: &Sources<'_>, problems: &mut Vec<String>) {
    if sources.also_right.len() < 2 {
        problems.push(words::few_also_right(sources.also_right.len()));
    }
    if !sources.also_right.iter().any(|path| ending(path) != "rs") {
        problems.push(words::NO_OTHER_LANGUAGE.into());
    }
}

/// cargo builds the examples of all lessons into one folder, where two of one name replace each
/// other: whoever runs one may get the other.
fn programs_have_names_of_their_own(
    course: &Course,
    sources: &Sources<'_>,
    problems: &mut Vec<String>,
) {
    for other in course.lessons.iter().filter(|other| other.name != sources.lesson.name) {
        let theirs = other_programs(&course.solution(&other.name)).unwrap_or_default();
        for path in sources.also_right.iter().filter(|path| ending(path) == "rs") {
            if theirs.iter().any(|it| it.file_name() == path.file_name()) {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                problems.push(words::name_is_taken(&name, &other.name));
            }
        }
    }
}

fn measures(file: &Pristine, problems: &mut Vec<String>) {
    let place = file.place.display();
    for step in file.steps.iter().filter(|step| step.lines > MOST_STEP_LINES) {
        problems.push(words::long_step(&place, step.number, step.lines, MOST_STEP_LINES));
    }
    if ending(&file.place) != "rs" || file.place == Path::new("main.rs") {
        return; // given, finished, and not for the student to edit
    }
    let lines = file.content.split(|byte| *byte == b'\n').count() - 1;
    if lines > MOST_LINES {
        problems.push(words::long_file(&place, lines, MOST_LINES));
    }
    let changed = changed_lines(&file.content, &file.solution);
    if changed > MOST_CHANGED_LINES {
        problems.push(words::large_difference(&place, changed, MOST_CHANGED_LINES));
    }
}

/// How many lines `diff` would mark as taken out or put in.
pub(super) fn changed_lines(before: &[u8], after: &[u8]) -> usize {
    let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(after));
    let diff = TextDiff::from_lines(&*before, &*after);
    diff.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::Step;

    #[test]
    fn a_changed_line_counts_as_one_taken_out_and_one_put_in() {
        assert_eq!(changed_lines(b"a\nb\nc\n", b"a\nB\nc\n"), 2);
        assert_eq!(changed_lines(b"a\n", b"a\nb\nc\n"), 2);
        assert_eq!(changed_lines(b"a\n", b"a\n"), 0);
    }

    #[test]
    fn long_files_long_steps_and_large_differences_are_told() {
        let solution: String = (0..125).map(|line| format!("{line}\n")).collect();
        let content: String = (40..161).map(|line| format!("{line}\n")).collect();
        let step = Step { number: 3, text: "t".into(), lines: 16, place: 0..1 };
        let mut file = Pristine {
            place: "server.rs".into(),
            solution: solution.into(),
            content: content.into(),
            steps: vec![step],
        };
        let mut problems = Vec::new();
        measures(&file, &mut problems);
        assert!(problems[0].contains("step 3 has 16 lines"), "{problems:?}");
        assert!(problems[1].contains("121 lines"), "{problems:?}");
        assert!(problems[2].contains("76 lines"), "{problems:?}");
        file.place = "main.rs".into();
        file.steps.clear();
        problems.clear();
        measures(&file, &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
    }
}
