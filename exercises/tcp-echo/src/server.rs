//! TCP echo, the server: every byte goes back as it arrives (RFC 862).
//!
//!     client ── "hel" ──▶ server      a stream has no messages: what one write sent
//!     client ◀── "hel" ── server      may arrive in two reads, two writes in one
//!     client ── "lo!" ──▶ server
//!     client ◀── "lo!" ── server
//!     client ── end ────▶ server      a read of 0 bytes: the client has sent all it had
//!     client ◀── end ──── server      so has the server: it closes
//!
//! Run it:    cargo run -p tcp-echo                     in one terminal
//!            cargo run -p tcp-echo -- client hello!    in another
//! Grade it:  cargo test -p tcp-echo
//! Read on:   RFC 862 is one page; RFC 9293 section 3.6 is about closing

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use netkit::{Addr, screen};

/// The most that one read takes, in bytes. Any size is right; a small one costs more calls.
const MOST_AT_ONCE: usize = 256 * 1024;

/// Serves every client that calls `addr`. Comes back only when `addr` can't be listened on.
pub(crate) fn run(addr: &Addr) -> io::Result<()> {
    let listener = listen(addr)?;
    serve_everyone(&listener)
}

/// Gives the listening socket, once clients can reach it and stdout says where.
fn listen(addr: &Addr) -> io::Result<TcpListener> {
    todo!("step 1: bind a listener to the address, announce the address it really has")
}

/// Accepts clients for ever and gives each a conversation of its own, in a thread of its own.
///
/// What goes wrong in one conversation is told on stderr and ends that one. So nothing here may
/// use `?` or `unwrap`: both would let a single client end everybody's server.
fn serve_everyone(listener: &TcpListener) -> ! {
    todo!("step 2: accept for ever, echo to each client in a thread, tell a failure and go on")
}

/// Holds one conversation: writes back all of each read before the next read.
///
/// Ends well when the client is done sending; `stream` is closed on the way out.
fn echo(mut stream: TcpStream) -> io::Result<()> {
    todo!("step 3: read what has arrived, write exactly that back, until a read gives 0 bytes")
}
