//! What is left of a lab: nothing.

use std::fs;
use std::io::{BufRead, BufReader};
use std::panic::{self, AssertUnwindSafe};
use std::process::{Command, Stdio};

use wirelab::{Builder, Hold, Lab, PortKind};

use crate::tier::{alice_and_bob, next, on_one};

/// Two programs, one an orphan in a session of its own. Both hold stdout.
const FAMILY: &str = "(setsid sleep 1000 &); echo ready; exec sleep 1000";

fn family(lab: &Lab) -> Command {
    let mut command = lab.host("bob").command("sh").expect("a command");
    command.args(["-c", FAMILY]).stdout(Stdio::piped());
    command
}

/// Runs the test of that name alone, in a process of its own with this variable set.
fn alone(test: &str, variable: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.args(["--exact", test, "--nocapture"]).env(variable, "1");
    command
}

fn descriptors() -> Vec<String> {
    let entries = fs::read_dir("/proc/self/fd").expect("there is a /proc").flatten();
    let mut all: Vec<_> = entries
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .map(|target| target.to_string_lossy().into_owned())
        // The folder's own, and names with numbers that differ.
        .filter(|target| !target.starts_with("/proc/"))
        .collect();
    all.sort();
    all
}

fn children() -> String {
    let list = format!("/proc/self/task/{}/children", std::process::id());
    fs::read_to_string(list).unwrap_or_default()
}

#[test]
fn neither_descriptors_nor_processes_are_left_after_a_drop_or_a_panic() {
    const ALONE: &str = "WIRELAB_TEST_ALONE";
    const THIS: &str =
        "teardown::neither_descriptors_nor_processes_are_left_after_a_drop_or_a_panic";
    if std::env::var_os(ALONE).is_none() {
        let output = alone(THIS, ALONE).output().expect("it starts");
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}\n{errors}");
        return;
    }
    for (port, in_user_namespace) in
        [(PortKind::Tap, false), (PortKind::VethPacket, false), (PortKind::VethPacket, true)]
    {
        let plan = || -> Builder {
            let plan = alice_and_bob().rule(Hold).port(port);
            if in_user_namespace { plan.in_user_namespace() } else { plan }
        };
        if plan().build().is_err() {
            continue; // another test says why
        }
        let before = descriptors();
        let use_it = |panics: bool| {
            let lab = plan().build().expect("it could be built before");
            let _listener = lab.host("bob").listen(7000).expect("it listens");
            let _client = lab.host("alice").connecting("10.0.0.2:7000").expect("it begins");
            let _held = next(lab.wire());
            let mut shell = family(&lab).spawn().expect("it starts");
            let mut stdout = BufReader::new(shell.stdout.take().expect("a pipe"));
            stdout.read_line(&mut String::new()).expect("it is ready");
            assert!(!panics, "on purpose");
            drop(_held);
            drop(lab);
            shell.wait().expect("it was ended with the lab");
            assert_eq!(stdout.read_line(&mut String::new()).expect("no error"), 0);
        };
        use_it(false);
        let panicked = panic::catch_unwind(AssertUnwindSafe(|| use_it(true)));
        panicked.expect_err("on purpose");
        // The shell was not waited for after the panic, and is the only child that there is.
        while rustix::process::wait(rustix::process::WaitOptions::empty()).is_ok() {}
        assert_eq!(children(), "");
        assert_eq!(descriptors(), before);
    }
}

#[test]
fn an_owner_that_is_killed_leaves_no_program() {
    const OWNER: &str = "WIRELAB_TEST_OWNER";
    const THIS: &str = "teardown::an_owner_that_is_killed_leaves_no_program";
    if std::env::var_os(OWNER).is_some() {
        let lab = alice_and_bob().build().expect("it could be built before");
        let _ = family(&lab).stdout(Stdio::inherit()).status(); // until it is killed
        return;
    }
    on_one(alice_and_bob(), |_| {
        let mut owner = alone(THIS, OWNER).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut lines = BufReader::new(owner.stdout.take().expect("a pipe")).lines();
        assert!(lines.any(|line| line.expect("text").ends_with("ready")), "the family has begun");
        owner.kill().expect("it runs");
        owner.wait().expect("it ended");
        assert!(lines.all(|line| line.is_ok()), "end of file: nobody holds the pipe any more");
    });
}
