//! Ctrl-C in the middle of a grading.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use crate::clone::Clone;

#[test]
fn an_interrupted_grading_says_so_and_leaves_nothing_running() {
    let clone = Clone::new();
    let marker = clone.path("").display().to_string();
    clone.write(
        "sleeper.py",
        "import sys, time\nprint('listening on 127.0.0.1:9', flush=True)\ntime.sleep(600)\n",
    );
    let subject = format!("python3 {marker}sleeper.py");
    let mut netlings = clone.plain_netlings("", &["check", "tcp-echo", "--subject", &subject]);
    let mut running =
        netlings.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("netlings runs");
    let mut line = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("tcp-echo"), "{line}");
    let id = running.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let mut said = String::new();
    running.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("interrupted"), "{said}");
    let left = Command::new("pgrep").args(["-f", &format!("{marker}sleeper")]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout), "");
}
