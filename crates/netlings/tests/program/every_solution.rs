//! What the contract asks of every program, whatever its lesson: asked of the solutions.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Once;

use crate::clone::real_path;

/// A role that can be asked for, and the arguments it needs besides.
struct Role {
    words: &'static [&'static str],
    address: Address,
}

/// What a role does with `--addr`.
#[derive(Clone, Copy, PartialEq)]
enum Address {
    None,
    /// Listens there, or calls it.
    Whole,
    /// Takes the port; the host is nobody it would call.
    Port,
}

/// A lesson's roles, the one that is taken without a word first.
struct Program {
    lesson: &'static str,
    roles: &'static [Role],
}

const fn over_network(words: &'static [&'static str]) -> Role {
    Role { words, address: Address::Whole }
}

const fn by_itself(words: &'static [&'static str]) -> Role {
    Role { words, address: Address::None }
}

const PROGRAMS: [Program; 6] = [
    Program { lesson: "file-ipc", roles: &[by_itself(&["recv"]), by_itself(&["send", "hello"])] },
    Program {
        lesson: "handshake-trace",
        roles: &[
            over_network(&["live"]),
            by_itself(&["table", "no/such/file"]),
            Role { words: &["watch", "--for", "1"], address: Address::Port },
            by_itself(&["next", "CLOSED", "active-open"]),
        ],
    },
    Program { lesson: "tcp-chat", roles: &[over_network(&["server"]), over_network(&["client"])] },
    Program {
        lesson: "tcp-echo",
        roles: &[over_network(&["server"]), over_network(&["client", "hello"])],
    },
    Program {
        lesson: "udp-chat",
        roles: &[over_network(&["server"]), over_network(&["client", "--name", "alex"])],
    },
    Program {
        lesson: "udp-time-server",
        roles: &[over_network(&["server"]), over_network(&["client", "%H"])],
    },
];

impl Program {
    fn binary(&self) -> PathBuf {
        static BUILT: Once = Once::new();
        let target = Path::new(env!("CARGO_BIN_EXE_netlings")).ancestors().nth(2).unwrap();
        BUILT.call_once(|| {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args(["build", "--quiet", "--bins"]).current_dir(real_path(""));
            for program in &PROGRAMS {
                cargo.args(["--package", &format!("{}-solution", program.lesson)]);
            }
            assert!(cargo.arg("--target-dir").arg(target).status().unwrap().success());
        });
        target.join("debug").join(format!("{}-solution", self.lesson))
    }

    fn command<I: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = I>) -> Command {
        let mut command = Command::new(self.binary());
        command.args(words).stdin(Stdio::null()).env_remove("NO_COLOR");
        command
    }

    /// Runs the program to its end.
    fn output<I: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = I>) -> Output {
        self.command(words).output().unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("programs say UTF-8")
}

/// Ends the program with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn each_solution_is_known_to_these_tests() {
    let mut there: Vec<String> = fs::read_dir(real_path("solutions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    let mut known: Vec<&str> = PROGRAMS.iter().map(|program| program.lesson).collect();
    known.sort_unstable();
    assert_eq!(there, known, "add the new lesson's roles to PROGRAMS");
}

#[test]
fn help_is_there_for_the_program_and_for_each_role() {
    for program in &PROGRAMS {
        let whole = program.output(["--help"]);
        assert_eq!(whole.status.code(), Some(0), "{}", program.lesson);
        for role in program.roles {
            assert!(text(&whole.stdout).contains(role.words[0]), "{}", program.lesson);
            let one = program.output([role.words[0], "--help"]);
            assert_eq!(one.status.code(), Some(0), "{} {}", program.lesson, role.words[0]);
            assert_eq!(text(&one.stdout).contains("--addr"), role.address != Address::None);
        }
    }
}

#[test]
fn an_unknown_role_option_colour_or_form_of_address_is_bad_usage() {
    for program in &PROGRAMS {
        let mut wrong = vec![vec!["juggler"], vec!["--no-such-option"]];
        for role in program.roles {
            wrong.push([role.words, &["--no-such-option"]].concat());
            wrong.push([role.words, &["--color", "pink"]].concat());
            if role.address != Address::None {
                wrong.push([role.words, &["--addr", "127.0.0.1"]].concat());
            }
        }
        for words in wrong {
            let output = program.output(&words);
            assert_eq!(output.status.code(), Some(2), "{} {words:?}", program.lesson);
            assert!(output.stdout.is_empty(), "{} {words:?}", program.lesson);
        }
    }
}

#[test]
fn a_name_that_does_not_resolve_is_one_line_with_the_name_and_exit_code_1() {
    for program in &PROGRAMS {
        for role in program.roles.iter().filter(|role| role.address == Address::Whole) {
            // A label of 64 letters: refused by every resolver (RFC 1035 section 2.3.4 allows 63),
            // so that no name server is asked.
            let nowhere = format!("{}.example:9", "n".repeat(64));
            let output = program.output([role.words, &["--addr", &nowhere]].concat());
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{}: {said}", program.lesson);
            assert!(said.contains(&nowhere), "{}: {said}", program.lesson);
            assert_eq!(said.lines().count(), 1, "{}: {said}", program.lesson);
        }
    }
}

/// `--color` is taken by each role, and the role that waits serves on IPv6 too, without its name.
#[test]
fn the_role_that_waits_is_taken_by_itself_and_serves_on_ipv6_with_any_choice_of_colour() {
    for program in &PROGRAMS {
        if !program.roles[0].words.contains(&"server") {
            continue;
        }
        for colour in ["auto", "always", "never"] {
            let mut command = program.command(["--addr", "[::1]:0", "--color", colour]);
            let mut running = Running(command.stdout(Stdio::piped()).spawn().unwrap());
            let mut line = String::new();
            BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
            let addr = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}"));
            let addr: SocketAddr = addr.trim_end().parse().unwrap();
            assert!(addr.is_ipv6() && addr.port() != 0, "{addr}");
        }
    }
}

#[test]
fn a_closed_stdout_ends_the_program_without_a_panic() {
    for program in &PROGRAMS {
        if !program.roles[0].words.contains(&"server") {
            continue;
        }
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = program.command(["server", "--addr", "127.0.0.1:0"]);
        let mut running = Running(command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap());
        drop(command); // its copy of the pipe
        let mut said = String::new();
        running.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        let code = running.0.wait().unwrap().code();
        assert!(matches!(code, Some(0 | 1)), "{}: {code:?} {said}", program.lesson);
        assert!(!said.contains("panicked"), "{}: {said}", program.lesson);
    }
}
