//! The course's own text files, and what is wrong in one: where, and what to write instead.

use std::error::Error;
use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// A text file that was read whole.
#[derive(Clone, Debug)]
pub struct Text {
    /// Where it stands.
    pub path: PathBuf,
    /// What stands in it.
    pub content: String,
}

impl Text {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// It cannot be read, or it is not UTF-8.
    pub fn read(path: impl Into<PathBuf>) -> Result<Self, TextError> {
        let path = path.into();
        let bytes = fs::read(&path).map_err(|error| TextError {
            problem: format!("cannot be read: {}", netkit::cause(&error)),
            fix: format!("there must be a readable file {}", shown(&path)),
            path: path.clone(),
            place: None,
        })?;
        match String::from_utf8(bytes) {
            Ok(content) => Ok(Self { path, content }),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let content = String::from_utf8_lossy(error.as_bytes()).into_owned();
                Err(Self { path, content }.wrong_at(&(at..at), "is not UTF-8", "save it as UTF-8"))
            }
        }
    }

    /// An error at the bytes `span` of this text. `problem` says what is wrong, `fix` what to do.
    pub fn wrong_at(
        &self,
        span: &Range<usize>,
        problem: impl Into<String>,
        fix: impl Into<String>,
    ) -> TextError {
        let mut at = span.start.min(self.content.len());
        while !self.content.is_char_boundary(at) {
            at -= 1;
        }
        let before = &self.content[..at];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = self.content[line_start..].lines().next().unwrap_or_default();
        TextError {
            path: self.path.clone(),
            place: Some(Place {
                line: before.matches('\n').count() + 1,
                column: before[line_start..].chars().count() + 1,
                text: netkit::visible(line.replace('\t', " ").as_bytes()),
            }),
            problem: problem.into(),
            fix: fix.into(),
        }
    }

    /// Reads this text as TOML of the form `T`, where an unknown key is an error.
    ///
    /// # Errors
    /// The text is no TOML, a key is missing, unknown or has a value of the wrong kind.
    pub fn toml<T: DeserializeOwned>(&self) -> Result<T, TextError> {
        toml::from_str(&self.content).map_err(|error| {
            let (problem, fix) = in_words(error.message());
            self.wrong_at(&error.span().unwrap_or(0..0), problem, fix)
        })
    }
}

/// What is wrong in a text file, where, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    path: PathBuf,
    place: Option<Place>,
    problem: String,
    fix: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    line: usize,
    column: usize,
    text: String,
}

impl TextError {
    /// What is wrong, without the place and the fix.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// A longer line is cut: what stands behind this column is seldom needed to find it.
        const LONGEST: usize = 72;
        let file = shown(&self.path);
        let Some(Place { line, column, text }) = &self.place else {
            return write!(f, "{file}: {}\n  fix: {}", self.problem, self.fix);
        };
        // A long line is shown from a little before the place on.
        let skipped = if *column > LONGEST { column - 1 - LONGEST / 2 } else { 0 };
        let cut: String = text.chars().skip(skipped).take(LONGEST).collect();
        let caret = column - skipped;
        writeln!(f, "{file}:{line}:{column}: {}", self.problem)?;
        writeln!(f, "  {line} | {cut}")?;
        writeln!(f, "  {:width$} | {:>caret$}", "", '^', width = line.to_string().len())?;
        write!(f, "  fix: {}", self.fix)
    }
}

impl Error for TextError {}

/// `path` as short as it can be said from where the user stands.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}

/// What the TOML reader says, as a problem and a fix.
fn in_words(message: &str) -> (String, String) {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match quoted.split_first() {
        Some((typed, known)) if message.starts_with("unknown field") => {
            let fix = match near_match(typed, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the keys here are {}", known.join(", ")),
            };
            (format!("unknown key `{typed}`"), fix)
        }
        Some((key, _)) if message.starts_with("missing field") => {
            (format!("the key `{key}` is missing"), format!("add a line `{key} = …` here"))
        }
        _ if message == "duplicate key" => {
            (message.into(), "keep one of the two, or give one of them another name".into())
        }
        _ if message.starts_with("invalid type") || message.starts_with("invalid value") => {
            let wanted = message.rsplit("expected ").next().unwrap_or_default();
            let wanted = match wanted {
                "u32" => "a whole number, 0 or more, without quotes",
                "a string" => "a text in quotes",
                "a sequence" => "a list in brackets, [\"…\", \"…\"]",
                other => other,
            };
            (
                message.split(", expected").next().unwrap_or(message).into(),
                format!("write {wanted}"),
            )
        }
        _ => {
            (message.into(), "make this line TOML: `key = \"text\"`, `key = 1`, `[[table]]`".into())
        }
    }
}

/// The one of `known` that whoever typed `typed` probably meant.
///
/// It differs in few letters, or one of the two contains the other (`echo` for `tcp-echo`).
pub fn near_match<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |word: &str| word.to_lowercase().replace(['_', ' '], "-");
    let typed = plain(typed);
    let letters = typed.chars().count();
    known
        .into_iter()
        .filter_map(|word| {
            let candidate = plain(word);
            let distance = strsim::damerau_levenshtein(&typed, &candidate);
            let contained =
                letters >= 3 && (candidate.contains(&typed) || typed.contains(&candidate));
            (distance <= 1 + letters / 4 || contained).then_some((distance, word))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_file_line_and_column_shows_the_line_and_says_the_fix() {
        let text = Text { path: "a.toml".into(), content: "x = 1\ny = 好 2\n".into() };
        let at = text.content.find('2').unwrap();
        let error = text.wrong_at(&(at..at + 1), "two is too many", "write 1");
        assert_eq!(
            error.to_string(),
            "a.toml:2:7: two is too many\n  2 | y = 好 2\n    |       ^\n  fix: write 1"
        );
    }

    #[test]
    fn the_place_of_an_empty_text_is_its_beginning() {
        let text = Text { path: "a.toml".into(), content: String::new() };
        assert!(text.wrong_at(&(7..9), "empty", "write").to_string().starts_with("a.toml:1:1: "));
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = Text { path: "a".into(), content: format!("{}!", "x".repeat(500)) };
        let shown = text.wrong_at(&(500..501), "p", "f").to_string();
        let rows: Vec<&str> = shown.lines().collect();
        assert!(rows[1].ends_with("xx!") && rows[1].len() < 80, "{shown}");
        assert_eq!(rows[1].find('!'), rows[2].find('^'));
    }

    #[test]
    fn a_file_that_is_missing_or_not_utf8_is_told_in_words() {
        let dir = tempfile::tempdir().unwrap();
        let missing = Text::read(dir.path().join("none")).unwrap_err();
        assert!(missing.to_string().contains("not found"), "{missing}");
        let path = dir.path().join("latin1");
        fs::write(&path, b"a\nb\xe9c").unwrap();
        let broken = Text::read(&path).unwrap_err();
        assert!(broken.to_string().contains("latin1:2:2: is not UTF-8"), "{broken}");
    }

    #[test]
    fn a_word_with_few_wrong_letters_or_a_part_of_one_is_found() {
        let lessons = ["tcp-echo", "udp-time-server", "udp-chat"];
        for (typed, meant) in [
            ("tcp-ehco", Some("tcp-echo")),
            ("TCP_ECHO", Some("tcp-echo")),
            ("time", Some("udp-time-server")),
            ("udpchat", Some("udp-chat")),
            ("tcp-echo-solution", Some("tcp-echo")),
            ("ip", None),
            ("handshake", None),
            ("", None),
        ] {
            assert_eq!(near_match(typed, lessons), meant, "{typed}");
        }
    }
}
