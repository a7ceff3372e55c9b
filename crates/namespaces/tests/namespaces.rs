//! Namespaces of this machine's kernel. Where it refuses them, a test says so and is not run;
//! `NETLINGS_REQUIRE=namespaces` makes that a failure.
#![cfg(target_os = "linux")]

use std::io::ErrorKind::InvalidInput;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use namespaces::{Builder, Namespaces, Opening, Step, Warden};
use rustix::process::{Resource, Rlimit, dumpable_behavior, getrlimit, setrlimit};

/// Says which kind of namespaces a test is about, and makes them where the machine allows it.
fn made(builder: Builder) -> Option<Namespaces> {
    match builder.build() {
        Ok(made) => Some(made),
        Err(refusal) => {
            let required = std::env::var("NETLINGS_REQUIRE")
                .is_ok_and(|what| what.split(',').any(|word| word == "namespaces"));
            assert!(!required, "{refusal}");
            eprintln!("not run: {refusal}");
            None
        }
    }
}

fn both_kinds() -> impl Iterator<Item = Namespaces> {
    let kinds = [Namespaces::builder(), Namespaces::builder().in_user_namespace()];
    kinds.into_iter().filter_map(|kind| made(kind.hostname("alice")))
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn output(namespaces: &Namespaces, program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(arguments);
    namespaces.enter(&mut command);
    let output = command.output().expect("the program starts");
    String::from_utf8_lossy(&output.stdout).trim().into()
}

#[test]
fn a_program_inside_sees_its_own_hostname_and_nothing_but_a_loopback() {
    for alice in both_kinds() {
        assert_eq!(output(&alice, "uname", &["-n"]), "alice");
        let interfaces = output(&alice, "cat", &["/proc/net/dev"]);
        let names = interfaces.lines().skip(2).filter_map(|line| line.split(':').next());
        assert_eq!(names.map(str::trim).collect::<Vec<_>>(), ["lo"]);
    }
}

#[test]
fn a_socket_inside_is_used_from_outside_and_reached_only_from_inside() {
    for alice in both_kinds() {
        let listener = alice.listen(address("127.0.0.1:0")).expect("it listens");
        let there = listener.local_addr().expect("an address");
        let server = thread::spawn(move || -> io::Result<()> {
            let (mut stream, _) = listener.accept()?;
            let mut all = Vec::new();
            stream.read_to_end(&mut all)?;
            stream.write_all(&all)
        });
        // From outside there is no way in: this is refused, or reaches a program of the machine's
        // own. The server takes one connection, so it would miss the next if it took this one.
        drop(TcpStream::connect(there));
        let mut client = alice.connect(there).expect("it connects");
        client.write_all(b"hello").expect("it takes it");
        client.shutdown(std::net::Shutdown::Write).expect("it is open");
        let mut echo = String::new();
        client.read_to_string(&mut echo).expect("it comes back");
        assert_eq!(echo, "hello");
        server.join().expect("no panic").expect("no error");
        let (a, b) = (alice.udp(address("127.0.0.1:0")), alice.udp(address("127.0.0.1:0")));
        let (a, b) = (a.expect("a socket"), b.expect("a socket"));
        a.send_to(b"datagram", b.local_addr().expect("an address")).expect("it is sent");
        let mut buffer = [0; 99];
        assert_eq!(b.recv(&mut buffer).expect("it arrives"), 8);
    }
}

#[test]
fn namespaces_beside_each_other_share_a_user_namespace_and_nothing_else() {
    let Some(alice) = made(Namespaces::builder().in_user_namespace()) else { return };
    let Some(bob) = made(Namespaces::builder().beside(&alice)) else { return };
    assert!(bob.has_user_namespace());
    let user = |who| output(who, "readlink", &["/proc/self/ns/user"]);
    assert_eq!(user(&alice), user(&bob));
    assert_ne!(alice.identity().expect("numbers"), bob.identity().expect("numbers"));
}

#[test]
fn a_setting_is_the_namespaces_own_and_one_that_is_not_there_is_named() {
    let key = "net/ipv4/tcp_syn_retries";
    for base in [Namespaces::builder, || Namespaces::builder().in_user_namespace()] {
        let Some(alice) = made(base().setting_if_possible("net/ipv4/no_such", "1")) else { return };
        let before = output(&alice, "cat", &[&format!("/proc/sys/{key}")]);
        match base().setting(key, "9").build() {
            Ok(set) => assert_eq!(output(&set, "cat", &[&format!("/proc/sys/{key}")]), "9"),
            Err(refusal) => eprintln!("not run: {refusal}"), // a read-only /proc/sys
        }
        assert_eq!(output(&alice, "cat", &[&format!("/proc/sys/{key}")]), before);
        let refusal = base().setting("net/ipv4/no_such", "1").build().expect_err("no such file");
        assert_eq!(refusal.step(), Step::Setting);
        assert!(refusal.to_string().contains("/proc/sys/net/ipv4/no_such"), "{refusal}");
    }
}

/// As root without a user namespace anything else below /proc/sys would be the machine's own.
#[test]
fn a_setting_that_is_not_the_namespaces_own_is_refused_before_it_is_written() {
    let value =
        std::fs::read_to_string("/proc/sys/vm/overcommit_memory").expect("there is a /proc");
    for key in [
        "vm/overcommit_memory",
        "net/../vm/overcommit_memory",
        "/net/ipv4/ip_forward",
        "net/\0",
        "net",
    ] {
        let refusal = Namespaces::builder().setting_if_possible(key, value.trim());
        let refusal = refusal.build().expect_err(key);
        assert_eq!((refusal.step(), refusal.error().kind()), (Step::Setting, InvalidInput));
    }
}

#[test]
fn an_opening_that_fails_is_named_with_the_systems_error() {
    let Some(alice) = made(Namespaces::builder()) else { return };
    let openings = [Opening::socket(2, 1, 0), Opening::device("/dev/no_such")];
    let refusal = alice.open(&openings).expect_err("no such device");
    assert_eq!(refusal.step(), Step::Open);
    assert_eq!(refusal.error().kind(), io::ErrorKind::NotFound);
    assert!(refusal.to_string().contains("(/dev/no_such)"), "{refusal}");
}

/// Runs the test of that name alone, in a process of its own with this variable set.
fn alone(test: &str, variable: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.args(["--exact", test, "--nocapture"]).env(variable, "1");
    command
}

fn open_descriptors() -> u64 {
    let all = std::fs::read_dir("/proc/self/fd").expect("there is a /proc");
    all.count() as u64 - 1 // but for the folder's own
}

/// Lets this process have so many descriptors more than it has.
fn leave_room_for(more: u64) {
    let limit = Rlimit { current: Some(open_descriptors() + more), maximum: None };
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { maximum, ..limit }).expect("a lower limit is allowed");
}

