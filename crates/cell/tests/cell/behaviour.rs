//! What a cell does with programs that mean no harm, and with what they leave behind. Each test is a
//! process of its own, and panics where it fails.

mod endings;
mod second_level;

use std::fs;
use std::io::{self, Write};
use std::process::Command;
use std::time::Duration;

use crate::owner::own_path;
use cell::{Cell, End, Limits, Network, Output, Policy, Tier};

use endings::{
    a_daemon_ends_with_the_program, an_orphan_with_stdout_keeps_nobody_waiting,
    dropping_a_cell_ends_all, holds, killing_the_owner_ends_all,
};
use second_level::{
    before_scopes_a_program_signals_itself_only, launched, the_second_level_does_not_show,
    the_second_level_refuses_in_words,
};

macro_rules! tests {
    ($($name:ident,)*) => {
        pub(crate) const NAMES: &[&str] = &[$(stringify!($name),)*];

        pub(crate) fn owner(name: &str) -> i32 {
            match name {
                $(stringify!($name) => $name(),)*
                "lacks" => lacks(),
                "holds_full" => holds(Tier::Full),
                "holds_reduced" => holds(Tier::Reduced),
                _ => return 2,
            }
            0
        }
    };
}

tests! {
    exit_codes_and_signals_are_told,
    a_program_is_never_the_first_process,
    a_daemon_ends_with_the_program,
    an_orphan_with_stdout_keeps_nobody_waiting,
    dropping_a_cell_ends_all,
    killing_the_owner_ends_all,
    time_is_limited,
    cpu_time_and_memory_are_told,
    tables_of_pages_count_as_memory,
    whoever_floods_is_ended,
    only_named_descriptors_are_inherited,
    cells_have_loopbacks_of_their_own,
    localhost_has_addresses,
    no_network_means_none,
    what_is_written_stays,
    what_cannot_be_given_is_refused,
    nothing_of_many_cells_is_left_in_the_owner,
    what_a_machine_lacks_is_told,
    the_second_level_does_not_show,
    the_second_level_refuses_in_words,
    before_scopes_a_program_signals_itself_only,
}

fn policy() -> Policy {
    Policy::new().system().execute(own_path())
}

fn program(words: &[&str]) -> cell::Command {
    cell::Command::new(own_path()).args(["--as", "program"]).args(words)
}

fn output(tier: Tier, policy: &Policy, words: &[&str]) -> Output {
    Cell::output(tier, policy, program(words), 1 << 16).expect("a cell")
}

fn shell(script: &str) -> Output {
    let command = cell::Command::new("/bin/sh").args(["-c", script]);
    Cell::output(Tier::Full, &policy(), command, 1 << 16).expect("a cell")
}

fn exit_codes_and_signals_are_told() {
    for tier in [Tier::Full, Tier::Reduced] {
        let end = |words: &[&str]| output(tier, &policy(), words).ended.end;
        assert_eq!(end(&["exit", "0"]), End::Exited(0));
        assert_eq!(end(&["exit", "77"]), End::Exited(77));
        assert_eq!(end(&["abort"]), End::Signal(libc::SIGABRT));
    }
    assert_eq!(shell("kill -TERM $$").ended.end, End::Signal(libc::SIGTERM));
    assert_eq!(shell("kill -PIPE $$").ended.end, End::Signal(libc::SIGPIPE));
}

fn a_program_is_never_the_first_process() {
    let said = output(Tier::Full, &policy(), &["ids"]).stdout;
    let said = String::from_utf8_lossy(&said).into_owned();
    let (own, rest) = said.split_once(' ').expect("three numbers");
    assert_ne!(own, "1");
    assert_eq!(rest, "1 1000\n", "its parent, and its user");
}

fn workplace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    cell::give(folder.path()).expect("it is given");
    folder
}

fn time_is_limited() {
    for tier in [Tier::Full, Tier::Reduced] {
        let limits = Limits { wall: Duration::from_millis(300), ..Limits::default() };
        let output = output(tier, &policy().limits(limits), &["wait"]);
        assert_eq!(output.ended.end, End::Wall);
    }
}

