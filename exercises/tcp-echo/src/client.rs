//! TCP echo, the client: sends its input, prints what comes back, byte for byte (RFC 862).
//!
//!     input ── send ──▶ ╔════════════╗      both at the same time, or a long input blocks
//!                       ║ the server ║      both sides for ever: the server can't write
//!     stdout ◀ receive ─╚════════════╝      until you read, you don't read until it has read
//!
//!     client ── bytes, then end ──▶ server    half-close: "I have sent everything"
//!     client ◀── bytes, then end ── server    and still receives
//!
//! Run it:    cargo run -p tcp-echo -- client hello!       or: … client < some-file
//! Grade it:  cargo test -p tcp-echo
//! Read on:   RFC 9293 section 3.6.1, half-closed connections

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc;
use std::thread;

use netkit::{Addr, screen};

/// The most that one read takes, in bytes. Any size is right; a small one costs more calls.
const MOST_AT_ONCE: usize = 256 * 1024;

/// Sends `input` to the server at `addr` and prints what comes back, until the server ends.
///
/// Sending and receiving go on at the same time. Fails when either fails. When the server has
/// ended, it doesn't wait for more input: nobody would echo it.
pub(crate) fn run(addr: &Addr, input: impl Read + Send + 'static) -> io::Result<()> {
    todo!("step 4: connect; send in a second thread, then half-close there; receive in this one")
}

/// Sends all of `input`, as it comes, to its end. A failure to read it is a failure, too.
fn send(mut input: impl Read, mut stream: &TcpStream) -> io::Result<()> {
    todo!("step 5: read a part of the input, write exactly that, until there is no more")
}

/// Prints what comes back, exactly and at once, until the server ends.
///
/// `screen::bytes` adds nothing, and flushes: `print!` holds a line back until it is whole.
fn receive(mut stream: &TcpStream) -> io::Result<()> {
    todo!("step 6: read what has arrived, print exactly that with screen::bytes, until the end")
}
