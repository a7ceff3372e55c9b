//! Two programs, one file: the receiver. It waits for a message and prints it, byte for byte.
//!
//!     is there a mailbox? ─ no ─▶ a short pause ─▶ is there a mailbox? ─ yes ─▶ read it all
//!             │
//!             └─ there can be none: the folder is missing ─▶ an error, at once
//!
//! Run it:    cargo run -p file-ipc                     waits for ever; Ctrl-C ends it
//!            cargo run -p file-ipc -- recv --timeout 5 --take
//! Grade it:  cargo test -p file-ipc
//! Read on:   std::fs::read, std::io::ErrorKind

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use netkit::screen;

use crate::take::take_away;

/// How long to wait before looking again. A longer pause makes every message late by that much; a
/// loop without one looks a million times a second and keeps a processor busy with it.
const PAUSE: Duration = Duration::from_millis(10);

/// Waits for a message in `mailbox` and prints exactly its bytes.
///
/// Without `timeout` it waits for ever. With `take` the message is gone from the mailbox then.
pub(crate) fn run(mailbox: &Path, timeout: Option<Duration>, take: bool) -> io::Result<()> {
    let look = if take { take_away } else { read };
    let message = wait_for_message(timeout, || look(mailbox))?;
    // `screen::bytes` adds nothing; `println!` would end the message with a newline.
    screen::bytes(&message)
}

/// Looks again and again until there is a message, with a pause in between; at most for `timeout`.
fn wait_for_message(
    timeout: Option<Duration>,
    look: impl Fn() -> io::Result<Option<Vec<u8>>>,
) -> io::Result<Vec<u8>> {
    // step 4: in a loop: look for a message; if there is none and time is left, pause and look again
    let begun = Instant::now();
    loop {
        // First look, then ask the clock: what is there is got even with `--timeout 0`.
        if let Some(message) = look()? {
            return Ok(message);
        }
        if timeout.is_some_and(|most| begun.elapsed() >= most) {
            return Err(ErrorKind::TimedOut.into());
        }
        thread::sleep(PAUSE);
    }
    // end of step 4
}

/// Reads the message; `None` when there is none yet.
pub(crate) fn read(mailbox: &Path) -> io::Result<Option<Vec<u8>>> {
    // step 5: read the whole mailbox; if that fails, give the error to `not_yet`
    match fs::read(mailbox) {
        // Empty or not: a message of no bytes is a message. That it is whole is the sender's word:
        // what bears the mailbox's name is finished.
        Ok(message) => Ok(Some(message)),
        Err(error) => not_yet(error, mailbox),
    }
    // end of step 5
}

/// Tells "there is no message yet", `None`, from a failure that no waiting will mend.
pub(crate) fn not_yet(error: io::Error, mailbox: &Path) -> io::Result<Option<Vec<u8>>> {
    // step 6: return None if only the file is missing and its folder is there; else the error
    if error.kind() != ErrorKind::NotFound {
        return Err(error);
    }
    // Not found: the file, or the folder? A sender makes the one, and nobody makes the other.
    let folder = mailbox.parent().filter(|path| !path.as_os_str().is_empty());
    fs::metadata(folder.unwrap_or(Path::new(".")))?;
    Ok(None)
    // end of step 6
}
