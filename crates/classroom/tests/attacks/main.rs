//! The corpus of attacks on the grading of a class: submissions that attack while they are unpacked,
//! compiled or run, graded among honest ones as an instructor grades them.
//!
//! Each attack says what it tries and what comes of it. What runs is shown to be an attack: in
//! namespaces to throw away it is graded without confinement, and reaches what it wants; or a test of
//! `crates/cell` shows so, and is named. Then all are graded confined, and the bait tells whether
//! anything was read, written, reached, ended or left.
//!
//! Where the machine cannot confine programs these tests say so; with `NETLINGS_REQUIRE=cell` that is
//! a failure.

#![cfg(target_os = "linux")]

mod bait;
#[path = "../class/mod.rs"]
mod class;
mod names;
mod run_time;
mod source;
mod table;
mod tarball;
mod verdict;
mod zipped;

use std::collections::BTreeSet;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bait::{Bait, SECRET, all_text, names_in};
use class::{Class, checks_of, text};
use serde_json::Value;
use table::{Attack, Outcome, Unconfined};

/// In the process that has namespaces to throw away.
const INSIDE: &str = "NETLINGS_ATTACKS_INSIDE";

/// Processes that tests have started, and that are no attack's.
pub(crate) static OWN: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// No class of this size takes so long, on whatever machine.
const BOUND: Duration = Duration::from_secs(1200);

/// Whether programs can be confined here.
fn can_confine() -> bool {
    let told = text(&Class::new().run(&["doctor"]));
    let can = !told.contains("confinement: none") && !told.contains("no second level");
    let required = std::env::var("NETLINGS_REQUIRE")
        .is_ok_and(|what| what.split(',').any(|it| it.trim() == "cell"));
    assert!(can || !required, "{told}");
    if !can {
        eprintln!("not run: {told}");
    }
    can
}

/// Grades the class, and ends it where it takes too long.
fn graded(class: &Class, out: &str, options: &[&str]) -> Output {
    let temporary = class.path("temporary");
    std::fs::create_dir_all(&temporary).unwrap();
    let mut command = class.grade_command(&class.path(out), options);
    command.env("NETLINGS_SECRET", SECRET).env("TMPDIR", &temporary);
    let mut grader = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let process = rustix::process::Pid::from_child(&grader);
    let (sender, late) = std::sync::mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        if late.recv_timeout(BOUND) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
        }
    });
    let mut said = grader.stdout.take().unwrap();
    let reads = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut said, &mut bytes).map(|_| bytes)
    });
    let mut stderr = Vec::new();
    std::io::Read::read_to_end(&mut grader.stderr.take().unwrap(), &mut stderr).unwrap();
    let (stdout, status) = (reads.join().unwrap().unwrap(), grader.wait().unwrap());
    drop(sender);
    watch.join().unwrap();
    Output { status, stdout, stderr }
}

/// What became of the submission that is called so, whatever its id is.
fn result_of(class: &Class, name: &str) -> Value {
    let results = class.path("out/results");
    let own = format!("{results}/{name}.json");
    if std::path::Path::new(&own).exists() {
        return serde_json::from_slice(&std::fs::read(own).unwrap()).unwrap();
    }
    let shown = netkit::visible(name.as_bytes());
    let mut all = names_in(results.as_ref())
        .into_iter()
        .map(|it| std::fs::read(format!("{results}/{it}")).unwrap())
        .map(|bytes| serde_json::from_slice::<Value>(&bytes).unwrap());
    let found = all.find(|it| {
        let path = it["submission"]["path"].as_str().unwrap_or_default();
        path == shown || path.starts_with(&format!("{name}."))
    });
    found.unwrap_or_else(|| panic!("{name} has no result"))
}

/// Those beside whom the attackers are graded.
fn honest(class: &Class) -> [&'static str; 3] {
    class.solution("honest");
    class.mistake("mistaken", "&buffer[..count]", "&buffer");
    class.file(
        "also-right",
        "exercises/tcp-echo/src/main.rs",
        include_str!("../../../../solutions/tcp-echo/examples/one_after_another.rs"),
    );
    ["honest", "mistaken", "also-right"]
}

