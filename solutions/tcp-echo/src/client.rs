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
    // step 4: connect; send in a second thread, then half-close there; receive in this one
    let stream = TcpStream::connect(addr)?;
    let sending = stream.try_clone()?;
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        // Told before the half-close: it is known by the time the server ends in answer to that.
        let _ = tell.send(send(input, &sending));
        // Dropping `sending` would not do: `stream` still holds the connection open.
        let _ = sending.shutdown(Shutdown::Write);
    });
    receive(&stream)?;
    told.try_recv().unwrap_or(Ok(()))
    // end of step 4
}

/// Sends all of `input`, as it comes, to its end. A failure to read it is a failure, too.
fn send(mut input: impl Read, mut stream: &TcpStream) -> io::Result<()> {
    // step 5: read a part of the input, write exactly that, until there is no more
    let mut buffer = vec![0; MOST_AT_ONCE];
    loop {
        let count = input.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..count])?;
    }
    // end of step 5
}

/// Prints what comes back, exactly and at once, until the server ends.
///
/// `screen::bytes` adds nothing, and flushes: `print!` holds a line back until it is whole.
fn receive(mut stream: &TcpStream) -> io::Result<()> {
    // step 6: read what has arrived, print exactly that with screen::bytes, until the end
    let mut buffer = vec![0; MOST_AT_ONCE];
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        // Bytes, not text: a read may end in the middle of a character.
        screen::bytes(&buffer[..count])?;
    }
    // end of step 6
}
