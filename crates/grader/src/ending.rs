//! How the course's programs end: their exit codes, and the errors that end one early.

use crate::text::TextError;

/// All that was asked for is done, and passed where something was graded.
pub const DONE: u8 = 0;
/// Something was looked at and is not as it must be: a check failed, a result is missing.
pub const FAILED: u8 = 1;
/// The command line, or a file that it names, is wrong. clap ends a program with this code by itself.
pub const USAGE: u8 = 2;
/// The student's program did not build.
pub const NO_BUILD: u8 = 3;
/// The machine or the course itself is in the way; it says nothing about the student's program.
pub const INFRASTRUCTURE: u8 = 4;

/// An error that ends a program, in words, with its exit code.
#[derive(Debug)]
pub struct Stop {
    /// The exit code.
    pub code: u8,
    /// What is said, without `error: ` before it.
    pub words: String,
}

impl Stop {
    /// What was typed, or stands in a file that was named, makes no sense.
    #[must_use]
    pub fn usage(words: impl Into<String>) -> Self {
        Self { code: USAGE, words: words.into() }
    }

    /// What was asked for was looked at, and is not as it must be.
    #[must_use]
    pub fn failed(words: impl Into<String>) -> Self {
        Self { code: FAILED, words: words.into() }
    }

    /// The machine or the course is in the way.
    #[must_use]
    pub fn infrastructure(words: impl Into<String>) -> Self {
        Self { code: INFRASTRUCTURE, words: words.into() }
    }
}

/// The course's own files are no student's fault.
impl From<TextError> for Stop {
    fn from(error: TextError) -> Self {
        Self::infrastructure(error.to_string())
    }
}
