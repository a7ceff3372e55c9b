//! TCP chat, a conversation: two directions at the same time, and their end.
//!
//!     keyboard ── say ─────▶ ╔══════════╗      Each direction has a thread of its own and never
//!                            ║ the peer ║      waits for the other: a connection is full duplex,
//!     screen ◀── receive ─── ╚══════════╝      taking turns is a habit of people.
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

use crate::line::{self, Line};
use crate::telephone::Telephone;

/// The line that ends a conversation, when it is exactly this.
const QUIT: &[u8] = b"q";

/// Holds the conversation with `peer` until it is over.
///
/// Ends well however the peer has ended it: nobody else's conversation suffers from that. The one
/// failure is that nobody reads stdout any more.
pub(crate) fn hold(phone: &Telephone, stream: TcpStream, peer: SocketAddr) -> io::Result<()> {
    // step 5: put the call on the telephone; prompt; receive until it is over; close, hang up
    let call = Arc::new(stream);
    phone.pick_up(&call);
    let received = screen::prompt().and_then(|()| receive(&call, peer));
    // Dropping `call` closes it only when the keyboard's thread lets go of it, too. That one may
    // be stuck in a write to a peer that takes nothing; this wakes it.
    let _ = call.shutdown(Shutdown::Both); // fails where the peer has reset the connection
    phone.hang_up();
    received
    // end of step 5
}

/// Shows what `peer` says, as `from IP:PORT: text`, with a prompt after it, until it is over.
///
/// What a stranger sends goes through `netkit::visible`: raw, it could drive this terminal.
fn receive(call: &TcpStream, peer: SocketAddr) -> io::Result<()> {
    // step 6: read line after line and show it, until `q`, a line too long, the end or an error
    let mut input = BufReader::new(call); // once: it reads ahead, and a second one would miss that
    loop {
        match line::read(&mut input) {
            Ok(Line::Text(text)) if text == QUIT => return Ok(()),
            Ok(Line::Text(text)) => {
                // One call for the whole line: the keyboard's thread prints prompts meanwhile.
                screen::line(format_args!("from {peer}: {}", netkit::visible(&text)))?;
                screen::prompt()?;
            }
            Ok(Line::TooLong { .. }) => {
                return line::write(call, b"error: line too long").or(Ok(()));
            }
            Ok(Line::End) => return Ok(()),
            Err(error) => return Ok(screen::diagnostic(netkit::cause(&error))),
        }
    }
    // end of step 6
}

/// Does what the user asks for with what was typed; the keyboard's thread calls it.
///
/// A line is sent, and `q` also ends the conversation. A line too long is refused on stderr. At
/// the end of the user's input the peer is told that this was all; what it says is still shown.
pub(crate) fn say(call: &TcpStream, typed: &Line) -> io::Result<()> {
    // step 7: send a line, close after `q`; refuse a line too long; half-close at the end
    match typed {
        Line::Text(text) => {
            line::write(call, text)?;
            if text == QUIT {
                // `receive`, in the other thread, meets the end of the stream by this.
                return call.shutdown(Shutdown::Both);
            }
        }
        Line::TooLong { .. } => screen::diagnostic("not sent: a line has at most 8192 bytes"),
        Line::End => return call.shutdown(Shutdown::Write),
    }
    screen::prompt()
    // end of step 7
}
