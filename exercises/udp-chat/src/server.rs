//! UDP chat, the server: one socket hears everybody, and each is answered in turn.
//!
//!     alex   ── "alex : hello" ──▶ ┌────────┐  shows  alex : hello   in yellow on green
//!     alex   ◀── "hello, alex" ─── │        │  >>> hello, alex
//!     太白   ── "太白 : 你好" ───▶ │ server │  shows  太白 : 你好    in magenta on black
//!     太白   ◀── "你好" ────────── │  :9090 │  >>> 你好
//!     alex   ── "alex : q" ──────▶ │        │  shows it, and asks for no answer
//!     太白   ── "太白 : 再见" ───▶ └────────┘  goes on: a client's q is not ours
//!
//! Two clients may have one name, and anybody may use any. Only the address is who it was.
//!
//! Run it:   cargo run -p udp-chat                              in one terminal
//!           cargo run -p udp-chat -- client --name alex        in others
//! Grade it: cargo test -p udp-chat
//! Read:     RFC 768 (UDP, three pages)

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};

use netkit::{Addr, screen};

use crate::message::{LONGEST, QUIT, is_goodbye, painted};
use crate::typed;

/// The most data one datagram can carry, in bytes. UDP's length field has 16 bits and counts its
/// own header of 8 (RFC 768). IPv4 leaves room for 20 bytes less: 65,507.
pub(crate) const LARGEST_DATAGRAM: usize = 65_535 - 8;

/// Serves on `addr` until this program's user quits.
///
/// `listening on IP:PORT`, with the address that the socket really has, is printed as soon as
/// datagrams can arrive.
pub(crate) fn run(addr: &Addr) -> io::Result<()> {
    todo!("step 1: bind a UDP socket to `addr`, announce its local address, converse")
}

/// Shows each message and sends the user's answer to the one who sent it.
///
/// A goodbye is shown and not answered. It ends when the user types [`QUIT`], which is sent, or
/// when the user's input ends.
fn converse(socket: &UdpSocket) -> io::Result<()> {
    todo!("step 2: receive, show, and unless it says goodbye answer; until the user quits")
}

/// The next datagram of at most [`LONGEST`] bytes, and who sent it.
///
/// A longer one gets a line on stderr that names its sender, and is forgotten.
fn receive(socket: &UdpSocket) -> io::Result<(Vec<u8>, SocketAddr)> {
    todo!("step 3: receive whole datagrams until one is short enough; tell on stderr of the others")
}
