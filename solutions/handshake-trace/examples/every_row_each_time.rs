//! Also right: `watch` prints every row at every look and leaves the comparing to its reader, with
//! a long pause; the machine is a table of text; `live` goes over IPv6, takes its time and shows more
//! steps; a code that nobody knows is shown in small letters; the arguments are read by hand.
//!
//! Run it: `cargo run -p handshake-trace-solution --example every_row_each_time`

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::exit;
use std::thread::sleep;
use std::time::{Duration, Instant};

const USAGE: &str = "usage: every_row_each_time [live | table FILE | watch [--addr HOST:PORT] \
                     [--for SECS] | next STATE EVENT] [--color auto|always|never]";

const STATES: [&str; 13] = [
    "",
    "ESTABLISHED",
    "SYN-SENT",
    "SYN-RECEIVED",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "TIME-WAIT",
    "CLOSED",
    "CLOSE-WAIT",
    "LAST-ACK",
    "LISTEN",
    "CLOSING",
    "SYN-RECEIVED",
];

const EVENTS: [&str; 11] = [
    "passive-open",
    "active-open",
    "send",
    "close",
    "rcv-syn",
    "rcv-syn-ack",
    "rcv-ack",
    "rcv-fin",
    "rcv-fin-ack",
    "rcv-rst",
    "timeout",
];

/// One line an event: where it can happen, and what comes of it.
const MACHINE: &str = "\
passive-open CLOSED LISTEN
active-open CLOSED SYN-SENT send SYN
send LISTEN SYN-SENT send SYN
close LISTEN,SYN-SENT CLOSED
close SYN-RECEIVED,ESTABLISHED FIN-WAIT-1 send FIN
close CLOSE-WAIT LAST-ACK send FIN
rcv-syn LISTEN,SYN-SENT SYN-RECEIVED send SYN,ACK
rcv-syn-ack SYN-SENT ESTABLISHED send ACK
rcv-ack SYN-RECEIVED ESTABLISHED
rcv-ack FIN-WAIT-1 FIN-WAIT-2
rcv-ack CLOSING TIME-WAIT
rcv-ack LAST-ACK CLOSED
rcv-fin SYN-RECEIVED,ESTABLISHED CLOSE-WAIT send ACK
rcv-fin FIN-WAIT-1 CLOSING send ACK
rcv-fin FIN-WAIT-2,TIME-WAIT TIME-WAIT send ACK
rcv-fin-ack FIN-WAIT-1 TIME-WAIT send ACK
rcv-rst SYN-SENT,ESTABLISHED,FIN-WAIT-1,FIN-WAIT-2,CLOSE-WAIT,CLOSING,LAST-ACK,TIME-WAIT CLOSED
rcv-rst SYN-RECEIVED LISTEN
timeout TIME-WAIT CLOSED
";

type Row = (SocketAddr, SocketAddr, String);

fn main() {
    let mut words = std::env::args().skip(1).peekable();
    let role = words.next_if(|word| !word.starts_with('-')).unwrap_or("live".into());
    let (mut addr, mut seconds, mut rest) = ("127.0.0.1:9090".to_owned(), 60.0, Vec::new());
    while let Some(word) = words.next() {
        match word.as_str() {
            "--help" | "-h" => {
                println!("{USAGE}");
                return;
            }
            "--addr" => addr = words.next().unwrap_or_default(),
            "--for" => match words.next().and_then(|word| word.parse().ok()) {
                Some(time) if (0.0..1e9).contains(&time) => seconds = time,
                _ => usage("invalid time"),
            },
            "--color" => match words.next().as_deref() {
                Some("auto" | "always" | "never") => {}
                _ => usage("--color auto, always or never"),
            },
            _ => rest.push(word),
        }
    }
    let port = addr.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let done = match (&*role, &*rest, port) {
        ("live", [], _) => live(),
        ("table", [file], _) => table(file),
        ("watch", [], Some(port)) => watch(port, Duration::from_secs_f64(seconds)),
        ("next", [state, event], _) if STATES[1..].contains(state) && EVENTS.contains(event) => {
            next(state, event)
        }
        _ => usage("this is no question"),
    };
    match done {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {} // nobody reads our stdout
        Err(error) => {
            eprintln!("{role}: {error}");
            exit(1);
        }
        Ok(()) => {}
    }
}

fn usage(problem: &str) -> ! {
    eprintln!("{problem}\n{USAGE}");
    exit(2);
}

