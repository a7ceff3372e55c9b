//! Also right: four threads that share one socket, a format reader of its own that knows only what
//! every server must, and a client that polls. Arguments and errors without clap or netkit.

use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};
use std::process::exit;
use std::time::{Duration, Instant};
use std::{env, thread};

use chrono::{DateTime, Datelike, Local, Timelike};

const USAGE: &str = "usage: [server] [--addr HOST:PORT] [--color auto|always|never]
       client [FORMAT] [--addr HOST:PORT] [--interval SECS] [--count N] [--timeout SECS]
              [--retries N] [--color auto|always|never]";

fn main() {
    let mut words: Vec<String> = env::args().skip(1).collect();
    if words.first().is_none_or(|word| word.starts_with('-')) {
        words.insert(0, "server".into());
    }
    let role = words.remove(0);
    if role != "server" && role != "client" {
        usage(&format!("invalid role {role:?}"));
    }
    if words.iter().any(|word| word == "--help" || word == "-h") {
        println!("{USAGE}");
        return;
    }
    let mut options = Options::default();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or_else(|| usage(&format!("{word} needs a value")));
        match word.as_str() {
            "--addr" => options.addr = checked_addr(value()),
            "--color" if ["auto", "always", "never"].contains(&value().as_str()) => {}
            "--interval" if role == "client" => options.interval = seconds(&value()),
            "--timeout" if role == "client" => options.timeout = seconds(&value()),
            "--count" if role == "client" => options.count = number(&value()),
            "--retries" if role == "client" => options.retries = number(&value()),
            _ if role == "client" && !word.starts_with("--") => options.format = word,
            _ => usage(&format!("invalid argument {word:?}")),
        }
    }
    let done = if role == "server" { serve(&options) } else { ask_all(&options) };
    if let Err(error) = done {
        if error.kind() == ErrorKind::BrokenPipe {
            return; // nobody reads stdout any more
        }
        let cause = match error.kind() {
            ErrorKind::AddrInUse => "the address is in use".into(),
            ErrorKind::ConnectionRefused => "refused".into(),
            _ => error.to_string(),
        };
        eprintln!("{}: {cause}", options.addr);
        exit(1);
    }
}

struct Options {
    format: String,
    addr: String,
    interval: Duration,
    timeout: Duration,
    count: u64,
    retries: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            format: String::new(),
            addr: "127.0.0.1:9090".into(),
            interval: Duration::from_secs(2),
            timeout: Duration::from_secs(1),
            count: u64::MAX,
            retries: 3,
        }
    }
}

fn usage(what: &str) -> ! {
    eprintln!("{what}\n{USAGE}");
    exit(2)
}

fn checked_addr(addr: String) -> String {
    let port_is_fine = |port: &str| port.parse::<u16>().is_ok();
    match addr.rsplit_once(':') {
        Some((host, port)) if port_is_fine(port) && !host.is_empty() => addr,
        _ => usage(&format!("invalid address {addr}, it must be HOST:PORT")),
    }
}

fn seconds(typed: &str) -> Duration {
    let value = typed.parse().ok().and_then(|value| Duration::try_from_secs_f64(value).ok());
    value.unwrap_or_else(|| usage(&format!("invalid time {typed:?}")))
}

fn number(typed: &str) -> u64 {
    typed.parse().unwrap_or_else(|_| usage(&format!("invalid number {typed:?}")))
}

fn serve(options: &Options) -> io::Result<()> {
    let socket = UdpSocket::bind(&options.addr)?;
    println!("listening on {}", socket.local_addr()?);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut buffer = vec![0; 65_536];
                loop {
                    let Ok((length, client)) = socket.recv_from(&mut buffer) else { continue };
                    let reply = render(&buffer[..length], Local::now());
                    let _ = socket.send_to(&reply.unwrap_or_else(|why| why.into()), client);
                }
            });
        }
    });
    Ok(())
}

/// The time in the format `request`, of which only what every server must know is known here.
fn render(request: &[u8], now: DateTime<Local>) -> Result<Vec<u8>, &'static str> {
    let text = str::from_utf8(request).map_err(|_| "error: not UTF-8")?;
    let mut chars = if text.is_empty() { "%Y-%m-%d %H:%M:%S" } else { text }.chars();
    let mut reply = Vec::new();
    while let Some(c) = chars.next() {
        match c {
            '\0' => return Err("error: NUL is not a character of a format"),
            '%' => match chars.next() {
                Some('Y') => write!(reply, "{:04}", now.year()),
                Some('y') => write!(reply, "{:02}", now.year().rem_euclid(100)),
                Some('m') => write!(reply, "{:02}", now.month()),
                Some('d') => write!(reply, "{:02}", now.day()),
                Some('j') => write!(reply, "{:03}", now.ordinal()),
                Some('H') => write!(reply, "{:02}", now.hour()),
                Some('M') => write!(reply, "{:02}", now.minute()),
                Some('S') => write!(reply, "{:02}", now.second()),
                Some('%') => write!(reply, "%"),
                _ => return Err("error: only %Y %y %m %d %j %H %M %S %% are known here"),
            },
            _ => write!(reply, "{c}"),
        }
        .map_err(|_| "error: out of memory")?;
        if reply.len() > 1024 {
            return Err("error: too long");
        }
    }
    Ok(reply)
}

fn ask_all(options: &Options) -> io::Result<()> {
    let server = options.addr.to_socket_addrs()?.next().ok_or(ErrorKind::NotFound)?;
    for _ in 0..options.count {
        let mut shown = String::new();
        for c in String::from_utf8_lossy(&ask(options, server)?).chars() {
            match c {
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => shown.push('?'),
                c if c.is_control() && c != '\t' => shown.extend(c.escape_default()),
                c => shown.push(c),
            }
        }
        if shown.starts_with("error:") {
            return Err(io::Error::other(shown));
        }
        writeln!(io::stdout(), "{shown}")?;
        io::stdout().flush()?;
        thread::sleep(options.interval);
    }
    Ok(())
}

/// Every ask has a socket of its own, also the repeated ones; it looks every 2 ms.
fn ask(options: &Options, server: SocketAddr) -> io::Result<Vec<u8>> {
    for _ in 0..=options.retries {
        let socket = UdpSocket::bind(if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
        socket.connect(server)?;
        socket.set_nonblocking(true)?;
        socket.send(options.format.as_bytes())?;
        let asked = Instant::now();
        let mut buffer = vec![0; 65_536];
        while asked.elapsed() < options.timeout {
            match socket.recv(&mut buffer) {
                Ok(length) => return Ok(buffer[..length].to_vec()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    thread::sleep(Duration::from_millis(2));
                }
                Err(error) => return Err(error),
            }
        }
    }
    Err(io::Error::new(ErrorKind::TimedOut, "timed out"))
}
