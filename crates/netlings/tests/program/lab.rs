//! Labs: hosts that stay up, and what another terminal can do there.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use predicates::str::contains;
use tempfile::TempDir;

use crate::clone::{stderr, stdout};
use crate::trace::tiers;

/// Whether there can be hosts here. Where there can't, that has been said.
fn has_kernels() -> bool {
    tiers().contains(&"kernel")
}

/// netlings for somebody whose labs are told of in that folder.
fn netlings(runtime: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netlings"));
    for name in ["COLUMNS", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.env("XDG_RUNTIME_DIR", runtime).args(arguments);
    command
}

/// What is run on a host, and how it ended.
fn inside(runtime: &Path, arguments: &[&str]) -> assert_cmd::assert::Assert {
    let line = netlings(runtime, &[&["lab", "sh"], arguments].concat());
    assert_cmd::Command::from_std(line).timeout(Duration::from_secs(60)).assert()
}

/// A lab that runs.
struct Lab {
    netlings: Child,
    rows: BufReader<ChildStdout>,
    /// What it says is typed for a shell on alice.
    way_in: String,
}

impl Lab {
    fn start(runtime: &Path, arguments: &[&str]) -> Self {
        let mut command = netlings(runtime, &[&["lab"], arguments].concat());
        let mut netlings = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let rows = BufReader::new(netlings.stdout.take().unwrap());
        let mut lab = Self { netlings, rows, way_in: String::new() };
        lab.way_in = lab.shows("cargo netlings lab sh alice");
        lab
    }

    /// Waits for a row with that in it.
    fn shows(&mut self, part: &str) -> String {
        let mut row = String::new();
        while !row.contains(part) {
            row.clear();
            assert!(self.rows.read_line(&mut row).unwrap() > 0, "it ended without {part:?}");
        }
        row
    }

    fn signal(&self, signal: &str) {
        let id = self.netlings.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Ctrl-C.
    fn end(mut self) {
        self.signal("-INT");
        let mut rest = String::new();
        self.rows.read_to_string(&mut rest).unwrap();
        assert!(rest.contains("The lab ends"), "{rest}");
        assert!(self.netlings.wait().unwrap().success());
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.netlings.kill();
        let _ = self.netlings.wait();
    }
}

/// A program that runs on a host until it is ended from outside.
fn sleeper(runtime: &Path, arguments: &[&str]) -> Child {
    let sleep = ["--", "sh", "-c", "echo here; exec sleep 600"];
    let mut command = netlings(runtime, &[&["lab", "sh"], arguments, &sleep].concat());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut row = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut row).unwrap();
    assert_eq!(row, "here\n");
    child
}

/// It was ended, and not by itself.
fn is_ended(mut child: Child) {
    let late = Instant::now() + Duration::from_secs(30);
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => assert!(Instant::now() < late, "it runs on"),
        }
        std::thread::yield_now();
    };
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "{status}");
}

#[test]
fn another_terminal_runs_programs_on_the_hosts_and_the_lab_shows_what_they_send() {
    if !has_kernels() {
        return;
    }
    let runtime = TempDir::new().unwrap();
    let mut lab = Lab::start(runtime.path(), &[]);
    let told = stdout(&inside(runtime.path(), &["bob", "--", "hostname"]).success());
    assert_eq!(told, "bob\n");
    inside(runtime.path(), &["alice", "--", "sh", "-c", "exit 7"]).code(7);
    let send = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n\
                s.bind(('', 5000)); s.sendto(b'hi \\x1b[2J', ('10.0.0.2', 7000))";
    inside(runtime.path(), &["alice", "--", "python3", "-c", send]).success();
    let row = lab.shows("5000→7000");
    assert!(row.contains("│── 5000→7000  UDP  \"hi \\x1b[2J\" ──"), "{row}");
    let near = inside(runtime.path(), &["alcie"]).code(2);
    assert!(stderr(&near).contains("Did you mean `alice`?"), "{}", stderr(&near));
    // What runs there ends with the lab, and nothing is left of it.
    let sleeper = sleeper(runtime.path(), &["bob"]);
    lab.end();
    is_ended(sleeper);
    assert_eq!(fs::read_dir(runtime.path()).unwrap().count(), 0);
    let none = inside(runtime.path(), &["alice"]).code(2);
    assert!(stderr(&none).contains("no lab of yours runs"), "{}", stderr(&none));
}

