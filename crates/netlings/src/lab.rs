//! `netlings lab`: hosts on one wire that stay up until Ctrl-C, everything on the wire shown as it
//! happens, and `netlings lab sh HOST` from another terminal to run whatever one likes there.

#[cfg(target_os = "linux")]
mod door;
#[cfg(target_os = "linux")]
mod live;
#[cfg(target_os = "linux")]
mod place;

use std::ffi::OsString;

use clap::{Args, Subcommand};

use crate::ending::Stop;
use crate::screen::Screen;
use crate::words::lab as words;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// How many hosts there are
    #[arg(long, value_name = "N", default_value = "2")]
    #[arg(value_parser = clap::value_parser!(u8).range(2..=8))]
    hosts: u8,
    /// What the lab is called, where several run [default: lab, or lab-2, …]
    #[arg(long, value_name = "NAME", value_parser = name)]
    name: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// A shell on a host of a lab that runs, or a command there
    Sh(Shell),
}

#[derive(Args)]
struct Shell {
    /// The host: alice, bob, …
    #[arg(value_name = "HOST")]
    host: String,
    /// The lab, where several run
    #[arg(long, value_name = "NAME", value_parser = name)]
    lab: Option<String>,
    /// What to run instead of a shell
    #[arg(value_name = "COMMAND", last = true)]
    line: Vec<OsString>,
}

/// A lab's name is a folder's too.
fn name(typed: &str) -> Result<String, String> {
    let letters = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let is_right = (1..=32).contains(&typed.len())
        && typed.starts_with(letters)
        && typed.chars().all(|letter| letters(letter) || letter == '-');
    if is_right { Ok(typed.into()) } else { Err(words::NO_NAME.into()) }
}

/// Has a lab until somebody ends it, or enters one, and gives the exit code.
pub(crate) fn run(screen: &Screen, options: &Options) -> Result<u8, Stop> {
    #[cfg(target_os = "linux")]
    return match &options.command {
        Some(Command::Sh(shell)) => Err(door::go_in(shell)),
        None => live::run(screen, options),
    };
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (screen, &options.command, options.hosts, &options.name);
        Err(Stop::infrastructure(words::NOT_LINUX))
    }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn a_labs_name_is_never_a_path() {
        for right in ["lab", "lab-2", "7"] {
            assert_eq!(name(right).as_deref(), Ok(right));
        }
        for wrong in ["", ".", "..", "a/b", "-x", "Lab", "a b", "时", &"x".repeat(33)] {
            assert!(name(wrong).is_err(), "{wrong:?}");
        }
    }
}
