//! The second level, from outside.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};

use cell::Policy;
use rustix::process::{Pid, Signal};

use super::policy;
use crate::owner::own_path;
use crate::sys;

/// The launcher of the second level with a program behind it.
pub(super) fn launched(policy: &Policy, words: &[&str]) -> Child {
    Command::new(own_path())
        .args(["--as", "confined", &policy.to_text(), "--", &own_path(), "--as", "program"])
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the launcher")
}

pub(super) fn the_second_level_does_not_show() {
    does_not_show(&policy());
    does_not_show(&policy().on_the_oldest_landlock());
}

fn does_not_show(policy: &Policy) {
    let end = |words: &[&str]| -> ExitStatus { launched(policy, words).wait().expect("its end") };
    assert_eq!(end(&["exit", "0"]).code(), Some(0));
    assert_eq!(end(&["exit", "77"]).code(), Some(77));
    assert_eq!(end(&["abort"]).signal(), Some(libc::SIGABRT));
    // The same process, so the same number and the same parent.
    let child = launched(policy, &["ids"]);
    let expected = format!("{} {} {}\n", child.id(), std::process::id(), sys::user());
    let said = child.wait_with_output().expect("its output").stdout;
    assert_eq!(String::from_utf8_lossy(&said), expected);
    // Streams are the program's own.
    let mut child = launched(policy, &["echo"]);
    child.stdin.take().expect("it is piped").write_all(b"there and back").expect("it reads");
    assert_eq!(child.wait_with_output().expect("its output").stdout, b"there and back");
    // A signal finds the program.
    let mut child = launched(policy, &["wait"]);
    child.stdout.as_mut().expect("it is piped").read_exact(&mut [0; 5]).expect("it is ready");
    let process = Pid::from_raw(child.id().cast_signed()).expect("an id");
    rustix::process::kill_process(process, Signal::TERM).expect("it runs");
    assert_eq!(child.wait().expect("its end").signal(), Some(libc::SIGTERM));
}

pub(super) fn before_scopes_a_program_signals_itself_only() {
    let shell = |policy: &Policy, script: &str| {
        let output = Command::new(own_path())
            .args(["--as", "confined", &policy.to_text(), "--", "/bin/sh", "-c", script])
            .stdin(Stdio::null())
            .output()
            .expect("the launcher");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let own = "trap 'echo caught' USR1; kill -USR1 $$; echo $?";
    let child = "cat & kill -0 $! 2>/dev/null; echo $?; wait";
    for (script, with, without) in [
        (own, "caught\n0\n", "caught\n0\n"),
        (child, "0\n", "1\n"),
        // The group is that of whoever grades it.
        ("kill -0 0 2>/dev/null; echo $?", "0\n", "1\n"),
    ] {
        let policy = policy();
        assert_eq!(shell(&policy, script), with, "{script}");
        assert_eq!(shell(&policy.on_the_oldest_landlock(), script), without, "{script}");
    }
}

pub(super) fn the_second_level_refuses_in_words() {
    let child = launched(&policy().read("/nothing/here"), &["exit", "0"]);
    let output = child.wait_with_output().expect("its output");
    assert_eq!(output.status.code(), Some(cell::inner::NOT_STARTED));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("/nothing/here can't be given to a program"), "{said}");
}
