//! UDP over a wire that loses, repeats and reorders, by a seed.

use std::net::UdpSocket;
use std::time::Duration;

use wirelab::{Delay, Duplication, Fate, Lab, Loss, Reordering, Rule, Verdict};

use crate::tier::{PATIENCE, alice_and_bob, on_each, on_one};

/// Alice sends so many numbered datagrams; what bob gets, up to the one numbered `last`.
///
/// The last one is sent over a wire as it should be, so it comes, and comes last where nothing is
/// delayed beyond it.
fn received(lab: &Lab, rule: impl Rule + 'static, count: u8) -> Vec<u8> {
    let (alice, bob) = sockets(lab);
    lab.wire().rule(rule);
    for number in 0..count {
        alice.send_to(&[number], "10.0.0.2:9000").expect("it is sent");
    }
    let recorder = lab.wire().recorder();
    let seen = recorder.wait_for(PATIENCE, |event| event.frame.id == u64::from(count));
    assert!(seen.is_some(), "the wire has them all");
    lab.wire().perfect();
    alice.send_to(&[u8::MAX], "10.0.0.2:9000").expect("it is sent");
    let mut got = Vec::new();
    loop {
        let mut byte = [0];
        bob.recv(&mut byte).expect("one comes");
        if byte == [u8::MAX] {
            return got;
        }
        got.push(byte[0]);
    }
}

fn sockets(lab: &Lab) -> (UdpSocket, UdpSocket) {
    let alice = lab.host("alice").udp(0).expect("a socket");
    let bob = lab.host("bob").udp(9000).expect("a socket");
    bob.set_read_timeout(Some(PATIENCE)).expect("a time");
    (alice, bob)
}

#[test]
fn a_seed_loses_the_same_datagrams_every_time_and_the_recorder_has_the_lost_ones() {
    let mut runs = Vec::new();
    let lost = std::cell::RefCell::new(Vec::new());
    let run = |seed| {
        let mut got = Vec::new();
        on_one(alice_and_bob(), |lab| {
            got = received(lab, Loss::of(0.3, seed), 60);
            let events = lab.wire().recorder().events();
            let is_lost = events.iter().filter(|event| event.fate == Fate::Lost);
            lost.borrow_mut().push(is_lost.count());
        });
        got
    };
    for seed in [7, 7, 8] {
        runs.push(run(seed));
    }
    if lost.borrow().is_empty() {
        return; // not run
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    assert!(runs[0].is_sorted(), "what is not lost comes in order");
    assert_eq!(runs[0].len() + lost.borrow()[0], 60);
    assert!((30..50).contains(&runs[0].len()), "{}", runs[0].len());
}

#[test]
fn duplicates_come_twice() {
    on_each(alice_and_bob, |lab| {
        let got = received(lab, Duplication::of(1.0, Duration::ZERO, 1), 5);
        assert_eq!(got, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
    });
}

#[test]
fn a_seed_makes_the_same_datagrams_late_and_they_arrive_as_the_recorder_says() {
    const COUNT: usize = 40;
    let late = Duration::from_millis(30);
    on_one(alice_and_bob().rule(Reordering::of(0.5, late, 3)), |lab| {
        let (alice, bob) = sockets(lab);
        for number in 0..COUNT as u8 {
            alice.send_to(&[number], "10.0.0.2:9000").expect("it is sent");
        }
        let mut got = Vec::new();
        for _ in 0..COUNT {
            let mut byte = [0];
            bob.recv(&mut byte).expect("all come");
            got.push(usize::from(byte[0]));
        }
        let events = lab.wire().recorder().events();
        let delivered: Vec<_> = events.iter().map(|event| event.frame.id as usize - 1).collect();
        assert_eq!(got, delivered);
        // What the rule says of so many frames does not depend on the frames.
        let mut rule = Reordering::of(0.5, late, 3);
        let mut sent: Vec<_> = events.iter().collect();
        sent.sort_by_key(|event| event.frame.id);
        let is_late = sent.iter().map(|event| event.time - event.frame.time >= late);
        let wanted = sent.iter().map(|event| rule.on_frame(&event.frame) != Verdict::Pass);
        assert_eq!(is_late.collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
    });
}

#[test]
fn a_delay_is_kept_and_the_order_stays() {
    on_one(alice_and_bob(), |lab| {
        let (alice, bob) = sockets(lab);
        let delay = Duration::from_millis(30);
        lab.wire().rule(Delay::of(delay));
        for number in 0..10 {
            alice.send_to(&[number], "10.0.0.2:9000").expect("it is sent");
        }
        let mut got = [0; 10];
        got.iter_mut().for_each(|byte| {
            bob.recv(std::slice::from_mut(byte)).expect("it comes");
        });
        assert_eq!(got, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        for event in lab.wire().recorder().events() {
            assert!(event.time - event.frame.time >= delay, "{event:?}");
        }
    });
}

#[test]
fn a_partition_keeps_hosts_apart_until_it_heals() {
    let three = alice_and_bob().host("carol", "10.0.0.3/24").pin_neighbours();
    on_one(three, |lab| {
        let (alice, bob) = sockets(lab);
        let carol = lab.host("carol").udp(9000).expect("a socket");
        carol.set_read_timeout(Some(PATIENCE)).expect("a time");
        alice.set_broadcast(true).expect("it is allowed");
        lab.wire().partition(&[0], &[1]);
        alice.send_to(&[1], "10.0.0.255:9000").expect("it is sent");
        let mut byte = [0];
        carol.recv(&mut byte).expect("carol hears alice");
        lab.wire().heal();
        alice.send_to(&[2], "10.0.0.255:9000").expect("it is sent");
        bob.recv(&mut byte).expect("bob hears alice again");
        assert_eq!(byte, [2], "but not what was sent during the partition");
    });
}
