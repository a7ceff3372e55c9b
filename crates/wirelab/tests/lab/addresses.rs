//! Which addresses hosts can have, and how they reach each other by them.

use std::net::IpAddr;

use wirelab::{Error, Lab, Packet, Tier};

use crate::tier::{eventually, on_every_tier};
use crate::traffic::at;

#[test]
fn hosts_with_addresses_of_both_families_talk_in_either() {
    let plan = || {
        Lab::builder()
            .host("alice", "10.0.0.1/24")
            .also("fd00::1/64")
            .host("bob", "fd00::2/64")
            .also("10.0.0.2/24")
            .host("carol", "10.0.0.3/24")
            .also("fd00::3/64")
    };
    on_every_tier(plan, |lab| {
        let listener = lab.host("bob").listening(7000).expect("it listens");
        let client = lab.host("alice").dialling(0, at(lab, "bob", 7000)).expect("it begins");
        let server = eventually(lab, || listener.accept().expect("a listener"));
        server.send(b"six").expect("connected");
        let mut buffer = [0; 9];
        let count = eventually(lab, || client.receive(&mut buffer).expect("connected"));
        assert_eq!(&buffer[..count], b"six");
        assert!(client.local_address().expect("bound").is_ipv6());
        let events = lab.wire().recorder().events();
        let asked = |event: &wirelab::Event| match event.frame.decode().packet {
            Packet::Icmp(ip, icmp) => ip.source.is_ipv6() && icmp.kind == 135,
            _ => false,
        };
        assert!(events.iter().any(asked), "IPv6 asks by neighbour discovery");

        let carol = lab.host("carol").datagrams(9000).expect("a socket");
        let alice = lab.host("alice").datagrams(9000).expect("a socket");
        alice.send_to(b"four", at(lab, "carol", 9000)).expect("it is sent");
        let (count, from) = eventually(lab, || carol.receive_from(&mut buffer).expect("open"));
        assert_eq!((&buffer[..count], from.ip()), (&b"four"[..], IpAddr::from([10, 0, 0, 1])));
    });
}

/// Both addresses of the smallest network are hosts' (RFC 3021): none is for broadcasts.
#[test]
fn two_hosts_can_be_all_of_a_network() {
    let plan = || Lab::builder().host("alice", "10.0.0.0/31").host("bob", "10.0.0.1/31");
    on_every_tier(plan, |lab| {
        let listener = lab.host("bob").listening(7000).expect("it listens");
        let _alice = lab.host("alice").dialling(0, at(lab, "bob", 7000)).expect("it begins");
        eventually(lab, || listener.accept().expect("a listener"));
    });
}

/// A host without IPv6 takes no neighbours of that family.
#[test]
fn hosts_of_different_families_are_pinned_as_far_as_they_can_meet() {
    let plan = || {
        Lab::builder()
            .host("alice", "10.0.0.1/24")
            .host("bob", "fd00::2/64")
            .also("10.0.0.2/24")
            .pin_neighbours()
    };
    on_every_tier(plan, |lab| {
        let bob = lab.host("bob").datagrams(9000).expect("a socket");
        let alice = lab.host("alice").datagrams(9001).expect("a socket");
        alice.send_to(b"hi", ([10, 0, 0, 2], 9000).into()).expect("it is sent");
        let from = eventually(lab, || bob.receive_from(&mut [0; 9]).expect("open"));
        assert_eq!(from, (2, at(lab, "alice", 9001)), "as alice herself calls it");
        bob.send_to(b"hi", from.1).expect("it is sent");
        eventually(lab, || alice.receive_from(&mut [0; 9]).expect("open"));
        let events = lab.wire().recorder().events();
        // Bob, who has IPv6, may report what groups he is in.
        let asks = |it: &wirelab::Event| matches!(it.frame.decode().packet, Packet::Arp(_));
        assert!(!events.iter().any(asks), "nobody asked for an address: {events:?}");
    });
}

#[test]
fn what_makes_no_sense_is_told_before_anything_is_made() {
    let told = |plan: wirelab::Builder| match plan.build() {
        Err(Error::Asked(text)) => text,
        other => panic!("{other:?}"),
    };
    let alice = || Lab::builder().host("alice", "10.0.0.1/24");
    assert!(told(alice().host("bob", "10.0.0.2")).contains("write it as 10.0.0.1/24"));
    assert!(told(alice().host("bob", "10.0.0.2/33")).contains("\"10.0.0.2/33\""));
    assert!(told(alice().host("alice", "10.0.0.2/24")).contains("two hosts are named"));
    assert!(told(alice().host("bob", "10.0.0.1/24")).contains("two hosts have the address"));
    assert!(told(alice().also("10.0.0.1/16")).contains("alice has the address 10.0.0.1 twice"));
    for name in ["", &"x".repeat(65), "red\x1b[31m"] {
        assert!(told(alice().host(name, "10.0.0.2/24")).contains("1 to 64 bytes"));
    }
    for nobody in ["224.0.0.1", "255.255.255.255", "0.0.0.0", "127.0.0.1", "ff02::1", "::", "::1"] {
        let text = told(alice().host("all", &format!("{nobody}/24")));
        assert_eq!(text, format!("{nobody} is no address of one host"));
    }
    let simulated = |plan: wirelab::Builder| plan.tier(Tier::Simulated);
    let many = (2..10).fold(alice(), |plan, last| plan.also(&format!("10.0.0.{last}/24")));
    assert!(told(simulated(many)).contains("at most 8 addresses"));
    let setting = simulated(alice().setting("net/ipv4/tcp_syn_retries", "2"));
    assert!(told(setting).contains("for the kernel tier"));
}
