//! `netlings learn`, and bare `netlings` in a terminal: the learner's seat. Saves are noticed, built
//! and graded; the first failure is explained; everything else is a key away.

pub(crate) mod command;
pub(crate) mod compiler;
mod draw;
mod editor;
mod full;
mod grading;
pub(crate) mod keys;
mod message;
mod plain;
mod scratch;
mod seat;
pub(crate) mod terminal;
mod watch;
pub(crate) mod work;

use std::io::IsTerminal;

use clap::Args;

use crate::course::Course;
use crate::ending::Stop;
use crate::screen::Screen;
use crate::words::learn as words;

#[derive(Args, Default)]
pub(crate) struct Options {
    /// Lines of text instead of a full screen: for screen readers, editors' terminals and scripts
    #[arg(long)]
    plain: bool,
    /// Look for saves again and again, where the system doesn't tell of them; on the shares of other
    /// systems that are known (WSL2's, NFS, SMB) this is done anyway
    #[arg(long)]
    poll: bool,
}

/// Whether there is a terminal that a full screen can be drawn on.
pub(crate) fn has_terminal() -> bool {
    std::io::stdout().is_terminal()
        && std::io::stdin().is_terminal()
        && std::env::var_os("TERM").is_none_or(|name| name != "dumb")
}

pub(crate) fn run(course: &Course, screen: &Screen, options: &Options) -> Result<u8, Stop> {
    if course.lessons.is_empty() {
        return Err(Stop::infrastructure(words::NO_LESSONS));
    }
    if options.plain {
        return plain::run(course, screen, options.poll);
    }
    if !has_terminal() {
        return Err(Stop::usage(words::NO_TERMINAL));
    }
    full::run(course, screen.look.color, options.poll)
}
