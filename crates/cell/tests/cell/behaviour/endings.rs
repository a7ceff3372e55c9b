//! When a cell ends, all of it does.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cell::{Cell, End, Policy, Tier};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};

use super::{output, policy, program, workplace};
use crate::owner::own_path;

/// Processes of which an argument is `word`, as descriptors.
fn processes_with(word: &str) -> Vec<OwnedFd> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("/proc").flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let Ok(process) = pidfd_open(Pid::from_raw(id).expect("an id"), PidfdFlags::empty()) else {
            continue;
        };
        let arguments = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if arguments.split(|byte| *byte == 0).any(|argument| argument == word.as_bytes()) {
            found.push(process);
        }
    }
    found
}

fn all_end_within(processes: &[OwnedFd], time: Duration) -> bool {
    let late = Instant::now() + time;
    processes.iter().all(|process| {
        let left = late.saturating_duration_since(Instant::now());
        let left = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
        poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&left)).is_ok_and(|count| count == 1)
    })
}

pub(super) fn a_daemon_ends_with_the_program() {
    // Unconfined it goes on.
    let folder = workplace();
    let marker = folder.path().join("daemon").display().to_string();
    let status = Command::new(own_path())
        .args(["--as", "program", "daemon", &marker, "double"])
        .stdin(Stdio::null())
        .status()
        .expect("it starts");
    assert!(status.success());
    let running = processes_with(&marker);
    assert_eq!(running.len(), 1);
    rustix::process::pidfd_send_signal(&running[0], Signal::KILL).expect("it runs");
    for (tier, way) in [Tier::Full, Tier::Reduced]
        .into_iter()
        .flat_map(|tier| ["single", "double"].into_iter().map(move |way| (tier, way)))
    {
        let folder = workplace();
        let marker = folder.path().join("daemon").display().to_string();
        let output = output(tier, &policy().write(folder.path()), &["daemon", &marker, way]);
        assert_eq!(output.ended.end, End::Exited(0), "{output:?}");
        assert_eq!(output.ended.left_behind, 1, "{tier} {way}");
        assert!(Path::new(&marker).exists(), "the daemon was there");
        assert!(processes_with(&marker).is_empty(), "{tier} {way}");
    }
}

pub(super) fn an_orphan_with_stdout_keeps_nobody_waiting() {
    for tier in [Tier::Full, Tier::Reduced] {
        let folder = workplace();
        let marker = folder.path().join("daemon").display().to_string();
        let output = output(tier, &policy().write(folder.path()), &["daemon", &marker, "single"]);
        assert_eq!(output.ended.end, End::Exited(0));
    }
}

/// Starts a program that waits, and returns once it runs.
fn waiting(tier: Tier, policy: &Policy, mark: &str) -> Cell {
    let (mut said, stdout) = io::pipe().expect("a pipe");
    let command = program(&["wait", mark]).stdout(stdout);
    let cell = Cell::start_on(tier, policy, command).expect("a cell");
    said.read_exact(&mut [0; 5]).expect("it says that it is ready");
    cell
}

fn mark() -> String {
    format!("mark-of-{}", std::process::id())
}

pub(super) fn dropping_a_cell_ends_all() {
    for tier in [Tier::Full, Tier::Reduced] {
        let cell = waiting(tier, &policy(), &mark());
        let running = processes_with(&mark());
        assert_eq!(running.len(), 1);
        drop(cell);
        assert!(all_end_within(&running, Duration::ZERO), "{tier}");
        let mut cell = waiting(tier, &policy(), &mark());
        cell.kill();
        assert_eq!(cell.wait().expect("its end").end, End::Killed);
    }
}

/// In the process that is to be killed.
pub(super) fn holds(tier: Tier) {
    let mark = std::env::args().nth(4).expect("a mark");
    let _cell = waiting(tier, &policy(), &mark);
    println!("ready");
    loop {
        std::thread::park();
    }
}

/// Killed with SIGKILL when this is dropped.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(super) fn killing_the_owner_ends_all() {
    for tier in ["holds_full", "holds_reduced"] {
        let owner = Command::new(own_path())
            .args(["--as", "behaviour", tier, &mark()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("an owner");
        let mut owner = Killed(owner);
        let mut line = String::new();
        let stdout = owner.0.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says so");
        assert_eq!(line, "ready\n");
        let running = processes_with(&mark());
        assert_eq!(running.len(), 3, "the owner, the cell's first process, and the program");
        drop(owner);
        assert!(all_end_within(&running, Duration::from_secs(60)), "{tier}");
    }
}