fn cpu_time_and_memory_are_told() {
    let limits = Limits { cpu: Duration::from_secs(1), ..Limits::default() };
    let command = cell::Command::new("/bin/sh").args(["-c", "while :; do :; done"]);
    let busy = Cell::output(Tier::Full, &policy().limits(limits), command, 100).expect("a cell");
    assert_eq!(busy.ended.end, End::Signal(libc::SIGXCPU));
    assert!(busy.ended.cpu >= Duration::from_millis(500), "{:?}", busy.ended);
    assert!(busy.ended.cpu < Duration::from_secs(3), "{:?}", busy.ended);
    let large = shell("head -c 50000000 /dev/zero | tail -n 1 | wc -c");
    assert_eq!(large.ended.end, End::Exited(0));
    assert!(large.ended.peak_memory > 50_000_000, "{:?}", large.ended);
    assert!(large.ended.peak_memory < 200_000_000, "{:?}", large.ended);
}

fn tables_of_pages_count_as_memory() {
    let limits = Limits { address_space: 80 << 30, memory: 64 << 20, ..Limits::default() };
    let output = output(Tier::Full, &policy().limits(limits), &["tables"]);
    assert_eq!(output.ended.end, End::Memory, "{output:?}");
}

fn whoever_floods_is_ended() {
    for tier in [Tier::Full, Tier::Reduced] {
        let output = Cell::output(tier, &policy(), program(&["flood"]), 100_000).expect("a cell");
        assert!(output.flooded);
        assert_eq!(output.stdout.len(), 100_000);
        assert_eq!(output.ended.end, End::Killed);
    }
}

fn only_named_descriptors_are_inherited() {
    let (hears, mut says) = io::pipe().expect("a pipe");
    says.write_all(b"for you").expect("room");
    drop(says);
    let command = cell::Command::new("/bin/sh").args(["-c", "cat <&7"]).descriptor(7, hears);
    let output = Cell::output(Tier::Full, &policy().proc(), command, 1 << 16).expect("a cell");
    assert_eq!(output.stdout, b"for you");
    // None of them is in the way of what the cell itself has open until the program starts.
    let mut command = cell::Command::new("/bin/sh").args(["-c", "echo /proc/self/fd/*"]);
    let null = fs::File::open("/dev/null").expect("it is there");
    for number in 3..64 {
        // Held far above, so that what the cell opens in the owner has numbers below 64.
        let held = rustix::io::fcntl_dupfd_cloexec(&null, 100).expect("there is room");
        command = command.descriptor(number, held);
    }
    let output = Cell::output(Tier::Full, &policy().proc(), command, 1 << 16).expect("a cell");
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(listed.contains("/fd/3 ") && listed.contains("/fd/63"), "{listed}");
    let listed = cell::Command::new("/bin/sh").args(["-c", "echo /proc/self/fd/*"]);
    let output = Cell::output(Tier::Full, &policy().proc(), listed, 1 << 16).expect("a cell");
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    // The fourth is the shell's own, for the listing.
    assert!(listed.split_whitespace().count() <= 4, "{listed}");
}

fn cells_have_loopbacks_of_their_own() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();
    let policy = policy().network(Network::Loopback);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let output = output(Tier::Full, &policy, &["serve", &port]);
                assert_eq!(output.stdout, b"hello\n", "{output:?}");
            });
        }
    });
}

fn localhost_has_addresses() {
    let policy = policy().network(Network::Loopback);
    let in_full = output(Tier::Full, &policy, &["localhost"]);
    assert_eq!(String::from_utf8_lossy(&in_full.stdout), "127.0.0.1 ::1\n", "{in_full:?}");
    // Elsewhere they are what the machine's own file says.
    for said in [
        output(Tier::Reduced, &policy, &["localhost"]).stdout,
        launched(&policy, &["localhost"]).wait_with_output().expect("its output").stdout,
    ] {
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(said.contains("127.0.0.1"), "{said}");
    }
}

