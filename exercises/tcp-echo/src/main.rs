//! TCP echo: a server that sends back what it receives, and a client that asks it to.
//!
//! This file is finished: it reads the arguments and starts one of the two roles. Yours are
//! `server.rs` (steps 1 to 3) and `client.rs` (steps 4 to 6). The lesson is in README.md.

use std::ffi::OsString;
use std::io::{self, Cursor};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use netkit::{Addr, screen};

mod client;
mod server;

/// Send back every byte, as it arrives (RFC 862)
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    role: Role,
    #[command(flatten)]
    screen: screen::Options,
}

#[derive(Subcommand)]
enum Role {
    /// Send back to every client what it sends; without a role, this one is taken
    Server {
        /// Where to listen, HOST:PORT; port 0 is any free one
        #[arg(long, default_value = "127.0.0.1:8898")]
        addr: Addr,
    },
    /// Send a message, print what comes back, byte for byte
    Client {
        /// What to send; without it, everything that stdin gives
        message: Option<OsString>,
        /// Whom to call, HOST:PORT
        #[arg(long, default_value = "127.0.0.1:8898")]
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
        Role::Client { message, addr } => match message {
            Some(message) => client::run(&addr, Cursor::new(message.into_encoded_bytes())),
            None => client::run(&addr, io::stdin()),
        }
        .with_context(|| format!("cannot have an echo from {addr}")),
    })
}
