//! What only simulated hosts have: a clock of their own, and the same every time.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};

use wirelab::TcpState::{Closed, Established};
use wirelab::{
    Builder, Delay, Endpoint, Fate, Hold, Lab, Loss, Reordering, Rule as _, Tier, TimerKind,
    Verdict, probe,
};

use crate::tier::{PATIENCE, alice_and_bob, next, states, told};

pub(crate) fn built(plan: Builder) -> Lab {
    plan.tier(Tier::Simulated).build().expect("it is always there")
}

pub(crate) fn bob(port: u16) -> SocketAddr {
    ([10, 0, 0, 2], port).into()
}

/// A listener of bob's, and both ends of a connection. The wire lets pass.
pub(crate) fn connected(lab: &Lab) -> (Endpoint, Endpoint, Endpoint) {
    let listener = lab.host("bob").listening(7000).expect("it listens");
    let alice = lab.host("alice").dialling(0, bob(7000)).expect("it begins");
    let server = listener.accept().expect("a listener").expect("at once");
    (listener, alice, server)
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A record, as JSON lines and as pcapng, of the same acts each time.
fn recorded(seed: u64) -> (Vec<u8>, Vec<u8>) {
    let rule = Loss::of(0.2, 7).then(Reordering::of(0.2, Duration::from_millis(3), 8));
    let plain = Lab::builder().host("alice", "10.0.0.1/24").host("bob", "10.0.0.2/24");
    let lab = built(plain.rule(rule).seed(seed).record_states());
    let listener = lab.host("bob").listening(7000).expect("it listens");
    let alice = lab.host("alice").dialling(0, bob(7000)).expect("it begins");
    let recorder = lab.wire().recorder();
    let is_over = |event: &wirelab::Event| event.states.iter().all(|it| it.state() == Established);
    recorder.wait_for(seconds(100), |it| it.states.len() == 2 && is_over(it)).expect("in time");
    alice.send(&[7; 20_000]).expect("connected");
    alice.close();
    lab.wire().run_for(seconds(100));
    drop(listener);
    let (mut json, mut pcapng) = (Vec::new(), Vec::new());
    recorder.write_json_lines(&[], &mut json).expect("a Vec takes it");
    recorder.write_pcapng(&[], &mut pcapng).expect("a Vec takes it");
    (json, pcapng)
}

#[test]
fn the_same_seed_and_acts_give_the_same_record_to_the_byte() {
    let first = recorded(1);
    assert!(first.0.len() > 20_000, "{}", first.0.len());
    assert!(first == recorded(1));
    assert!(first != recorded(2));
}

#[test]
fn time_passes_only_while_somebody_waits_and_hours_take_no_time() {
    let began = Instant::now();
    let lab = built(alice_and_bob());
    let (_listener, _alice, _bob) = connected(&lab);
    let before = lab.wire().now();
    assert!(before < Duration::from_millis(1), "three frames: {before:?}");
    lab.wire().run_for(seconds(36_000));
    assert_eq!(lab.wire().now(), before + seconds(36_000));
    assert!(lab.wire().next_held(seconds(36_000)).is_none());
    assert_eq!(lab.wire().now(), before + seconds(72_000));
    assert!(lab.wire().recorder().wait_for(seconds(5), |_| false).is_none());
    assert_eq!(lab.wire().now(), before + seconds(72_005));
    assert!(began.elapsed() < seconds(100), "nobody really waited");
}

#[test]
fn waiting_ends_when_a_frame_is_held_and_not_later() {
    let lab = built(alice_and_bob().rule(Hold));
    let _alice = lab.host("alice").dialling(0, bob(7000)).expect("it begins");
    let syn = next(lab.wire());
    assert_eq!(syn.frame().time, Duration::ZERO);
    // The SYN is sent again after a second, and that one is held.
    lab.wire().run_for(seconds(100));
    assert_eq!(lab.wire().now().as_secs(), 1);
    assert_eq!(told(&next(lab.wire())), "alice: SYN");
    drop(syn);
}

#[test]
fn neither_patience_nor_a_delay_is_too_long() {
    let lab = built(alice_and_bob().rule(Delay::of(Duration::MAX)));
    let alice = lab.host("alice").datagrams(0).expect("a socket");
    alice.send_to(b"x", bob(9000)).expect("it is sent");
    assert!(lab.wire().next_held(Duration::MAX).is_none());
    assert!(lab.wire().recorder().wait_for(Duration::MAX, |_| true).is_none());
}

#[test]
fn the_recorder_lets_time_pass_until_what_it_waits_for() {
    let mut frames = 0;
    let third = move |_: &wirelab::Frame| {
        frames += 1;
        if frames < 3 { Verdict::Drop } else { Verdict::Pass }
    };
    let lab = built(alice_and_bob().rule(third));
    let _alice = lab.host("alice").dialling(0, bob(7000)).expect("it begins");
    let recorder = lab.wire().recorder();
    let through = recorder.wait_for(PATIENCE, |event| event.fate == Fate::Delivered);
    // After one second, and after two more.
    assert_eq!(through.expect("it comes").time.as_secs(), 3);
}

#[test]
fn a_rule_that_panics_does_so_where_somebody_acts_and_the_wire_has_stopped() {
    let lab = built(alice_and_bob().rule(|_: &wirelab::Frame| panic!("on purpose")));
    let dial = AssertUnwindSafe(|| lab.host("alice").dialling(0, bob(7000)));
    panic::catch_unwind(dial).expect_err("the rule sees the SYN");
    let wait = AssertUnwindSafe(|| lab.wire().next_held(PATIENCE).is_some());
    panic::catch_unwind(wait).expect_err("there will be none");
}

#[test]
fn a_listener_stays_one_and_its_connections_end_with_it_unless_accepted() {
    let lab = built(alice_and_bob());
    let (listener, first, _server) = connected(&lab);
    let second = lab.host("alice").dialling(0, bob(7000)).expect("it begins");
    let listening = |lab: &Lab| {
        let sockets = lab.host("bob").tcp_states().expect("it is told");
        sockets.into_iter().find(|it| it.state == wirelab::TcpState::Listen)
    };
    assert_eq!(listening(&lab).expect("still there").unread, 1);
    drop(listener);
    assert!(listening(&lab).is_none());
    let error = second.receive(&mut [0]).expect_err("nobody accepted it");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(first.receive(&mut [0]).expect("accepted before"), None);
}

#[test]
fn what_is_refused_is_refused_at_once() {
    let lab = built(alice_and_bob());
    let alice = lab.host("alice");
    let _listener = alice.listening(7000).expect("it listens");
    let _socket = alice.datagrams(9000).expect("a socket");
    let kind = |result: std::io::Result<Endpoint>| result.expect_err("refused").kind();
    assert_eq!(kind(alice.listening(7000)), ErrorKind::AddrInUse);
    assert_eq!(kind(alice.dialling(7000, bob(1))), ErrorKind::AddrInUse);
    assert_eq!(kind(alice.datagrams(9000)), ErrorKind::AddrInUse);
    let far = SocketAddr::from(([192, 0, 2, 1], 7000));
    assert_eq!(kind(alice.dialling(0, far)), ErrorKind::NetworkUnreachable);
    assert_eq!(kind(alice.dialling(0, bob(0))), ErrorKind::AddrNotAvailable);
    assert_eq!(alice.listen(1).expect_err("no system").kind(), ErrorKind::Unsupported);
    assert_eq!(alice.command("true").expect_err("no system").kind(), ErrorKind::Unsupported);
}

#[test]
fn where_nobody_names_a_tier_it_is_the_best_that_there_is() {
    let best = probe().best();
    assert!(probe().tiers().contains(&Tier::Simulated));
    assert_eq!(alice_and_bob().build().expect("one is").tier(), best);
}

#[test]
fn a_socket_outlives_its_lab_and_nothing_comes_or_goes_any_more() {
    let lab = built(alice_and_bob());
    let (_listener, alice, server) = connected(&lab);
    drop(lab);
    assert_eq!(alice.send(b"x").expect("there is room"), 1);
    assert_eq!(server.receive(&mut [0]).expect("open"), None);
}

#[test]
fn what_arrives_after_a_close_is_answered_with_a_reset() {
    let lab = built(alice_and_bob());
    let (_listener, alice, server) = connected(&lab);
    server.close();
    assert_eq!(alice.receive(&mut [0]).expect("the end"), Some(0));
    assert_eq!(alice.send(b"too late").expect("the other half is open"), 8);
    let error = alice.take_error().expect("it tells").expect("it was reset");
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    assert_eq!(states(&lab).0, Closed);
}

#[test]
fn a_closed_window_is_probed_until_it_opens() {
    let lab = built(alice_and_bob());
    let (_listener, alice, server) = connected(&lab);
    let data = [7; 200_000]; // more than both buffers take
    let mut sent = 0;
    while sent < data.len()
        && let Ok(count) = alice.send(&data[sent..])
    {
        sent += count;
    }
    assert!(sent < data.len(), "the window is closed");
    let timer = lab.host("alice").tcp_states().expect("it is told")[0].timer;
    assert_eq!(timer.expect("one runs").kind, TimerKind::WindowProbe);
    lab.wire().run_for(seconds(10));
    let (mut got, mut buffer) = (0, [0; 70_000]);
    while let Some(count) = server.receive(&mut buffer).expect("connected") {
        got += count;
    }
    assert_eq!(got, sent);
}

/// Gives an IPv4 packet with TCP or UDP in it the checksum that it has to have.
fn correct(frame: &mut [u8]) {
    let place = match frame.get(23) {
        Some(6) => 50,
        Some(17) => 40,
        _ => return,
    };
    if frame.len() < 54 && place == 50 || frame.len() < 42 {
        return;
    }
    frame[place..place + 2].fill(0);
    let length = frame.len() - 34;
    let mut sum = u32::from(frame[23]) + u32::try_from(length).expect("a frame");
    for pair in frame[26..].chunks(2) {
        sum += u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    let sum = !u16::try_from(sum).expect("folded");
    frame[place..place + 2].copy_from_slice(&sum.to_be_bytes());
}

#[test]
fn frames_with_any_bytes_changed_end_no_host() {
    let mut random = fastrand::Rng::with_seed(1);
    for (alice, bob) in [("10.0.0.1/24", "10.0.0.2/24"), ("fd00::1/64", "fd00::2/64")] {
        let lab = built(Lab::builder().host("alice", alice).host("bob", bob));
        let bob = lab.host("bob").address();
        let _socket = lab.host("bob").datagrams(7000).expect("a socket");
        let listener = lab.host("bob").listening(7000).expect("it listens");
        let alice = lab.host("alice").dialling(0, (bob, 7000).into()).expect("it begins");
        let _server = listener.accept().expect("a listener").expect("at once");
        alice.send(b"hello").expect("connected");
        let socket = lab.host("alice").datagrams(0).expect("a socket");
        socket.send_to(b"hello", (bob, 7000).into()).expect("it is sent");
        let frames = lab.wire().recorder().events();
        for _ in 0..5_000 {
            let mut bytes = frames[random.usize(..frames.len())].frame.bytes.to_vec();
            for _ in 0..random.usize(1..6) {
                let place = random.usize(..bytes.len());
                bytes[place] = random.u8(..);
            }
            if random.bool() {
                bytes.truncate(random.usize(bytes.len() / 2..=bytes.len()));
            } else {
                correct(&mut bytes);
            }
            lab.wire().inject(random.usize(..2), &bytes);
            lab.wire().run_for(Duration::from_millis(random.u64(..20)));
        }
        assert!(lab.host("bob").tcp_states().expect("it is told").len() < 1000);
    }
}
