//! TCP one frame at a time.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use wirelab::TcpState::{
    CloseWait, Closed, Closing, Established, FinWait1, FinWait2, LastAck, Listen, SynReceived,
    SynSent, TimeWait,
};
use wirelab::{Endpoint, Fate, Hold, Lab, Rule as _, SlowMotion, TcpState, TimerKind, Verdict};

use crate::tier::{
    PATIENCE, alice_and_bob, eventually, next, on_every_tier, states, step, told, wait_for_states,
};

const ALICE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 5000);
const BOB: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)), 7000);
const SIX: SocketAddr =
    SocketAddr::new(IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 2)), 7000);

fn accepted(listener: &Endpoint) -> Endpoint {
    listener.accept().expect("a listener").expect("it is there")
}

/// What has arrived, up to the end that has arrived too.
fn all_there(stream: &Endpoint) -> Vec<u8> {
    let (mut all, mut buffer) = (Vec::new(), [0; 100]);
    while let Some(count) = stream.receive(&mut buffer).expect("connected") {
        if count == 0 {
            return all;
        }
        all.extend(&buffer[..count]);
    }
    panic!("{all:?} and no end");
}

fn it(what: &str, alice: TcpState, bob: TcpState) -> (String, TcpState, TcpState) {
    (what.into(), alice, bob)
}

#[test]
fn a_handshake_is_seen_with_both_states_at_each_held_frame() {
    on_every_tier(
        || alice_and_bob().rule(Hold),
        |lab| {
            let listener = lab.host("bob").listening(7000).expect("it listens");
            assert_eq!(states(lab), (Closed, Listen));
            let client = lab.host("alice").dialling(0, BOB).expect("it begins");
            assert_eq!(states(lab), (SynSent, Listen));
            assert_eq!(step(lab), it("alice: SYN", SynSent, SynReceived));
            assert_eq!(step(lab), it("bob: SYN, ACK", Established, SynReceived));
            assert_eq!(step(lab), it("alice: ACK", Established, Established));
            let server = accepted(&listener);
            assert_eq!(server.local_address().expect("an address"), BOB);
            let sockets = lab.host("bob").tcp_states().expect("it is told");
            let own = client.local_address().expect("an address");
            assert!(sockets.iter().any(|it| (it.local, it.remote) == (BOB, own)), "{sockets:?}");
            // The recorder saw the same, held and delivered, without being asked for states.
            let seen: Vec<_> = (lab.wire().recorder().events().iter())
                .map(|event| {
                    let states: Vec<_> = event.states.iter().map(|it| it.state()).collect();
                    (event.frame.from, event.fate, states)
                })
                .collect();
            let wanted = [
                (0, Fate::Held, vec![SynSent, Listen]),
                (0, Fate::Delivered, vec![SynSent, SynReceived]),
                (1, Fate::Held, vec![SynReceived, SynSent]),
                (1, Fate::Delivered, vec![SynReceived, Established]),
                (0, Fate::Held, vec![Established, SynReceived]),
                (0, Fate::Delivered, vec![Established, Established]),
            ];
            assert_eq!(seen, wanted);
        },
    );
}

#[test]
fn after_a_half_close_the_other_side_goes_on_and_time_wait_stays_with_who_closed_first() {
    on_every_tier(
        || alice_and_bob().rule(SlowMotion::stepped()),
        |lab| {
            let listener = lab.host("bob").listening(7000).expect("it listens");
            let client = lab.host("alice").dialling(0, BOB).expect("it begins");
            (0..3).for_each(|_| drop(step(lab)));
            let server = accepted(&listener);
            client.send(b"hi").expect("it takes it");
            assert_eq!(step(lab), it("alice: PSH, ACK, 2 bytes", Established, Established));
            assert_eq!(step(lab), it("bob: ACK", Established, Established));
            client.close_sending().expect("it is open");
            assert_eq!(states(lab), (FinWait1, Established));
            assert_eq!(step(lab), it("alice: FIN, ACK", FinWait1, CloseWait));
            assert_eq!(step(lab), it("bob: ACK", FinWait2, CloseWait));
            assert_eq!(all_there(&server), b"hi");
            server.send(b"still here").expect("it takes it");
            assert_eq!(step(lab), it("bob: PSH, ACK, 10 bytes", FinWait2, CloseWait));
            assert_eq!(step(lab), it("alice: ACK", FinWait2, CloseWait));
            let mut answer = [0; 20];
            assert_eq!(client.receive(&mut answer).expect("connected"), Some(10));
            assert_eq!(&answer[..10], b"still here");
            drop(server);
            wait_for_states(lab, FinWait2, LastAck);
            assert_eq!(step(lab), it("bob: FIN, ACK", TimeWait, LastAck));
            assert_eq!(step(lab), it("alice: ACK", TimeWait, Listen));
            let waiting = lab.host("alice").tcp_states().expect("the kernel tells");
            let timer = waiting[0].timer.expect("TIME-WAIT has a timer");
            assert_eq!(timer.kind, TimerKind::TimeWait);
            assert!(timer.left <= Duration::from_secs(60), "{timer:?}");
            lab.host("alice").destroy(&waiting[0]).expect("it is there");
            assert_eq!(states(lab), (Closed, Listen));
        },
    );
}

