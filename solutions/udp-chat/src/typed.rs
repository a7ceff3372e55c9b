//! UDP chat: what this program's own user types.
//!
//!     >>> see you at 10:30⏎                    a line, typed after a prompt
//!     alex : see you at 10:30                  the datagram: a prefix and the line, no newline
//!
//! A datagram has a length, so it needs no mark at its end. LONGEST counts its bytes, prefix and
//! all: 时 is one character and three bytes.
//!
//! Grade it: cargo test -p udp-chat

use std::io::{self, BufRead, Read};

use netkit::screen;

use crate::message::LONGEST;

/// Asks until the user types a line that fits, and gives the datagram: `prefix` and the line.
///
/// A line that would make the datagram longer than [`LONGEST`] bytes is refused on stderr and not
/// sent, not even in part. `None` when the input has ended.
pub(crate) fn datagram(prefix: &str) -> io::Result<Option<String>> {
    // step 7: ask for a line, put `prefix` before it; refuse it if too long, and ask again
    while let Some(line) = line()? {
        let datagram = format!("{prefix}{line}");
        if datagram.len() <= LONGEST {
            return Ok(Some(datagram)); // `chars().count()` would let too much through
        }
        screen::diagnostic(format_args!("not sent: a datagram has at most {LONGEST} bytes"));
    }
    Ok(None)
    // end of step 7
}

/// What is kept of one line, in bytes, so that a file without newlines does not fill the memory.
const LONGEST_LINE: u64 = 8192;

/// Prompts, and reads one line without its end; `None` when the input has ended. Given, finished.
///
/// Of a line of more than 8192 bytes only the start comes, which is still much too long.
fn line() -> io::Result<Option<String>> {
    screen::prompt()?;
    let (mut stdin, mut line) = (io::stdin().lock(), Vec::new());
    stdin.by_ref().take(LONGEST_LINE + 2).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    let text = match line.strip_suffix(b"\n") {
        Some(text) => text.strip_suffix(b"\r").unwrap_or(text),
        None => {
            stdin.skip_until(b'\n')?; // of a long line; at the end of the input there is nothing
            &line
        }
    };
    Ok(Some(String::from_utf8_lossy(text).into_owned()))
}
