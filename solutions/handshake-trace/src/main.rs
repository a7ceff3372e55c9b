//! Handshake trace: in which state is a connection, and who says so?
//!
//! This file is finished: it reads the arguments and starts one of the four roles. Yours are
//! `machine.rs` (steps 1 and 2), `state.rs` (3), `table.rs` (4 and 5), `watch.rs` (6 and 7) and
//! `live.rs` (8 and 9). The lesson is in README.md.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::{Parser, Subcommand, ValueEnum};
use netkit::{Addr, screen};

use machine::Event;
use state::State;

mod live;
mod machine;
mod state;
mod table;
mod watch;

/// Tells the states that TCP connections are in (RFC 9293 section 3.3.2)
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    role: Role,
    #[command(flatten)]
    screen: screen::Options,
}

#[derive(Subcommand)]
enum Role {
    /// Take one connection through its life, show both ends' states (the default)
    Live {
        /// Where its server listens; port 0 takes any free port
        #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
        addr: Addr,
        /// Seconds to rest after each step, for whoever watches
        #[arg(long, value_name = "SECS", default_value = "0", value_parser = netkit::seconds)]
        pause: Duration,
    },
    /// Print the rows of a file that was copied from /proc/net/tcp or tcp6
    Table {
        /// The file
        file: PathBuf,
    },
    /// Print the rows that have this port at either end, then each change
    Watch {
        /// Whose port to watch
        #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9090")]
        addr: Addr,
        /// How many seconds to watch
        #[arg(long = "for", value_name = "SECS", default_value = "60", value_parser = netkit::seconds)]
        time: Duration,
    },
    /// Say what becomes of a state when something happens
    Next {
        /// Where one end of a connection is
        state: State,
        /// What happens there
        event: Event,
    },
}

fn main() -> ExitCode {
    let args: Args = netkit::parse("live");
    args.screen.apply();
    netkit::run(|| match args.role {
        Role::Live { addr, pause } => {
            live::run(&addr, pause).with_context(|| format!("no connection at {addr}"))
        }
        Role::Table { file } => {
            table::run(&file).with_context(|| format!("cannot show {}", file.display()))
        }
        Role::Watch { addr, time } => {
            watch::run(&addr, time).with_context(|| format!("cannot watch {addr}"))
        }
        Role::Next { state, event } => {
            let happens = event.to_possible_value();
            let happens = happens.as_ref().map_or("", |value| value.get_name());
            let (to, sent) = machine::next(state, event)
                .ok_or_else(|| anyhow!("in {state} there is no transition for {happens}"))?;
            let sent = sent.map_or(String::new(), |segment| format!(" send {segment}"));
            Ok(screen::line(format_args!("{to}{sent}"))?)
        }
    })
}
