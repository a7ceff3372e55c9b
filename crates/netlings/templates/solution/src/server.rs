//! new-lesson, the server: says hello and closes.
//!
//!     client ── connect ──▶ server
//!     client ◀── "hello" ── server
//!     client ◀── end ────── server
//!
//! Run it:    cargo run -p new-lesson          in one terminal
//!            nc 127.0.0.1 9090                in another
//! Grade it:  cargo test -p new-lesson
//! Read on:   RFC 9293 section 3.6 is about closing

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};

use netkit::{Addr, screen};

/// Serves every client that calls `addr`. Comes back only when `addr` can't be listened on.
pub(crate) fn run(addr: &Addr) -> io::Result<()> {
    let listener = listen(addr)?;
    loop {
        // One conversation's failure is not the server's: it is told, and the next one comes.
        if let Err(error) = listener.accept().and_then(|(stream, _)| greet(stream)) {
            screen::diagnostic(format_args!("one client is lost: {}", netkit::cause(&error)));
        }
    }
}

/// Gives the listening socket, once clients can reach it and stdout says where.
fn listen(addr: &Addr) -> io::Result<TcpListener> {
    // step 1: bind a listener to the address, announce the address it really has
    let listener = TcpListener::bind(addr)?;
    // Not `addr`: who asked for port 0 wants to know which port it became.
    screen::announce(listener.local_addr()?)?;
    Ok(listener)
    // end of step 1
}

/// Holds one conversation. `stream` is closed on the way out.
fn greet(mut stream: TcpStream) -> io::Result<()> {
    // step 2: write the greeting, whole, with its line's end
    stream.write_all(b"hello\n")
    // end of step 2
}
