//! The finished program as the other side.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::clone::{Clone, manifest};

const PROGRAM: &str = r#"
use std::io::Read;
fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.first().map(String::as_str) {
        Some("--help") => println!(
            "Echo\n\nUsage: x [COMMAND]\n\nCommands:\n  server  Wait\n            for ever\n  \
             client  Ask\n  help    Print this\n\nOptions:\n  -h"
        ),
        Some("client") => {
            let mut said = String::new();
            std::io::stdin().read_to_string(&mut said).unwrap();
            print!("{} {said}", words[1..].join("+"));
            eprintln!("in {}", std::env::current_dir().unwrap().display());
            std::process::exit(7);
        }
        _ => {
            println!("listening as {words:?}");
            std::thread::sleep(std::time::Duration::from_secs(600));
        }
    }
}
"#;

fn clone() -> Clone {
    let clone = Clone::new();
    clone.write("solutions/tcp-echo/Cargo.toml", &manifest("tcp-echo-solution"));
    clone.change("Cargo.toml", "tcp-echo\"]", "tcp-echo\", \"solutions/tcp-echo\"]");
    clone.write("solutions/tcp-echo/src/main.rs", PROGRAM);
    clone
}

#[test]
fn its_streams_its_arguments_its_folder_and_its_exit_code_are_the_programs() {
    let clone = clone();
    let words = ["peer", "tcp-echo", "client", "--addr", "127.0.0.1:0", "-h"];
    let mut peer = clone.netlings_in("exercises/tcp-echo/src", &words);
    let assert = peer.write_stdin("hello").assert().code(7);
    assert.stdout("--addr+127.0.0.1:0+-h hello").stderr(contains("in /").and(contains("/src\n")));
}

#[test]
fn without_a_role_or_with_an_unknown_one_the_roles_are_named() {
    let clone = clone();
    let peer = |words: &[&str]| clone.netlings(&[&["peer"], words].concat()).assert();
    let roles = || contains("There are: server, client.\n");
    peer(&["tcp-echo"]).code(2).stdout("").stderr(roles());
    peer(&["tcp-echo", "juggler"]).code(2).stdout("").stderr(roles());
    let near = contains("tcp-echo has no role `sevrer`. Did you mean `server`?");
    peer(&["tcp-echo", "sevrer"]).code(2).stdout("").stderr(near);
    peer(&["tcp-ehco", "server"]).code(2).stderr(contains("Did you mean `tcp-echo`?"));
    peer(&[]).code(2);
}

#[test]
fn an_interrupted_peer_ends_and_leaves_nothing_running() {
    let clone = clone();
    let mut netlings = clone.plain_netlings("", &["peer", "tcp-echo", "--addr", "127.0.0.1:0"]);
    for signal in ["-INT", "-TERM", "-KILL"] {
        let netlings = netlings.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut peer = netlings.spawn().expect("netlings runs");
        let mut line = String::new();
        BufReader::new(peer.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "listening as [\"--addr\", \"127.0.0.1:0\"]\n");
        peer.stdin.as_mut().unwrap().write_all(b"typed\n").unwrap();
        let id = peer.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        assert!(!peer.wait().unwrap().success());
        let program = clone.path("target/debug/tcp-echo-solution").display().to_string();
        let left = Command::new("pgrep").args(["-f", &program]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&left.stdout), "", "{signal}");
    }
}

#[test]
fn a_solution_that_does_not_build_is_the_courses_fault_and_cargo_says_why() {
    let clone = clone();
    clone.write("solutions/tcp-echo/src/main.rs", "fn main() { nothing }\n");
    let told = contains("error[E0425]").and(contains("tcp-echo-solution"));
    clone.netlings(&["peer", "tcp-echo", "server"]).assert().code(3).stdout("").stderr(told);
}
