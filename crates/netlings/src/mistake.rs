//! Known mistakes: `solutions/<lesson>/mistakes.toml`.
//!
//! Each is one place of the solution written wrongly, with the check that catches it and what the
//! failure must say of it:
//!
//! ```toml
//! [[mistake]]
//! id = "answers-at-end-of-stream"
//! misconception = "A reply can wait until the client is done."
//! file = "src/server.rs"
//! find = "…"                       # stands exactly once in the solution's file
//! replace = "…"
//! check = "replies_before_close"   # the first check, in the lesson's order, that it trips
//! says = "only at end of stream"   # or: cause_open = true
//! ```

use std::ops::Range;
use std::path::{Component, Path};

use grader::CheckReport;
use grader::lesson::Lesson;
use grader::text::{Text, TextError, near_match};
use serde::Deserialize;
use toml::Spanned;

use crate::words::author as words;

/// One known mistake.
#[derive(Clone, Debug)]
pub(crate) struct Mistake {
    pub(crate) id: String,
    pub(crate) misconception: String,
    /// The file that is written wrongly, below the solution's folder.
    pub(crate) file: String,
    /// That file's whole text with the mistake in it.
    pub(crate) source: String,
    /// The first check, in the lesson's order, that trips.
    pub(crate) check: String,
    pub(crate) says: Says,
}

/// What the failure must say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// An explanation with this phrase in it.
    Phrase(String),
    /// That the cause is open.
    CauseOpen,
}

