//! UDP time: the solution's server against Python and socat, one request at a time.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::Plan;
use crate::series::{Contender, in_turn};
use crate::server::{Server, as_server, python, socat, solution};
use crate::table::{Row, versus};

/// What is asked for. Its answer has 19 bytes.
const REQUEST: &[u8] = b"%Y-%m-%d %H:%M:%S";

/// How long one round takes. Short, so that the servers take turns often.
const ROUND: Duration = Duration::from_millis(100);

/// How many such rounds make one of the plan's.
const SHORT_ROUNDS: usize = 5;

/// How long a reply may take. Loopback loses nothing while one request is outstanding.
const PATIENCE: Duration = Duration::from_secs(5);

/// Measures the three servers in turn.
pub(crate) fn requests(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let ours = Server::start(as_server(&solution("udp-time-server")?))?;
    let python = Server::start(python("time_server.py"))?;
    for server in [&ours, &python] {
        let reply = String::from_utf8(one_reply(server.addr)?)?;
        let is_time = chrono::NaiveDateTime::parse_from_str(&reply, "%Y-%m-%d %H:%M:%S").is_ok();
        ensure!(is_time, "`{reply}` is no time");
    }
    // One process for each client, and it keeps to its client. The other form, UDP-RECVFROM, starts
    // a process for each datagram.
    let socat = Server::start(socat(8192, "UDP-LISTEN:0,bind=127.0.0.1,fork", "PIPE"))?;
    let servers = [ours.addr, python.addr, socat.addr];
    let contender = |addr: SocketAddr| -> Contender<'_> { Box::new(move || ask(addr)) };
    let series = in_turn(plan.rounds * SHORT_ROUNDS, servers.into_iter().map(contender).collect())?;
    let [ours, python, socat] = &series[..] else { unreachable!("three went in") };
    let socat = ("socat UDP-LISTEN,fork PIPE", socat);
    let mut rows = versus("one request at a time", "/s", ours, ("Python", python), socat);
    rows[0].notes.push("socat only sends back what came: less work than telling the time".into());
    Ok(rows)
}

fn client(addr: SocketAddr) -> anyhow::Result<UdpSocket> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.connect(addr)?;
    Ok(socket)
}

fn one_reply(addr: SocketAddr) -> anyhow::Result<Vec<u8>> {
    let socket = client(addr)?;
    let mut reply = [0; 1024];
    socket.send(REQUEST)?;
    let length = socket.recv(&mut reply).context("no reply to a request for the time")?;
    Ok(reply[..length].to_vec())
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
