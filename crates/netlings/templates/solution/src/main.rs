//! new-lesson: a server that says hello to whoever calls.
//!
//! This file is finished: it reads the arguments and starts the role. Yours is `server.rs`
//! (steps 1 and 2). The lesson is in README.md.

use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use netkit::{Addr, screen};

mod server;

/// Say hello to whoever calls
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    role: Role,
    #[command(flatten)]
    screen: screen::Options,
}

#[derive(Subcommand)]
enum Role {
    /// Say hello to every client; without a role, this one is taken
    Server {
        /// Where to listen, HOST:PORT; port 0 is any free one
        #[arg(long, default_value = "127.0.0.1:9090")]
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
    })
}
