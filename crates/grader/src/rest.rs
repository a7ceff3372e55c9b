//! When a program rests: it has done what there was to do, and waits for something to happen.
//!
//! A look at a program says that it sleeps when every thread of it and of all it started does. One
//! look is not enough: a program that was woken a moment ago may not have had its turn yet, and one
//! that computes without end is put aside now and then. So looks are a millisecond apart, in which
//! whoever is ready gets a turn, and there have to be more of them ([`Looks`]). A program that has
//! ended rests. Where the system doesn't tell, a program is given a little time and taken to rest.

use std::thread;
use std::time::{Duration, Instant};

use crate::program::Process;

/// The time between two looks.
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);
/// The time that a program gets where the system does not tell whether it sleeps.
const UNSEEN: Duration = Duration::from_millis(5);

/// Which looks say that programs rest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looks {
    /// Two in a row saw them asleep: what they were woken for is done.
    TwoInARow,
    /// Three in all saw them asleep: they do not compute without a pause, however short it is.
    ThreeInAll,
}

/// Waits until all these programs rest, or until `enough` has been seen; says whether they rest.
pub(crate) fn until_at_rest<'a>(
    programs: &(impl Iterator<Item = &'a Process> + Clone),
    looks: Looks,
    mut enough: impl FnMut() -> bool,
) -> bool {
    let mut still_to_see = needed(looks);
    loop {
        let mut asleep = true;
        for program in programs.clone() {
            match program.asleep() {
                Some(sleeps) => asleep &= sleeps,
                None if program.is_gone() => {}
                None => {
                    thread::sleep(UNSEEN);
                    return true;
                }
            }
        }
        match asleep {
            true => still_to_see -= 1,
            false if looks == Looks::TwoInARow => still_to_see = needed(looks),
            false => {}
        }
        if still_to_see == 0 {
            return true;
        }
        if enough() {
            return false;
        }
        thread::sleep(BETWEEN_LOOKS);
    }
}

fn needed(looks: Looks) -> usize {
    match looks {
        Looks::TwoInARow => 2,
        Looks::ThreeInAll => 3,
    }
}

/// [`until_at_rest`] with [`Looks::TwoInARow`], for at most `time`.
pub(crate) fn at_rest_within<'a>(
    programs: &(impl Iterator<Item = &'a Process> + Clone),
    time: Duration,
) -> bool {
    let late = Instant::now() + time;
    until_at_rest(programs, Looks::TwoInARow, || Instant::now() >= late)
}
