//! UDP time, the client: ask, wait for the reply a while, ask again if it does not come.
//!
//!     client                      server
//!       │── "%H:%M" ───────▶ ✗                a datagram may get lost, and nobody says so:
//!       ┊   1 s, nothing                      only the client's own clock can tell
//!       │── "%H:%M" ─────────▶│
//!       │◀──────── "09:30" ───│
//!       │◀─ "23:59" ── a stranger             any program may send here; a connected socket
//!                                             takes datagrams from its one peer alone
//!
//! Run it:   cargo run -p udp-time-server -- client '%H:%M' --count 3
//! Grade it: cargo test -p udp-time-server
//! Read:     RFC 1122 section 4.1.3; RFC 8085 section 3.3 (lost and doubled datagrams)

use std::io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
use std::io::{self, ErrorKind};
use std::net::{ToSocketAddrs, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use netkit::{Addr, screen};

use crate::server::LARGEST_DATAGRAM;

/// What to ask, whom, and how patiently. The comments are also the text of `client --help`.
#[derive(clap::Args)]
pub(crate) struct Plan {
    /// The format to ask for, as in strftime; without one the server chooses
    #[arg(default_value = "")]
    pub(crate) format: String,
    /// Whom to ask
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9090")]
    pub(crate) addr: Addr,
    /// Seconds to wait after a reply before asking for the next
    #[arg(long, value_name = "SECS", default_value = "2", value_parser = netkit::seconds)]
    pub(crate) interval: Duration,
    /// How many replies to print; without it, one after another for ever
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
    /// Seconds to wait for a reply before asking again
    #[arg(long, value_name = "SECS", default_value = "1", value_parser = netkit::positive_seconds)]
    pub(crate) timeout: Duration,
    /// How often to ask again for a reply that does not come
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) retries: u32,
}

/// Asks, prints the reply as one line, waits `plan.interval`; does so `plan.count` times.
///
/// A reply that begins `error:` is not printed: it is the error that this returns.
pub(crate) fn run(plan: &Plan) -> io::Result<()> {
    // step 5: `count` times: wait (not before the first), ask, print the reply made safe
    for turn in 0..plan.count.unwrap_or(u64::MAX) {
        if turn > 0 {
            thread::sleep(plan.interval);
        }
        let reply = netkit::visible(&ask(plan)?); // a stranger's text may hold terminal codes
        if reply.starts_with("error:") {
            return Err(io::Error::other(reply));
        }
        screen::line(reply)?;
    }
    Ok(())
    // end of step 5
}

/// The reply to one question, asked once and up to `plan.retries` times more.
///
/// Without any reply the error is [`TimedOut`]. That nobody listens at the address is
/// reported at once, where the system tells.
fn ask(plan: &Plan) -> io::Result<Vec<u8>> {
    // step 6: send the format, wait for a reply; ask again `retries` times, then give up
    let socket = open(&plan.addr)?;
    for _ in 0..=plan.retries {
        socket.send(plan.format.as_bytes())?;
        if let Some(reply) = wait(&socket, plan.timeout)? {
            return Ok(reply);
        }
    }
    Err(TimedOut.into())
    // end of step 6
}

/// A UDP socket that sends to `addr` and hears nobody else. Every question takes a new one.
///
/// A new socket has a new port: a late reply to the last question finds the old one gone, and
/// cannot pass for the answer to this one. `connect` sends nothing. It fixes the peer: the system
/// then drops what others send here, and it reports a closed port there as ConnectionRefused.
fn open(addr: &Addr) -> io::Result<UdpSocket> {
    // step 7: look `addr` up, bind any port in the same family (IPv4 or IPv6), connect
    let server = addr.to_socket_addrs()?.next().ok_or(ErrorKind::NotFound)?;
    let socket = UdpSocket::bind(if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
    socket.connect(server)?;
    Ok(socket)
    // end of step 7
}

/// The next datagram on `socket`, or `None` when none has come within `timeout`.
fn wait(socket: &UdpSocket, timeout: Duration) -> io::Result<Option<Vec<u8>>> {
    // step 8: receive one datagram, but wait no longer than the deadline
    let deadline = Instant::now() + timeout;
    let mut buffer = vec![0; LARGEST_DATAGRAM];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None); // a time limit of zero would be an error (InvalidInput)
        }
        socket.set_read_timeout(Some(left))?;
        match socket.recv(&mut buffer) {
            Ok(length) => return Ok(Some(buffer[..length].to_vec())),
            // Unix says WouldBlock, Windows TimedOut. Interrupted: stopped and continued (fg).
            Err(error) if matches!(error.kind(), WouldBlock | TimedOut | Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
    // end of step 8
}
