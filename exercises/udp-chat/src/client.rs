//! UDP chat, the client: a line there, an answer back.
//!
//!     alex                        server
//!       │── "alex : hello" ──────▶│
//!       │◀──────── "hello, alex" ─│           prints  hello, alex
//!       │◀─ "hi!" ── a stranger               is not heard: the socket is connected
//!       │── "alex : q" ──────────▶│           and ends
//!
//! Nothing says that a datagram was lost; only a clock does.
//!
//! Run it:   cargo run -p udp-chat -- client --name alex
//! Grade it: cargo test -p udp-chat
//! Read:     RFC 1122 section 4.1.3 (UDP for hosts), RFC 8085 section 3.3 (loss)

use std::io::{self, ErrorKind};
use std::net::{ToSocketAddrs, UdpSocket};
use std::time::Duration;

use netkit::{Addr, screen};

use crate::message::{QUIT, is_goodbye};
use crate::server::LARGEST_DATAGRAM;
use crate::typed;

/// Who talks, with whom, and how patiently. The comments are also the text of `client --help`.
#[derive(clap::Args)]
pub(crate) struct Plan {
    /// The name that stands before each line, for example alex
    #[arg(long, value_parser = without_colon)]
    pub(crate) name: String,
    /// Whom to talk with
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9090")]
    pub(crate) addr: Addr,
    /// Seconds to wait for an answer
    #[arg(long, value_name = "SECS", default_value = "5", value_parser = netkit::positive_seconds)]
    pub(crate) timeout: Duration,
}

/// A name ends at the first `:`, so it has none.
fn without_colon(name: &str) -> Result<String, String> {
    if name.contains(':') { Err("invalid name, it has a `:`".into()) } else { Ok(name.into()) }
}

/// Sends each typed line as `NAME : line`, waits for the answer and prints it, made safe.
///
/// It ends when the user types [`QUIT`], which is sent, when the answer is [`QUIT`], or when the
/// input ends. That no answer comes in time is an error.
pub(crate) fn run(plan: &Plan) -> io::Result<()> {
    todo!("step 8: open; send each typed datagram, print its answer; until either side quits")
}

/// A UDP socket that sends to `addr` and hears nobody else.
///
/// `connect` sends nothing. It fixes the peer: the system then drops what others send here, and it
/// reports a closed port there as ConnectionRefused.
fn open(addr: &Addr) -> io::Result<UdpSocket> {
    todo!("step 9: look `addr` up, bind any free port in the same family (IPv4 or IPv6), connect")
}

/// The next datagram on `socket`. When none comes within `timeout`, an error that says so.
fn receive(socket: &UdpSocket, timeout: Duration) -> io::Result<Vec<u8>> {
    todo!("step 10: set the time limit, receive one datagram whole")
}
