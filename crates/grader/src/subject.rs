//! The program under test: a command line, to which the grader appends a role and its arguments.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::Path;

/// `word` as a shell, and [`Subject::command_line`], read it back: as it is, or quoted.
#[must_use]
pub fn quoted_word(word: &str) -> Cow<'_, str> {
    // Fails for a word with a NUL byte, which no command line can have.
    shlex::try_quote(word).unwrap_or(Cow::Borrowed(word))
}

/// A command line that keeps a lesson's contract, or should.
#[derive(Clone, Debug)]
pub struct Subject {
    words: Vec<OsString>,
}

impl Subject {
    /// A program that stands alone, such as a crate's binary.
    #[must_use]
    pub fn program(path: impl AsRef<Path>) -> Self {
        Subject { words: vec![path.as_ref().as_os_str().to_owned()] }
    }

    /// A command line as one would type it: `python3 my_echo.py`. Quotes and backslashes work as
    /// in a POSIX shell; nothing else of a shell does.
    ///
    /// # Errors
    /// The text is empty, or a quote in it is not closed.
    pub fn command_line(text: &str) -> Result<Self, String> {
        let words = shlex::split(text).ok_or("a quote is not closed in the command line")?;
        if words.is_empty() {
            return Err("the command line is empty".into());
        }
        Ok(Subject { words: words.into_iter().map(OsString::from).collect() })
    }

    /// The same subject with one more word at its end.
    #[must_use]
    pub fn with(mut self, word: impl Into<OsString>) -> Self {
        self.words.push(word.into());
        self
    }

    /// Whether its program stands where the system would look for it: in the place named, or in a
    /// folder of the PATH. Whether it can be run shows when it is.
    #[must_use]
    pub fn can_be_found(&self) -> bool {
        let program = Path::new(&self.words[0]);
        if cfg!(windows) {
            return true; // looked for with endings that were not typed
        }
        match program.components().count() {
            1 if !self.words[0].to_string_lossy().contains('/') => std::env::var_os("PATH")
                .is_some_and(|path| {
                    std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
                }),
            _ => program.is_file(),
        }
    }

    pub(crate) fn program_word(&self) -> &OsString {
        &self.words[0]
    }

    pub(crate) fn own_arguments(&self) -> &[OsString] {
        &self.words[1..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_quoted_is_read_back_as_one_word() {
        for word in ["/clone/tcp-echo--m_1.py", "/my clone's \"echo\"", "a$b", ""] {
            let line = format!("python3 {}", quoted_word(word));
            let subject = Subject::command_line(&line).expect("it is well quoted");
            assert_eq!(subject.words, ["python3", word], "{line}");
        }
    }
}
