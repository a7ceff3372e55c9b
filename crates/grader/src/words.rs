//! The engine's own sentences.

/// When no probe confirmed a misconception.
pub(crate) const CAUSE_OPEN: &str = "Why is open: no further experiment could name the cause. \
    Read the conversation from the top and find the first row that you did not expect.";

/// Under a failure of the machine.
pub(crate) const MACHINE: &str = "This machine could not run the check. It says nothing about \
    your program, and it costs no points.";
