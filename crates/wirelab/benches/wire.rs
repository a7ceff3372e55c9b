//! Figures of the kernel tier on this machine: `cargo bench -p wirelab`.
//!
//! Each is taken for every kind of port that the machine allows. The reference is the same work
//! over the loopback of the machine, in the same run.

#[cfg(target_os = "linux")]
mod here {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::thread;
    use std::time::{Duration, Instant};

    use wirelab::{Builder, Lab, PortKind};

    const BULK: usize = 512 << 20;
    const ROUNDS: u32 = 5000;

    pub(crate) fn main() {
        loopback();
        for port in [PortKind::Tap, PortKind::VethPacket] {
            for in_user_namespace in [false, true] {
                let plan = || {
                    let plan = two().port(port);
                    if in_user_namespace { plan.in_user_namespace() } else { plan }
                };
                match plan().build() {
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

    fn two() -> Builder {
        Lab::builder().host("alice", "10.0.0.1/24").host("bob", "10.0.0.2/24").pin_neighbours()
    }

    fn loopback() {
        println!("the machine's own loopback");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let there = listener.local_addr().expect("an address");
        bulk(&listener, || TcpStream::connect(there).expect("it listens"));
        let socket = || UdpSocket::bind("127.0.0.1:0").expect("a port");
        round_trips(socket(), &socket());
    }

    fn traffic(lab: &Lab) {
        let (alice, bob) = (lab.host("alice"), lab.host("bob"));
        for record in [false, true] {
            lab.wire().recorder().switch(record);
            print!("  recording: {record}");
            let listener = bob.listen(7000).expect("it listens");
            bulk(&listener, || alice.connect("10.0.0.2:7000").expect("it listens"));
            let client = alice.udp(0).expect("a socket");
            client.connect("10.0.0.2:9000").expect("an address");
            client.connect("10.0.0.2:9000").expect("an address");
            round_trips(bob.udp(9000).expect("a socket"), &client);
        }
        let mut command = alice.command("cat").expect("a command");
        let counters = command.arg("/proc/net/netstat").output().expect("it starts").stdout;
        println!("  segments sent again: {}", sent_again(&String::from_utf8_lossy(&counters)));
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
        if client.peer_addr().is_err() {
            client.connect(server.local_addr().expect("an address")).expect("an address");
        }
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

    fn making(plan: impl Fn() -> Builder) {
        let began = Instant::now();
        const LABS: u32 = 20;
        let labs: Vec<_> = (0..LABS).map(|_| plan().build().expect("one was built")).collect();
        let made = began.elapsed();
        let began = Instant::now();
        drop(labs);
        println!(
            "  labs of two hosts: {:?} to make, {:?} to drop",
            made / LABS,
            began.elapsed() / LABS
        );
        let hosts = |count: u32| {
            let named = (1..=count).map(|host| (format!("h{host}"), format!("10.0.{host}.1/24")));
            named.fold(plan(), |plan, (name, address)| plan.host(&name, &address))
        };
        let began = Instant::now();
        let lab = hosts(100).build().expect("many");
        let made = began.elapsed();
        let began = Instant::now();
        drop(lab);
        let gone = began.elapsed();
        println!(
            "  a lab of 102 hosts: {:.0} hosts/s, {gone:?} to drop",
            102.0 / made.as_secs_f64()
        );
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
