//! UDP time: one question, asked until a reply comes or patience ends.
//!
//!     client                      server
//!       │── "%H:%M" ───────▶ ✗                a datagram may get lost, and nobody says so:
//!       ┊   1 s, nothing                      only the client's own clock can tell
//!       │── "%H:%M" ─────────▶│
//!       │◀─ "23:59" ── a stranger             any program may send to this port
//!       │◀──────── "09:30" ───│               the reply
//!       │◀──────── "09:30" ───│               a reply may come twice, or late
//!
//! Grade it: cargo test -p udp-time-server
//! Read:     RFC 1122 section 4.1.3.3 (a closed port), RFC 8085 section 3.3 (loss, repeats)

use std::io;
use std::io::ErrorKind::{Interrupted, NotFound, TimedOut, WouldBlock};
use std::net::{ToSocketAddrs, UdpSocket};
use std::time::{Duration, Instant};

use netkit::Addr;

use crate::client::Plan;
use crate::server::LARGEST_DATAGRAM;

/// The reply to one question, asked once and up to `plan.retries` times more.
///
/// Each time it waits for `plan.timeout`; without any reply the error is [`TimedOut`]. That nobody
/// listens at the address is an error at once, where the system tells.
pub(crate) fn ask(plan: &Plan) -> io::Result<Vec<u8>> {
    // step 5: open a socket; send the format and wait; ask again `retries` times, then give up
    let socket = open(&plan.addr)?;
    for _ in 0..=plan.retries {
        socket.send(plan.format.as_bytes())?;
        if let Some(reply) = wait(&socket, plan.timeout)? {
            return Ok(reply);
        }
    }
    Err(TimedOut.into())
    // end of step 5
}

/// A UDP socket that sends to `addr` and hears nobody else. Every question takes a new one.
///
/// A new socket has a new port: a late reply to the last question finds the old one gone, and
/// cannot pass for the answer to this one. `connect` sends nothing. It fixes the peer: the system
/// then drops what others send here, and it reports a closed port there as ConnectionRefused.
fn open(addr: &Addr) -> io::Result<UdpSocket> {
    // step 6: look `addr` up, bind any port in the same family (IPv4 or IPv6), connect
    let server = addr.to_socket_addrs()?.next().ok_or(NotFound)?;
    let socket = UdpSocket::bind(if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
    socket.connect(server)?;
    Ok(socket)
    // end of step 6
}

/// The next datagram on `socket`, or `None` when none has come within `timeout`.
fn wait(socket: &UdpSocket, timeout: Duration) -> io::Result<Option<Vec<u8>>> {
    // step 7: receive one datagram, but wait no longer than the deadline
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
    // end of step 7
}