fn no_network_means_none() {
    for tier in [Tier::Full, Tier::Reduced] {
        let output = output(tier, &policy(), &["serve", "0"]);
        assert_eq!(output.ended.end, End::Exited(101), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("PermissionDenied"), "{said}");
    }
}

fn what_is_written_stays() {
    for tier in [Tier::Full, Tier::Reduced] {
        let folder = workplace();
        let file = folder.path().join("result");
        let script = format!("echo done > {}; echo gone > $TMPDIR/gone", file.display());
        let command = cell::Command::new("/bin/sh").args(["-c", &script]);
        let policy = policy().write(folder.path()).scratch(1 << 20);
        let output = Cell::output(tier, &policy, command, 1 << 16).expect("a cell");
        assert_eq!(output.ended.end, End::Exited(0), "{output:?}");
        assert_eq!(fs::read_to_string(file).expect("the file"), "done\n");
    }
}

fn what_cannot_be_given_is_refused() {
    let refused = |policy: &Policy, program: &str| {
        let refusal = Cell::start(policy, cell::Command::new(program)).expect_err("a refusal");
        refusal.to_string()
    };
    let text = refused(&policy(), "/nothing/here");
    assert!(text.starts_with("the program could not be started: No such file"), "{text}");
    let text = refused(&policy().read("/nothing/here"), "/bin/true");
    assert!(text.starts_with("/nothing/here can't be given to a program: No such"), "{text}");
    let text = refused(&policy().read("here"), "/bin/true");
    assert!(text.contains("not absolute"), "{text}");
    let text = refused(&policy().read("/"), "/bin/true");
    assert!(text.contains("name those below it"), "{text}");
    let nowhere = cell::Command::new("/bin/true").directory("/nothing/here");
    let text = Cell::start(&policy(), nowhere).expect_err("a refusal").to_string();
    assert!(text.contains("folder is not there in the cell"), "{text}");
    let none = Cell::start_on(Tier::None, &policy(), cell::Command::new("/bin/true"));
    assert!(none.expect_err("a refusal").to_string().contains("without any confinement"));
}

fn nothing_of_many_cells_is_left_in_the_owner() {
    let open = || fs::read_dir("/proc/self/fd").expect("/proc").count();
    output(Tier::Full, &policy(), &["exit", "0"]);
    let before = open();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for code in 0..10 {
                    let output = output(Tier::Full, &policy(), &["exit", &code.to_string()]);
                    assert_eq!(output.ended.end, End::Exited(code));
                }
            });
        }
    });
    assert_eq!(open(), before);
    let child = rustix::process::wait(rustix::process::WaitOptions::NOHANG);
    assert_eq!(child.expect_err("no child is left"), rustix::io::Errno::CHILD);
}

/// Where no more user namespaces may be made.
fn lacks() {
    let there = cell::capability();
    println!("{there}");
    let map = fs::read_to_string("/proc/self/uid_map").expect("/proc");
    if map.split_whitespace().nth(1) == Some("0") {
        // This is the machine's root without its rights: no tier would keep a program from it.
        assert_eq!(there.tier(), Tier::None);
        let why = there.why_not_reduced().expect("a reason").to_string();
        assert!(why.starts_with("root without its rights"), "{why}");
        let refusal = Cell::start_on(Tier::Reduced, &policy(), program(&["exit", "0"]));
        assert_eq!(refusal.expect_err("a refusal").to_string(), why);
        return;
    }
    assert_eq!(there.tier(), Tier::Reduced);
    let why = there.why_not_full().expect("a reason").to_string();
    assert!(why.contains("user.max_user_namespaces"), "{why}");
    let refusal = Cell::start(&policy(), program(&["exit", "0"])).expect_err("a refusal");
    assert_eq!(refusal.to_string(), why);
    let output = output(Tier::Reduced, &policy(), &["exit", "5"]);
    assert_eq!(output.ended.end, End::Exited(5));
}

fn what_a_machine_lacks_is_told() {
    let script = r#"echo 0 >/proc/sys/user/max_user_namespaces && exec "$0" --as behaviour lacks"#;
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "sh", "-c", script, &own_path()])
        .output()
        .expect("unshare (util-linux) is there");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}
