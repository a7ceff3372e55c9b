//! A grading that is ended before its time, and what is left of it.

#![cfg(target_os = "linux")]

mod class;

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use class::{Class, checks_of};
use rustix::fs::inotify;
use rustix::process::{Pid, Signal, kill_process};

/// A class that is graded one student at a time, so that some are done and some are not.
fn class() -> (Class, Vec<&'static str>) {
    let class = Class::new();
    let names = vec!["a", "b", "c", "d", "e", "f"];
    names.iter().for_each(|name| class.solution(name));
    (class, names)
}

/// The variable by which all that a grading started is found: what it starts inherits it.
const MARK: &str = "NETLINGS_CLASS_TEST";

/// Starts to grade, and comes back when the first result is there.
fn begun(class: &Class) -> Child {
    let results = class.path("out/results");
    std::fs::create_dir_all(&results).unwrap();
    // A result takes its name when it is whole.
    let watch = inotify::init(inotify::CreateFlags::CLOEXEC).unwrap();
    inotify::add_watch(&watch, &results, inotify::WatchFlags::MOVED_TO).unwrap();
    let mut grading = class.grade_command(&class.path("out"), &["--jobs", "1"]);
    grading.env(MARK, class.path("")).stderr(Stdio::null()).stdout(Stdio::null());
    let grading = grading.spawn().unwrap();
    let mut space = [std::mem::MaybeUninit::uninit(); 1024];
    inotify::Reader::new(&watch, &mut space).next().unwrap();
    grading
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_raw(child.id() as i32).unwrap(), signal).unwrap();
}

/// The processes that a class's grading started and that are still there.
fn left_of(class: &Class) -> Vec<String> {
    let mark = format!("{MARK}={}", class.path(""));
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let has_mark = |place: &Path| {
        let environment = std::fs::read(place.join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|it| it == mark.as_bytes())
    };
    let left = entries.map(|it| it.path()).filter(|place| has_mark(place));
    left.map(|place| std::fs::read_to_string(place.join("comm")).unwrap_or_default()).collect()
}

/// Goes on with `--resume` and looks that everybody has the result that they deserve, once.
fn goes_on(class: &Class, names: &[&str]) {
    let before: Vec<_> =
        names.iter().filter(|id| class.has_result(id)).map(|id| (*id, class.written(id))).collect();
    assert!(!before.is_empty() && before.len() < names.len(), "{}", before.len());
    let done = class.grade(&["--resume"]);
    assert!(done.status.success(), "{}", class::text(&done));
    for (id, written) in before {
        assert_eq!(class.written(id), written, "{id} was graded again");
    }
    let first = checks_of(&class.result(names[0]));
    assert!(!first.is_empty());
    for id in names {
        assert_eq!(checks_of(&class.result(id)), first, "{id}");
    }
}

#[test]
fn an_interrupt_keeps_what_is_done_and_resuming_does_the_rest() {
    let (class, names) = class();
    let mut grading = begun(&class);
    send(&grading, Signal::INT);
    assert_eq!(grading.wait().unwrap().code(), Some(130));
    assert_eq!(left_of(&class), Vec::<String>::new());
    goes_on(&class, &names);
}

#[test]
fn after_sigkill_nothing_runs_on_and_no_result_is_half_written() {
    let (class, names) = class();
    let mut grading = begun(&class);
    send(&grading, Signal::KILL);
    grading.wait().unwrap();
    let soon = Instant::now() + Duration::from_secs(20);
    while !left_of(&class).is_empty() {
        assert!(Instant::now() < soon, "{:?}", left_of(&class));
        std::thread::yield_now();
    }
    for name in std::fs::read_dir(class.path("out/results")).unwrap().flatten() {
        let is_whole =
            serde_json::from_slice::<serde_json::Value>(&std::fs::read(name.path()).unwrap());
        let is_result = name.path().extension().is_some_and(|it| it == "json");
        assert!(!is_result || is_whole.is_ok(), "{}", name.path().display());
    }
    goes_on(&class, &names);
}
