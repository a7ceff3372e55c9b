//! Chat in datagrams: one server on one socket, and any number of clients with names.

mod client;
mod message;
mod server;
mod typed;

use anyhow::Context;
use clap::{Parser, Subcommand};

/// Chats over UDP: each line is one datagram, shown in its sender's colour
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    role: Role,
    #[command(flatten)]
    screen: netkit::screen::Options,
}

#[derive(Subcommand)]
enum Role {
    /// Show everybody's datagrams and answer each with a typed line (the default)
    Server {
        /// Where to listen; port 0 takes any free port
        #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9090")]
        addr: netkit::Addr,
    },
    /// Send each typed line under a name, and show the server's answer to it
    Client(client::Plan),
}

fn main() -> std::process::ExitCode {
    let args: Args = netkit::parse("server");
    args.screen.apply();
    netkit::run(|| match args.role {
        Role::Server { addr } => {
            server::run(&addr).with_context(|| format!("cannot serve on {addr}"))
        }
        Role::Client(plan) => {
            client::run(&plan).with_context(|| format!("no answer from {}", plan.addr))
        }
    })
}
