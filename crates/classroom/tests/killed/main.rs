//! A grading that is killed: at each step of writing, seen by strace, and at moments by chance. What
//! `--resume` makes of it is what an undisturbed grading makes, and nothing runs on.

#![cfg(target_os = "linux")]

mod chance;
mod family;
mod place;
mod steps;
mod trace;

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use family::{adopt_orphans, wait_until_alone};
use place::{Place, Tree};

/// One grading at a time: what is left of it becomes this process's own.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    let guard = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    adopt_orphans();
    guard
}

/// Looks that what is there right after a kill is results that are whole and as they should be, and
/// that nothing runs on.
fn half_way(place: &Place, out: &str, whole: &Tree) -> Tree {
    wait_until_alone();
    let there = place.tree(out);
    for (name, _) in there.results() {
        assert_eq!(there.lasting(name), whole.lasting(name), "{name}");
    }
    there
}

/// Goes on, and looks that it becomes what it is without a kill, with nothing done twice.
fn goes_on(place: &Place, out: &str, tier: &str, before: &Tree, whole: &Tree) {
    let done = place.resumed(out, tier);
    wait_until_alone();
    done.is_as(whole);
    for (name, bytes) in before.results() {
        assert_eq!(done.0.get(name), Some(bytes), "{name} was graded again");
    }
}

/// cargo builds what students' programs need, before anybody is graded. Here it takes for ever.
#[test]
fn what_builds_for_a_grading_ends_with_it() {
    let _alone = alone();
    let place = Place::of_two_absent();
    let (cargo, began) = (place.path("cargo"), place.path("began"));
    let script = format!(
        "#!/bin/sh\n[ $1 = build ] || exec {} \"$@\"\necho > {}\nsleep 100000 &\nwait\n",
        env!("CARGO"),
        began.display()
    );
    place.file("cargo", &script);
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(Command::new("mkfifo").arg(&began).status().unwrap().success());
    let mut grading = place.grade("out", "none", &[]);
    let mut grading = grading.env("CARGO", cargo).stderr(Stdio::null()).spawn().unwrap();
    std::fs::read(began).unwrap();
    grading.kill().unwrap();
    grading.wait().unwrap();
    wait_until_alone();
}
