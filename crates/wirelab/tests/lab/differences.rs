//! Each difference from Linux that simulated hosts are told to have is one that can be seen.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use wirelab::TcpState::{Closed, Established, FinWait2, SynSent, TimeWait};
use wirelab::{Lab, Loss, Packet, Shows, SlowMotion, TcpOption, Tier, TimerKind};

use crate::simulated::{bob, built, connected, seconds};
use crate::tier::{alice_and_bob, states, step};

fn is_told(shows: Shows, part: &str) {
    let difference = Tier::Simulated.difference(shows).expect("it is told");
    assert!(difference.text.contains(part), "{}", difference.text);
}

#[test]
fn time_wait_lasts_ten_seconds() {
    is_told(Shows::TimeWait, "10 seconds");
    let lab = built(alice_and_bob());
    let (_listener, alice, server) = connected(&lab);
    alice.close();
    server.close();
    assert_eq!(states(&lab).0, TimeWait);
    let timer = lab.host("alice").tcp_states().expect("it is told")[0].timer.expect("one runs");
    assert_eq!(timer.kind, TimerKind::TimeWait);
    assert_eq!(timer.left.as_millis(), 9_999, "a frame's time has passed");
    lab.wire().run_for(timer.left - Duration::from_micros(1));
    assert_eq!(states(&lab).0, TimeWait);
    lab.wire().run_for(Duration::from_micros(1));
    assert_eq!(states(&lab).0, Closed);
}

#[test]
fn in_a_simultaneous_open_the_syn_ack_establishes_nothing() {
    is_told(Shows::SimultaneousOpen, "establishes nothing");
    let lab = built(alice_and_bob().rule(SlowMotion::stepped()));
    let _alice = lab.host("alice").dialling(5000, bob(7000)).expect("it begins");
    let to_alice = SocketAddr::from(([10, 0, 0, 1], 5000));
    let _bob = lab.host("bob").dialling(7000, to_alice).expect("it begins");
    let steps: Vec<_> = (0..6).map(|_| step(&lab)).collect();
    let (syn_acks, acks) = steps[2..].split_at(2);
    assert!(syn_acks.iter().all(|it| it.0.ends_with("SYN, ACK") && it.1 != Established));
    assert!(acks.iter().all(|it| it.0.ends_with(": ACK")));
    assert_eq!((acks[1].1, acks[1].2), (Established, Established));
}

#[test]
fn nothing_is_sent_again_within_a_second_and_nobody_gives_up() {
    is_told(Shows::Retransmission, "one second at the earliest");
    is_told(Shows::GivingUp, "at most 60 seconds apart");
    let lab = built(alice_and_bob());
    let (_listener, alice, _server) = connected(&lab);
    lab.wire().rule(Loss::of(1.0, 0));
    let began = lab.wire().recorder().events().len();
    alice.send(b"lost").expect("connected");
    lab.wire().run_for(seconds(3600));
    let events = lab.wire().recorder().events().split_off(began);
    let pauses: Vec<u64> =
        events.windows(2).map(|two| (two[1].time - two[0].time).as_secs()).collect();
    assert_eq!(pauses[..7], [1, 2, 4, 8, 16, 32, 60]);
    assert!(pauses[7..].iter().all(|pause| *pause == 60) && pauses.len() > 60);
    assert_eq!(lab.host("alice").tcp_states().expect("it is told")[0].state, Established);
}

#[test]
fn a_syn_has_no_timestamps_and_no_scale() {
    is_told(Shows::Options, "no timestamps");
    let lab = built(alice_and_bob());
    let _alice = lab.host("alice").dialling(0, bob(7000)).expect("it begins");
    let events = lab.wire().recorder().events();
    let Packet::Tcp(_, syn) = events[0].frame.decode().packet else { panic!("a SYN") };
    assert_eq!(syn.window, 65_535);
    assert!(syn.options.contains(&TcpOption::WindowScale(0)));
    assert!(!syn.options.iter().any(|option| matches!(option, TcpOption::Timestamps(..))));
    assert_eq!(states(&lab).0, Closed, "it was refused");
}

#[test]
fn fin_wait_2_has_no_end() {
    is_told(Shows::FinWait2, "no end");
    let lab = built(alice_and_bob());
    let (_listener, alice, _server) = connected(&lab);
    alice.close();
    lab.wire().run_for(seconds(3600));
    assert_eq!(states(&lab).0, FinWait2);
}

#[test]
fn a_neighbour_is_forgotten_after_a_minute_unless_it_is_pinned() {
    is_told(Shows::Neighbours, "after a minute");
    let plain = || Lab::builder().host("alice", "10.0.0.1/24").host("bob", "10.0.0.2/24");
    for (plan, wanted) in [(plain(), 4), (plain().pin_neighbours(), 0)] {
        let lab = built(plan);
        let alice = lab.host("alice").datagrams(0).expect("a socket");
        let _bob = lab.host("bob").datagrams(9000).expect("a socket");
        for _ in 0..2 {
            alice.send_to(b"x", bob(9000)).expect("it is sent");
            lab.wire().run_for(seconds(61));
        }
        let events = lab.wire().recorder().events();
        let is_arp =
            |event: &&wirelab::Event| matches!(event.frame.decode().packet, Packet::Arp(_));
        assert_eq!(events.iter().filter(is_arp).count(), wanted);
        assert_eq!(events.len(), wanted + 2);
    }
}

#[test]
fn pinned_neighbours_stay_known_by_their_ipv6_addresses_too() {
    let six = Lab::builder().host("alice", "fd00::1/64").host("bob", "fd00::2/64");
    let lab = built(six.pin_neighbours());
    let alice = lab.host("alice").datagrams(0).expect("a socket");
    let _bob = lab.host("bob").datagrams(9000).expect("a socket");
    for _ in 0..2 {
        alice.send_to(b"x", "[fd00::2]:9000".parse().expect("an address")).expect("it is sent");
        lab.wire().run_for(seconds(61));
    }
    assert_eq!(lab.wire().recorder().events().len(), 2);
}

#[test]
fn large_datagrams_and_the_own_address_are_refused() {
    is_told(Shows::Fragments, "is refused");
    is_told(Shows::Loopback, "can't talk to itself");
    let lab = built(alice_and_bob());
    let alice = lab.host("alice").datagrams(0).expect("a socket");
    assert_eq!(alice.send_to(&[0; 1472], bob(9000)).expect("it fits"), 1472);
    let error = alice.send_to(&[0; 1473], bob(9000)).expect_err("it doesn't fit");
    assert!(error.to_string().contains("more than 1472 bytes"), "{error}");
    for own in [[10, 0, 0, 1], [127, 0, 0, 1]] {
        let error = lab.host("alice").dialling(0, (own, 7000).into()).expect_err("no loopback");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}

#[test]
fn a_lost_syn_is_waited_for_without_any_state_but_syn_sent() {
    let lab = built(alice_and_bob().rule(Loss::of(1.0, 0)));
    let alice = lab.host("alice").dialling(0, bob(7000)).expect("it begins");
    lab.wire().run_for(seconds(8));
    let sockets = lab.host("alice").tcp_states().expect("it is told");
    assert_eq!((sockets[0].state, sockets[0].retransmits), (SynSent, 3));
    alice.abort().expect("it takes it");
    assert_eq!(states(&lab).0, Closed);
    let events = lab.wire().recorder().events();
    assert_eq!(events.len(), 4, "whoever gives up on a SYN says nothing");
}
