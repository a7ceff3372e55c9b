//! Kills at steps that are certain.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::family::wait_until_alone;
use crate::place::{Place, finished};
use crate::trace::{Step, Traced, can_trace};
use crate::{alone, goes_on, half_way};

/// The steps by their names, for a test to compare.
fn names(steps: &[Step]) -> Vec<String> {
    steps.iter().map(Step::name).collect()
}

/// Each kind of step once: the same call about the same thing is the same step.
fn kinds(steps: Vec<Step>) -> Vec<Step> {
    let mut seen = BTreeSet::new();
    steps.into_iter().filter(|step| seen.insert(step.name())).collect()
}

#[test]
fn a_result_is_written_and_synced_then_takes_its_name_then_the_folder_is_synced() {
    let _alone = alone();
    if !can_trace() {
        return;
    }
    let place = Place::of_files(&[("main.rs", "fn main() -> u8 { \"\" }"), ("a/b.rs", "")]);
    let steps = names(&Traced::new(&place, "out", &[]).steps());
    let is_in_order = |wanted: &[&str]| {
        let mut left = steps.iter();
        assert!(wanted.iter().all(|it| left.any(|step| step == it)), "{wanted:#?}, not {steps:#?}");
    };
    for (folder, name) in [("parts", "parts/0-of-1.json"), ("results", "results/anna.json")] {
        let at = steps.iter().position(|it| *it == format!("renameat {name}")).unwrap();
        let told = ["openat", "flock", "write", "fsync"].map(|it| format!("{it} {folder}/TEMP"));
        assert_eq!(steps[at - 4..at], told);
        assert_eq!(steps[at + 1], format!("fsync {folder}"));
    }
    // The code that a result is about is there to stay before the result is.
    let src = "code/anna/udp-time-server/src";
    for file in ["main.rs", "a/b.rs"] {
        let file = format!("{src}/{file}");
        let mut wanted = vec![format!("openat {file}"), format!("fsync {file}")];
        let folders = Path::new(&file).ancestors().skip(1);
        wanted.extend(
            folders.filter(|it| *it != Path::new("")).map(|it| format!("fsync {}", it.display())),
        );
        wanted.push("renameat results/anna.json".into());
        is_in_order(&wanted.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn at_whichever_step_a_result_is_killed_none_is_lost_and_none_is_written_twice() {
    let _alone = alone();
    if !can_trace() {
        return;
    }
    let place = Place::of_two_absent();
    let steps = Traced::new(&place, "whole", &[]).steps();
    let whole = place.tree("whole");
    assert!(steps.iter().any(|step| step.name() == "renameat results/dora.json"), "{steps:?}");
    // With a number of kills (see chance.rs) all are wanted.
    let steps = if std::env::var_os("NETLINGS_KILLS").is_some() { steps } else { kinds(steps) };
    for (at, step) in steps.iter().enumerate() {
        let out = format!("killed-{at}");
        Traced::new(&place, &out, &[]).killed_at(step);
        let before = half_way(&place, &out, &whole);
        goes_on(&place, &out, "none", &before, &whole);
    }
}

/// Bytes: more than cargo writes when all is built, and less than what is to be cut off.
const MOST: usize = 3000;

/// A grading that can write files of so many bytes.
fn limited<'a>(place: &'a Place, out: &'a str, bytes: &str) -> Traced<'a> {
    let limit = vec!["prlimit".into(), format!("--fsize={bytes}")];
    Traced { limit, ..Traced::new(place, out, &[]) }
}

/// A limit on the size of files makes certain that a write is cut off: the grader is killed as it
/// goes on to write the rest.
#[test]
fn killed_amid_a_write_it_leaves_no_half_of_a_result() {
    let _alone = alone();
    if !can_trace() {
        return;
    }
    let many: String = (0..60).map(|at| format!("{}{at},\n", "d".repeat(100))).collect();
    let long = format!("dora,{}\n", "D".repeat(6000));
    // What is cut off is longer than all else that is written then.
    for (folder, roster) in [("parts", many), ("results", long)] {
        let place = Place::of_two_absent();
        place.file("roster.csv", &format!("id,name\n{roster}"));
        let write = format!("write {folder}/TEMP");
        let steps = limited(&place, "whole", "unlimited").steps();
        let whole = place.tree("whole");
        let step = steps.into_iter().find(|step| step.name() == write).expect("it is written");
        let rest = Step { number: step.number + 1, ..step };
        limited(&place, "killed", &MOST.to_string()).killed_at(&rest);
        let before = half_way(&place, "killed", &whole);
        let halves = before.0.iter().filter(|(name, _)| name.contains("/."));
        assert_eq!(halves.map(|(_, bytes)| bytes.len()).collect::<Vec<_>>(), [MOST]);
        goes_on(&place, "killed", "none", &before, &whole);
    }
}

#[test]
fn code_that_was_being_replaced_is_made_whole_whatever_is_handed_in_then() {
    let _alone = alone();
    if !can_trace() {
        return;
    }
    let old = [("main.rs", "fn main() -> u8 { \"\" }"), ("gone.rs", ""), ("a/b.rs", "")];
    let new = [("main.rs", "fn main() -> u8 { '1' }"), ("gone.rs/x.rs", ""), ("a/b.rs", "// b")];
    let place = Place::of_files(&old);
    let first = place.resumed("first", "none");
    place.hand_in(&new);
    copy(&place.path("first"), &place.path("second"));
    let resume = ["--resume"];
    let mut steps = Traced::new(&place, "second", &resume).steps();
    let second = place.tree("second");
    steps.retain(|step| step.about.starts_with("code/"));
    for (at, step) in kinds(steps).iter().enumerate() {
        let [out, undone] = ["killed", "undone"].map(|it| format!("{it}-{at}"));
        copy(&place.path("first"), &place.path(&out));
        place.hand_in(&new);
        Traced::new(&place, &out, &resume).killed_at(step);
        let before = half_way(&place, &out, &first);
        copy(&place.path(&out), &place.path(&undone));
        place.resumed(&out, "none").is_as(&second);
        // Whoever goes back to what was handed in before has the result still, and its code again.
        place.hand_in(&old);
        goes_on(&place, &undone, "none", &before, &first);
    }
}

#[test]
fn a_verdict_that_differs_is_told_before_the_old_one_is_gone() {
    let _alone = alone();
    if !can_trace() {
        return;
    }
    let place = Place::of_two_absent();
    finished(place.grade("out", "none", &[]));
    copy(&place.path("out"), &place.path("undisturbed"));
    place.hand_in_for("dora", "main.rs", "fn main() -> u8 { \"\" }");
    let regrading = |out| Traced { verb: "regrade", ..Traced::new(&place, out, &[]) };
    let steps = regrading("undisturbed").steps();
    let renames = steps.iter().find(|step| step.name() == "renameat results/dora.json");
    regrading("out").killed_at(renames.expect("it changed"));
    let said = fs::read_to_string(place.path("said")).unwrap();
    assert!(said.contains("dora: missing, now received"), "{said}");
    wait_until_alone();
}

#[test]
fn of_a_killed_grading_no_folder_for_work_is_left() {
    let _alone = alone();
    if !can_trace() {
        return;
    }
    let place = Place::of_files(&[("main.rs", "fn main() -> u8 { \"\" }")]);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let runs = target.join("classroom/runs");
    let mut calls = BTreeSet::new();
    let mut steps = Traced { below: runs.clone(), ..Traced::new(&place, "whole", &[]) }.steps();
    // Making and taking away are the same for each of a hundred dependencies.
    steps.retain(|step| calls.insert((step.call.clone(), step.about.ends_with("lock"))));
    assert!(steps.len() > 5, "{steps:?}");
    for (at, step) in steps.iter().enumerate() {
        let out = format!("killed-{at}");
        Traced { below: runs.clone(), ..Traced::new(&place, &out, &[]) }.killed_at(step);
        wait_until_alone();
        finished(place.grade(&out, "none", &["--resume"]));
        assert_eq!(left_in(&runs), Vec::<PathBuf>::new(), "killed at {}", step.name());
    }
}

/// The folders that nobody works in any more.
fn left_in(runs: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(runs).unwrap().map(|it| it.unwrap().path()).filter(|it| it.is_dir());
    let is_held = |folder: &PathBuf| {
        File::open(folder.join("lock")).is_ok_and(|lock| lock.try_lock().is_err())
    };
    folders.filter(|folder| !is_held(folder)).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}
