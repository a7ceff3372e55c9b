//! TCP echo: the solution's server against Python and socat, over one connection.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};

use crate::contest::{Contest, Opponent};
use crate::processor::OneProcessor;
use crate::server::{Server, as_server, python, socat, solution};
use crate::versus::Wanted;
use crate::{Measured, Plan};

/// How much goes there and back in one round, in bytes.
const BULK: usize = 128 << 20;

/// How much is written at a time, in bytes.
const PART: usize = 256 << 10;

/// How much goes there and back at a time where only the round trips count, in bytes.
const SMALL: usize = 64;

/// How long one round of round trips takes.
const ROUND: Duration = Duration::from_millis(100);

/// How long a single read or write may take. A server that takes longer has stopped.
const PATIENCE: Duration = Duration::from_secs(5);

/// The ways to make an echo server of socat that are tried, the block size of each in bytes. The
/// fastest stands in the table.
///
/// Larger blocks are no fair choice: socat waits until a block is written, and its own end of the
/// pipe, or cat, may wait for socat. Seen to stall with 65,536 to PIPE and with 262,144 to cat.
const SOCAT: [(u32, &str); 4] =
    [(8192, "PIPE"), (8192, "EXEC:cat"), (32_768, "EXEC:cat"), (65_536, "EXEC:cat")];

pub(crate) fn bulk(plan: &Plan) -> anyhow::Result<Measured> {
    let measure = |addr| Ok(there_and_back(addr, BULK)? / 1e6);
    compare(plan, &Contest { what: "bulk both ways", unit: "MB/s", measure })
}

pub(crate) fn round_trips(plan: &Plan) -> anyhow::Result<Measured> {
    compare(plan, &Contest { what: "64 bytes there and back", unit: "/s", measure: ping })
}

fn compare(plan: &Plan, contest: &Contest) -> anyhow::Result<Measured> {
    let solution = solution("tcp-echo")?;
    let _held = OneProcessor::hold()?;
    let ours = Server::start(as_server(&solution))?;
    echoes(ours.addr)?;
    Ok(contest.run(plan, &ours, [in_python(), fastest_socat(contest)]))
}

fn in_python() -> anyhow::Result<Opponent> {
    let server = Server::start(python("echo_server.py"))?;
    echoes(server.addr).context("the server in Python")?;
    Ok(Opponent { name: "Python".into(), server, wanted: Wanted::Above, notes: Vec::new() })
}

/// Tries each way to make an echo server of socat, and keeps the fastest.
fn fastest_socat(contest: &Contest) -> anyhow::Result<Opponent> {
    let mut best: Option<(f64, Opponent)> = None;
    let mut tried = Vec::new();
    for (block, echo) in SOCAT {
        let name = format!("socat -b {block} … {echo}");
        let listen = "TCP-LISTEN:0,bind=127.0.0.1,fork,reuseaddr";
        let server = Server::start(socat(block, listen, echo))?;
        let result = echoes(server.addr).and_then(|()| (contest.measure)(server.addr));
        tried.push(match &result {
            Ok(figure) => format!("tried {name}: {figure:.0} {}", contest.unit),
            Err(error) => format!("tried {name}: {error:#}"),
        });
        if let Ok(figure) = result
            && best.as_ref().is_none_or(|(other, _)| figure > *other)
        {
            let opponent = Opponent { name, server, wanted: Wanted::Near, notes: Vec::new() };
            best = Some((figure, opponent));
        }
    }
    let (_, opponent) = best.context("no way to make an echo server of socat worked")?;
    Ok(Opponent { notes: tried, ..opponent })
}

fn connect(addr: SocketAddr) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&addr, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Sends 4 MiB and looks at each byte that comes back: what is measured is an echo server.
fn echoes(addr: SocketAddr) -> anyhow::Result<()> {
    let sent: Vec<u8> = (0..4_usize << 20).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect();
    let mut reading = connect(addr)?;
    let mut writing = reading.try_clone()?;
    let mut got = vec![0; sent.len()];
    thread::scope(|scope| {
        scope.spawn(|| writing.write_all(&sent));
        reading.read_exact(&mut got).map_err(|error| stopped(&error))
    })?;
    ensure!(got == sent, "an echo of 4 MiB came back changed");
    Ok(())
}

/// Bytes a second, each counted once, from the first byte written to the last byte read.
fn there_and_back(addr: SocketAddr, total: usize) -> anyhow::Result<f64> {
    let mut reading = connect(addr)?;
    let mut writing = reading.try_clone()?;
    let start = Instant::now();
    let (written, read) = thread::scope(|scope| {
        let writer = scope.spawn(move || {
            let part = vec![b'n'; PART];
            (0..total / PART).try_for_each(|_| writing.write_all(&part))
        });
        let read = read_all(&mut reading, total);
        // After an error nobody reads any more: let the writer know.
        if read.is_err() {
            let _ = reading.shutdown(Shutdown::Both);
        }
        (writer.join().expect("it does not panic"), read)
    });
    let took = start.elapsed();
    read.and(written).map_err(|error| stopped(&error))?;
    Ok(total as f64 / took.as_secs_f64())
}

/// What it means that not everything came back.
fn stopped(error: &io::Error) -> anyhow::Error {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => anyhow!("stalled"),
        _ => anyhow!("ended on the way: {error}"),
    }
}

fn read_all(stream: &mut TcpStream, total: usize) -> io::Result<()> {
    let mut buffer = vec![0; PART];
    let mut left = total;
    while left > 0 {
        let most = left.min(PART);
        match stream.read(&mut buffer[..most])? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            count => left -= count,
        }
    }
    Ok(())
}

/// Round trips a second, one at a time.
fn ping(addr: SocketAddr) -> anyhow::Result<f64> {
    let mut stream = connect(addr)?;
    stream.set_nodelay(true)?;
    let mut buffer = [b'n'; SMALL];
    let mut round_trip = || stream.write_all(&buffer).and_then(|()| stream.read_exact(&mut buffer));
    for _ in 0..100 {
        round_trip()?; // the server's thread or process for this connection starts
    }
    let start = Instant::now();
    let mut count = 0;
    while start.elapsed() < ROUND {
        round_trip()?;
        count += 1;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}