#[test]
fn both_closing_at_once_go_through_closing() {
    on_every_tier(
        || alice_and_bob().rule(SlowMotion::stepped()),
        |lab| {
            let listener = lab.host("bob").listening(7000).expect("it listens");
            let client = lab.host("alice").dialling(0, BOB).expect("it begins");
            (0..3).for_each(|_| drop(step(lab)));
            let server = accepted(&listener);
            drop(listener);
            wait_for_states(lab, Established, Established);
            // One after the other, since the wire doesn't know which of two frames from two hosts was
            // sent first.
            client.close_sending().expect("it is open");
            let fin = next(lab.wire());
            assert_eq!(told(&fin), "alice: FIN, ACK");
            server.close_sending().expect("it is open");
            let other_fin = next(lab.wire());
            assert_eq!(told(&other_fin), "bob: FIN, ACK");
            assert_eq!(states(lab), (FinWait1, FinWait1));
            fin.release();
            assert_eq!(states(lab), (FinWait1, Closing));
            let ack = next(lab.wire());
            assert_eq!(told(&ack), "bob: ACK");
            other_fin.release();
            assert_eq!(states(lab), (Closing, Closing));
            ack.release();
            assert_eq!(states(lab), (TimeWait, Closing));
            assert_eq!(step(lab), it("alice: ACK", TimeWait, TimeWait));
        },
    );
}

/// RFC 9293 section 3.5, figure 7.
#[test]
fn both_connecting_at_once_make_one_connection() {
    on_every_tier(
        || alice_and_bob().rule(SlowMotion::stepped()),
        |lab| {
            let alice = lab.host("alice").dialling(5000, BOB).expect("it begins");
            let syn = next(lab.wire());
            let bob = lab.host("bob").dialling(7000, ALICE).expect("it begins");
            let other_syn = next(lab.wire());
            assert_eq!((told(&syn), told(&other_syn)), ("alice: SYN".into(), "bob: SYN".into()));
            assert_eq!(states(lab), (SynSent, SynSent));
            syn.release();
            assert_eq!(states(lab), (SynSent, SynReceived));
            other_syn.release();
            assert_eq!(states(lab), (SynReceived, SynReceived));
            // A SYN again, with the same number, but it says more than the first.
            let (answer, other_answer) = (next(lab.wire()), next(lab.wire()));
            assert!(told(&answer).ends_with(": SYN, ACK"), "{}", told(&answer));
            assert!(told(&other_answer).ends_with(": SYN, ACK"), "{}", told(&other_answer));
            lab.wire().perfect();
            answer.release();
            other_answer.release();
            wait_for_states(lab, Established, Established);
            assert_eq!(alice.send(b"x").expect("it takes it"), 1);
            let got = eventually(lab, || bob.receive(&mut [0]).expect("connected"));
            assert_eq!(got, 1);
        },
    );
}

#[test]
fn where_nobody_listens_the_answer_is_a_reset() {
    on_every_tier(
        || alice_and_bob().rule(Hold),
        |lab| {
            let client = lab.host("alice").dialling(0, BOB).expect("it begins");
            assert_eq!(step(lab), it("alice: SYN", SynSent, Closed));
            assert_eq!(step(lab), it("bob: RST, ACK", Closed, Closed));
            let error = client.receive(&mut [0]).expect_err("it was refused");
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        },
    );
}

