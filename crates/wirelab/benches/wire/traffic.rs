//! What goes over the wire, and over the kernel's own.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use wirelab::{Host, Lab};

use crate::figures::{beside, figure};

const BULK: usize = 512 << 20;
const ROUNDS: u32 = 1000;
/// So often other threads have the rounds, since much depends on which processors they are on.
const PAIRS: u32 = 5;
/// What is on its way when counters are read has come by then.
const ON_ITS_WAY: Duration = Duration::from_secs(5);

pub(crate) fn measure(lab: &Lab) {
    beside("two threads, there and back", times(&pairs(machine)));
    match straight(lab) {
        Ok(()) => exchange(lab, "10.9.0.2", "own", "kernel's veth"),
        Err(why) => println!("  no reference: {why}"),
    }
    for record in [false, true] {
        lab.wire().recorder().switch(record);
        let name = if record { "wire, recording" } else { "wire" };
        exchange(lab, "10.0.0.2", "eth0", name);
    }
}

/// A pair of the kernel's own between the two hosts, beside the wire.
fn straight(lab: &Lab) -> Result<(), String> {
    let (alice, bob) = (lab.host("alice"), lab.host("bob"));
    let mut command = bob.command("cat").map_err(|error| error.to_string())?;
    let mut stays = command.stdin(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
    let there = stays.id().to_string();
    let ip = |host: &Host, words: &str| -> Result<(), String> {
        let mut ip = host.command("ip").map_err(|error| error.to_string())?;
        let said = ip.args(words.split(' ')).output().map_err(|error| format!("ip: {error}"))?;
        if said.status.success() { Ok(()) } else { Err(format!("ip {words}: {said:?}")) }
    };
    let made = ip(alice, &format!("link add own type veth peer name own netns {there}"))
        .and_then(|()| ip(alice, "addr add 10.9.0.1/24 dev own"))
        .and_then(|()| ip(bob, "addr add 10.9.0.2/24 dev own"))
        .and_then(|()| ip(alice, "link set own up"))
        .and_then(|()| ip(bob, "link set own up"));
    drop(stays.stdin.take());
    stays.wait().map_err(|error| error.to_string())?;
    made
}

/// The same traffic over whatever leads to bob's `address`.
fn exchange(lab: &Lab, address: &str, interface: &str, name: &str) {
    let is_ours = interface == "eth0";
    let (alice, bob) = (lab.host("alice"), lab.host("bob"));
    let (counted, frames) = (tcp_counters(alice), Frames::of(lab, interface));
    let listener = bob.listen_at(format!("{address}:7000").parse().expect("an address"));
    let listener = listener.expect("it listens");
    let rate = bulk(&listener, || alice.connect((address, 7000)).expect("it listens"));
    let trips = pairs(|| {
        let client = alice.udp(0).expect("a socket");
        client.connect((address, 9000)).expect("an address");
        round_trips(bob.udp(9000).expect("a socket"), &client)
    });
    let (what, measured) = (format!("{name}: TCP one way"), format!("{rate:.2} Gbit/s"));
    if is_ours {
        figure(&what, measured, "1.5 Gbit/s", rate >= 1.5);
    } else {
        beside(&what, measured);
    }
    let (what, measured) = (format!("{name}: UDP there and back"), times(&trips));
    if is_ours {
        figure(&what, measured, "under 50 µs", middle(&trips) < Duration::from_micros(50));
    } else {
        beside(&what, measured);
    }
    let (sent, lost) = frames.lost_since(lab, interface);
    let what = format!("{name}: frames lost on the way");
    let measured = format!("{lost} of {sent}");
    if is_ours {
        figure(&what, measured, "0", lost == 0);
    } else {
        beside(&what, measured);
    }
    let now = tcp_counters(alice);
    let of = |name: &str| now.get(name).unwrap_or(&0) - counted.get(name).unwrap_or(&0);
    let again: u64 = ["TCPFastRetrans", "TCPTimeouts", "TCPSlowStartRetrans", "TCPLossProbes"]
        .into_iter()
        .map(of)
        .sum();
    // RFC 2883: with these its receiver says that it had the segment already.
    let needless = of("TCPDSACKRecv") + of("TCPDSACKOfoRecv");
    let measured = format!("{again}, of which bob had {needless} already");
    beside(&format!("{name}: segments sent again"), measured);
}

/// The kernel's own counters of both hosts' interfaces.
struct Frames {
    /// Given to the wire, or dropped before it for want of room.
    sent: u64,
    /// Got from it.
    got: u64,
}

impl Frames {
    fn of(lab: &Lab, interface: &str) -> Self {
        lab.wire().catch_up();
        let mut all = Self { sent: 0, got: 0 };
        for host in [lab.host("alice"), lab.host("bob")] {
            let table = read(host, "/proc/net/dev");
            let mut lines = table.lines().filter_map(|line| line.trim().split_once(':'));
            let (_, numbers) = lines.find(|(name, _)| *name == interface).expect("it is there");
            let numbers: Vec<u64> =
                numbers.split_whitespace().filter_map(|it| it.parse().ok()).collect();
            // Of 16 columns: received frames are the second; sent ones the tenth, dropped the twelfth.
            all.got += numbers[1];
            all.sent += numbers[9] + numbers[11];
        }
        all
    }

    /// How many frames both hosts have sent since, and how many of them have not come.
    fn lost_since(&self, lab: &Lab, interface: &str) -> (u64, i128) {
        let began = Instant::now();
        loop {
            let now = Self::of(lab, interface);
            let sent = now.sent - self.sent;
            let lost = i128::from(sent) - i128::from(now.got - self.got);
            if lost == 0 || began.elapsed() > ON_ITS_WAY {
                return (sent, lost);
            }
            thread::yield_now();
        }
    }
}

fn read(host: &Host, path: &str) -> String {
    let mut command = host.command("cat").expect("a command");
    let said = command.arg(path).output().expect("it starts").stdout;
    String::from_utf8_lossy(&said).into_owned()
}

/// What TCP of a host has counted, by name (/proc/net/netstat).
fn tcp_counters(host: &Host) -> HashMap<String, u64> {
    let table = read(host, "/proc/net/netstat");
    let mut lines = table.lines().filter_map(|line| line.strip_prefix("TcpExt:"));
    let (names, values) = (lines.next().unwrap_or(""), lines.next().unwrap_or(""));
    let values = values.split_whitespace().map(|it| it.parse().unwrap_or(0));
    names.split_whitespace().map(String::from).zip(values).collect()
}

/// In Gbit/s.
fn bulk(listener: &TcpListener, connect: impl FnOnce() -> TcpStream) -> f64 {
    let taken = thread::scope(|scope| {
        let server = scope.spawn(|| {
            let (mut stream, _) = listener.accept().expect("it comes");
            let mut buffer = vec![0; 256 << 10];
            let began = Instant::now();
            while stream.read(&mut buffer).expect("no error") > 0 {}
            began.elapsed()
        });
        let mut stream = connect();
        let part = vec![7; 256 << 10];
        for _ in 0..BULK / part.len() {
            stream.write_all(&part).expect("it is taken");
        }
        drop(stream);
        server.join().expect("no panic")
    });
    BULK as f64 * 8.0 / taken.as_secs_f64() / 1e9
}

fn round_trips(server: UdpSocket, client: &UdpSocket) -> Vec<Duration> {
    let patience = Some(Duration::from_secs(5));
    client.set_read_timeout(patience).expect("a time");
    server.set_read_timeout(patience).expect("a time");
    let echo = thread::spawn(move || {
        let mut buffer = [0; 64];
        for _ in 0..ROUNDS {
            let Ok((length, from)) = server.recv_from(&mut buffer) else { return };
            server.send_to(&buffer[..length], from).expect("it is sent");
        }
    });
    let times = timed(|| {
        client.send(b"ping").expect("it is sent");
        client.recv(&mut [0; 64]).expect("it comes back");
    });
    echo.join().expect("no panic");
    times
}

/// The same between two threads, with no network at all.
fn machine() -> Vec<Duration> {
    let (ours, theirs) = UnixDatagram::pair().expect("a pair");
    let echo = thread::spawn(move || {
        let mut buffer = [0; 64];
        for _ in 0..ROUNDS {
            let length = theirs.recv(&mut buffer).expect("it comes");
            theirs.send(&buffer[..length]).expect("it is sent");
        }
    });
    let times = timed(|| {
        ours.send(b"ping").expect("it is sent");
        ours.recv(&mut [0; 64]).expect("it comes back");
    });
    echo.join().expect("no panic");
    times
}

/// What all pairs took, the shortest first.
fn pairs(of_one: impl Fn() -> Vec<Duration>) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..PAIRS).flat_map(|_| of_one()).collect();
    times.sort();
    times
}

fn timed(trip: impl Fn()) -> Vec<Duration> {
    let timed = |_| {
        let began = Instant::now();
        trip();
        began.elapsed()
    };
    (0..ROUNDS).map(timed).collect()
}

fn middle(times: &[Duration]) -> Duration {
    times[times.len() / 2]
}

fn times(sorted: &[Duration]) -> String {
    format!("{:.0?}, 95 in 100 {:.0?}", middle(sorted), sorted[sorted.len() * 95 / 100])
}