fn next(state: &str, event: &str) -> io::Result<()> {
    let mut edges = MACHINE.lines().filter_map(|line| {
        let (what, rest) = line.split_once(' ')?;
        let (states, answer) = rest.split_once(' ')?;
        (what == event && states.split(',').any(|from| from == state)).then_some(answer)
    });
    match edges.next() {
        Some(answer) => writeln!(io::stdout(), "{answer}"),
        None => Err(io::Error::other(format!("from {state} no way leads on by {event}"))),
    }
}

fn end(column: &[u8]) -> Option<SocketAddr> {
    let colon = column.iter().position(|byte| *byte == b':')?;
    let digits: Vec<u8> = column[..colon]
        .iter()
        .map(|byte| char::from(*byte).to_digit(16).map(|digit| digit as u8))
        .collect::<Option<_>>()?;
    let mut bytes: Vec<u8> = digits.chunks(2).map(|two| two[0] * 16 + two[two.len() - 1]).collect();
    bytes.chunks_mut(4).for_each(<[u8]>::reverse);
    let ip = match digits.len() {
        8 => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
        32 => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
        _ => return None,
    };
    let port = u16::from_str_radix(std::str::from_utf8(&column[colon + 1..]).ok()?, 16).ok()?;
    Some((ip, port).into())
}

fn rows(text: &[u8]) -> Vec<Row> {
    text.split(|byte| *byte == b'\n')
        .filter_map(|line| {
            let columns: Vec<&[u8]> =
                line.split(u8::is_ascii_whitespace).filter(|column| !column.is_empty()).collect();
            let [_, local, remote, code, ..] = *columns else { return None };
            let code = u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok()?;
            let name = STATES.get(usize::from(code)).filter(|name| !name.is_empty());
            let state = name.map_or(format!("{code:02x}"), |name| (*name).into());
            Some((end(local)?, end(remote)?, state))
        })
        .collect()
}

fn system() -> io::Result<Vec<Row>> {
    let mut all = rows(&std::fs::read("/proc/net/tcp")?);
    all.extend(rows(&std::fs::read("/proc/net/tcp6").unwrap_or_default()));
    Ok(all)
}

fn table(file: &str) -> io::Result<()> {
    for (local, remote, state) in rows(&std::fs::read(file)?) {
        writeln!(io::stdout(), "{local} {remote} {state}")?;
    }
    Ok(())
}

fn watch(port: u16, time: Duration) -> io::Result<()> {
    let end = Instant::now() + time;
    loop {
        for (local, remote, state) in system()? {
            if [local.port(), remote.port()].contains(&port) {
                writeln!(io::stdout(), "{local} {remote} {state}")?;
            }
        }
        if Instant::now() >= end {
            return Ok(());
        }
        sleep(Duration::from_millis(2200).min(end - Instant::now()));
    }
}

/// Shows the states once they have not changed for a while: long enough for somebody to read them.
fn show(step: &str, client: Option<SocketAddr>, server: SocketAddr) -> io::Result<()> {
    let states = || -> io::Result<[String; 2]> {
        let all = system()?;
        let state = |own: Option<SocketAddr>, other: Option<SocketAddr>| {
            let is_it = |row: &&Row| {
                Some(row.0) == own && (Some(row.1) == other || row.1.port() == 0 && other.is_none())
            };
            all.iter().find(is_it).map_or("CLOSED".into(), |row| row.2.clone())
        };
        Ok([state(client, Some(server)), state(Some(server), client)])
    };
    let (mut seen, mut since) = (states()?, Instant::now());
    while since.elapsed() < Duration::from_millis(800) {
        sleep(Duration::from_millis(20));
        let now = states()?;
        if now != seen {
            (seen, since) = (now, Instant::now());
        }
    }
    writeln!(io::stdout(), "{step} | client {} | server {}", seen[0], seen[1])
}

fn live() -> io::Result<()> {
    let listener = TcpListener::bind((Ipv6Addr::LOCALHOST, 0))
        .or_else(|_| TcpListener::bind(("127.0.0.1", 0)))?;
    let here = listener.local_addr()?;
    show("bind, listen", None, here)?;
    let mut client = TcpStream::connect(here)?;
    let there = Some(client.local_addr()?);
    show("connect", there, here)?;
    let (mut server, _) = listener.accept()?;
    show("accept", there, here)?;
    client.write_all(b"question")?;
    server.read_exact(&mut [0; 8])?;
    show("8 bytes", there, here)?;
    client.shutdown(Shutdown::Write)?;
    show("shutdown", there, here)?;
    server.write_all(b"answer")?;
    client.read_exact(&mut [0; 6])?;
    show("6 bytes back", there, here)?;
    drop(server);
    show("drop", there, here)?;
    drop(client);
    show("drop", there, here)
}
