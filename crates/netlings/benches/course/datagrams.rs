//! UDP time: the solution's server against Python and socat, one request at a time.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::contest::{Contest, Opponent};
use crate::processor::OneProcessor;
use crate::server::{Server, as_server, python, socat, solution};
use crate::versus::Wanted;
use crate::{Measured, Plan};

/// What is asked for. Its answer has 19 bytes.
const REQUEST: &[u8] = b"%Y-%m-%d %H:%M:%S";

/// How long one round takes.
const ROUND: Duration = Duration::from_millis(100);

/// How long a reply may take. Loopback loses nothing while one request is outstanding.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn requests(plan: &Plan) -> anyhow::Result<Measured> {
    let contest = Contest { what: "one request at a time", unit: "/s", measure: ask };
    let solution = solution("udp-time-server")?;
    let _held = OneProcessor::hold()?;
    let ours = Server::start(as_server(&solution))?;
    tells_the_time(ours.addr)?;
    Ok(contest.run(plan, &ours, [in_python(), with_socat()]))
}

fn in_python() -> anyhow::Result<Opponent> {
    let server = Server::start(python("time_server.py"))?;
    tells_the_time(server.addr).context("the server in Python")?;
    Ok(Opponent { name: "Python".into(), server, wanted: Wanted::Above, notes: Vec::new() })
}

fn with_socat() -> anyhow::Result<Opponent> {
    // A process for each client, which it keeps. The other form, UDP-RECVFROM, starts one for each
    // datagram.
    let server = Server::start(socat(8192, "UDP-LISTEN:0,bind=127.0.0.1,fork", "PIPE"))?;
    let notes = vec!["socat sends back what came: less work than telling the time".to_owned()];
    Ok(Opponent { name: "socat UDP-LISTEN … PIPE".into(), server, wanted: Wanted::Near, notes })
}

/// Asks once and reads the answer: what is measured is a time server.
fn tells_the_time(addr: SocketAddr) -> anyhow::Result<()> {
    let socket = client(addr)?;
    let mut reply = [0; 1024];
    socket.send(REQUEST)?;
    let length = socket.recv(&mut reply).context("no reply to a request for the time")?;
    let reply = str::from_utf8(&reply[..length])?;
    let is_time = chrono::NaiveDateTime::parse_from_str(reply, "%Y-%m-%d %H:%M:%S").is_ok();
    ensure!(is_time, "`{reply}` is no time");
    Ok(())
}

fn client(addr: SocketAddr) -> anyhow::Result<UdpSocket> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.connect(addr)?;
    Ok(socket)
}

/// Requests a second.
fn ask(addr: SocketAddr) -> anyhow::Result<f64> {
    let socket = client(addr)?;
    let mut reply = [0; 1024];
    let mut request = || socket.send(REQUEST).and_then(|_| socket.recv(&mut reply));
    for _ in 0..100 {
        request().context("no reply")?; // socat starts a process for this client
    }
    let start = Instant::now();
    let mut count = 0;
    while start.elapsed() < ROUND {
        request().context("no reply")?;
        count += 1;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}