#[test]
fn hosts_know_each_others_names_where_a_private_hosts_file_can_be_had() {
    if !has_kernels() {
        return;
    }
    let runtime = TempDir::new().unwrap();
    let lab = Lab::start(runtime.path(), &["--hosts", "3"]);
    let look = ["carol", "--", "cat", "/etc/hosts"];
    let seen = stdout(&inside(runtime.path(), &look).success());
    if seen == fs::read_to_string("/etc/hosts").unwrap() {
        eprintln!("not looked at: this machine gives no private /etc/hosts");
    } else {
        assert!(seen.ends_with("10.0.0.1 alice\n10.0.0.2 bob\n10.0.0.3 carol\n"), "{seen}");
    }
    lab.end();
}

#[test]
fn several_labs_are_told_apart_by_their_names() {
    if !has_kernels() {
        return;
    }
    let runtime = TempDir::new().unwrap();
    let first = Lab::start(runtime.path(), &[]);
    let second = Lab::start(runtime.path(), &["--hosts", "3"]);
    let named = Lab::start(runtime.path(), &["--name", "room-7"]);
    // Each says how it is entered: in the short way as long as it is the only one.
    assert_eq!(first.way_in, "  cargo netlings lab sh alice\n");
    assert_eq!(second.way_in, "  cargo netlings lab sh alice --lab lab-2\n");
    assert_eq!(named.way_in, "  cargo netlings lab sh alice --lab room-7\n");
    let which = inside(runtime.path(), &["carol", "--", "true"]).code(2);
    let words = "several labs run: lab, lab-2, room-7. Write which: --lab lab";
    assert!(stderr(&which).contains(words), "{}", stderr(&which));
    inside(runtime.path(), &["carol", "--lab", "lab-2", "--", "true"]).success();
    inside(runtime.path(), &["carol", "--lab", "room-7", "--", "true"]).code(2);
    let wrong = inside(runtime.path(), &["alice", "--lab", "romm"]).code(2);
    assert!(stderr(&wrong).contains("There are: lab, lab-2, room-7"), "{}", stderr(&wrong));
    let taken = netlings(runtime.path(), &["lab", "--name", "room-7"]);
    let taken = assert_cmd::Command::from_std(taken).assert().code(2);
    taken.stderr(contains("runs already"));
    // One ends, the others stay.
    let sleeper = sleeper(runtime.path(), &["alice", "--lab", "lab"]);
    second.end();
    inside(runtime.path(), &["alice", "--lab", "lab", "--", "true"]).success();
    first.end();
    is_ended(sleeper);
    named.end();
}

#[test]
fn of_a_lab_that_was_killed_nothing_runs_on_and_its_name_is_free() {
    if !has_kernels() {
        return;
    }
    let runtime = TempDir::new().unwrap();
    let mut lab = Lab::start(runtime.path(), &["--name", "room"]);
    let sleeper = sleeper(runtime.path(), &["alice"]);
    lab.signal("-KILL");
    lab.netlings.wait().unwrap();
    is_ended(sleeper);
    inside(runtime.path(), &["alice"]).code(2);
    let again = Lab::start(runtime.path(), &["--name", "room"]);
    inside(runtime.path(), &["alice", "--", "true"]).success();
    // SIGTERM ends it at once, and the name is free too.
    again.signal("-TERM");
    drop(again);
    inside(runtime.path(), &["alice"]).code(2);
}

#[test]
fn a_folder_that_others_can_write_to_is_not_trusted() {
    let runtime = TempDir::new().unwrap();
    let folder = runtime.path().join("netlings");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    let refused = inside(runtime.path(), &["alice"]).code(4);
    assert!(stderr(&refused).contains("not a folder of yours alone"), "{}", stderr(&refused));
    fs::remove_dir(&folder).unwrap();
    std::os::unix::fs::symlink("/tmp", &folder).unwrap();
    inside(runtime.path(), &["alice"]).code(4);
}

#[test]
fn a_name_that_could_be_a_path_is_refused() {
    let runtime = TempDir::new().unwrap();
    for name in ["../x", ".", "a/b", ""] {
        inside(runtime.path(), &["alice", "--lab", name]).code(2);
    }
}
