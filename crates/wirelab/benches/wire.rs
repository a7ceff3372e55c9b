//! Figures of the kernel tier on this machine: `cargo bench -p wirelab`.
//!
//! Each is taken for every kind of port that the machine allows, as the user who runs it and in a
//! user namespace. The reference, in the same run and between the same two hosts, is a veth pair of
//! the kernel's own, with no program in between; `ip` (iproute2) makes it.

#[cfg(target_os = "linux")]
mod here {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::process::Stdio;
    use std::thread;
    use std::time::{Duration, Instant};

    use wirelab::{Builder, Host, Lab, PortKind};

    const BULK: usize = 512 << 20;
    const ROUNDS: u32 = 5000;

    pub(crate) fn main() {
        for port in [PortKind::Tap, PortKind::VethPacket] {
            for in_user_namespace in [false, true] {
                let plan = || {
                    let plan = Lab::builder().port(port);
                    if in_user_namespace { plan.in_user_namespace() } else { plan }
                };
                let two = plan().host("alice", "10.0.0.1/24").host("bob", "10.0.0.2/24");
                match two.pin_neighbours().build() {
                    Ok(lab) => {
                        println!("{port}, in a user namespace: {}", lab.has_user_namespace());
                        traffic(&lab);
                        idle(&lab);
                        drop(lab);
                        making(plan);
                    }
                    Err(refusal) => println!("{port}: {refusal}"),
                }
            }
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
            let said =
                ip.args(words.split(' ')).output().map_err(|error| format!("ip: {error}"))?;
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
    fn exchange(lab: &Lab, address: &str) {
        let (alice, bob) = (lab.host("alice"), lab.host("bob"));
        let listener = bob.listen_at(format!("{address}:7000").parse().expect("an address"));
        let listener = listener.expect("it listens");
        bulk(&listener, || alice.connect((address, 7000)).expect("it listens"));
        let client = alice.udp(0).expect("a socket");
        client.connect((address, 9000)).expect("an address");
        round_trips(bob.udp(9000).expect("a socket"), &client);
    }

    fn traffic(lab: &Lab) {
        let counted = || {
            let mut command = lab.host("alice").command("cat").expect("a command");
            let counters = command.arg("/proc/net/netstat").output().expect("it starts").stdout;
            sent_again(&String::from_utf8_lossy(&counters))
        };
        // Of each way its own: the kernel's veth loses and reorders too.
        let measured = |address: &str| {
            let before = counted();
            exchange(lab, address);
            println!("  segments sent again: {}", counted() - before);
        };
        match straight(lab) {
            Ok(()) => {
                print!("  the kernel's own veth");
                measured("10.9.0.2");
            }
            Err(why) => println!("  no reference: {why}"),
        }
        for record in [false, true] {
            lab.wire().recorder().switch(record);
            print!("  the wire, recording: {record}");
            measured("10.0.0.2");
        }
    }

    /// The kernel's own count of fast retransmissions and timeouts.
    fn sent_again(netstat: &str) -> u64 {
        let mut lines = netstat.lines().filter_map(|line| line.strip_prefix("TcpExt:"));
        let (names, values) = (lines.next().unwrap_or(""), lines.next().unwrap_or(""));
        let all = names.split_whitespace().zip(values.split_whitespace());
        let wanted = ["TCPFastRetrans", "TCPTimeouts", "TCPSlowStartRetrans"];
        all.filter(|(name, _)| wanted.contains(name))
            .filter_map(|it| it.1.parse::<u64>().ok())
            .sum()
    }

    fn bulk(listener: &TcpListener, connect: impl FnOnce() -> TcpStream) {
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
        let gigabits = BULK as f64 * 8.0 / taken.as_secs_f64() / 1e9;
        println!("  TCP in one direction: {gigabits:.2} Gbit/s");
    }

    fn round_trips(server: UdpSocket, client: &UdpSocket) {
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
        let mut times: Vec<Duration> = (0..ROUNDS)
            .map(|_| {
                let began = Instant::now();
                client.send(b"ping").expect("it is sent");
                client.recv(&mut [0; 64]).expect("it comes back");
                began.elapsed()
            })
            .collect();
        times.sort();
        echo.join().expect("no panic");
        let at = |part: usize| times[times.len() * part / 100];
        println!("  UDP there and back: median {:?}, 95 in 100 under {:?}", at(50), at(95));
    }

    /// What an idle lab takes of the processor. There is nothing to wait for, so this waits.
    fn idle(_lab: &Lab) {
        let used = || {
            let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
            let all = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
            let of = |text: String| text.split(' ').next().and_then(|it| it.parse::<u64>().ok());
            let threads =
                all.filter_map(|it| std::fs::read_to_string(it.path().join("schedstat")).ok());
            threads.filter_map(of).sum::<u64>().max(of(text).unwrap_or(0))
        };
        let before = used();
        thread::sleep(Duration::from_secs(2));
        println!("  idle for 2 s: {} ns of processor", used() - before);
    }

    /// Hosts made in a second, and how long one takes to be gone: in labs of two, and in one of a
    /// hundred. Each with the neighbours that its kernel finds by itself.
    fn making(plan: impl Fn() -> Builder) {
        const LABS: u32 = 20;
        let hosts = |count: u32| {
            let named = (1..=count).map(|host| (format!("h{host}"), format!("10.0.{host}.1/16")));
            named.fold(plan(), |plan, (name, address)| plan.host(&name, &address))
        };
        for (what, labs, size) in [("labs of two", LABS, 2), ("a lab of 100", 1, 100)] {
            let began = Instant::now();
            let made: Vec<_> = (0..labs).map(|_| hosts(size).build().expect("built")).collect();
            let took = began.elapsed();
            let began = Instant::now();
            drop(made);
            println!(
                "  {what}: {:.0} hosts/s, {:.1} ms for one to be gone",
                f64::from(labs * size) / took.as_secs_f64(),
                began.elapsed().as_secs_f64() * 1e3 / f64::from(labs * size)
            );
        }
    }
}

#[cfg(target_os = "linux")]
fn main() {
    here::main();
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("{}", wirelab::probe());
}
