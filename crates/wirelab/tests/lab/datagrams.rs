//! UDP over a wire that loses, repeats and reorders, by a seed.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use wirelab::{Delay, Duplication, Endpoint, Fate, Lab, Loss, Reordering, Rule, Verdict};

use crate::tier::{PATIENCE, alice_and_bob, eventually, on_every_tier};

fn bob() -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 2], 9000))
}

fn everybody() -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 255], 9000))
}

/// The next datagram's one byte.
fn byte(lab: &Lab, socket: &Endpoint) -> u8 {
    let mut byte = [0];
    eventually(lab, || socket.receive_from(&mut byte).expect("open"));
    byte[0]
}

/// Alice sends so many numbered datagrams; what bob gets, up to the one numbered `last`.
///
/// The last one is sent over a wire as it should be, so it comes, and comes last where nothing is
/// delayed beyond it.
fn received(lab: &Lab, rule: impl Rule + 'static, count: u8) -> Vec<u8> {
    let (alice, bob) = sockets(lab);
    lab.wire().rule(rule);
    for number in 0..count {
        alice.send_to(&[number], self::bob()).expect("it is sent");
    }
    let recorder = lab.wire().recorder();
    let seen = recorder.wait_for(PATIENCE, |event| event.frame.id == u64::from(count));
    assert!(seen.is_some(), "the wire has them all");
    lab.wire().perfect();
    alice.send_to(&[u8::MAX], self::bob()).expect("it is sent");
    let mut got = Vec::new();
    loop {
        match byte(lab, &bob) {
            u8::MAX => return got,
            byte => got.push(byte),
        }
    }
}

fn sockets(lab: &Lab) -> (Endpoint, Endpoint) {
    let alice = lab.host("alice").datagrams(0).expect("a socket");
    (alice, lab.host("bob").datagrams(9000).expect("a socket"))
}

#[test]
fn a_seed_loses_the_same_datagrams_every_time_and_the_recorder_has_the_lost_ones() {
    let runs = RefCell::new(Vec::new());
    for seed in [7, 7, 8] {
        on_every_tier(alice_and_bob, |lab| {
            let got = received(lab, Loss::of(0.3, seed), 60);
            let events = lab.wire().recorder().events();
            let lost = events.iter().filter(|event| event.fate == Fate::Lost).count();
            assert!(got.is_sorted(), "what is not lost comes in order");
            assert_eq!(got.len() + lost, 60);
            assert!((30..50).contains(&got.len()), "{}", got.len());
            runs.borrow_mut().push((seed, got));
        });
    }
    // On every tier: what is lost depends on the seed alone.
    let runs = runs.into_inner();
    let of = |wanted| runs.iter().filter(move |(seed, _)| *seed == wanted).map(|(_, got)| got);
    assert!(of(7).all(|got| Some(got) == of(7).next()));
    assert!(of(8).all(|got| Some(got) == of(8).next()));
    assert_ne!(of(7).next(), of(8).next());
}

#[test]
fn duplicates_come_twice() {
    on_every_tier(alice_and_bob, |lab| {
        let got = received(lab, Duplication::of(1.0, Duration::ZERO, 1), 5);
        assert_eq!(got, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
    });
}

#[test]
fn a_seed_makes_the_same_datagrams_late_and_they_arrive_as_the_recorder_says() {
    const COUNT: usize = 40;
    let late = Duration::from_millis(30);
    on_every_tier(
        || alice_and_bob().rule(Reordering::of(0.5, late, 3)),
        |lab| {
            let (alice, bob) = sockets(lab);
            for number in 0..COUNT as u8 {
                alice.send_to(&[number], self::bob()).expect("it is sent");
            }
            let mut got = Vec::new();
            for _ in 0..COUNT {
                got.push(usize::from(byte(lab, &bob)));
            }
            let events = lab.wire().recorder().events();
            let delivered: Vec<_> =
                events.iter().map(|event| event.frame.id as usize - 1).collect();
            assert_eq!(got, delivered);
            // What the rule says of so many frames does not depend on the frames.
            let mut rule = Reordering::of(0.5, late, 3);
            let mut sent: Vec<_> = events.iter().collect();
            sent.sort_by_key(|event| event.frame.id);
            let is_late = sent.iter().map(|event| event.time - event.frame.time >= late);
            let wanted = sent.iter().map(|event| rule.on_frame(&event.frame) != Verdict::Pass);
            assert_eq!(is_late.collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
        },
    );
}

#[test]
fn a_delay_is_kept_and_the_order_stays() {
    on_every_tier(alice_and_bob, |lab| {
        let (alice, bob) = sockets(lab);
        let delay = Duration::from_millis(30);
        lab.wire().rule(Delay::of(delay));
        for number in 0..10 {
            alice.send_to(&[number], self::bob()).expect("it is sent");
        }
        let got: Vec<u8> = (0..10).map(|_| byte(lab, &bob)).collect();
        assert_eq!(got, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        for event in lab.wire().recorder().events() {
            assert!(event.time - event.frame.time >= delay, "{event:?}");
        }
    });
}

#[test]
fn a_partition_keeps_hosts_apart_until_it_heals() {
    let three = || alice_and_bob().host("carol", "10.0.0.3/24").pin_neighbours();
    on_every_tier(three, |lab| {
        let (alice, bob) = sockets(lab);
        let carol = lab.host("carol").datagrams(9000).expect("a socket");
        let nobody = AssertUnwindSafe(|| lab.wire().partition(&[0], &[3]));
        panic::catch_unwind(nobody).expect_err("there is no fourth host");
        lab.wire().partition(&[0], &[1]);
        alice.send_to(&[1], everybody()).expect("it is sent");
        assert_eq!(byte(lab, &carol), 1, "carol hears alice");
        lab.wire().heal();
        alice.send_to(&[2], everybody()).expect("it is sent");
        let got = byte(lab, &bob);
        assert_eq!(got, 2, "bob hears alice again, but not what was sent during the partition");
    });
}
