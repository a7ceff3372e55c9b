//! What hosts are that are kernels, with programs and the system's own sockets.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::thread;
use std::time::Duration;

use wirelab::{Delay, Duplication, Fate, Lab, Loss, Packet, Reordering, Rule, Tier, probe};

use crate::tier::{alice_and_bob, on_each, on_one};

#[test]
fn a_program_runs_on_its_host() {
    on_each(alice_and_bob, |lab| {
        let bob = lab.host("bob");
        let listener = bob.listen(7000).expect("it listens");
        let name = bob.command("uname").expect("a command").arg("-n").output().expect("it starts");
        assert_eq!(name.stdout, b"bob\n");
        // The kernel's own list, as a program on the host reads it: port 7000 (0x1B58) listens.
        let list = bob.command("cat").expect("a command").arg("/proc/net/tcp").output();
        let list = String::from_utf8(list.expect("it starts").stdout).expect("text");
        assert!(list.contains("0200000A:1B58 00000000:0000 0A"), "{list}");
        drop(listener);
    });
}

#[test]
fn labs_at_the_same_time_have_the_same_addresses_and_do_not_meet() {
    on_one(alice_and_bob(), |_| {
        thread::scope(|scope| {
            for number in 0..4u8 {
                scope.spawn(move || {
                    let lab = alice_and_bob().build().expect("one could be built");
                    let bob = lab.host("bob").udp(9000).expect("a socket");
                    let alice = lab.host("alice").udp(0).expect("a socket");
                    alice.send_to(&[number], "10.0.0.2:9000").expect("it is sent");
                    let mut byte = [0];
                    bob.recv(&mut byte).expect("it comes");
                    assert_eq!(byte, [number]);
                    assert_eq!(lab.wire().recorder().events().len(), 1);
                });
            }
        });
    });
}

/// Every frame is whole, with the right checksum: nothing is left to a network card.
#[test]
fn a_bulk_transfer_survives_a_bad_wire_and_all_its_frames_are_well_formed() {
    const SIZE: usize = 1 << 20;
    let bad = || {
        let (little, more) = (Duration::from_micros(200), Duration::from_millis(2));
        let rule = Loss::of(0.01, 1)
            .then(Duplication::of(0.01, little, 2))
            .then(Reordering::of(0.02, more, 3))
            .then(Delay::of(little));
        alice_and_bob().rule(rule)
    };
    on_each(bad, |lab| {
        let data: Vec<u8> = (0..SIZE).map(|at| (at % 251) as u8).collect();
        let listener = lab.host("bob").listen(7000).expect("it listens");
        let got = thread::scope(|scope| {
            let server = scope.spawn(|| {
                let (mut stream, _) = listener.accept().expect("it comes");
                let mut got = Vec::new();
                stream.read_to_end(&mut got).expect("no error");
                got
            });
            let mut client = lab.host("alice").connect("10.0.0.2:7000").expect("it connects");
            client.write_all(&data).expect("it takes it");
            drop(client);
            server.join().expect("no panic")
        });
        assert!(got == data, "the bytes are the same");
        let events = lab.wire().recorder().events();
        let count = |fate| events.iter().filter(|event| event.fate == fate).count();
        assert!(count(Fate::Lost) > 0 && count(Fate::Delivered) > SIZE / 1460);
        for event in events {
            let decoded = event.frame.decode();
            assert_eq!(decoded.fault, None, "{decoded}");
            assert!(event.frame.bytes.len() <= 1514, "{}", event.frame.bytes.len());
            assert!(decoded.tcp().is_some());
        }
    });
}

#[test]
fn a_host_has_all_the_addresses_that_it_was_given() {
    let plan = Lab::builder()
        .host("alice", "10.0.0.1/24")
        .also("fd00::1/64")
        .host("bob", "10.0.0.2/24")
        .also("fd00::2/64");
    on_one(plan, |lab| {
        let bob = lab.host("bob");
        let addresses: Vec<IpAddr> = bob.addresses().collect();
        assert_eq!(addresses.len(), 2);
        for address in addresses {
            let listener = bob.listen_at(SocketAddr::from((address, 7000))).expect("it listens");
            let client = lab.host("alice").connect((address, 7000)).expect("it connects");
            listener.accept().expect("it is there");
            drop(client);
        }
        let events = lab.wire().recorder().events();
        let asked =
            |event: &wirelab::Event| matches!(event.frame.decode().packet, Packet::Icmp(..));
        assert!(events.iter().any(asked), "IPv6 asks by neighbour discovery");
    });
}

#[test]
fn a_patient_host_does_not_give_up() {
    on_one(alice_and_bob().patient(), |lab| {
        let path = "/proc/sys/net/ipv4/tcp_syn_retries";
        let mut command = lab.host("alice").command("cat").expect("a command");
        assert_eq!(command.arg(path).output().expect("it starts").stdout, b"60\n");
    });
}

#[test]
fn a_probe_says_how_hosts_are_made_here_or_why_not() {
    let capability = probe();
    let text = capability.to_string();
    match (
        &capability.kernel,
        Lab::builder().host("alice", "10.0.0.1/24").tier(Tier::Kernel).build(),
    ) {
        (Ok(kernel), Ok(lab)) => {
            assert_eq!(
                (Some(kernel.port), kernel.user_namespace),
                (lab.port(), lab.has_user_namespace())
            );
            assert!(text.starts_with("Hosts with kernels of their own, on "), "{text}");
        }
        (Err(_), Err(refusal)) => assert!(text.contains(&refusal.to_string()), "{text}"),
        (probed, built) => panic!("{probed:?}, but {built:?}"),
    }
}
