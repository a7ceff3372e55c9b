//! A machine that has run out of something is never the program's failure. Each test starts a
//! grader in want of one thing and reads what it says.

use std::process::{Command, Output};

use libtest_mimic::Completion;

use crate::{acting, actor, graded};

crate::trials![
    a_grader_without_descriptors_blames_the_machine,
    a_grader_without_memory_blames_the_machine,
    a_grader_without_proc_blames_the_machine,
];

/// Plays a grader: a right program, many conversations. Prints the outcome and the message.
pub(crate) fn grade_once() {
    let report = graded(&acting("echo"), |run| {
        let server = run.server()?;
        let mut clients = Vec::new();
        for _ in 0..40 {
            let mut client = server.connect()?;
            client.send(b"hello!")?;
            client.expect(b"hello!")?;
            clients.push(client);
        }
        server.memory().map(drop)
    });
    println!("{:?}: {}", report.outcome, report.message);
}

/// Runs a grader under a shell that first takes something away.
fn graded_after(take_away: &str, wrapper: &[&str]) -> String {
    let me = std::env::current_exe().expect("a path");
    let script = format!("{take_away}; exec \"$0\" {} once", actor::MARK);
    let mut words = wrapper.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    words.extend(["sh".into(), "-c".into(), script, me.display().to_string()]);
    let Output { status, stdout, stderr } =
        Command::new(&words[0]).args(&words[1..]).output().expect("a shell runs");
    let said = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "{said}{}", String::from_utf8_lossy(&stderr));
    said
}

#[track_caller]
fn assert_machine(said: &str, words: &str) {
    assert!(said.starts_with("InfraError: "), "{said}");
    assert!(said.contains(words), "{said}");
}

fn a_grader_without_descriptors_blames_the_machine() {
    assert_eq!(graded_after("ulimit -n 256", &[]), "Passed: \n", "the same grader with enough");
    for most in [8, 12, 16, 20, 24, 40] {
        assert_machine(&graded_after(&format!("ulimit -n {most}"), &[]), "Too many open files");
    }
}

fn a_grader_without_memory_blames_the_machine() {
    // So little that no thread finds room for its stack.
    let said = graded_after("ulimit -v 10000", &[]);
    assert_machine(&said, "Resource temporarily unavailable");
}

const TAKE_PROC_AWAY: &str = "mount -t tmpfs none /proc";
const IN_A_NAMESPACE: [&str; 4] = ["unshare", "--user", "--map-root-user", "--mount"];

/// In a mount namespace of its own the grader sees an empty /proc.
fn a_grader_without_proc_blames_the_machine() -> Completion {
    if let Some(why) = no_namespaces() {
        return Completion::ignored_with(why);
    }
    let said = graded_after(TAKE_PROC_AWAY, &IN_A_NAMESPACE);
    assert_machine(&said, "/proc");
    Completion::Completed
}

/// Why the test was not run: many machines (Ubuntu 24.04, containers) refuse user namespaces.
/// With `NETLINGS_REQUIRE=namespaces` that is a failure.
fn no_namespaces() -> Option<String> {
    let [unshare, options @ ..] = IN_A_NAMESPACE;
    let tried = Command::new(unshare).args(options).args(["sh", "-c", TAKE_PROC_AWAY]).output();
    let why = match tried {
        Ok(output) if output.status.success() => return None,
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => format!("{unshare}: {error}"),
    };
    let required = std::env::var("NETLINGS_REQUIRE")
        .is_ok_and(|what| what.split(',').any(|word| word == "namespaces"));
    assert!(!required, "namespaces are required, but this machine refuses them: {why}");
    Some(format!("not run, this machine refuses user namespaces: {why}"))
}
