//! UDP time, the server: every datagram is a question, answered by one datagram to whoever sent it.
//!
//!     client A ── "%H:%M" ──▶ ┌────────┐    One socket hears everybody. Each datagram arrives
//!     client A ◀── "09:30" ── │        │    whole or not at all, with its sender's address:
//!     client B ── "" ───────▶ │ server │    that is where the reply goes. Nothing is accepted,
//!     client B ◀── "2026-…" ─ │  :9090 │    nothing is closed, and 0 bytes are a datagram
//!     client C ── "%Q" ─────▶ │        │    like any other.
//!     client C ◀── "error: …" └────────┘
//!
//! Run it:   cargo run -p udp-time-server                       in one terminal
//!           cargo run -p udp-time-server -- client '%H:%M'     in another
//! Grade it: cargo test -p udp-time-server
//! Read:     RFC 768 (UDP, three pages)

use std::fmt::Write;
use std::io::{self, ErrorKind};
use std::net::UdpSocket;

use chrono::Local;
use netkit::{Addr, screen};

/// What an empty request asks for.
const DEFAULT_FORMAT: &str = "%Y-%m-%d %H:%M:%S";

/// The longest reply, in bytes. Whatever is asked, nothing longer is sent.
const LONGEST_REPLY: usize = 1024;

/// The most data one datagram can carry, in bytes. UDP's length field has 16 bits and counts its
/// own header of 8 (RFC 768). IPv4 leaves room for 20 bytes less: 65,507.
pub(crate) const LARGEST_DATAGRAM: usize = 65_535 - 8;

/// Serves on `addr` for ever.
///
/// `listening on IP:PORT`, with the address that the socket really has, is printed as soon as
/// datagrams can arrive.
pub(crate) fn run(addr: &Addr) -> io::Result<()> {
    // step 1: bind a UDP socket to `addr`, announce its local address, serve
    let socket = UdpSocket::bind(addr)?;
    screen::announce(socket.local_addr()?)?;
    serve(&socket)
    // end of step 1
}

/// Answers every datagram that arrives: one reply, to the address it came from.
///
/// No datagram ends the server, and neither does a client that is gone.
fn serve(socket: &UdpSocket) -> io::Result<()> {
    // step 2: for ever: receive one datagram whole, send its answer to its sender
    let mut buffer = vec![0; LARGEST_DATAGRAM]; // what does not fit is cut off and lost
    loop {
        let (length, client) = match socket.recv_from(&mut buffer) {
            Ok(arrived) => arrived,
            // Windows tells here that an earlier reply found nobody. Not this server's trouble.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => continue,
            Err(error) => return Err(error),
        };
        let reply = answer(&buffer[..length]); // not `&buffer`: behind lie older datagrams
        if let Err(error) = socket.send_to(reply.as_bytes(), client) {
            screen::diagnostic(format_args!("no reply to {client}: {}", netkit::cause(&error)));
        }
    }
    // end of step 2
}

/// The reply to `request`: this machine's local time, read now, in the format that the request
/// asks for in UTF-8; an empty one means [`DEFAULT_FORMAT`].
///
/// A request that is not UTF-8, a format that cannot be rendered and a reply longer than
/// [`LONGEST_REPLY`] are refused: the reply is then a text that begins `error:` and says why.
fn answer(request: &[u8]) -> String {
    // step 3: read the request as UTF-8, write the time in that format, or refuse with `error: …`
    let format = match str::from_utf8(request) {
        Ok("") => DEFAULT_FORMAT,
        Ok(format) => format,
        Err(_) => return "error: the format is not UTF-8".into(),
    };
    let mut time = String::new();
    // `format!` and `to_string` would panic at a format like `%Q`; `write!` gives the error back.
    match write!(time, "{}", Local::now().format(format)) {
        Ok(()) if time.len() <= LONGEST_REPLY => time,
        Ok(()) => "error: the reply would be longer than 1024 bytes".into(),
        Err(_) => "error: no time has such a format".into(),
    }
    // end of step 3
}
