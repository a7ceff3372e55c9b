//! A lesson's sentences: what stands in `exercises/<lesson>/lesson.toml`.
//!
//! ```toml
//! title = "TCP echo"
//! summary = "Send back every byte, as it arrives"
//! needs = []                  # lessons that come before this one
//! minutes = 60
//!
//! [[check]]
//! id = "echoes_hello"         # the check's name in crates/checks
//! title = "`hello!` comes back"
//! points = 1
//! needs = []                  # checks that must pass first
//! hints = ["a nudge", "more", "nearly the answer"]
//!
//! [explanations]              # sentences that name a misconception, printed when a probe confirmed it
//! answers_at_end_of_stream = "Your server answers only at end of stream: …"
//! ```
//!
//! Whatever is wrong in that file is told with its line and with the fix ([`TextError`]): it is
//! written by people, and read by every command.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use crate::text::{Text, TextError, near_match};

/// A lesson, as its `lesson.toml` words it.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// The lesson's one name: its folder, its package, its module in the checks.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// What it is about, on one line.
    pub summary: String,
    /// The lessons that come before this one.
    pub needs: Vec<String>,
    /// How long it takes, in minutes.
    pub minutes: u32,
    /// Its checks, in the order in which they are shown.
    pub checks: Vec<CheckText>,
    /// Sentences that name a misconception, by the name that the checks know them by.
    pub explanations: BTreeMap<String, String>,
    source: Text,
    needs_at: Vec<Range<usize>>,
}

/// A check, as its lesson words it.
#[derive(Clone, Debug)]
pub struct CheckText {
    /// The name of its function in crates/checks.
    pub id: String,
    /// A sentence about behaviour.
    pub title: String,
    /// What passing it is worth, 1 or more.
    pub points: u32,
    /// The checks that must pass before this one says anything.
    pub needs: Vec<String>,
    /// From a nudge to nearly the answer, one or more.
    pub hints: Vec<String>,
}

impl Lesson {
    /// Reads `lesson.toml` in the folder `dir`, whose name is the lesson's name.
    ///
    /// # Errors
    /// The file cannot be read, or something in it is wrong.
    pub fn load(dir: &Path) -> Result<Self, TextError> {
        let text = Text::read(dir.join("lesson.toml"))?;
        let whole = dir.canonicalize().unwrap_or_else(|_| dir.into());
        let name = whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self::parse(name, text)
    }

    /// Reads the lesson called `name` from the text of its `lesson.toml`.
    ///
    /// # Errors
    /// Something in the text is wrong.
    pub fn parse(name: String, text: Text) -> Result<Self, TextError> {
        let file: File = text.toml()?;
        let title = sentence(&text, &file.title)?;
        let summary = sentence(&text, &file.summary)?;
        if *file.minutes.get_ref() == 0 {
            let fix = "say how many minutes the lesson takes a student, for example 60";
            return Err(text.wrong_at(&file.minutes.span(), "a lesson takes time", fix));
        }
        if file.check.is_empty() {
            let fix = "add a table `[[check]]` with id, title, points and hints";
            return Err(text.wrong_at(&(0..0), "the lesson has no check", fix));
        }
        ids_differ(&text, &file.check)?;
        needs_are_known(&text, &file.check)?;
        needs_lead_nowhere_in_a_circle(&text, &file.check)?;
        let checks = file.check.into_iter().map(|entry| check(&text, entry));
        let explanations = file.explanations.into_iter();
        Ok(Self {
            name,
            title,
            summary,
            needs_at: file.needs.iter().map(Spanned::span).collect(),
            needs: file.needs.into_iter().map(Spanned::into_inner).collect(),
            minutes: file.minutes.into_inner(),
            checks: checks.collect::<Result<_, _>>()?,
            explanations: explanations
                .map(|(id, words)| Ok((id, sentence(&text, &words)?)))
                .collect::<Result<_, TextError>>()?,
            source: text,
        })
    }

    /// An error at the lesson's need number `index`, for who knows the other lessons.
    #[must_use]
    pub fn wrong_need(&self, index: usize, problem: &str, fix: &str) -> TextError {
        self.source.wrong_at(&self.needs_at[index], problem, fix)
    }

    /// The check called `id`.
    #[must_use]
    pub fn check(&self, id: &str) -> Option<&CheckText> {
        self.checks.iter().find(|check| check.id == id)
    }

