//! A process that does a job: in a cell, or without one.

use std::io::{self, PipeReader, PipeWriter};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cell::{Cell, Policy, Tier};

/// How long a process may take to end when all that it had to say was said, or its cell is full.
const TO_END: Duration = Duration::from_secs(5);

/// Where a process runs.
pub(crate) enum Place<'a> {
    /// As any program of the instructor's, with its temporary files there.
    Anywhere(&'a Path),
    /// In a cell on that tier.
    Cell(Tier, &'a Policy),
}

/// It runs, or has ended.
pub(super) enum Process {
    Anywhere(Child),
    Cell(Box<Cell>),
}

/// How it ended, as far as that matters.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// However it was.
    Some,
    /// It was ended since all that ran there held too much memory.
    Memory,
}

impl Process {
    /// Starts one, and gives where to write to it and to read from it.
    pub(super) fn start(place: &Place<'_>) -> io::Result<(Self, PipeWriter, PipeReader)> {
        let ((stdin, to), (from, stdout)) = (io::pipe()?, io::pipe()?);
        let own = std::env::current_exe()?;
        let process = match place {
            Place::Anywhere(scratch) => {
                let mut command = Command::new(own);
                command.arg("work").stdin(stdin).stdout(stdout).env("TMPDIR", scratch);
                #[cfg(unix)]
                {
                    use std::os::unix::process::CommandExt;
                    // Ctrl-C at a terminal is for the one process that knows what is to be ended.
                    command.process_group(0);
                }
                Self::Anywhere(command.stderr(Stdio::inherit()).spawn()?)
            }
            Place::Cell(tier, policy) => {
                let command = cell::Command::new(own).arg("work");
                #[cfg(unix)]
                let command = command.stdin(stdin).stdout(stdout);
                Self::Cell(Box::new(Cell::start_on(*tier, policy, command)?))
            }
        };
        Ok((process, to, from))
    }

    /// Sees to it that all of it is gone.
    pub(super) fn end(self) -> Ending {
        match self {
            Self::Anywhere(mut child) => {
                // Before it is waited for, since only so long nobody else can have its number.
                #[cfg(unix)]
                if let Some(group) = rustix::process::Pid::from_raw(child.id() as i32) {
                    let _ =
                        rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
                }
                #[cfg(not(unix))]
                let _ = child.kill();
                let _ = child.wait();
                Ending::Some
            }
            Self::Cell(mut cell) => {
                let ended = cell.wait_until(Instant::now() + TO_END);
                match ended {
                    Ok(Some(ended)) if ended.end == cell::End::Memory => Ending::Memory,
                    // Dropping it kills what is left.
                    _ => Ending::Some,
                }
            }
        }
    }
}
