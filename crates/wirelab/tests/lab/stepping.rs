//! TCP one frame at a time.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::Duration;

use wirelab::TcpState::{
    CloseWait, Closed, Closing, Established, FinWait1, FinWait2, LastAck, Listen, SynReceived,
    SynSent, TimeWait,
};
use wirelab::{Fate, Hold, Lab, Rule as _, SlowMotion, TcpState, TimerKind, Verdict};

use crate::tier::{
    PATIENCE, alice_and_bob, next, on_each, on_one, states, step, told, wait_for_states,
};

fn it(what: &str, alice: TcpState, bob: TcpState) -> (String, TcpState, TcpState) {
    (what.into(), alice, bob)
}

#[test]
fn a_handshake_is_seen_with_both_states_at_each_held_frame() {
    on_each(
        || alice_and_bob().rule(Hold),
        |lab| {
            let listener = lab.host("bob").listen(7000).expect("it listens");
            assert_eq!(states(lab), (Closed, Listen));
            let client = lab.host("alice").connecting("10.0.0.2:7000").expect("it begins");
            assert_eq!(states(lab), (SynSent, Listen));
            assert_eq!(step(lab), it("alice: SYN", SynSent, SynReceived));
            assert_eq!(step(lab), it("bob: SYN, ACK", Established, SynReceived));
            assert_eq!(step(lab), it("alice: ACK", Established, Established));
            let (_server, peer) = listener.accept().expect("it is there");
            assert_eq!(peer, client.local_addr().expect("an address"));
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
    on_each(
        || alice_and_bob().rule(SlowMotion::stepped()),
        |lab| {
            let listener = lab.host("bob").listen(7000).expect("it listens");
            let mut client = lab.host("alice").connecting("10.0.0.2:7000").expect("it begins");
            (0..3).for_each(|_| drop(step(lab)));
            let (mut server, _) = listener.accept().expect("it is there");
            client.write_all(b"hi").expect("it takes it");
            assert_eq!(step(lab), it("alice: PSH, ACK, 2 bytes", Established, Established));
            assert_eq!(step(lab), it("bob: ACK", Established, Established));
            client.shutdown(Shutdown::Write).expect("it is open");
            assert_eq!(states(lab), (FinWait1, Established));
            assert_eq!(step(lab), it("alice: FIN, ACK", FinWait1, CloseWait));
            assert_eq!(step(lab), it("bob: ACK", FinWait2, CloseWait));
            let mut asked = String::new();
            server.read_to_string(&mut asked).expect("the end comes");
            server.write_all(b"still here").expect("it takes it");
            assert_eq!(step(lab), it("bob: PSH, ACK, 10 bytes", FinWait2, CloseWait));
            assert_eq!(step(lab), it("alice: ACK", FinWait2, CloseWait));
            let mut answer = [0; 10];
            client.read_exact(&mut answer).expect("it came");
            assert_eq!((asked.as_str(), &answer), ("hi", b"still here"));
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
    on_each(
        || alice_and_bob().rule(SlowMotion::stepped()),
        |lab| {
            let listener = lab.host("bob").listen(7000).expect("it listens");
            let client = lab.host("alice").connecting("10.0.0.2:7000").expect("it begins");
            (0..3).for_each(|_| drop(step(lab)));
            let (server, _) = listener.accept().expect("it is there");
            drop(listener);
            wait_for_states(lab, Established, Established);
            // One after the other, since the wire doesn't know which of two frames from two hosts was
            // sent first.
            client.shutdown(Shutdown::Both).expect("it is open");
            let fin = next(lab.wire());
            assert_eq!(told(&fin), "alice: FIN, ACK");
            server.shutdown(Shutdown::Both).expect("it is open");
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
    on_each(
        || alice_and_bob().rule(SlowMotion::stepped()),
        |lab| {
            let alice =
                lab.host("alice").connecting_from(5000, "10.0.0.2:7000").expect("it begins");
            let syn = next(lab.wire());
            let bob = lab.host("bob").connecting_from(7000, "10.0.0.1:5000").expect("it begins");
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
            (&alice).write_all(b"x").expect("it takes it");
            (&bob).read_exact(&mut [0]).expect("it comes");
        },
    );
}

#[test]
fn where_nobody_listens_the_answer_is_a_reset() {
    on_each(
        || alice_and_bob().rule(Hold),
        |lab| {
            let mut client = lab.host("alice").connecting("10.0.0.2:7000").expect("it begins");
            assert_eq!(step(lab), it("alice: SYN", SynSent, Closed));
            assert_eq!(step(lab), it("bob: RST, ACK", Closed, Closed));
            let error = client.read(&mut [0]).expect_err("it was refused");
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        },
    );
}

#[test]
fn a_lost_syn_is_sent_again_with_the_same_number() {
    on_each(
        || alice_and_bob().rule(SlowMotion::stepped()),
        |lab| {
            let _listener = lab.host("bob").listen(7000).expect("it listens");
            let _client = lab.host("alice").connecting("10.0.0.2:7000").expect("it begins");
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
    on_one(alice_and_bob().rule(SlowMotion::stepped()), |lab| {
        let _listener = lab.host("bob").listen(7000).expect("it listens");
        let _client = lab.host("alice").connecting("10.0.0.2:7000").expect("it begins");
        step(lab);
        step(lab);
        let ack = next(lab.wire());
        assert_eq!(told(&ack), "alice: ACK");
        ack.lose();
        assert_eq!(states(lab), (Established, SynReceived));
        assert_eq!(step(lab), it("bob: SYN, ACK", Established, SynReceived));
        assert_eq!(step(lab), it("alice: ACK", Established, Established));
    });
}

/// Each frame is held until a kernel has sent it, or what came before it, once more.
#[test]
fn slow_motion_shows_the_undisturbed_exchange_and_nothing_else() {
    fn exchange(lab: &Lab) -> String {
        let listener = lab.host("bob").listen(7000).expect("it listens");
        thread::scope(|scope| {
            scope.spawn(|| {
                let (mut stream, _) = listener.accept().expect("it comes");
                drop(listener);
                let mut asked = String::new();
                stream.read_to_string(&mut asked).expect("the end comes");
                stream.write_all(asked.to_uppercase().as_bytes()).expect("it takes it");
            });
            let mut client = lab.host("alice").connect("10.0.0.2:7000").expect("it connects");
            client.write_all(b"hello").expect("it takes it");
            client.shutdown(Shutdown::Write).expect("it is open");
            let mut answer = String::new();
            client.read_to_string(&mut answer).expect("the end comes");
            answer
        })
    }
    /// Whether a kernel sends this again when nothing comes back.
    fn is_sent_again(frame: &wirelab::Frame) -> bool {
        frame.decode().tcp().is_some_and(|(_, tcp)| tcp.space() > 0)
    }
    on_one(alice_and_bob().rule(SlowMotion::stepped()), |lab| {
        let mut frames = Vec::new();
        let recorder = lab.wire().recorder();
        let answer = thread::scope(|scope| {
            let answer = scope.spawn(|| exchange(lab));
            while !(answer.is_finished() && states(lab) == (TimeWait, Closed)) {
                // Between the last frame and the programs' ends there is none; so don't insist.
                let Some(held) = lab.wire().next_held(Duration::from_millis(50)) else { continue };
                if is_sent_again(held.frame()) {
                    let absorbed = recorder.wait_for(PATIENCE, |event| {
                        let later = event.frame.id > held.frame().id;
                        let same = event.frame.from == held.frame().from;
                        later && same && event.fate == Fate::Absorbed
                    });
                    assert!(absorbed.is_some(), "{} is not sent again", told(&held));
                }
                frames.push(told(&held));
                held.release();
            }
            answer.join().expect("no panic")
        });
        assert_eq!(answer, "HELLO");
        let (alice, bob): (Vec<_>, Vec<_>) =
            frames.iter().map(String::as_str).partition(|frame| frame.starts_with("alice"));
        let wanted = ["SYN", "ACK", "PSH, ACK, 5 bytes", "FIN, ACK", "ACK", "ACK"];
        assert_eq!(alice, wanted.map(|frame| format!("alice: {frame}")));
        let wanted = ["SYN, ACK", "ACK", "PSH, ACK, 5 bytes", "FIN, ACK"];
        assert_eq!(bob, wanted.map(|frame| format!("bob: {frame}")));
    });
}

#[test]
fn a_frame_that_is_dropped_undecided_goes_on_and_a_new_rule_counts_from_the_next() {
    on_one(alice_and_bob().rule(Hold), |lab| {
        let listener = lab.host("bob").listen(7000).expect("it listens");
        let client = lab.host("alice").connecting("10.0.0.2:7000").expect("it begins");
        drop(next(lab.wire()));
        drop(next(lab.wire()));
        let third = next(lab.wire());
        lab.wire().perfect();
        drop(third);
        let (server, _) = listener.accept().expect("it is there");
        (&client).write_all(b"x").expect("it takes it");
        (&server).read_exact(&mut [0]).expect("nobody holds it");
    });
}

#[test]
fn a_rule_that_panics_stops_the_wire_and_fails_the_test() {
    on_one(alice_and_bob(), |_| {
        let lab = alice_and_bob().rule(|_: &wirelab::Frame| panic!("on purpose"));
        let lab = lab.build().expect("it could be built before");
        let _client = lab.host("alice").connecting("10.0.0.2:7000").expect("it begins");
        let waiting = AssertUnwindSafe(|| lab.wire().next_held(PATIENCE).is_some());
        panic::catch_unwind(waiting).expect_err("there will be none");
        panic::catch_unwind(AssertUnwindSafe(|| drop(lab))).expect_err("the drop tells it too");
    });
}

#[test]
fn ipv6_is_there_where_it_was_asked_for() {
    let six = || Lab::builder().host("alice", "fd00::1/64").host("bob", "fd00::2/64");
    on_each(
        || six().pin_neighbours().rule(Hold.only(is_tcp)),
        |lab| {
            let listener = lab.host("bob").listen(7000).expect("it listens");
            let _client = lab.host("alice").connecting("[fd00::2]:7000").expect("it begins");
            assert_eq!(step(lab), it("alice: SYN", SynSent, SynReceived));
            assert_eq!(step(lab), it("bob: SYN, ACK", Established, SynReceived));
            assert_eq!(step(lab), it("alice: ACK", Established, Established));
            let (_, peer) = listener.accept().expect("it is there");
            assert!(peer.is_ipv6());
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
    on_one(alice_and_bob().record_states().rule(rule), |lab| {
        let _listener = lab.host("bob").listen(7000).expect("it listens");
        let _client = lab.host("alice").connecting("10.0.0.2:7000").expect("it begins");
        let first = lab.wire().recorder().wait_for(PATIENCE, |_| true).expect("a SYN");
        assert_eq!(first.fate, Fate::Lost);
        let states: Vec<_> = first.states.iter().map(|it| (it.host, it.state())).collect();
        assert_eq!(states, [(0, SynSent), (1, Listen)]);
    });
}

fn is_tcp(frame: &wirelab::Frame) -> bool {
    frame.decode().tcp().is_some()
}
