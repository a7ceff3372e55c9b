//! Two programs, one file: the receiver that takes the message out of the mailbox.
//!
//!     mailbox ─ rename ─▶ mailbox.4712.taken      now it is ours alone: read it, remove it
//!
//!     not:  read ── a new message comes ── remove      the new one is gone, and nobody read it
//!
//! Run it:    cargo run -p file-ipc -- recv --take
//! Grade it:  cargo test -p file-ipc

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;

use crate::recv::{not_yet, read};

/// Reads the message and takes it out of the mailbox; `None` when there is none yet.
///
/// Nobody else gets this message, and no message is removed that nobody has read.
pub(crate) fn take_away(mailbox: &Path) -> io::Result<Option<Vec<u8>>> {
    // step 7: rename the mailbox to a name of your own, read that, remove that
    let mut taken = mailbox.as_os_str().to_owned();
    taken.push(format!(".{}.taken", process::id()));
    let taken = PathBuf::from(taken);
    // First the rename: from then on a sender finds the place free, and two receivers that come at
    // the same moment don't get the same message: for one of them there is nothing to rename.
    if let Err(error) = fs::rename(mailbox, &taken) {
        return not_yet(error, mailbox);
    }
    let message = read(&taken)?;
    fs::remove_file(&taken)?;
    Ok(message)
    // end of step 7
}
