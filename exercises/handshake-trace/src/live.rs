//! One connection's life, step by step, in the words of the operating system.
//!
//!     step                  client          server
//!     the server listens    CLOSED          LISTEN
//!     the client calls      ESTABLISHED     ESTABLISHED
//!     the client is done    FIN-WAIT-2      CLOSE-WAIT       half-closed: the server may send on
//!     the server is done    TIME-WAIT       CLOSED           only who closed first has to wait
//!
//! A line shows what the table says, never what it ought to say. Put another order of the calls into
//! `run`, and other states come; let the server close first, and TIME-WAIT is its own.
//!
//! Run it:   cargo run -p handshake-trace
//! Grade it: cargo test -p handshake-trace
//! Read:     RFC 9293 section 3.6, figures 12 and 13

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use netkit::{Addr, screen};

use crate::state::State::{self, *};
use crate::table::{self, Row};

/// How long a step may take. Most are done at once; the acknowledgement of a FIN may be delayed, by
/// some 40 ms on Linux, by at most 500 ms anywhere (RFC 9293 section 3.8.6.3).
const PATIENCE: Duration = Duration::from_secs(2);

/// The two ends of the connection. The client has an address once it has called.
struct Ends {
    server: SocketAddr,
    client: Option<SocketAddr>,
    pause: Duration,
}

impl Ends {
    /// Waits until the table shows these two states, and prints a line with those that it shows.
    ///
    /// If they don't come within [`PATIENCE`], the line says what is there instead.
    fn show(&self, step: &str, client: State, server: State) -> io::Result<()> {
        let late = Instant::now() + PATIENCE;
        loop {
            let seen = self.states(&table::now()?);
            if seen == (client, server) || Instant::now() >= late {
                let (client, server) = seen;
                screen::line(format_args!("{step:<18} | client {client} | server {server}"))?;
                thread::sleep(self.pause);
                return Ok(());
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// What the table says of the client's end and of the server's.
    fn states(&self, table: &[Row]) -> (State, State) {
        todo!(
            "step 8: find the row of each end: its own address, the other's port; no row is CLOSED"
        )
    }
}

/// Walks one connection at `addr` through its life, shows the states after each step, rests `pause`.
pub(crate) fn run(addr: &Addr, pause: Duration) -> io::Result<()> {
    todo!(
        "step 9: listen, connect, accept; end the client's half, send on from the server, end its half"
    )
}
