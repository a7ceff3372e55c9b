//! UDP time, the client: ask, print, wait; ask, print, wait.
//!
//!     client                      server
//!       │── "%H:%M" ─────────▶│
//!       │◀──────── "09:30" ───│     prints 09:30
//!       ┊   the interval      ┊
//!       │── "%H:%M" ─────────▶│
//!       │◀─────── "error: …" ─│     prints it on stderr, ends with exit code 1
//!
//! How one question gets its reply, or none, is in question.rs.
//!
//! Run it:   cargo run -p udp-time-server -- client '%H:%M' --count 3
//! Grade it: cargo test -p udp-time-server

use std::io;
use std::thread;
use std::time::Duration;

use netkit::{Addr, screen};

use crate::question::ask;

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
/// A reply that begins `error:` is not printed: it is the error that this returns. What the server
/// sends is shown through [`netkit::visible`], so that it cannot drive this terminal.
pub(crate) fn run(plan: &Plan) -> io::Result<()> {
    todo!("step 4: ask `count` times, with a wait in between; print each reply, made safe to show")
}
