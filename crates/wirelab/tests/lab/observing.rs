//! What can be seen where nothing can be held: frames on this machine's own loopback. Where the
//! machine doesn't allow it, a test says so and is not run. Whoever runs the tests as root must be
//! allowed, so there `WIRELAB_REQUIRE=kernel` makes that a failure.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use wirelab::TcpState::{Closed, Established, TimeWait};
use wirelab::{Endpoint, Error, Fate, Hold, Lab, Packet, Tier, probe};

use crate::tier::{PATIENCE, eventually, required, states, wait_for_states};

/// What alice and bob ask for, of either family.
const ADDRESSES: [(&str, &str); 2] = [("10.0.0.1/24", "10.0.0.2/24"), ("fd00::1/64", "fd00::2/64")];

/// Over IPv4, and over IPv6 where this machine has it.
fn observed(test: impl Fn(&Lab)) {
    let [(alice, bob), six] = ADDRESSES;
    observed_between(alice, bob, &test);
    match TcpListener::bind("[::1]:0") {
        Ok(_) => observed_between(six.0, six.1, test),
        Err(error) => eprintln!("not run over IPv6: {error}"),
    }
}

fn observed_between(alice: &str, bob: &str, test: impl Fn(&Lab)) {
    let plan = Lab::builder().host("alice", alice).host("bob", bob);
    match plan.tier(Tier::Observing).record_states().build() {
        Ok(lab) => {
            assert_eq!(lab.host("alice").address().is_ipv6(), alice.contains(':'));
            test(&lab);
        }
        Err(refusal) => {
            let is_root = rustix::process::geteuid().is_root();
            assert!(!(required("kernel") && is_root), "{refusal}");
            eprintln!("not run: {refusal}");
        }
    }
}

fn address(lab: &Lab, name: &str, port: u16) -> SocketAddr {
    let host = lab.host(name);
    (host.address(), host.port(port).expect("a free one")).into()
}

/// A listener of bob's, and both ends of a connection.
fn connected(lab: &Lab) -> (Endpoint, Endpoint, Endpoint) {
    let (own, to) = (address(lab, "alice", 5000), address(lab, "bob", 7000));
    let listener = lab.host("bob").listening(to.port()).expect("it listens");
    let alice = lab.host("alice").dialling(own.port(), to).expect("it begins");
    let server = eventually(lab, || listener.accept().expect("a listener"));
    (listener, alice, server)
}

/// Each frame in short, `alice SYN`.
fn frames(lab: &Lab) -> Vec<String> {
    lab.wire().catch_up();
    let events = lab.wire().recorder().events();
    let short = |event: &wirelab::Event| {
        assert_eq!(event.fate, Fate::Delivered);
        let decoded = event.frame.decode();
        assert_eq!(decoded.fault, None, "{decoded}");
        let name = lab.hosts()[event.frame.from].name();
        match decoded.packet {
            Packet::Tcp(_, tcp) => format!("{name} {}", tcp.flags),
            Packet::Udp(..) => format!("{name} UDP"),
            other => panic!("{other:?}"),
        }
    };
    events.iter().map(short).collect()
}

#[test]
fn each_frame_is_seen_once_and_in_order_with_the_states_at_the_end() {
    observed(|lab| {
        let (_listener, _alice, _bob) = connected(lab);
        assert_eq!(frames(lab), ["alice SYN", "bob SYN, ACK", "alice ACK"]);
        let events = lab.wire().recorder().events();
        let told: Vec<_> = events[2].states.iter().map(|it| (it.host, it.state())).collect();
        assert_eq!(told, [(0, Established), (1, Established)]);
        assert!(!lab.wire().can_hold());
        assert_eq!(lab.tier(), Tier::Observing);
    });
}

#[test]
fn a_connection_is_followed_to_time_wait() {
    observed(|lab| {
        let (listener, alice, bob) = connected(lab);
        drop(listener);
        assert_eq!(alice.send(b"hello").expect("connected"), 5);
        let mut buffer = [0; 9];
        let count = eventually(lab, || bob.receive(&mut buffer).expect("connected"));
        assert_eq!(&buffer[..count], b"hello");
        alice.close();
        assert_eq!(eventually(lab, || bob.receive(&mut buffer).expect("connected")), 0);
        bob.close();
        wait_for_states(lab, TimeWait, Closed);
        let fins = |frames: Vec<String>| frames.iter().filter(|it| it.contains("FIN")).count();
        assert_eq!(fins(frames(lab)), 2);
    });
}

