//! Also right: one name for all drafts, and senders that wait for each other's lock; a reader that
//! waits 200 milliseconds between two looks.
//!
//! The lock is the system's (`File::lock`): it ends with the program that holds it, so a dead
//! sender is in nobody's way. A lock file that has to be removed would be.
//!
//! Run it: `cargo run -p file-ipc-solution --example one_draft_and_a_lock`

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};

const PAUSE: Duration = Duration::from_millis(200);

#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    role: Role,
    /// The mailbox
    #[arg(long, global = true, default_value = "./mailbox")]
    file: PathBuf,
    #[command(flatten)]
    screen: netkit::screen::Options,
}

#[derive(Subcommand)]
enum Role {
    /// Put a message into the mailbox
    Send { text: OsString },
    /// Wait for a message and print it
    Recv {
        #[arg(long, value_parser = netkit::seconds)]
        timeout: Option<Duration>,
        #[arg(long)]
        take: bool,
    },
}

fn main() -> ExitCode {
    let args: Args = netkit::parse("recv");
    let done = match &args.role {
        Role::Send { text } => send(&args.file, text),
        Role::Recv { timeout, take } => receive(&args.file, *timeout, *take),
    };
    match done {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("{}: {}", args.file.display(), netkit::cause(&error));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn send(path: &Path, text: &OsString) -> io::Result<()> {
    let mut message = text.as_encoded_bytes().to_vec();
    if message == b"-" {
        message.clear();
        io::stdin().read_to_end(&mut message)?;
    }
    let lock = File::create(beside(path, ".lock"))?;
    lock.lock()?;
    let draft = beside(path, ".draft");
    fs::write(&draft, message)?;
    fs::rename(draft, path)
}

fn receive(path: &Path, timeout: Option<Duration>, take: bool) -> io::Result<()> {
    let end = timeout.map(|timeout| Instant::now() + timeout);
    let message = loop {
        match fs::read(path) {
            Ok(message) => break message,
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Err(error) if !folder_of(path).is_dir() => return Err(error),
            Err(_) => {}
        }
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(ErrorKind::TimedOut.into());
        }
        thread::sleep(left.unwrap_or(PAUSE).min(PAUSE));
    };
    if take {
        fs::remove_file(path)?;
    }
    io::stdout().write_all(&message)?;
    io::stdout().flush()
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
