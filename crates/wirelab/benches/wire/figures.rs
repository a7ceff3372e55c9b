//! Which figures are taken, and how they are printed beside their goals.

use std::fmt::Display;
use std::thread;
use std::time::Duration;

use wirelab::{Lab, PortKind};

use crate::{making, traffic};

/// All figures, as whoever runs this.
pub(crate) fn measure(who: &str) {
    for port in [PortKind::Tap, PortKind::VethPacket] {
        for in_user_namespace in [false, true] {
            let plan = || {
                let plan = Lab::builder().port(port);
                if in_user_namespace { plan.in_user_namespace() } else { plan }
            };
            let two = plan().host("alice", "10.0.0.1/24").host("bob", "10.0.0.2/24");
            let lab = match two.pin_neighbours().build() {
                Ok(lab) => lab,
                Err(refusal) => {
                    println!("{who}, {port}: {refusal}");
                    continue;
                }
            };
            if lab.has_user_namespace() && !in_user_namespace {
                continue; // the same as the next
            }
            let inside = if in_user_namespace { " in a user namespace" } else { "" };
            println!("\n{who}{inside}, {port}");
            traffic::measure(&lab);
            idle();
            drop(lab);
            making::measure(plan);
        }
    }
}

/// One figure, and whether it is as it shall be.
pub(crate) fn figure(what: &str, measured: impl Display, goal: &str, is_met: bool) {
    let met = if is_met { "met" } else { "NOT MET" };
    let measured = measured.to_string();
    println!("  {what:40} {measured:24} goal {goal}: {met}");
}

/// One figure that has no goal: a reference, or what explains another.
pub(crate) fn beside(what: &str, measured: impl Display) {
    println!("  {what:40} {measured}");
}

/// The one in the middle, of an odd number.
pub(crate) fn middle<T: PartialOrd + Copy, const N: usize>(mut of: [T; N]) -> T {
    of.sort_by(|one, other| one.partial_cmp(other).expect("no figure is NaN"));
    of[N / 2]
}

/// What an idle lab takes of the processor: its own threads, not this one, which looks. There is
/// nothing to wait for, so this waits. A virtual machine counts time that it did not have itself, so
/// one moment says little; the middle of three counts.
fn idle() {
    let looking = std::fs::read_link("/proc/thread-self").expect("there is a /proc");
    let looking = looking.file_name().expect("the thread's number").to_owned();
    let used = || {
        let all = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        let others = all.filter(|it| it.file_name() != looking);
        let told =
            others.filter_map(|it| std::fs::read_to_string(it.path().join("schedstat")).ok());
        told.filter_map(|it| it.split(' ').next()?.parse::<u64>().ok()).sum::<u64>()
    };
    let two_seconds = || {
        let before = used();
        thread::sleep(Duration::from_secs(2));
        Duration::from_nanos(used().saturating_sub(before))
    };
    let used = middle([two_seconds(), two_seconds(), two_seconds()]);
    figure("idle for 2 s, processor", format!("{used:.0?}"), "under 1 ms", used.as_millis() < 1);
}