    /// The points of all checks together.
    #[must_use]
    pub fn points(&self) -> u32 {
        self.checks.iter().map(|check| check.points).fold(0, u32::saturating_add)
    }
}

/// The file's form. What the form cannot say is looked at afterwards, with the place at hand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: Spanned<String>,
    summary: Spanned<String>,
    #[serde(default)]
    needs: Vec<Spanned<String>>,
    minutes: Spanned<u32>,
    #[serde(default)]
    check: Vec<Entry>,
    #[serde(default)]
    explanations: BTreeMap<String, Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Spanned<String>,
    title: Spanned<String>,
    points: Spanned<u32>,
    #[serde(default)]
    needs: Vec<Spanned<String>>,
    hints: Spanned<Vec<Spanned<String>>>,
}

fn check(text: &Text, entry: Entry) -> Result<CheckText, TextError> {
    if *entry.points.get_ref() == 0 {
        let fix = "give 1 point or more: a check that is worth nothing is not needed";
        return Err(text.wrong_at(&entry.points.span(), "a check without points", fix));
    }
    if entry.hints.get_ref().is_empty() {
        let fix = "write two or three hints, from a nudge to nearly the answer";
        return Err(text.wrong_at(&entry.hints.span(), "a check without hints", fix));
    }
    let hints = entry.hints.into_inner().into_iter();
    Ok(CheckText {
        id: entry.id.into_inner(),
        title: sentence(text, &entry.title)?,
        points: entry.points.into_inner(),
        needs: entry.needs.into_iter().map(Spanned::into_inner).collect(),
        hints: hints.map(|hint| sentence(text, &hint)).collect::<Result<_, _>>()?,
    })
}

/// A text that is shown in the terminal. Lines may be broken in the file; they are joined here.
fn sentence(text: &Text, words: &Spanned<String>) -> Result<String, TextError> {
    let joined = words.get_ref().split_whitespace().collect::<Vec<_>>().join(" ");
    if joined.is_empty() {
        return Err(text.wrong_at(&words.span(), "an empty text", "write a sentence here"));
    }
    if joined.chars().any(char::is_control) {
        let fix = "write what is meant in words or as `\\\\n`";
        return Err(text.wrong_at(&words.span(), "a control character in a text", fix));
    }
    Ok(joined)
}

fn ids_differ(text: &Text, checks: &[Entry]) -> Result<(), TextError> {
    for (index, check) in checks.iter().enumerate() {
        let id = check.id.get_ref();
        let is_name = id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if id.is_empty() || !is_name {
            let fix = "write the name of the function in crates/checks: a-z, 0-9 and _";
            return Err(text.wrong_at(&check.id.span(), "no name for a check", fix));
        }
        if checks[..index].iter().any(|earlier| earlier.id.get_ref() == id) {
            let problem = format!("a second check called `{id}`");
            let fix = "give each check an id of its own";
            return Err(text.wrong_at(&check.id.span(), problem, fix));
        }
    }
    Ok(())
}

fn needs_are_known(text: &Text, checks: &[Entry]) -> Result<(), TextError> {
    let known = || checks.iter().map(|check| check.id.get_ref().as_str());
    for need in checks.iter().flat_map(|check| &check.needs) {
        let id = need.get_ref().as_str();
        if !known().any(|check| check == id) {
            let fix = match near_match(id, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name a check of this lesson, or leave it out".into(),
            };
            let problem = format!("no check of this lesson is called `{id}`");
            return Err(text.wrong_at(&need.span(), problem, fix));
        }
    }
    Ok(())
}