/// A child has its descriptors from the same table. Those that it opened are closed again, whether
/// or not the parent got its own.
#[test]
fn a_child_needs_no_more_descriptors_than_it_brings_and_leaves_none() {
    const ALONE: &str = "NAMESPACES_TEST_ALONE";
    const THIS: &str = "a_child_needs_no_more_descriptors_than_it_brings_and_leaves_none";
    const COUNT: usize = 60;
    if std::env::var_os(ALONE).is_none() {
        let output = alone(THIS, ALONE).output().expect("it starts");
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}\n{errors}");
        return;
    }
    let Some(alice) = made(Namespaces::builder().in_user_namespace()) else { return };
    // It takes a while to close this kind, AF_PACKET and SOCK_RAW.
    let openings = vec![Opening::socket(17, 3, 0); COUNT];
    let before = open_descriptors();
    for (room, is_enough) in [(COUNT as u64 + 9, true), (COUNT as u64 - 9, false)] {
        leave_room_for(room);
        for _ in 0..3 {
            let opened = alice.open(&openings);
            match &opened {
                Ok(opened) => assert_eq!((opened.len(), is_enough), (COUNT, true)),
                Err(refusal) => assert!(!is_enough, "{refusal}"),
            }
            drop(opened);
            assert_eq!(open_descriptors(), before, "with room for {room} more");
        }
    }
}

