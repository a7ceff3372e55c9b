//! How netlings-class ends: its exit codes, and the errors that end it early.

/// All that was asked for is done. What students got has no say in it.
pub(crate) const DONE: u8 = 0;
/// Something was looked at and is not as it must be: `merge` found ids missing or double.
pub(crate) const FAILED: u8 = 1;
/// The command line, or a file that it names, is wrong. clap ends the program with this code too.
pub(crate) const USAGE: u8 = 2;
/// The machine or the course is in the way: of all, or of some student's grading.
pub(crate) const INFRASTRUCTURE: u8 = 4;
/// Interrupted by Ctrl-C; `--resume` goes on.
pub(crate) const INTERRUPTED: u8 = 130;

/// An error that ends it, in words, with its exit code.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) code: u8,
    pub(crate) words: String,
}

impl Stop {
    /// What was typed, or stands in a file that was named, makes no sense.
    pub(crate) fn usage(words: impl Into<String>) -> Self {
        Self { code: USAGE, words: words.into() }
    }

    /// What was looked at is not as it must be.
    pub(crate) fn failed(words: impl Into<String>) -> Self {
        Self { code: FAILED, words: words.into() }
    }

    /// The machine or the course is in the way.
    pub(crate) fn infrastructure(words: impl Into<String>) -> Self {
        Self { code: INFRASTRUCTURE, words: words.into() }
    }
}
