//! Two programs, one file: `send` puts a message into a mailbox, `recv` waits for it.
//!
//! This file is finished: it reads the arguments and starts one of the two roles. Yours are
//! `send.rs` (steps 1 to 3), `recv.rs` (steps 4 to 6) and `take.rs` (step 7). The lesson is in
//! README.md.

use std::ffi::OsString;
use std::io::{self, Cursor};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Parser, Subcommand};
use netkit::screen;

mod recv;
mod send;
mod take;

/// Hand a message from one program to another through a file
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    role: Role,
    #[command(flatten)]
    screen: screen::Options,
}

#[derive(Subcommand)]
enum Role {
    /// Put a message into the mailbox; it replaces the one before
    Send {
        /// What to send; `-` sends everything that stdin gives
        text: OsString,
        /// The mailbox
        #[arg(long, value_name = "PATH", default_value = "./mailbox")]
        file: PathBuf,
    },
    /// Wait for a message and print it, byte for byte; without a role, this one is taken
    Recv {
        /// The mailbox
        #[arg(long, value_name = "PATH", default_value = "./mailbox")]
        file: PathBuf,
        /// How long to wait, in seconds; without it, for ever
        #[arg(long, value_name = "SECS", value_parser = netkit::seconds)]
        timeout: Option<Duration>,
        /// Take the message out of the mailbox
        #[arg(long)]
        take: bool,
    },
}

fn main() -> ExitCode {
    let args: Args = netkit::parse("recv");
    args.screen.apply();
    netkit::run(|| match args.role {
        Role::Send { text, file } => match text.to_str() {
            Some("-") => send::run(&file, io::stdin()),
            _ => send::run(&file, Cursor::new(text.into_encoded_bytes())),
        }
        .with_context(|| format!("cannot send to {}", file.display())),
        Role::Recv { file, timeout, take } => recv::run(&file, timeout, take)
            .with_context(|| format!("cannot receive from {}", file.display())),
    })
}