/// Follows the needs from each check. Whoever comes back to where they started has found a circle.
fn needs_lead_nowhere_in_a_circle(text: &Text, checks: &[Entry]) -> Result<(), TextError> {
    let find = |id: &str| checks.iter().find(|check| check.id.get_ref() == id);
    for start in checks {
        let mut seen: Vec<&str> = Vec::new();
        let mut ahead: Vec<&Spanned<String>> = start.needs.iter().collect();
        while let Some(need) = ahead.pop() {
            let id = need.get_ref().as_str();
            if id == start.id.get_ref() {
                let problem = format!("`{id}` needs itself, in a circle");
                let fix = "leave out one of these needs, so that some check comes first";
                return Err(text.wrong_at(&need.span(), problem, fix));
            }
            if !seen.contains(&id) {
                seen.push(id);
                ahead.extend(find(id).into_iter().flat_map(|check| &check.needs));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"title = "TCP echo"
summary = "Send it back"
needs = ["file-ipc"]
minutes = 60

[[check]]
id = "echoes_hello"
title = "`hello!` comes back"
points = 1
hints = ["a", "b"]

[[check]]
id = "half_close"
title = "after the half-close"
points = 2
needs = ["echoes_hello"]
hints = ["a", "b"]

[explanations]
at_end = """Your server answers
    only at end of stream."""
"#;

    fn read(content: &str) -> Result<Lesson, String> {
        let text = Text { path: "lesson.toml".into(), content: content.into() };
        Lesson::parse("tcp-echo".into(), text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_lesson_is_read_in_its_order() {
        let lesson = read(GOOD).unwrap();
        assert_eq!((lesson.title.as_str(), lesson.minutes, lesson.points()), ("TCP echo", 60, 3));
        assert_eq!(lesson.needs, ["file-ipc"]);
        assert_eq!(lesson.checks[1].id, "half_close");
        assert_eq!(lesson.check("half_close").unwrap().needs, ["echoes_hello"]);
        assert_eq!(lesson.explanations["at_end"], "Your server answers only at end of stream.");
    }

    #[test]
    fn the_folder_gives_the_name() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("lesson.toml"), GOOD).unwrap();
        let lesson = Lesson::load(dir.path()).unwrap();
        assert_eq!(lesson.name, dir.path().file_name().unwrap().to_str().unwrap());
    }

    #[test]
    fn whatever_is_wrong_is_told_with_its_line_and_the_fix() {
        let half_close = "points = 2\nneeds = [\"echoes_hello\"]\nhints = [\"a\", \"b\"]";
        let wrong = [
            ("points = 2", "point = 2", ":15:1: unknown key `point`", "did you mean `points`?"),
            ("points = 2\n", "colour = 2\n", ":15:1: unknown key `colour`", "the keys here are id"),
            ("points = 2\n", "", ":12:1: the key `points` is missing", "`points = …`"),
            ("minutes = 60\n", "", ":1:1: the key `minutes` is missing", "`minutes = …`"),
            ("minutes = 60", "minutes = 0", ":4:11: a lesson takes time", "for example 60"),
            ("points = 2", "points = 0", ":15:10: a check without points", "1 point or more"),
            ("points = 2", "points = -2", ":15:10: invalid value", "a whole number"),
            ("points = 2", "points = \"2\"", ":15:10: invalid type", "without quotes"),
            ("minutes = 60", "minutes", ":4:8: key with no value", "make this line TOML"),
            (half_close, "points = 2\nhints = []", ":16:9: a check without hints", "two or three"),
            (
                "\"half_close\"",
                "\"echoes_hello\"",
                ":13:6: a second check called `echoes_hello`",
                "its own",
            ),
            ("\"half_close\"", "\"half close\"", ":13:6: no name for a check", "a-z"),
            (
                "needs = [\"echoes_hello\"]",
                "needs = [\"echo_hello\"]",
                ":16:10: no check",
                "did you mean `echoes_hello`?",
            ),
            (
                "needs = [\"echoes_hello\"]",
                "needs = [\"x\"]",
                ":16:10: no check",
                "or leave it out",
            ),
            (
                "needs = [\"echoes_hello\"]",
                "needs = [\"half_close\"]",
                ":16:10: `half_close` needs itself",
                "leave out one",
            ),
            (
                "points = 1",
                "points = 1\nneeds = [\"half_close\"]",
                ":17:10: `echoes_hello` needs itself",
                "in a circle",
            ),
            ("\"TCP echo\"", "\"\"", ":1:9: an empty text", "write a sentence"),
            ("TCP echo", "TCP \\u001b[0m", ":1:9: a control character", "in words"),
            ("at_end =", "x = \"y\"\nx =", ":21:1: duplicate key", "keep one"),
        ];
        for (good, broken, place_and_problem, fix) in wrong {
            let text = GOOD.replacen(good, broken, 1);
            assert_ne!(text, GOOD, "nothing was broken: {good}");
            let error = read(&text).expect_err(broken);
            assert!(error.contains(place_and_problem) && error.contains(fix), "{broken}\n{error}");
        }
        let error = read("title = \"t\"\nsummary = \"s\"\nminutes = 1\n").unwrap_err();
        assert!(error.contains("the lesson has no check"), "{error}");
    }
}