#[test]
fn attackers_reach_nothing_and_leave_nothing_and_honest_programs_keep_their_verdicts() {
    if std::env::var_os(INSIDE).is_some() || !can_confine() {
        return;
    }
    // Whatever is left running becomes this process's child, and can be seen.
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).unwrap();
    let began = Instant::now();
    let class = Class::new();
    let bait = Bait::beside(&class);
    let honest = honest(&class);
    let done = graded(&class, "alone", &["--sandbox", "require"]);
    assert!(done.status.success(), "{}", text(&done));
    let alone = honest.map(|it| checks_of(&class.result_in(&class.path("alone"), it)));
    let mut names = BTreeSet::new();
    for attack in table::all() {
        assert!(names.insert(attack.name), "{} is there twice", attack.name);
        bait.hand_in(attack);
    }
    assert!(names.len() >= 40, "{}", names.len());
    eprintln!("{} attacks, after {:.0?}", names.len(), began.elapsed());
    let done = graded(&class, "out", &["--sandbox", "require", "--jobs", "4"]);
    eprintln!("graded, after {:.0?}", began.elapsed());
    assert!(done.status.success(), "{}", text(&done));

    let mut wrong = bait.harm();
    wrong.extend(bait.left_running().into_iter().map(|it| format!("left running: {it}")));
    let temporary = names_in(class.path("temporary").as_ref());
    wrong.extend(temporary.into_iter().map(|it| format!("left in the temporary files: {it}")));
    let queues = std::fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
    wrong.extend(queues.contains("1852142700").then(|| "left: shared memory".to_owned()));
    for attack in table::all() {
        let result = result_of(&class, attack.name);
        assert_ne!(result["sandbox"], "none");
        let why = verdict::confined(attack.comes_to, &result);
        wrong.extend(why.map(|why| format!("{}, which {}: {why}", attack.name, attack.tries)));
    }
    wrong.extend(verdict::of_what_is_shown(&class, &text(&done)));
    for (place, text) in all_text(class.path("out").as_ref(), "") {
        for secret in [SECRET, "root:x:0:"] {
            wrong.extend(text.contains(secret).then(|| format!("{place} has {secret}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (name, alone) in honest.iter().zip(alone) {
        assert_eq!(checks_of(&class.result(name)), alone, "{name}");
    }
    assert!(verdict::has_full_marks(&class.result("honest")));
    assert!(verdict::has_full_marks(&class.result("also-right")));
}

/// Root gives its programs another user; anybody else's are in a user namespace of their own from the
/// beginning. In a namespace in which it is no root, root is such an ordinary user.
#[test]
fn nor_do_they_where_an_ordinary_user_grades() {
    if std::env::var_os(INSIDE).is_some() {
        return;
    }
    if !rustix::process::geteuid().is_root() {
        eprintln!("not run: needs root");
        return;
    }
    if !can_confine() {
        return;
    }
    let as_ordinary = ["--user", "--map-user=1000", "--map-group=1000"];
    let test = "attackers_reach_nothing_and_leave_nothing_and_honest_programs_keep_their_verdicts";
    again(&as_ordinary, test, &[]);
}

/// Runs a test of this program once more, in namespaces.
fn again(namespaces: &[&str], test: &str, environment: &[(&str, &str)]) {
    let mut command = Command::new("unshare");
    command.args(namespaces).arg(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).envs(environment.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let process = {
        // Nobody may look for processes that were left before this one is known.
        let mut own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
        let process = command.spawn().expect("unshare (util-linux) is there");
        own.push(process.id());
        process
    };
    let done = process.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", text(&done));
    assert!(text(&done).contains("1 passed"), "{}", text(&done));
}

/// Runs this test once more, where it can do no harm.
#[test]
fn the_same_attacks_reach_what_they_want_where_nothing_is_confined() {
    if std::env::var_os(INSIDE).is_none() {
        let mut namespaces = vec![
            "--pid",
            "--mount",
            "--mount-proc",
            "--ipc",
            "--uts",
            "--fork",
            "--kill-child=KILL",
        ];
        if !rustix::process::geteuid().is_root() {
            namespaces.extend(["--user", "--map-root-user"]);
        }
        let own = "the_same_attacks_reach_what_they_want_where_nothing_is_confined";
        again(&namespaces, own, &[(INSIDE, "yes")]);
        return;
    }
    let class = Class::new();
    let bait = Bait::beside(&class);
    honest(&class);
    let is_root = std::fs::read_to_string("/proc/self/uid_map")
        .is_ok_and(|map| map.split_whitespace().nth(1) == Some("0"));
    let reaches =
        |it: &&Attack| matches!(it.unconfined, Unconfined::Reaches) && (is_root || !it.needs_root);
    for attack in table::all().filter(reaches) {
        bait.hand_in(attack);
    }
    // How it ends says nothing: some reach the grading itself.
    graded(&class, "out", &["--sandbox", "none", "--jobs", "4"]);
    let mut wrong = Vec::new();
    for attack in table::all().filter(reaches) {
        let result = result_of(&class, attack.name);
        if !verdict::said(&result).contains("reached: ") {
            let said = verdict::said(&result);
            wrong.push(format!(
                "{} is no attack: {said:?} {}",
                attack.name, result["lessons"][0]["message"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_too_harmful_to_show_here_is_shown_by_tests_of_the_cell() {
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/../cell/tests");
    let all: String = all_text(tests.as_ref(), "").into_iter().map(|(_, text)| text).collect();
    for attack in table::all() {
        if let Unconfined::InCell(name) = attack.unconfined {
            let is_there =
                all.contains(&format!("\"{name}\"")) || all.contains(&format!("fn {name}()"));
            assert!(is_there, "{} names {name}", attack.name);
        }
        let runs = !matches!(attack.comes_to, Outcome::NotTaken(..));
        let is_shown = !matches!(attack.unconfined, Unconfined::NeverRuns);
        assert!(runs || !is_shown, "{}", attack.name);
    }
}