/// A child has this process's memory, and changes who it is. What the kernel keeps with the memory,
/// whether others of the same user may look into it, must not change with that.
#[test]
fn making_namespaces_leaves_this_process_open_to_its_user() {
    let before = dumpable_behavior().expect("it is told");
    for alice in both_kinds() {
        assert_eq!(dumpable_behavior().expect("it is told"), before);
        alice.listen(address("127.0.0.1:0")).expect("it listens");
        assert_eq!(dumpable_behavior().expect("it is told"), before);
    }
}

/// Forks beside threads that hold the allocator's locks most of the time.
#[test]
fn many_threads_make_namespaces_while_others_allocate() {
    let Some(_) = made(Namespaces::builder().in_user_namespace()) else { return };
    let over = std::sync::atomic::AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(std::sync::atomic::Ordering::Relaxed) {
                    drop(std::hint::black_box(vec![String::from("x"); 50]));
                }
            });
        }
        let makers = [(); 4].map(|()| {
            scope.spawn(|| {
                for _ in 0..8 {
                    let here = Namespaces::builder().in_user_namespace().build();
                    let here = here.expect("it was allowed before");
                    here.listen(address("127.0.0.1:7000")).expect("nobody else is at that port");
                }
            })
        });
        let ends = makers.map(thread::ScopedJoinHandle::join);
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(ends.iter().all(Result::is_ok));
    });
}

/// Three processes, two of them orphans, of which one left its session. All hold stdout.
const FAMILY: &str = "(sleep 1000 &) ; (setsid sleep 1000 &) ; echo ready; exec sleep 1000";

fn family(namespaces: &Namespaces) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", FAMILY]);
    namespaces.enter(&mut command);
    command
}

#[test]
fn a_dropped_warden_leaves_none_of_the_programs_inside() {
    for alice in both_kinds() {
        let warden = Warden::over(&[&alice]).expect("a warden");
        let mut shell = family(&alice).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut stdout = BufReader::new(shell.stdout.take().expect("a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        assert_eq!(line, "ready\n");
        drop(warden);
        // End of file comes when the last process that holds the pipe has ended.
        assert_eq!(stdout.read_line(&mut line).expect("no error"), 0);
        shell.wait().expect("it ended");
    }
}

#[test]
fn an_owner_that_is_killed_leaves_none_of_the_programs_inside() {
    const OWNER: &str = "NAMESPACES_TEST_OWNER";
    const THIS: &str = "an_owner_that_is_killed_leaves_none_of_the_programs_inside";
    if std::env::var_os(OWNER).is_some() {
        let Some(alice) = made(Namespaces::builder()) else { return };
        let _warden = Warden::over(&[&alice]).expect("a warden");
        let _ = family(&alice).status(); // until it is killed
        return;
    }
    let Some(_) = made(Namespaces::builder()) else { return };
    let mut owner = alone(THIS, OWNER).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(owner.stdout.take().expect("a pipe")).lines();
    assert!(lines.any(|line| line.expect("text").ends_with("ready")), "the family has begun");
    owner.kill().expect("it runs");
    owner.wait().expect("it ended");
    assert!(lines.all(|line| line.is_ok()), "end of file: nobody holds the pipe any more");
}

#[test]
fn a_warden_ends_nothing_outside() {
    let Some(alice) = made(Namespaces::builder()) else { return };
    let mut outside = Command::new("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(Warden::over(&[&alice]).expect("a warden"));
    outside.stdin.take().expect("a pipe").write_all(b"alive").expect("it reads");
    let output = outside.wait_with_output().expect("it ends by itself");
    assert_eq!(output.stdout, b"alive");
}
