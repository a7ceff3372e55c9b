//! TCP chat: two people, one connection, lines both ways.
//!
//! This file is finished: it reads the arguments and starts one of the two roles. Yours are
//! `line.rs` (steps 1 and 2), `server.rs` (3 and 4), `keyboard.rs` (5 and 6), `conversation.rs` (7
//! and 8) and `client.rs` (9); `telephone.rs` is given. The lesson is in README.md.

use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use netkit::{Addr, screen};

mod client;
mod conversation;
mod keyboard;
mod line;
mod server;
mod telephone;

/// Talk with somebody over TCP, line by line; a line that is exactly `q` hangs up
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    role: Role,
    #[command(flatten)]
    screen: screen::Options,
}

#[derive(Subcommand)]
enum Role {
    /// Wait for callers and talk with one after another; without a role, this one is taken
    Server {
        /// Where to listen, HOST:PORT; port 0 is any free one
        #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9090")]
        addr: Addr,
    },
    /// Call a server and talk
    Client {
        /// Whom to call, HOST:PORT
        #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9090")]
        addr: Addr,
    },
}

fn main() -> ExitCode {
    let args: Args = netkit::parse("server");
    args.screen.apply();
    netkit::run(|| match args.role {
        Role::Server { addr } => {
            server::run(&addr).with_context(|| format!("cannot serve on {addr}"))
        }
        Role::Client { addr } => {
            client::run(&addr).with_context(|| format!("cannot talk with {addr}"))
        }
    })
}
