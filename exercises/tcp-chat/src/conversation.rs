//! TCP chat, a conversation: two directions at the same time, and their end.
//!
//!     keyboard ── say ─────▶ ╔══════════╗      Each direction has a thread of its own and never
//!                            ║ the peer ║      waits for the other: a connection is full duplex,
//!     screen ◀── receive ─── ╚══════════╝      taking turns is a habit of people. `say` is in
//!                                              keyboard.rs, the rest is here.
//!
//!     peer ── "q\n" ──▶ you      over: close, whether or not the peer does
//!     peer ── end ────▶ you      over, too: the peer has left without a word
//!     you ── "q\n" ───▶ peer     over: close; the peer will
//!     you ── end ─────▶ peer     not over: you have nothing more to say, and still listen
//!
//! Grade it:  cargo test -p tcp-chat
//! Read on:   RFC 9293 section 3.6, closing a connection

use std::io::{self, BufReader};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;

use netkit::screen;

use crate::keyboard;
use crate::line::{self, Line};
use crate::telephone::Telephone;

/// The line that ends a conversation, when it is exactly this.
pub(crate) const QUIT: &[u8] = b"q";

/// What a peer is told before its too long line ends the conversation.
const TOO_LONG: &[u8] = b"error: line too long";

/// Holds the conversation with `peer` until it is over.
///
/// Ends well however the peer has ended it: nobody else's conversation suffers from that. The one
/// failure is that nobody reads stdout any more.
pub(crate) fn hold(phone: &Telephone, stream: TcpStream, peer: SocketAddr) -> io::Result<()> {
    todo!("step 7: put the call on the telephone; prompt; receive until it is over; close, hang up")
}

/// Says on both sides why the conversation ends: a line of `peer`'s is too long.
fn refuse(call: &TcpStream, peer: SocketAddr) -> io::Result<()> {
    screen::diagnostic(format_args!("{peer}: a line of more than {} bytes", line::LONGEST));
    line::write(call, TOO_LONG).or(Ok(())) // fails where nobody is there to read it
}

/// Shows what `peer` says, as `from IP:PORT: text`, with a prompt after it, until it is over.
///
/// What a stranger sends goes through `netkit::visible`: raw, it could drive this terminal.
fn receive(call: &TcpStream, peer: SocketAddr) -> io::Result<()> {
    todo!(
        "step 8: read line after line and show it, until `q`, a line too long, the end or an error"
    )
}
