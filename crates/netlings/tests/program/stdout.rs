//! A stdout that nobody reads, and one that is full.

use std::process::Stdio;

use crate::clone::{Clone, right_program};

#[test]
fn a_closed_stdout_ends_the_printing_quietly_and_nothing_else() {
    let clone = Clone::new();
    clone.write("exercises/tcp-echo/src/main.rs", &right_program());
    clone.write("exercises/tcp-echo/README.md", &"A word.\n\n".repeat(100));
    clone.write("solutions/tcp-echo/src/main.rs", "fn main() { todo() }\n");
    let solution = ["solution", "tcp-echo", "--anyway"];
    let graded = ["check", "tcp-echo", "--check", "echoes_hello"];
    for arguments in [&[][..], &["list"], &["show"], &solution, &["--help"], &graded] {
        let mut netlings = clone.plain_netlings("", arguments);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = netlings.stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        assert!(!said.contains("error") && !said.contains("panicked"), "{arguments:?}: {said}");
    }
    assert!(clone.read(".netlings/progress.json").contains("passed"), "nothing is lost");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_stdout_is_an_error_in_words() {
    let clone = Clone::new();
    clone.write("exercises/tcp-echo/src/main.rs", &right_program());
    clone.write("exercises/tcp-echo/README.md", "A word.\n");
    clone.write("solutions/tcp-echo/src/main.rs", "fn main() {}\n");
    let graded = ["check", "tcp-echo", "--check", "echoes_hello"];
    for arguments in
        [&[][..], &["list"], &["--help"], &["show"], &["skeletons", "--check"], &graded]
    {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let mut netlings = clone.plain_netlings("", arguments);
        let output = netlings.stdout(full).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{arguments:?}: {said}");
        assert!(said.contains("cannot write to stdout: No space left"), "{arguments:?}: {said}");
    }
    assert!(clone.read(".netlings/progress.json").contains("passed"), "nothing is lost");
}

#[cfg(unix)]
#[test]
fn at_a_terminal_an_error_is_broken_between_words() {
    let narrow = "stty cols 44 rows 24; exec \"$0\" trace zzz";
    let mut python = std::process::Command::new("python3");
    python.args(["-c", crate::demo::terminal::TERMINAL, "/bin/sh", "-c", narrow]);
    python.args([env!("CARGO_BIN_EXE_netlings"), "--"]);
    let shown = String::from_utf8(python.output().unwrap().stdout).unwrap().replace('\r', "");
    let (said, end) = shown.split_once("\n\nexit ").unwrap_or_else(|| panic!("{shown}"));
    assert_eq!(end, "2 echo\n");
    let rows = ["error: no scenario is called `zzz`.", "`netlings trace` alone lists all of them."];
    assert_eq!(said.lines().collect::<Vec<_>>(), rows);
}
