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
    // step 8: open; send each typed datagram, print its answer; until either side quits
    let socket = open(&plan.addr)?;
    let prefix = format!("{} : ", plan.name);
    while let Some(datagram) = typed::datagram(&prefix)? {
        socket.send(datagram.as_bytes())?;
        if is_goodbye(datagram.as_bytes()) {
            break; // nobody answers a goodbye
        }
        let answer = receive(&socket, plan.timeout)?;
        if answer == QUIT.as_bytes() {
            break;
        }
        screen::line(netkit::visible(&answer))?;
    }
    Ok(())
    // end of step 8
}

/// A UDP socket that sends to `addr` and hears nobody else.
///
/// `connect` sends nothing. It fixes the peer: the system then drops what others send here, and it
/// reports a closed port there as ConnectionRefused.
fn open(addr: &Addr) -> io::Result<UdpSocket> {
    // step 9: look `addr` up, bind any free port in the same family (IPv4 or IPv6), connect
    let server = addr.to_socket_addrs()?.next().ok_or(ErrorKind::NotFound)?;
    let socket = UdpSocket::bind(if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
    socket.connect(server)?;
    Ok(socket)
    // end of step 9
}

/// The next datagram on `socket`. When none comes within `timeout`, an error that says so.
fn receive(socket: &UdpSocket, timeout: Duration) -> io::Result<Vec<u8>> {
    // step 10: set the time limit, receive one datagram whole
    let mut buffer = vec![0; LARGEST_DATAGRAM];
    socket.set_read_timeout(Some(timeout))?; // without it `recv` waits for ever
    let length = socket.recv(&mut buffer)?;
    buffer.truncate(length); // behind lie zeros
    Ok(buffer)
    // end of step 10
}
