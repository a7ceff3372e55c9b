//! What a program shows: data on stdout, diagnostics on stderr, each flushed at once.
//!
//! Every function here can fail, because the reader of stdout may have gone (`| head -1`). Pass
//! the error up with `?`: [`run`](crate::run) then ends the program quietly, where `println!`
//! would panic.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;

use clap::{Args, ValueEnum};

/// Prints `listening on IP:PORT`, the first line of every server.
///
/// Call it when clients can really reach the socket, with the address it really has
/// (`local_addr`): who asked for port 0 learns here which one it became.
///
/// # Errors
/// stdout is closed or cannot be written.
pub fn announce(local: SocketAddr) -> io::Result<()> {
    line(format_args!("listening on {local}"))
}

/// Prints the prompt `>>> `, without a line's end.
///
/// # Errors
/// stdout is closed or cannot be written.
pub fn prompt() -> io::Result<()> {
    bytes(b">>> ")
}

/// Prints one line.
///
/// # Errors
/// stdout is closed or cannot be written.
pub fn line(text: impl fmt::Display) -> io::Result<()> {
    bytes(format!("{text}\n").as_bytes())
}

/// Writes `data` as it is, adding nothing and changing nothing.
///
/// # Errors
/// stdout is closed or cannot be written.
pub fn bytes(data: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(data).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => io::Error::new(ErrorKind::BrokenPipe, StdoutClosed),
        _ => error,
    })
}

/// Prints one line on stderr, where diagnostics go. A stderr that cannot be written is ignored:
/// there is nowhere left to say so.
pub fn diagnostic(text: impl fmt::Display) {
    let _ = io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}

/// Nobody reads this program's stdout any more. Tells it apart from a peer that hung up.
#[derive(Debug)]
pub(crate) struct StdoutClosed;

impl fmt::Display for StdoutClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stdout is closed")
    }
}

impl std::error::Error for StdoutClosed {}

/// The option that every program has: `--color auto|always|never`.
#[derive(Args, Clone, Copy, Debug)]
pub struct Options {
    /// When to use colour; auto: when stdout is a terminal and NO_COLOR is not set
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Options {
    /// Makes the choice hold for everything this program colours from now on.
    pub fn apply(self) {
        match self.color {
            Color::Auto => colored::control::unset_override(),
            Color::Always => colored::control::set_override(true),
            Color::Never => colored::control::set_override(false),
        }
    }
}
