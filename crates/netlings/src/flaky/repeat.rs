//! Doing the same again and again, and counting what came out differently.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::variants::in_parallel;

/// A grading is mostly waiting, most of all that of a mistake: so many times more of them at once
/// than checks of one.
const AT_ONCE: usize = 3;

/// Something that should come out the same every time.
pub(crate) struct Case {
    pub(crate) name: String,
    /// How often it is to be done.
    pub(crate) wanted: u32,
    /// Changes when the thing itself has changed: then what was counted before counts no more.
    pub(crate) stamp: String,
}

/// What was counted of one case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) stamp: String,
    pub(crate) done: u32,
    pub(crate) differences: u32,
}

/// The tallies of all cases, by their names. This is what an interrupted run goes on from.
pub(crate) type Tallies = BTreeMap<String, Tally>;

/// The tallies to begin with: those of `earlier` that still hold, and empty ones.
pub(crate) fn begun(cases: &[Case], earlier: &Tallies) -> Tallies {
    let tally = |case: &Case| match earlier.get(&case.name) {
        Some(tally) if tally.stamp == case.stamp => tally.clone(),
        _ => Tally { stamp: case.stamp.clone(), ..Tally::default() },
    };
    cases.iter().map(|case| (case.name.clone(), tally(case))).collect()
}

/// Does every case as often as is still wanted, several at once, and counts.
///
/// `once` does a case once and gives the difference if there was one. `each` is told of every run
/// after it was counted, and may look at all tallies.
pub(crate) fn repeat<D: Send>(
    cases: &[Case],
    tallies: &mut Tallies,
    once: impl Fn(usize) -> Option<D> + Sync,
    mut each: impl FnMut(&Case, &Tallies, Option<D>),
) {
    let runs = still_to_run(cases, tallies);
    let work = |run: usize| once(runs[run]);
    in_parallel(runs.len(), AT_ONCE * grader::default_jobs(), work, |run, difference| {
        let case = &cases[runs[run]];
        let tally = tallies.entry(case.name.clone()).or_default();
        tally.done += 1;
        tally.differences += u32::from(difference.is_some());
        each(case, tallies, difference);
    });
}

/// The runs to come, as numbers of cases. The cases are mixed evenly, so that each is met beside
/// different others, and so that an interrupted run has a little of every case.
fn still_to_run(cases: &[Case], tallies: &Tallies) -> Vec<usize> {
    let mut runs: Vec<(f64, usize)> = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let done = tallies.get(&case.name).map_or(0, |tally| tally.done);
        let share = |run: u32| (f64::from(run) + 0.5) / f64::from(case.wanted);
        runs.extend((done..case.wanted).map(|run| (share(run), number)));
    }
    runs.sort_by(|one, other| one.0.total_cmp(&other.0));
    runs.into_iter().map(|(_, case)| case).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn case(name: &str, wanted: u32) -> Case {
        Case { name: name.into(), wanted, stamp: "1".into() }
    }

    #[test]
    fn each_case_is_done_as_often_as_wanted_and_mixed_with_the_others() {
        let cases = [case("a", 4), case("b", 2)];
        let mut tallies = begun(&cases, &Tallies::new());
        assert_eq!(still_to_run(&cases, &tallies), [0, 1, 0, 0, 1, 0]);
        let runs = [AtomicU32::new(0), AtomicU32::new(0)];
        let once = |number: usize| {
            runs[number].fetch_add(1, Ordering::Relaxed);
            None::<()>
        };
        repeat(&cases, &mut tallies, once, |_, _, _| {});
        assert_eq!(runs.map(AtomicU32::into_inner), [4, 2]);
        assert_eq!((tallies["a"].done, tallies["b"].done), (4, 2));
    }

    #[test]
    fn what_was_done_before_is_not_done_again_unless_it_has_changed() {
        let mut cases = [case("a", 4), case("b", 2)];
        let mut tallies = begun(&cases, &Tallies::new());
        repeat(&cases, &mut tallies, |_| None::<()>, |_, _, _| {});
        assert!(still_to_run(&cases, &begun(&cases, &tallies)).is_empty());
        cases[0].wanted = 6;
        cases[1].stamp = "2".into();
        let again = begun(&cases, &tallies);
        assert_eq!((again["a"].done, again["b"].done), (4, 0));
        let mut runs = still_to_run(&cases, &again);
        runs.sort_unstable();
        assert_eq!(runs, [0, 0, 1, 1]);
    }
}
