//! What only kernels have: a clock of their own, programs that block, and a thread under the wire.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use wirelab::TcpState::{Closed, TimeWait};
use wirelab::{Fate, Hold, Lab, SlowMotion};

use crate::tier::{PATIENCE, alice_and_bob, on_each, on_one, states, told};

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
        let (mut frames, mut acknowledged) = (Vec::new(), [Vec::new(), Vec::new()]);
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
                    frames.push(told(&held));
                } else if let Some((_, tcp)) = held.frame().decode().tcp() {
                    acknowledged[held.frame().from].push(tcp.ack);
                }
                held.release();
            }
            answer.join().expect("no panic")
        });
        assert_eq!(answer, "HELLO");
        let (alice, bob): (Vec<_>, Vec<_>) =
            frames.iter().map(String::as_str).partition(|frame| frame.starts_with("alice"));
        let wanted = ["SYN", "PSH, ACK, 5 bytes", "FIN, ACK"];
        assert_eq!(alice, wanted.map(|frame| format!("alice: {frame}")));
        let wanted = ["SYN, ACK", "PSH, ACK, 5 bytes", "FIN, ACK"];
        assert_eq!(bob, wanted.map(|frame| format!("bob: {frame}")));
        // How many bare ACKs there are depends on how soon a program answers, for an answer carries
        // one. But undisturbed none says what another has said.
        for mut all in acknowledged {
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), count, "the same was acknowledged twice");
            assert!((1..=3).contains(&count), "{count} bare ACKs");
        }
    });
}

/// The kernel has sent each datagram when `send_to` returns; the wire's thread may not have had its
/// turn.
#[test]
fn what_was_sent_is_held_once_the_wire_has_caught_up() {
    on_each(
        || alice_and_bob().rule(Hold),
        |lab| {
            let alice = lab.host("alice").datagrams(0).expect("a socket");
            for count in (1..=100).map(|round| round % 7) {
                for _ in 0..count {
                    alice.send_to(b"x", ([10, 0, 0, 2], 9000).into()).expect("it is sent");
                }
                lab.wire().catch_up();
                for _ in 0..count {
                    lab.wire().next_held(Duration::ZERO).expect("it is there").lose();
                }
                assert!(lab.wire().next_held(Duration::ZERO).is_none());
            }
        },
    );
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

/// The wire's thread never finds that port empty.
#[test]
fn a_host_that_sends_without_end_keeps_nobody_waiting_for_ever() {
    let slow = |_: &wirelab::Frame| {
        thread::sleep(Duration::from_micros(20)); // so that the sender is faster
        wirelab::Verdict::Drop
    };
    on_one(alice_and_bob().pin_neighbours().rule(slow), |lab| {
        let socket = lab.host("alice").udp(0).expect("a socket");
        socket.set_nonblocking(true).expect("it is open");
        let is_over = AtomicBool::new(false);
        let (teller, told) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    // Refused while the port is full, which it shall be.
                    let _ = socket.send_to(b"x", "10.0.0.2:9");
                }
            });
            let recorder = lab.wire().recorder();
            let began = recorder.wait_for(PATIENCE, |event| event.frame.id > 100).is_some();
            scope.spawn(move || {
                lab.wire().catch_up();
                teller.send(())
            });
            let caught_up = told.recv_timeout(PATIENCE * 6);
            is_over.store(true, Ordering::SeqCst);
            assert!(began && caught_up.is_ok(), "it waits for ever");
        });
    });
}
