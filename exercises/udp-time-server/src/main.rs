//! Ask the time in a format of your own: one server, one client, over UDP.

mod client;
mod question;
mod server;

use anyhow::Context;
use clap::{Parser, Subcommand};

/// Tells the local time over UDP, in the format that the asker sends
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    role: Role,
    #[command(flatten)]
    screen: netkit::screen::Options,
}

#[derive(Subcommand)]
enum Role {
    /// Answer every datagram with the time, in the format it carries (the default)
    Server {
        /// Where to listen; port 0 takes any free port
        #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9090")]
        addr: netkit::Addr,
    },
    /// Ask a server for the time, again and again
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
            client::run(&plan).with_context(|| format!("no time from {}", plan.addr))
        }
    })
}