#[test]
fn a_lost_syn_is_sent_again_with_the_same_number() {
    on_every_tier(
        || alice_and_bob().rule(SlowMotion::stepped()),
        |lab| {
            let _listener = lab.host("bob").listening(7000).expect("it listens");
            let _client = lab.host("alice").dialling(0, BOB).expect("it begins");
            let first = next(lab.wire()).lose();
            assert_eq!(states(lab), (SynSent, Listen));
            let again = next(lab.wire());
            assert_eq!(told(&again), "alice: SYN");
            let number = |decoded: wirelab::Decoded| decoded.tcp().map(|(_, tcp)| tcp.seq);
            assert_eq!(number(first.decode()), number(again.frame().decode()));
            let sending = lab.host("alice").tcp_states().expect("the kernel tells");
            assert_eq!(sending[0].retransmits, 1);
            again.release();
            assert_eq!(step(lab), it("bob: SYN, ACK", Established, SynReceived));
        },
    );
}

#[test]
fn a_lost_last_ack_of_the_handshake_is_made_good_though_repeats_are_absorbed() {
    on_every_tier(
        || alice_and_bob().rule(SlowMotion::stepped()),
        |lab| {
            let _listener = lab.host("bob").listening(7000).expect("it listens");
            let _client = lab.host("alice").dialling(0, BOB).expect("it begins");
            step(lab);
            step(lab);
            let ack = next(lab.wire());
            assert_eq!(told(&ack), "alice: ACK");
            ack.lose();
            assert_eq!(states(lab), (Established, SynReceived));
            assert_eq!(step(lab), it("bob: SYN, ACK", Established, SynReceived));
            assert_eq!(step(lab), it("alice: ACK", Established, Established));
        },
    );
}

#[test]
fn a_frame_that_is_dropped_undecided_goes_on_and_a_new_rule_counts_from_the_next() {
    on_every_tier(
        || alice_and_bob().rule(Hold),
        |lab| {
            let listener = lab.host("bob").listening(7000).expect("it listens");
            let client = lab.host("alice").dialling(0, BOB).expect("it begins");
            drop(next(lab.wire()));
            drop(next(lab.wire()));
            let third = next(lab.wire());
            lab.wire().perfect();
            drop(third);
            let server = accepted(&listener);
            assert_eq!(client.send(b"x").expect("it takes it"), 1);
            let got = eventually(lab, || server.receive(&mut [0]).expect("connected"));
            assert_eq!(got, 1, "nobody holds it");
        },
    );
}

#[test]
fn ipv6_is_there_where_it_was_asked_for() {
    let six = || Lab::builder().host("alice", "fd00::1/64").host("bob", "fd00::2/64");
    on_every_tier(
        || six().pin_neighbours().rule(Hold.only(is_tcp)),
        |lab| {
            let listener = lab.host("bob").listening(7000).expect("it listens");
            let _client = lab.host("alice").dialling(0, SIX).expect("it begins");
            assert_eq!(step(lab), it("alice: SYN", SynSent, SynReceived));
            assert_eq!(step(lab), it("bob: SYN, ACK", Established, SynReceived));
            assert_eq!(step(lab), it("alice: ACK", Established, Established));
            assert_eq!(accepted(&listener).local_address().expect("an address"), SIX);
        },
    );
}

#[test]
fn a_lost_frame_is_recorded_with_the_states_it_left_behind() {
    let mut lost = false;
    let rule =
        move |frame: &wirelab::Frame| match is_tcp(frame) && !std::mem::replace(&mut lost, true) {
            true => Verdict::Drop,
            false => Verdict::Pass,
        };
    on_every_tier(
        || alice_and_bob().record_states().rule(rule),
        |lab| {
            let _listener = lab.host("bob").listening(7000).expect("it listens");
            let _client = lab.host("alice").dialling(0, BOB).expect("it begins");
            let first = lab.wire().recorder().wait_for(PATIENCE, |_| true).expect("a SYN");
            assert_eq!(first.fate, Fate::Lost);
            let states: Vec<_> = first.states.iter().map(|it| (it.host, it.state())).collect();
            assert_eq!(states, [(0, SynSent), (1, Listen)]);
        },
    );
}

fn is_tcp(frame: &wirelab::Frame) -> bool {
    frame.decode().tcp().is_some()
}
