//! TCP chat, the client: calls, and then is no different from the server.
//!
//!     client ── connect ──▶ server      after this both may speak, at any time, in any order
//!     client ◀── lines ───▶ server
//!     client ── end ──────▶ server      the user's input has ended: a half-close
//!     client ◀── lines ──── server      shown to the last one
//!     client ◀── end ────── server      over; exit code 0
//!
//! Run it:    cargo run -p tcp-chat -- client
//! Grade it:  cargo test -p tcp-chat
//! Read on:   RFC 9293 section 3.6.1, half-closed connections

use std::io;
use std::net::TcpStream;

use netkit::Addr;

use crate::conversation;
use crate::telephone::Telephone;

/// Calls `addr` and talks until the conversation is over.
///
/// It does not wait for the keyboard's thread, which may sit in a read until the user types
/// something more: when `main` returns, the whole program ends.
pub(crate) fn run(addr: &Addr) -> io::Result<()> {
    todo!("step 9: connect, install the telephone, hold the conversation")
}
