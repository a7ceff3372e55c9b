//! How netlings ends: the exit codes of all of the course's programs, and which of several it is.

pub(crate) use grader::ending::{DONE as PASSED, FAILED, INFRASTRUCTURE, NO_BUILD, Stop, USAGE};

/// The exit code for several outcomes: the machine's trouble outweighs a build that failed, and
/// that a failed check, because whoever runs this by a script has to act on it first.
pub(crate) fn worst(codes: impl IntoIterator<Item = u8>) -> u8 {
    codes.into_iter().max().unwrap_or(PASSED)
}
