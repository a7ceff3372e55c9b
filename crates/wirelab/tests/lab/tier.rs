//! The labs that the tests are run on.

use std::time::Duration;

#[cfg(target_os = "linux")]
use wirelab::PortKind;
use wirelab::{Builder, Frame, Held, Lab, TcpSocket, TcpState, Tier, Wire};

/// What is awaited comes at once, or the test has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// How long nobody looks while something is awaited. On a simulated lab that is what makes time pass.
pub(crate) const MOMENT: Duration = Duration::from_micros(100);

/// Runs a test on every tier: simulated hosts, and every kind of kernels that the machine gives.
pub(crate) fn on_every_tier(plan: impl Fn() -> Builder, test: impl Fn(&Lab)) {
    println!("simulated");
    test(&plan().tier(Tier::Simulated).build().expect("it is always there"));
    #[cfg(target_os = "linux")]
    on_each(plan, test);
}

/// Runs a test on every kind of lab of kernels: both kinds of ports, with the rights that the test
/// has and in a user namespace.
#[cfg(target_os = "linux")]
pub(crate) fn on_each(plan: impl Fn() -> Builder, test: impl Fn(&Lab)) {
    for port in [PortKind::Tap, PortKind::VethPacket] {
        for in_user_namespace in [false, true] {
            let builder = plan().port(port);
            let builder = if in_user_namespace { builder.in_user_namespace() } else { builder };
            match builder.build() {
                Ok(lab) => {
                    println!("{port}, in a user namespace: {}", lab.has_user_namespace());
                    test(&lab);
                }
                // An ordinary user may not open /dev/net/tun, and there the other kind is enough.
                Err(refusal) => not_run(&refusal, port == PortKind::Tap && !tap_is_open()),
            }
        }
    }
}

/// Runs a test on the lab of kernels that people get here.
#[cfg(target_os = "linux")]
pub(crate) fn on_one(plan: Builder, test: impl FnOnce(&Lab)) {
    match plan.tier(Tier::Kernel).build() {
        Ok(lab) => test(&lab),
        Err(refusal) => not_run(&refusal, false),
    }
}

#[cfg(target_os = "linux")]
fn tap_is_open() -> bool {
    std::fs::OpenOptions::new().read(true).write(true).open("/dev/net/tun").is_ok()
}

#[cfg(target_os = "linux")]
pub(crate) fn not_run(refusal: &wirelab::Error, expected: bool) {
    assert!(!required("kernel") || expected, "{refusal}");
    eprintln!("not run: {refusal}");
}

/// Whether a test that needs this must not be left out: `WIRELAB_REQUIRE` has all such words, with
/// commas between.
pub(crate) fn required(what: &str) -> bool {
    std::env::var("WIRELAB_REQUIRE").is_ok_and(|all| all.split(',').any(|it| it == what))
}

/// Two hosts that know each other's hardware addresses: nothing but what the test does is on the
/// wire.
pub(crate) fn alice_and_bob() -> Builder {
    Lab::builder().host("alice", "10.0.0.1/24").host("bob", "10.0.0.2/24").pin_neighbours()
}

pub(crate) fn next(wire: &Wire) -> Held<'_> {
    wire.next_held(PATIENCE).expect("a frame")
}

/// A frame in short: who sent it, its flags, how much data.
pub(crate) fn told(held: &Held<'_>) -> String {
    told_of(held.frame())
}

/// [`told`] of a frame that need not be held.
pub(crate) fn told_of(frame: &Frame) -> String {
    let decoded = frame.decode();
    assert_eq!(decoded.fault, None, "{decoded}");
    let from = if frame.from == 0 { "alice" } else { "bob" };
    match decoded.tcp() {
        Some((_, tcp)) if tcp.data > 0 => format!("{from}: {}, {} bytes", tcp.flags, tcp.data),
        Some((_, tcp)) => format!("{from}: {}", tcp.flags),
        None => format!("{from}: {decoded}"),
    }
}

/// Delivers the next frame; what it was, and both hosts' states then.
pub(crate) fn step(lab: &Lab) -> (String, TcpState, TcpState) {
    let held = next(lab.wire());
    let told = told(&held);
    held.release();
    let (alice, bob) = states(lab);
    (told, alice, bob)
}

/// Waits until both hosts' states are these. After a program closed a socket: another test that
/// starts a program just then has a copy of that socket until it has started it.
pub(crate) fn wait_for_states(lab: &Lab, alice: TcpState, bob: TcpState) {
    let late = lab.wire().now() + PATIENCE;
    while states(lab) != (alice, bob) {
        assert!(lab.wire().now() < late, "{:?} instead of {:?}", states(lab), (alice, bob));
        lab.wire().run_for(MOMENT);
        std::thread::yield_now();
    }
}

/// What `look` finds, once it does.
pub(crate) fn eventually<T>(lab: &Lab, mut look: impl FnMut() -> Option<T>) -> T {
    let late = lab.wire().now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(lab.wire().now() < late, "it did not come");
        lab.wire().run_for(MOMENT);
        std::thread::yield_now();
    }
}

/// Both hosts' states in the only connection that there is. A listener counts where there is no
/// connection.
pub(crate) fn states(lab: &Lab) -> (TcpState, TcpState) {
    let state = |name: &str| {
        let sockets = lab.host(name).tcp_states().expect("the kernel tells");
        let (listening, connected): (Vec<TcpSocket>, _) =
            sockets.into_iter().partition(|socket| socket.state == TcpState::Listen);
        let connected: Vec<TcpSocket> = connected;
        assert!(connected.len() <= 1, "{connected:?}");
        let socket = connected.first().or(listening.first());
        socket.map_or(TcpState::Closed, |socket| socket.state)
    };
    (state("alice"), state("bob"))
}
