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
    // step 7: look first; then rename the mailbox to a name of your own, read that file, remove it
    let mut taken = mailbox.as_os_str().to_owned();
    taken.push(format!(".{}.taken", process::id()));
    let taken = PathBuf::from(taken);
    // A look moves nothing: a folder, or a file that we may not read, is told and stays there.
    if read(mailbox)?.is_none() {
        return Ok(None);
    }
    // What counts is read after the rename. Of two receivers one finds nothing to rename.
    if let Err(error) = fs::rename(mailbox, &taken) {
        return not_yet(error, mailbox);
    }
    let message = read(&taken).inspect_err(|_| put_back(&taken, mailbox))?;
    fs::remove_file(&taken)?;
    Ok(message)
    // end of step 7
}

/// Gives what could not be read its name again, unless a newer message has that by now.
fn put_back(taken: &Path, mailbox: &Path) {
    // Not `rename`, which would replace the newer one. What is to be told is why reading failed.
    let _ = fs::hard_link(taken, mailbox).and_then(|()| fs::remove_file(taken));
}
