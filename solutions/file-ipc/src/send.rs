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
    // step 1: return the mailbox's path with something added that only this process has
    let mut name = mailbox.as_os_str().to_owned();
    // A name that is always the same, "mailbox.tmp", would do for one sender. Two write into each
    // other's draft, and who is second to rename finds nothing to rename. The same folder, because
    // a rename works only within one file system: /tmp may be another.
    name.push(format!(".{}", process::id()));
    name.into()
    // end of step 1
}

/// Writes the draft: everything that `message` gives, to its end, byte for byte.
fn write(draft: &Path, mut message: impl Read) -> io::Result<()> {
    // step 2: create the draft, copy everything from the message into it, tell every failure
    // Bytes, not text: a String can't hold them all. A dead sender may have left something under
    // this name: away with it. `create` would also empty the file that a link here leads to.
    let mut file = File::create_new(draft).or_else(|error| match error.kind() {
        ErrorKind::AlreadyExists => fs::remove_file(draft).and_then(|()| File::create_new(draft)),
        _ => Err(error),
    })?;
    io::copy(&mut message, &mut file)?;
    file.flush()
    // end of step 2
}

/// Makes the finished draft the message, in one step.
fn publish(draft: &Path, mailbox: &Path) -> io::Result<()> {
    // step 3: rename the draft to the mailbox
    // Not `fs::copy`, which writes the mailbox piece by piece; and no `remove_file` before it, or
    // there is a moment without any message. A rename replaces what was there.
    fs::rename(draft, mailbox)
    // end of step 3
}
