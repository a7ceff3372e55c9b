//! How a cell ended.

use std::fmt;
use std::time::Duration;

/// How a cell's program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// By itself, with this exit code.
    Exited(i32),
    /// By this signal. Beyond a limit of CPU time that is SIGXCPU, beyond one of a file's size
    /// SIGXFSZ.
    Signal(i32),
    /// It was ended when its time (`Limits::wall`) was over.
    Wall,
    /// It was ended since the cell held more than `Limits::memory`.
    Memory,
    /// It was ended by order of the cell's owner.
    Killed,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
            Self::Wall => f.write_str("ended at its limit of time"),
            Self::Memory => f.write_str("ended at its limit of memory"),
            Self::Killed => f.write_str("ended by order"),
        }
    }
}

/// What is known of a cell whose processes are all gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How its program ended.
    pub end: End,
    /// CPU time of all processes of the cell together, user and system.
    pub cpu: Duration,
    /// Memory (resident, bytes) of its largest process at its peak. The kernel takes what a process
    /// held before exec(2) into account; so it is no less than what the owner held at the start.
    pub peak_memory: u64,
    /// So many processes were still there when the program had ended, and were killed then.
    pub left_behind: u32,
}

/// A program's whole run, with what it wrote ([`Cell::output`](crate::Cell::output)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// How it ended.
    pub ended: Ended,
    /// What came on stdout, up to the limit.
    pub stdout: Vec<u8>,
    /// What came on stderr, up to the limit.
    pub stderr: Vec<u8>,
    /// It wrote more than the limit on one of them, and was killed then.
    pub flooded: bool,
}
