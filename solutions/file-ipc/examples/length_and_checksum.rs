//! Also right: no rename for a new message. The file says how long its message is and what its sum
//! is, and a reader that finds something else looks again. Arguments read by hand.
//!
//!     ┌─────────────┬───────────┬───────────┐    written in place, under a lock that senders
//!     │ length, 8 B │ sum, 8 B  │ message … │    hold one after the other. What a dead sender
//!     └─────────────┴───────────┴───────────┘    leaves has a wrong sum: it is no message.
//!
//! Run it: `cargo run -p file-ipc-solution --example length_and_checksum`

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::exit;
use std::thread;
use std::time::{Duration, Instant};

const USAGE: &str = "usage: length_and_checksum [recv [--timeout SECS] [--take] | send TEXT|-] \
                     [--file PATH] [--color auto|always|never]";
const HEAD: usize = 16;

fn main() {
    let mut words = std::env::args_os().skip(1).peekable();
    let is_role = |word: &OsString| word == "-" || !word.as_encoded_bytes().starts_with(b"-");
    let role = words.next_if(is_role).unwrap_or("recv".into());
    let (mut path, mut text) = (PathBuf::from("./mailbox"), None);
    let (mut timeout, mut take) = (None, false);
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--help" | "-h") => return println!("{USAGE}"),
            Some("--file") => path = words.next().unwrap_or_default().into(),
            Some("--color") => drop(words.next()),
            Some("--take") if role == "recv" => take = true,
            Some("--timeout") if role == "recv" => {
                let seconds = words.next().and_then(|word| word.to_str()?.parse().ok());
                timeout = seconds.and_then(|it| Duration::try_from_secs_f64(it).ok());
                if timeout.is_none() {
                    usage();
                }
            }
            _ if role == "send" && text.is_none() => text = Some(word),
            _ => usage(),
        }
    }
    let done = match (role.to_str(), text) {
        (Some("send"), Some(text)) => send(&path, text),
        (Some("recv"), None) => receive(&path, timeout, take),
        _ => usage(),
    };
    if let Err(error) = done {
        if error.kind() == ErrorKind::BrokenPipe {
            return; // nobody reads our stdout any more
        }
        let why = if error.kind() == ErrorKind::TimedOut {
            "timed out".into()
        } else {
            error.to_string()
        };
        eprintln!("{}: {why}", path.display());
        exit(1);
    }
}

fn usage() -> ! {
    eprintln!("{USAGE}");
    exit(2);
}

/// FNV-1a: enough to tell a part, or a mixture of two messages, from a message.
fn sum(message: &[u8]) -> u64 {
    let step = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    message.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

fn send(path: &Path, text: OsString) -> io::Result<()> {
    let mut message = text.into_encoded_bytes();
    if message == b"-" {
        message.clear();
        io::stdin().read_to_end(&mut message)?;
    }
    // The system drops the lock of a program that dies, so it is never in the next one's way.
    let mut lock_path = path.as_os_str().to_owned();
    lock_path.push(".lock");
    let lock = File::create(lock_path)?;
    lock.lock()?;
    let mut file = File::options().write(true).create(true).truncate(false).open(path)?;
    file.set_len(0)?;
    file.write_all(&(message.len() as u64).to_le_bytes())?;
    file.write_all(&sum(&message).to_le_bytes())?;
    file.write_all(&message)
}

/// The message, if there is a whole one.
fn look(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
            return fs::metadata(folder.unwrap_or(Path::new("."))).map(|_| None);
        }
        other => other?,
    };
    let Some((head, message)) = bytes.split_at_checked(HEAD) else { return Ok(None) };
    let number = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().expect("8 bytes"));
    let is_whole = number(0) == message.len() as u64 && number(8) == sum(message);
    Ok(is_whole.then(|| bytes.split_off(HEAD)))
}

fn receive(path: &Path, timeout: Option<Duration>, take: bool) -> io::Result<()> {
    let begun = Instant::now();
    let message = loop {
        if let Some(message) = look(path)? {
            break message;
        }
        if timeout.is_some_and(|most| begun.elapsed() >= most) {
            return Err(ErrorKind::TimedOut.into());
        }
        thread::sleep(Duration::from_millis(2));
    };
    if take {
        fs::remove_file(path)?;
    }
    let mut stdout = io::stdout();
    stdout.write_all(&message)?;
    stdout.flush()
}
