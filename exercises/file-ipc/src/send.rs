//! Two programs, one file: the sender. A message becomes visible whole, or not at all.
//!
//!     "hel" ─▶ mailbox.4711          a draft beside the mailbox: nobody looks there
//!     "lo!" ─▶ mailbox.4711
//!              mailbox.4711 ─ rename ─▶ mailbox      one step; there is no half of it
//!
//!     who reads `mailbox` finds the old message or the new one, never "hel"
//!
//! Run it:    cargo run -p file-ipc -- send hello!      or: … send - < some-file
//! Grade it:  cargo test -p file-ipc
//! Read on:   POSIX, `rename`; the documentation of std::fs::rename

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process;

/// Puts everything that `message` gives into `mailbox`, in place of what was there.
///
/// Where that fails, the mailbox is as before, and no draft is left lying about.
pub(crate) fn run(mailbox: &Path, message: impl Read) -> io::Result<()> {
    let draft = draft_beside(mailbox);
    let sent = write(&draft, message).and_then(|()| publish(&draft, mailbox));
    if sent.is_err() {
        // Fails where there is no draft; what is to be told is why the sending failed.
        let _ = fs::remove_file(&draft);
    }
    sent
}

/// Names this sender's draft: a path in the mailbox's own folder that no other sender uses.
fn draft_beside(mailbox: &Path) -> PathBuf {
    todo!("step 1: return the mailbox's path with something added that only this process has")
}

/// Writes the draft: everything that `message` gives, to its end, byte for byte.
fn write(draft: &Path, mut message: impl Read) -> io::Result<()> {
    todo!("step 2: create the draft, copy everything from the message into it, tell every failure")
}

/// Makes the finished draft the message, in one step.
fn publish(draft: &Path, mailbox: &Path) -> io::Result<()> {
    todo!("step 3: rename the draft to the mailbox")
}
