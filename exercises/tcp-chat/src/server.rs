//! TCP chat, the server: waits to be called, talks, waits for the next call.
//!
//!     client ── connect ───▶ server       accept gives a socket for this caller alone
//!     client ── "hi\n" ────▶ server       shows "from 127.0.0.1:50812: hi"
//!     client ◀── "hello\n" ─ server       its user has typed "hello"
//!     client ── "q\n" ─────▶ server       over; the next caller, please
//!
//! One conversation after another: the system keeps further callers waiting in the listener's
//! queue meanwhile, and their connect succeeds all the same.
//!
//! Run it:    cargo run -p tcp-chat              in one terminal
//!            cargo run -p tcp-chat -- client    in another
//! Grade it:  cargo test -p tcp-chat
//! Read on:   listen(2), about the queue

use std::io;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use netkit::{Addr, screen};

use crate::conversation;
use crate::telephone::Telephone;

/// Talks with everybody who calls `addr`, one after another, until the user's input has ended.
pub(crate) fn run(addr: &Addr) -> io::Result<()> {
    let listener = listen(addr)?;
    serve(&listener, &*Telephone::install()?)
}

/// Gives the listening socket, once callers can reach it and stdout says where.
fn listen(addr: &Addr) -> io::Result<TcpListener> {
    todo!("step 3: bind a listener to the address, announce the address it really has")
}

/// Accepts callers and holds a conversation with each, until the user's input is over.
///
/// A caller that fails is told on stderr, and the next one is served. Only a failure of stdout
/// may leave this loop: `hold` has no other, so it alone may have a `?`.
fn serve(listener: &TcpListener, phone: &Telephone) -> io::Result<()> {
    todo!("step 4: until the input ends: accept, hold the conversation; print a failure and go on")
}