#[test]
fn a_port_where_nobody_listens_refuses_and_both_frames_are_seen() {
    observed(|lab| {
        let to = address(lab, "bob", 7000);
        let alice = lab.host("alice").dialling(0, to).expect("it begins");
        let error = eventually(lab, || alice.take_error().expect("it tells"));
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert_eq!(frames(lab), ["alice SYN", "bob RST, ACK"]);
        assert_eq!(states(lab), (Closed, Closed));
    });
}

#[test]
fn datagrams_are_seen_with_right_checksums() {
    observed(|lab| {
        let (own, to) = (address(lab, "alice", 5000), address(lab, "bob", 7000));
        let bob = lab.host("bob").datagrams(to.port()).expect("a socket");
        let alice = lab.host("alice").datagrams(own.port()).expect("a socket");
        alice.send_to(b"time?", to).expect("it is sent");
        let mut buffer = [0; 9];
        let (count, from) = eventually(lab, || bob.receive_from(&mut buffer).expect("a socket"));
        assert_eq!((&buffer[..count], from), (&b"time?"[..], own));
        assert_eq!(frames(lab), ["alice UDP"]);
    });
}

/// The machine is full of others. They are neither shown nor told of nor let in.
#[test]
fn strangers_are_neither_seen_nor_told_nor_accepted() {
    observed(|lab| {
        let others = TcpListener::bind((lab.host("bob").address(), 0)).expect("a port");
        let there = others.local_addr().expect("an address");
        let mut one = TcpStream::connect(there).expect("it listens");
        one.write_all(b"secret").expect("it takes it");
        others.accept().expect("it is there").0.read_exact(&mut [0; 6]).expect("six bytes");
        // Somebody calls bob who is no host of the lab, and sends datagrams to him.
        let to = address(lab, "bob", 7000);
        let listener = lab.host("bob").listening(to.port()).expect("it listens");
        let mut intruder = TcpStream::connect(to).expect("the kernel takes it");
        let bob = lab.host("bob").datagrams(to.port()).expect("a socket");
        let stranger = UdpSocket::bind((to.ip(), 0)).expect("a port");
        stranger.send_to(b"?", to).expect("it is sent");
        let told = lab.host("bob").tcp_states().expect("the kernel tells");
        assert_eq!(told.len(), 1, "the listener alone: {told:?}");
        // The intruder stands before alice in the queue, and is sent away.
        let alice = lab.host("alice").dialling(0, to).expect("it begins");
        let server = eventually(lab, || listener.accept().expect("a listener"));
        alice.send(b"x").expect("connected");
        let mut byte = [0];
        assert_eq!(eventually(lab, || server.receive(&mut byte).expect("connected")), 1);
        assert_eq!(byte, *b"x");
        intruder.set_read_timeout(Some(PATIENCE)).expect("not zero");
        assert_eq!(intruder.read(&mut [0]).expect("it was closed"), 0);
        // alice's datagram stands behind the stranger's, and is the first that bob gets.
        let own = address(lab, "alice", 5000);
        lab.host("alice").datagrams(own.port()).expect("a socket").send_to(b"!", to).expect("sent");
        let from = eventually(lab, || bob.receive_from(&mut [0; 9]).expect("a socket"));
        assert_eq!(from, (1, own));
        let seen = frames(lab);
        assert_eq!(seen.iter().filter(|it| it.ends_with(" SYN")).count(), 1, "{seen:?}");
        assert_eq!(seen.iter().filter(|it| it.ends_with("UDP")).count(), 1, "{seen:?}");
        // And no host of the lab calls a stranger.
        let error = lab.host("alice").dialling(0, there).expect_err("nobody of the lab");
        assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
    });
}

