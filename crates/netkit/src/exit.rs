//! The exit codes of every lesson's program.

/// A clean end: the quit word, or the end of one's own input.
pub const CLEAN: u8 = 0;
/// The network or the system said no; one line on stderr has the address and the cause.
pub const FAILED: u8 = 1;
/// The command line is wrong. clap ends the program with this code by itself.
pub const USAGE: u8 = 2;
/// The program panicked, or came to a step that is still to do. Rust's own code for a panic.
pub const PANICKED: u8 = 101;
