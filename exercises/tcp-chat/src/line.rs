//! TCP chat, a line: found in a stream of bytes, and put into one.
//!
//!     somebody typed      你好              ok
//!     they sent           e4 bd a0 e5 a5 bd 0a 6f 6b 0a
//!     one read may give   e4 bd │ a0 e5 a5 bd 0a 6f 6b │ 0a       cut anywhere
//!     it means            你好              ok                  a line ends at its LF (0a)
//!
//! A stream has no messages, so a chat needs a mark between two of them: the LF. And UTF-8 needs
//! one to three more bytes for a character beyond ASCII, which a read may cut apart. Both are no
//! trouble for a reader that collects bytes, and makes text of them when the line is whole.
//!
//! Grade it:  cargo test -p tcp-chat
//! Read on:   the documentation of std::io::BufRead; RFC 3629 is UTF-8

use std::io::{self, BufRead, Read, Write};
use std::net::TcpStream;

/// The most bytes that a line may have, its end not counted.
pub(crate) const LONGEST: usize = 8192;

/// What a stream gives next, whether it comes from a peer or from the keyboard.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line, without its end. Any bytes but LF: nobody has looked yet whether they are UTF-8.
    Text(Vec<u8>),
    /// A line of more than [`LONGEST`] bytes, which are lost.
    TooLong {
        /// Whether its end was read, too; else the rest of it is still to come.
        ended: bool,
    },
    /// The stream has ended. There is no line after this.
    End,
}

/// Reads the next line of `input`: up to an LF, which is dropped with one CR before it, or up to
/// the end of the stream, where a last line counts although it has no LF.
///
/// It never keeps more than a line of [`LONGEST`] bytes and its end, whatever comes. `input` has
/// to be the same from the first line to the last: it may have read on, into the next line.
pub(crate) fn read(input: &mut impl BufRead) -> io::Result<Line> {
    todo!(
        "step 1: read up to an LF, but never more than the longest line with CR and LF; say what it is"
    )
}

/// Sends `text` as a line: with the LF that tells the other side where it ends.
pub(crate) fn write(mut stream: &TcpStream, text: &[u8]) -> io::Result<()> {
    todo!("step 2: send the text and an LF, in one piece")
}
