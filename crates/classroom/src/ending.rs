//! How netlings-class ends: the exit codes of all of the course's programs, and one more.

pub(crate) use grader::ending::{DONE, FAILED, INFRASTRUCTURE, Stop, USAGE};

/// Interrupted by Ctrl-C; `--resume` goes on.
pub(crate) const INTERRUPTED: u8 = 130;