/// There is room for 60 at once.
#[test]
fn ports_of_closed_sockets_are_given_back_and_nothing_that_they_sent_is_missed() {
    observed(|lab| {
        let to = address(lab, "bob", 7000);
        let listener = lab.host("bob").listening(to.port()).expect("it listens");
        let bob = lab.host("bob").datagrams(to.port()).expect("a socket");
        let mut buffer = [0; 9];
        for _ in 0..100 {
            let alice = lab.host("alice").dialling(0, to).expect("it begins");
            let server = eventually(lab, || listener.accept().expect("a listener"));
            // Whoever closes first is in TIME-WAIT for a minute.
            alice.close();
            assert_eq!(eventually(lab, || server.receive(&mut buffer).expect("connected")), 0);
            server.close();
            let alice = lab.host("alice").datagrams(0).expect("a socket");
            alice.send_to(b"?", to).expect("it is sent");
            eventually(lab, || bob.receive_from(&mut buffer).expect("a socket"));
        }
        let seen = frames(lab);
        let count = |what: &str| seen.iter().filter(|it| it.ends_with(what)).count();
        assert_eq!((count("alice SYN"), count("alice UDP")), (100, 100), "{seen:?}");
        assert_eq!(seen.iter().filter(|it| it.contains("FIN")).count(), 200, "{seen:?}");
        // As long as they are used they are the hosts' own.
        let many = (0..100).map(|_| lab.host("alice").datagrams(0));
        let error = many.collect::<Result<Vec<_>, _>>().expect_err("too many");
        assert!(error.to_string().contains("at most 60 ports at once"), "{error}");
        lab.host("alice").datagrams(0).expect("those are closed");
        assert!(bob.send_to(b"!", to).is_ok() && frames(lab).len() == seen.len() + 1);
    });
}

#[test]
fn labs_at_the_same_time_do_not_see_each_other() {
    observed(|one| {
        let (alice, bob) = ADDRESSES[usize::from(one.host("alice").address().is_ipv6())];
        observed_between(alice, bob, |other| {
            let (_a, _b, _c) = connected(one);
            let (_d, _e, _f) = connected(other);
            assert_eq!((frames(one).len(), frames(other).len()), (3, 3));
        });
    });
}

#[test]
fn what_it_cannot_do_is_said() {
    observed(|lab| {
        let held = AssertUnwindSafe(|| lab.wire().next_held(Duration::ZERO).is_some());
        panic::catch_unwind(held).expect_err("nothing is ever held");
        let rule = AssertUnwindSafe(|| lab.wire().rule(Hold));
        panic::catch_unwind(rule).expect_err("no rule is ever asked");
        lab.wire().perfect();
        let error = lab.host("bob").command("true").expect_err("no host of its own");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(lab.host("bob").port(7).unwrap(), lab.host("bob").port(7).unwrap());
        assert_ne!(lab.host("bob").port(7).unwrap(), lab.host("alice").port(7).unwrap());
    });
    let plan = Lab::builder().host("alice", "10.0.0.1/24").tier(Tier::Observing).rule(Hold);
    match plan.build() {
        Err(Error::Asked(text)) => assert!(text.contains("can only look"), "{text}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_of_what_was_observed_names_no_host_by_the_address_that_all_share() {
    observed(|lab| {
        let (_listener, _alice, _bob) = connected(lab);
        lab.wire().catch_up();
        let mut capture = Vec::new();
        lab.wire().recorder().write_pcapng(&[], &mut capture).expect("a Vec takes it");
        let named = |name: &str| {
            let address = match lab.host(name).address() {
                IpAddr::V4(four) => four.octets().to_vec(),
                IpAddr::V6(six) => six.octets().to_vec(),
            };
            let record = [&address[..], name.as_bytes(), &[0]].concat();
            capture.windows(record.len()).any(|window| window == record)
        };
        assert!(!named("alice") && !named("bob"));
        let comment = b"delivered; alice ESTABLISHED, bob ESTABLISHED";
        assert!(capture.windows(comment.len()).any(|window| window == comment));
    });
}

#[test]
fn it_is_never_taken_unasked() {
    assert_ne!(probe().best(), Tier::Observing);
}
