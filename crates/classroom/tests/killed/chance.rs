//! Kills at moments by chance, the same each time for the same seed.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::place::{Place, Tree, finished};
use crate::{alone, goes_on, half_way};

/// How many kills, unless `NETLINGS_KILLS` says.
const KILLS: usize = 12;

fn number(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).ok().map_or(otherwise, |it| it.parse().expect("a number"))
}

/// A class as it comes out undisturbed on a tier, and how long that takes.
struct Undisturbed {
    tier: &'static str,
    whole: Tree,
    takes: Duration,
}

impl Undisturbed {
    fn of(place: &Place, tier: &'static str) -> Self {
        let began = Instant::now();
        finished(place.grade(tier, tier, &[]));
        Self { tier, whole: place.tree(tier), takes: began.elapsed() }
    }
}

/// Whether programs can be confined here; with `NETLINGS_REQUIRE=cell` it is a failure if not.
fn can_confine() -> bool {
    let doctor = Command::new(env!("CARGO_BIN_EXE_netlings-class")).arg("doctor").output().unwrap();
    let told = String::from_utf8_lossy(&doctor.stdout);
    let can = told.contains("confinement: ")
        && !told.contains("confinement: none")
        && !told.contains("no second level");
    let required = std::env::var("NETLINGS_REQUIRE")
        .is_ok_and(|what| what.split(',').any(|it| it.trim() == "cell"));
    assert!(can || !required, "{told}");
    if !can {
        eprintln!("not run: a confined grading that is killed: {told}");
    }
    can
}

/// Waits for the moment, or the end, and says whether there was somebody left to kill.
fn kill_after(mut grading: Child, moment: Duration) -> bool {
    let id = Pid::from_raw(grading.id().cast_signed()).unwrap();
    let end = pidfd_open(id, PidfdFlags::empty()).unwrap();
    let moment = Timespec::try_from(moment).unwrap();
    poll(&mut [PollFd::new(&end, PollFlags::IN)], Some(&moment)).unwrap();
    let was_there = grading.try_wait().unwrap().is_none();
    grading.kill().unwrap();
    grading.wait().unwrap();
    was_there
}

#[test]
fn killed_at_moments_by_chance_a_class_comes_out_as_undisturbed() {
    let _alone = alone();
    let place = Place::of_six();
    // What is built for the first grading is not built again.
    finished(place.grade("warm", "none", &[]));
    let mut tiers = vec![Undisturbed::of(&place, "none")];
    if can_confine() {
        tiers.push(Undisturbed::of(&place, "require"));
    }
    let (wanted, seed) = (number("NETLINGS_KILLS", KILLS), number("NETLINGS_SEED", 1));
    let mut random = fastrand::Rng::with_seed(seed as u64);
    let (mut kills, mut rounds) = (0, 0);
    while kills < wanted {
        let Undisturbed { tier, whole, takes } = &tiers[rounds % tiers.len()];
        let out = format!("killed-{rounds}");
        rounds += 1;
        let mut more: &[&str] = &[];
        let before = loop {
            let mut grading = place.grade(&out, tier, more);
            let grading = grading.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let moment = takes.mul_f64(random.f64());
            let was_killed = kill_after(grading, moment);
            kills += usize::from(was_killed);
            let before = half_way(&place, &out, whole);
            // Mostly whoever goes on is killed too.
            if !was_killed || random.u8(..4) == 0 {
                break before;
            }
            more = &["--resume"];
        };
        goes_on(&place, &out, tier, &before, whole);
    }
    eprintln!("{kills} kills in {rounds} gradings, seed {seed}: nothing lost, nothing left");
}
