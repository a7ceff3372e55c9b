//! `netlings inside`: becomes a program on a host of a lab that another netlings has. Hidden: `trace`
//! has the grading engine start a lesson's programs by it, and `lab sh` becomes it.
//!
//! A process that enters a user namespace may have one thread only. So this comes first in `main`,
//! before anything is watched for.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use wirelab::Entrance;

use crate::ending::Stop;
use crate::words;

#[derive(Args)]
pub(crate) struct Options {
    /// Where the host is found
    #[arg(value_name = "ENTRANCE")]
    entrance: Entrance,
    /// A file that is seen in the place of /etc/hosts, where that can be had
    #[arg(long, value_name = "FILE")]
    hosts: Option<PathBuf>,
    /// The program and its arguments
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    #[arg(required = true)]
    line: Vec<OsString>,
}

/// Becomes the program. Comes back only when that failed.
pub(crate) fn run(options: &Options) -> Stop {
    if let Err(error) = options.entrance.enter() {
        return Stop::infrastructure(words::lab::cannot_enter(&error));
    }
    if let Some(file) = &options.hosts {
        // Without it hosts are called by their addresses, as `lab` says.
        let _ = Entrance::see_as_hosts_file(file);
    }
    let program = &options.line[0];
    let mut command = Command::new(program);
    command.args(&options.line[1..]);
    Stop::infrastructure(words::cannot_run(program.as_ref(), &become_it(&mut command)))
}

#[cfg(unix)]
fn become_it(command: &mut Command) -> std::io::Error {
    std::os::unix::process::CommandExt::exec(command)
}

#[cfg(not(unix))]
fn become_it(_: &mut Command) -> std::io::Error {
    std::io::ErrorKind::Unsupported.into()
}
