//! How netlings ends: its exit codes, and the errors that end it early.

use grader::text::TextError;

/// Everything that was asked for passed.
pub(crate) const PASSED: u8 = 0;
/// A check failed, or `verify`, `flaky` or `skeletons --check` found a difference.
pub(crate) const FAILED: u8 = 1;
/// The command line is wrong. clap ends the program with this code by itself.
pub(crate) const USAGE: u8 = 2;
/// The student's program did not build.
pub(crate) const NO_BUILD: u8 = 3;
/// The machine or the course itself is in the way; it says nothing about the program.
pub(crate) const INFRASTRUCTURE: u8 = 4;

/// An error that ends netlings, in words, with its exit code.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) code: u8,
    pub(crate) words: String,
}

impl Stop {
    /// What was typed makes no sense.
    pub(crate) fn usage(words: impl Into<String>) -> Self {
        Self { code: USAGE, words: words.into() }
    }

    /// What was asked for was looked at, and is not so.
    pub(crate) fn failed(words: impl Into<String>) -> Self {
        Self { code: FAILED, words: words.into() }
    }

    /// The machine or the course is in the way.
    pub(crate) fn infrastructure(words: impl Into<String>) -> Self {
        Self { code: INFRASTRUCTURE, words: words.into() }
    }
}

/// The course's own files are no student's fault.
impl From<TextError> for Stop {
    fn from(error: TextError) -> Self {
        Self::infrastructure(error.to_string())
    }
}

/// The exit code for several outcomes: the machine's trouble outweighs a build that failed, and
/// that a failed check, because whoever runs this by a script has to act on it first.
pub(crate) fn worst(codes: impl IntoIterator<Item = u8>) -> u8 {
    codes.into_iter().max().unwrap_or(PASSED)
}
