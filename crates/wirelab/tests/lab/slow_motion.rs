//! Slow motion: however long each frame takes, a person sees the frames of the undisturbed exchange.

use std::thread;
use std::time::Duration;

use wirelab::{Builder, Fate, Lab, SlowMotion, Tier};

use crate::tier::{PATIENCE, alice_and_bob, eventually, told_of};

/// A connection with a word each way. Nobody acts before everything before that is acknowledged, so
/// that no ACK has data or a FIN to go with, however late a program gets its turn. Gives the frames
/// that arrived, and how many were absorbed.
fn exchange(lab: &Lab) -> (Vec<String>, usize) {
    let recorder = lab.wire().recorder();
    let arrived = || {
        let events = recorder.events();
        let arrived = events.iter().filter(|event| event.fate == Fate::Delivered);
        arrived.map(|event| told_of(&event.frame)).collect::<Vec<_>>()
    };
    let until = |count| {
        let late = lab.wire().now() + PATIENCE;
        while arrived().len() < count {
            assert!(lab.wire().now() < late, "no {count} frames: {:?}", arrived());
            // Some of the time that a frame takes: looking more often would only keep others waiting.
            lab.wire().run_for(Duration::from_millis(5));
        }
    };
    let listener = lab.host("bob").listening(7000).expect("it listens");
    let client = lab.host("alice").dialling(0, ([10, 0, 0, 2], 7000).into()).expect("it begins");
    until(3);
    let server = eventually(lab, || listener.accept().expect("it listens"));
    client.send(b"hello").expect("it takes it");
    until(5);
    server.send(b"HELLO").expect("it takes it");
    until(7);
    client.close_sending().expect("it is open");
    until(9);
    server.close_sending().expect("it is open");
    until(11);
    lab.wire().catch_up();
    let absorbed = recorder.events().iter().filter(|event| event.fate == Fate::Absorbed).count();
    (arrived(), absorbed)
}

#[test]
fn at_every_pace_the_frames_are_those_of_the_undisturbed_exchange() {
    let wanted = [
        "alice: SYN",
        "bob: SYN, ACK",
        "alice: ACK",
        "alice: PSH, ACK, 5 bytes",
        "bob: ACK",
        "bob: PSH, ACK, 5 bytes",
        "alice: ACK",
        "alice: FIN, ACK",
        "bob: ACK",
        "bob: FIN, ACK",
        "alice: ACK",
    ];
    let on = |tier: Tier, pace: u64| {
        let plan: Builder = alice_and_bob().patient().tier(tier);
        let pace = Duration::from_millis(pace);
        let lab = match pace.is_zero() {
            true => plan.build(),
            false => plan.rule(SlowMotion::delayed(pace)).build(),
        };
        match lab {
            Ok(lab) => {
                let (frames, absorbed) = exchange(&lab);
                assert_eq!(frames, wanted, "{tier:?} at {pace:?} a frame");
                // A kernel that waits for longer than a second sends again what it has sent.
                assert!(pace.as_secs() < 1 || absorbed > 0, "{tier:?} at {pace:?} a frame");
            }
            Err(refusal) => crate::tier::not_run(&refusal, false),
        }
    };
    thread::scope(|scope| {
        for pace in [0, 200, 1500, 3000] {
            scope.spawn(move || on(Tier::Simulated, pace));
            scope.spawn(move || on(Tier::Kernel, pace));
        }
    });
}