impl Says {
    /// Whether the failure of a mistake says what it must.
    pub(crate) fn is_said_by(&self, report: &CheckReport) -> bool {
        match self {
            Self::Phrase(phrase) => {
                report.explanation.as_ref().is_some_and(|sentence| sentence.contains(phrase))
            }
            Self::CauseOpen => report.cause_open && report.explanation.is_none(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    mistake: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Spanned<String>,
    misconception: Spanned<String>,
    file: Spanned<String>,
    find: Spanned<String>,
    replace: Spanned<String>,
    check: Spanned<String>,
    says: Option<Spanned<String>>,
    cause_open: Option<Spanned<bool>>,
}

/// Reads the mistakes of `lesson`, whose solution stands in the folder `solution`.
pub(crate) fn load(solution: &Path, lesson: &Lesson) -> Result<Vec<Mistake>, TextError> {
    let text = Text::read(solution.join("mistakes.toml"))?;
    let file: File = text.toml()?;
    let mut mistakes: Vec<Mistake> = Vec::new();
    for entry in &file.mistake {
        let id = id(&text, &entry.id)?;
        if mistakes.iter().any(|earlier| earlier.id == id) {
            let problem = words::second_mistake(&id);
            return Err(text.wrong_at(&entry.id.span(), problem, words::OTHER_ID));
        }
        if entry.misconception.get_ref().trim().is_empty() {
            let span = entry.misconception.span();
            return Err(text.wrong_at(&span, words::EMPTY_TEXT, words::SAY_MISCONCEPTION));
        }
        mistakes.push(Mistake {
            id,
            misconception: entry.misconception.get_ref().clone(),
            file: entry.file.get_ref().clone(),
            source: mutated(&text, entry, solution)?,
            check: check(&text, &entry.check, lesson)?,
            says: says(&text, entry, lesson)?,
        });
    }
    Ok(mistakes)
}

/// A mistake's id names a program and a folder, so it is held to what both can be called.
fn id(text: &Text, id: &Spanned<String>) -> Result<String, TextError> {
    let name = id.get_ref();
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(good) {
        return Ok(name.clone());
    }
    Err(text.wrong_at(&id.span(), words::bad_mistake_id(name), words::WRITE_KEBAB))
}

/// The solution's file with the mistake in it.
fn mutated(text: &Text, entry: &Entry, solution: &Path) -> Result<String, TextError> {
    let file = Path::new(entry.file.get_ref());
    let inside = file.starts_with("src")
        && file.components().all(|part| matches!(part, Component::Normal(_)));
    if !inside || !solution.join(file).is_file() {
        let problem = words::no_file_for_mistake(entry.file.get_ref());
        return Err(text.wrong_at(&entry.file.span(), problem, words::NAME_A_SOURCE));
    }
    let right = Text::read(solution.join(file))?.content;
    let (find, replace) = (entry.find.get_ref(), entry.replace.get_ref());
    let found = if find.is_empty() { 0 } else { right.matches(find.as_str()).count() };
    match found {
        1 if find == replace => {
            Err(text.wrong_at(&entry.replace.span(), words::NO_MISTAKE, words::WRITE_A_MISTAKE))
        }
        1 => Ok(right.replacen(find.as_str(), replace, 1)),
        0 => {
            let fix = words::not_found_fix(entry.file.get_ref(), longest_start(find, &right));
            Err(text.wrong_at(&entry.find.span(), words::NOT_FOUND, fix))
        }
        _ => {
            let problem = words::found_often(found, entry.file.get_ref());
            Err(text.wrong_at(&entry.find.span(), problem, words::FIND_MORE))
        }
    }
}

/// The first line of `find` that keeps it from being found: the ones before stand there together.
fn longest_start<'a>(find: &'a str, right: &str) -> Option<&'a str> {
    let mut end = 0;
    find.split_inclusive('\n').find(|line| {
        end += line.len();
        !right.contains(&find[..end])
    })
}

fn check(text: &Text, check: &Spanned<String>, lesson: &Lesson) -> Result<String, TextError> {
    let id = check.get_ref();
    if lesson.check(id).is_some() {
        return Ok(id.clone());
    }
    let near = near_match(id, lesson.checks.iter().map(|check| check.id.as_str()));
    Err(text.wrong_at(&check.span(), words::no_such_check(id), words::near_check(near)))
}

fn says(text: &Text, entry: &Entry, lesson: &Lesson) -> Result<Says, TextError> {
    let wrong =
        |span: Range<usize>, problem: &str, fix: &str| Err(text.wrong_at(&span, problem, fix));
    let phrase = match (&entry.says, &entry.cause_open) {
        (Some(phrase), None) => phrase,
        (None, Some(open)) if *open.get_ref() => return Ok(Says::CauseOpen),
        (None, _) => return wrong(entry.id.span(), words::SAYS_NOTHING, words::SAY_SOMETHING),
        (Some(_), Some(open)) => return wrong(open.span(), words::SAYS_TWICE, words::SAY_ONE),
    };
    let says = phrase.get_ref();
    if says.trim().is_empty() {
        return wrong(phrase.span(), words::EMPTY_TEXT, words::SAY_PHRASE);
    }
    // A phrase that a title or a hint shows anyway would be no evidence.
    let is_in = |sentence: &String| sentence.to_lowercase().contains(&says.to_lowercase());
    for check in &lesson.checks {
        if is_in(&check.title) || check.hints.iter().any(is_in) {
            return wrong(phrase.span(), &words::phrase_is_shown(&check.id), words::OTHER_PHRASE);
        }
    }
    // Else it could never be said, and the author would wait for a grading to learn it.
    if !lesson.explanations.values().any(|sentence| sentence.contains(says.as_str())) {
        return wrong(phrase.span(), words::PHRASE_IS_NOWHERE, words::QUOTE_AN_EXPLANATION);
    }
    Ok(Says::Phrase(says.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const LESSON: &str = r#"title = "TCP echo"
summary = "s"
minutes = 1
[[check]]
id = "half_close"
title = "the end is told"
points = 1
hints = ["when does read give 0?"]
[explanations]
at_end = "Your server answers only at end of stream."
"#;

    const GOOD: &str = r#"[[mistake]]
id = "at-end"
misconception = "a reply can wait"
file = "src/server.rs"
find = """
    read();
    write();"""
replace = "read_to_end();"
check = "half_close"
says = "only at end of stream"
"#;

    fn read(content: &str) -> Result<Vec<Mistake>, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        let server = "fn a() {\n    read();\n    write();\n    close();\n    close();\n}\n";
        fs::write(folder.path().join("src/server.rs"), server).unwrap();
        fs::write(folder.path().join("mistakes.toml"), content).unwrap();
        let text = Text { path: "lesson.toml".into(), content: LESSON.into() };
        let lesson = Lesson::parse("tcp-echo".into(), text).unwrap();
        load(folder.path(), &lesson).map_err(|error| error.to_string())
    }

    #[test]
    fn a_mistake_is_one_place_of_the_solution_written_wrongly() {
        let mistakes = read(GOOD).unwrap();
        assert_eq!(mistakes[0].source, "fn a() {\nread_to_end();\n    close();\n    close();\n}\n");
        assert_eq!(mistakes[0].says, Says::Phrase("only at end of stream".into()));
        let open = read(&GOOD.replace("says = \"only at end of stream\"", "cause_open = true"));
        assert_eq!(open.unwrap()[0].says, Says::CauseOpen);
    }

    #[test]
    fn whatever_is_wrong_is_told_with_its_line_and_the_fix() {
        let find = "find = \"\"\"\n    read();\n    write();\"\"\"";
        let wrong = [
            ("id = \"at-end\"", "id = \"At end\"", ":2:6: a mistake cannot be called", "a-z"),
            (
                "misconception = \"a reply can wait\"",
                "misconception = \" \"",
                ":3:17: an empty text",
                "misconception",
            ),
            (
                "src/server.rs",
                "src/sever.rs",
                ":4:8: the solution has no file `src/sever.rs`",
                "src/server.rs",
            ),
            ("src/server.rs", "src/../mistakes.toml", ":4:8: the solution has no file", "src/"),
            (
                find,
                "find = \"    red();\"",
                ":5:8: `find` does not stand",
                "src/server.rs, letter by letter",
            ),
            (
                find,
                "find = \"    read();\\n    wirte();\"",
                ":5:8: `find` does not stand",
                "from its line `wirte();` on",
            ),
            (
                find,
                "find = \"close();\"",
                ":5:8: `find` stands 2 times",
                "more of the lines around it",
            ),
            (find, "find = \"\"", ":5:8: `find` does not stand", "letter by letter"),
            (find, "find = \"read_to_end();\"", ":5:8: `find` does not stand", "letter by letter"),
            (
                "replace = \"read_to_end();\"",
                "replace = \"    read();\\n    write();\"",
                ":8:11: `replace` is the same",
                "the mistake",
            ),
            (
                "\"half_close\"",
                "\"half-closed\"",
                ":9:9: the lesson has no check `half-closed`",
                "did you mean `half_close`?",
            ),
            (
                "says = \"only at end of stream\"\n",
                "",
                ":2:6: the mistake does not state",
                "cause_open = true",
            ),
            (
                "says = \"only at end of stream\"\n",
                "cause_open = false\n",
                ":2:6: the mistake does not state",
                "says = ",
            ),
            (
                "says =",
                "cause_open = true\nsays =",
                ":10:14: both `says` and `cause_open`",
                "keep one",
            ),
            (
                "only at end of stream",
                "the end is",
                ":10:8: check `half_close` shows this phrase anyway",
                "explanation alone",
            ),
            (
                "only at end of stream",
                "READ give 0",
                ":10:8: check `half_close` shows this phrase anyway",
                "explanation alone",
            ),
            (
                "only at end of stream",
                "at end of the stream",
                ":10:8: no explanation in lesson.toml has this phrase",
                "word by word",
            ),
            ("says =", "say =", ":10:1: unknown key `say`", "did you mean `says`?"),
        ];
        for (good, broken, place_and_problem, fix) in wrong {
            let text = GOOD.replacen(good, broken, 1);
            assert_ne!(text, GOOD, "nothing was broken: {good}");
            let error = read(&text).expect_err(broken);
            assert!(error.contains(place_and_problem) && error.contains(fix), "{broken}\n{error}");
        }
        let twice = read(&GOOD.repeat(2)).unwrap_err();
        assert!(twice.contains(":12:6: a second mistake called `at-end`"), "{twice}");
    }
}
