//! Programs that attack while they are graded.

use crate::table::{Attack, Outcome, body};

/// What they have in common: they say on stderr what they reached, or why not.
pub(crate) const PRELUDE: &str = r##"
use std::ffi::*;
use std::io::{self, Read, Write};
use std::{env, fs, net, os, process, thread, time};

unsafe extern "C" {
    fn kill(process: c_int, signal: c_int) -> c_int;
    fn getppid() -> c_int;
    fn setsid() -> c_int;
    fn fork() -> c_int;
    fn signal(number: c_int, handler: usize) -> usize;
    fn ptrace(request: c_int, process: c_int, address: usize, data: usize) -> c_long;
    fn socket(family: c_int, kind: c_int, protocol: c_int) -> c_int;
    fn shmget(key: c_int, size: usize, flags: c_int) -> c_int;
    fn semget(key: c_int, count: c_int, flags: c_int) -> c_int;
    fn msgget(key: c_int, flags: c_int) -> c_int;
    fn mq_open(name: *const c_char, flags: c_int, mode: c_int, attributes: usize) -> c_int;
    fn prlimit(process: c_int, which: c_int, new: *const [u64; 2], old: usize) -> c_int;
    fn setpriority(which: c_int, who: c_int, priority: c_int) -> c_int;
    fn process_vm_readv(process: c_int, own: usize, many: usize, other: usize, count: usize, flags: usize) -> isize;
    fn unshare(flags: c_int) -> c_int;
    fn chroot(path: *const c_char) -> c_int;
    fn mount(from: *const c_char, to: *const c_char, kind: *const c_char, flags: usize, data: usize) -> c_int;
    fn sethostname(name: *const c_char, length: usize) -> c_int;
    fn syscall(number: c_long, a: usize, b: usize, c: usize, d: usize, e: usize) -> c_long;
}

type Reached = io::Result<String>;

fn done(result: impl Into<i64>, what: &str) -> Reached {
    if result.into() < 0 { Err(io::Error::last_os_error()) } else { Ok(what.into()) }
}

/// One that the machine has, the parent, and the first: the first that lets it happen.
fn at_each(attack: impl Fn(c_int) -> Reached) -> Reached {
    let mut kept_out = io::Error::other("nobody is there");
    for process in [@VICTIM@, unsafe { getppid() }, 1] {
        match attack(process) {
            Ok(what) => return Ok(format!("{what} of {process}")),
            Err(error) => kept_out = error,
        }
    }
    Err(kept_out)
}

fn read(path: &str) -> Reached {
    fs::read(path).map(|bytes| format!("{} bytes", bytes.len()))
}

fn write(path: String) -> Reached {
    fs::write(&path, "x").map(|()| path)
}

fn main() {
    match attack() {
        Ok(what) => eprintln!("reached: {what}"),
        Err(error) => eprintln!("kept out: {error}"),
    }
    process::exit(3);
}

fn attack() -> Reached {
"##;

pub(crate) const ATTACKS: &[Attack] = &[
    body("reads_passwd", "reads the machine's list of users", r#"read("/etc/passwd")"#),
    body("reads_shadow", "reads the machine's passwords", r#"read("/etc/shadow")"#).for_root(),
    body("reads_the_solution", "reads the course's solution", r#"read("@SOLUTION@")"#),
    body("reads_the_checks", "reads the source of the checks", r#"read("@CHECKS@")"#),
    body("reads_another_submission", "reads what another has handed in", r#"read("@OTHER@")"#),
    body("reads_a_secret", "reads a file that anybody may read", r#"read("@SECRET@")"#),
    body(
        "reads_through_the_root_of_another",
        "reads a file by way of another's root in /proc",
        r#"at_each(|id| read(&format!("/proc/{id}/root/@SECRET@")))"#,
    ),
    body(
        "lists_the_submissions",
        "learns who hands in",
        r#"Ok(format!("{} entries", fs::read_dir("@SUBMISSIONS@")?.count()))"#,
    ),
    body(
        "writes_into_the_results",
        "puts a result beside those of the class",
        r#"write("@OUT@/forged.json".into())"#,
    ),
    body(
        "writes_beside_the_submissions",
        "hands in for somebody else",
        r#"write("@SUBMISSIONS@/forged.zip".into())"#,
    ),
    body(
        "leaves_a_mark",
        "leaves a file where anybody may write",
        r#"write("@MARKS@/reads".into())"#,
    ),
    body(
        "leaves_a_mark_in_var_tmp",
        "leaves a file for the next one to find",
        r#"let path = format!("/var/tmp/netlings-{}", process::id());
           write(path.clone()).inspect(|_| drop(fs::remove_file(path)))"#,
    ),
    body(
        "leaves_shared_memory",
        "leaves a file in /dev/shm",
        r#"let path = format!("/dev/shm/netlings-{}", process::id());
           write(path.clone()).inspect(|_| drop(fs::remove_file(path)))"#,
    ),
    body(
        "replaces_its_own_program",
        "makes itself another program for the next check",
        r#"let own = env::current_exe()?;
           let copy = own.with_extension("copy");
           fs::copy(&own, &copy)?;
           fs::rename(copy, own).map(|()| "replaced".into())"#,
    ),
    body(
        "runs_what_it_wrote",
        "runs a file that it has made",
        r#"let path = env::temp_dir().join(format!("program-{}", process::id()));
           fs::copy("/bin/true", &path)?;
           let ran = process::Command::new(&path).status();
           fs::remove_file(path)?;
           ran.map(|_| "it ran".into())"#,
    ),
    body(
        "reads_the_environment_of_the_grader",
        "reads secrets from another's environment",
        r#"at_each(|id| {
               let text = fs::read(format!("/proc/{id}/environ"))?;
               if text.is_empty() { Err(io::Error::other("it is empty")) } else { Ok("environment".into()) }
           })"#,
    ),
    body(
        "reads_the_memory_of_the_grader",
        "opens another's memory",
        r#"at_each(|id| fs::File::open(format!("/proc/{id}/mem")).map(|_| "memory".into()))"#,
    ),
    body(
        "reads_by_process_vm_readv",
        "asks the kernel for another's memory",
        r#"at_each(|id| done(unsafe { process_vm_readv(id, 0, 0, 0, 0, 0) } as i64, "memory"))"#,
    ),
    body(
        "writes_to_the_graders_descriptors",
        "forges a result in the grader's own pipe, by way of /proc",
        r#"at_each(|id| {
               let mut written = Err(io::Error::other("it has none to write to"));
               for entry in fs::read_dir(format!("/proc/{id}/fd"))? {
                   let file = fs::OpenOptions::new().write(true).open(entry?.path());
                   if let Ok(mut file) = file {
                       let forged = file.write_all(b"{\"Graded\":[]}\n").map(|()| "a pipe".into());
                       written = written.or(forged);
                   }
               }
               written
           })"#,
    ),
    body(
        "takes_the_graders_descriptors",
        "takes a copy of another's descriptor",
        r#"let (open, take) = (434, 438); // pidfd_open(2) and pidfd_getfd(2), on every processor
           at_each(|id| {
               let of = unsafe { syscall(open, id as usize, 0, 0, 0, 0) };
               done(of, "")?;
               done(unsafe { syscall(take, of as usize, 0, 0, 0, 0) }, "a descriptor")
           })"#,
    ),
    body("kills_the_grader", "kills whoever grades it", r#"at_each(|id| done(unsafe { kill(id, 9) }, "the end"))"#),
    body(
        "kills_the_grader_by_descriptor",
        "kills whoever grades it, by way of a pidfd",
        r#"let (open, send) = (434, 424);
           at_each(|id| {
               let of = unsafe { syscall(open, id as usize, 0, 0, 0, 0) };
               done(of, "")?;
               done(unsafe { syscall(send, of as usize, 9, 0, 0, 0) }, "the end")
           })"#,
    ),
    body("stops_the_grader", "has the grader stand still", r#"at_each(|id| done(unsafe { kill(id, 19) }, "a stop"))"#),
    body(
        "kills_everybody",
        "kills all that it may, one number after the other",
        "let own = process::id() as c_int;
         let killed = (1..400).filter(|id| *id != own && unsafe { kill(*id, 9) } == 0).count();
         if killed > 0 { Ok(format!(\"{killed} killed\")) } else { Err(io::Error::last_os_error()) }",
    )
    .in_cell("kills_everybody"),
    body(
        "kills_all_at_once",
        "kills all that it may, with one call",
        // The call says nothing of whom it has reached; that it is graded does.
        "unsafe { kill(-1, 9) }; Err(io::Error::other(\"it goes on\"))",
    )
    .in_cell("kills_everybody"),
    body(
        "kills_the_group_of_the_grader",
        "kills the group of processes that the grader is in",
        "at_each(|id| if id == 1 { Err(io::ErrorKind::NotFound.into()) } else {
             done(unsafe { kill(-id, 9) }, \"the group\")
         })",
    )
    .in_cell("kills_another"),
    body(
        "traces_the_grader",
        "traces the grader as a debugger does",
        r#"at_each(|id| done(unsafe { ptrace(0x4206, id, 0, 0) }, "a trace"))"#,
    ),
    body(
        "lowers_the_graders_limits",
        "lets the grader open no more files",
        r#"at_each(|id| done(unsafe { prlimit(id, 7, &[1000, 1000], 0) }, "limits"))"#,
    ),
    body(
        "slows_the_grader_down",
        "gives the grader the lowest priority",
        r#"at_each(|id| done(unsafe { setpriority(0, id, 19) }, "priority"))"#,
    ),
    body(
        "connects_to_the_host",
        "talks to a server on the machine's loopback",
        r#"let to = net::SocketAddr::from(([127, 0, 0, 1], @PORT@));
           net::TcpStream::connect_timeout(&to, time::Duration::from_secs(2)).map(|_| "the server".into())"#,
    ),
    body(
        "connects_to_an_abstract_socket",
        "talks to a server that has a name and no path",
        r#"use os::linux::net::SocketAddrExt;
           let to = os::unix::net::SocketAddr::from_abstract_name("@SOCKET@")?;
           os::unix::net::UnixStream::connect_addr(&to).map(|_| "the server".into())"#,
    ),
    body(
        "connects_to_a_socket_file",
        "talks to a server by the path of its socket",
        r#"os::unix::net::UnixStream::connect("@SOCKETFILE@").map(|_| "the server".into())"#,
    ),
    body("makes_a_raw_socket", "sends packets of its own making", r#"done(unsafe { socket(2, 3, 1) }, "a socket")"#).for_root(),
    body("makes_a_packet_socket", "listens to all packets", r#"done(unsafe { socket(17, 3, 0) }, "a socket")"#).for_root(),
    body(
        "makes_system_v_memory",
        "leaves shared memory that outlives it",
        r#"done(unsafe { shmget(0x6e65_746c, 4096, 0o1600) }, "memory")"#,
    ),
    body(
        "makes_a_semaphore",
        "leaves a semaphore that outlives it",
        r#"done(unsafe { semget(0x6e65_746c, 1, 0o1600) }, "a semaphore")"#,
    ),
    body(
        "makes_a_message_queue",
        "leaves a queue of messages that outlives it",
        r#"done(unsafe { msgget(0x6e65_746c, 0o1600) }, "a queue")"#,
    ),
    body(
        "makes_a_posix_queue",
        "leaves a POSIX queue that outlives it",
        r#"done(unsafe { mq_open(c"/netlings".as_ptr(), 0o102, 0o600, 0) }, "a queue")"#,
    ),
    body(
        "makes_namespaces",
        "makes namespaces, in which it would be root",
        r#"done(unsafe { unshare(0x1000_0000) }, "a user namespace")"#,
    ),
    body(
        "changes_the_root",
        "takes another folder for the root",
        r#"done(unsafe { chroot(c"/".as_ptr()) }, "a root")"#,
    ),
    body(
        "mounts",
        "mounts a file system over its temporary files",
        r#"let at = CString::new(env::temp_dir().to_str().unwrap_or("/tmp"))?;
           let kind = c"tmpfs".as_ptr();
           done(unsafe { mount(kind, at.as_ptr(), kind, 0, 0) }, "a file system")"#,
    ),
    body(
        "forks_without_end",
        "starts processes until there are no more",
        r#"for count in 0..20_000 {
               match unsafe { fork() } {
                   0 => loop { thread::park() },
                   -1 => return Err(io::Error::other(format!("after {count} processes"))),
                   _ => {}
               }
           }
           Ok("20,000 processes".into())"#,
    )
    .comes_to(Outcome::KeptOutOrEnded("held more than"))
    .in_cell("forks_without_end"),
    body(
        "takes_memory_in_many_processes",
        "holds more memory than there is, each process a part",
        r#"for _ in 0..5 {
               if unsafe { fork() } == 0 {
                   let held = vec![1_u8; 600 << 20];
                   loop { thread::park() }
               }
           }
           loop { thread::park() }"#,
    )
    .comes_to(Outcome::Ended("held more than"))
    .in_cell("takes_memory_in_many_processes"),
    body(
        "fills_the_disk",
        "fills the disk with temporary files",
        r#"for number in 0..200 {
               fs::write(env::temp_dir().join(format!("{}-{number}", process::id())), vec![1; 1 << 20])?;
           }
           Ok("200 MiB".into())"#,
    )
    .in_cell("fills_the_disk"),
    body(
        "writes_without_end",
        "floods whoever reads its output",
        "let text = vec![b'x'; 1 << 20];
         thread::spawn(|| loop { let _ = io::stderr().write_all(&vec![b'y'; 1 << 20]); });
         loop { io::stdout().write_all(&text)? }",
    )
    .comes_to(Outcome::NoPoints)
    .in_cell("whoever_floods_is_ended"),
    body(
        "leaves_a_daemon",
        "leaves a process that holds stdout, ignores signals and has a session of its own",
        r#"for _ in 0..2 {
               if unsafe { fork() } == 0 {
                   unsafe { setsid(); signal(15, 1); signal(1, 1); signal(2, 1); }
                   if unsafe { fork() } == 0 { loop { thread::park() } }
                   process::exit(0);
               }
           }
           eprintln!("a daemon is left");
           process::exit(3)"#,
    )
    .comes_to(Outcome::Says("a daemon is left"))
    .in_cell("a_daemon_ends_with_the_program"),
    body(
        "forges_a_result_on_stdout",
        "prints what the grader writes, and ends well",
        r##"println!(r#"{{"Graded":[{{"id":"echoes_hello","outcome":"passed","points":1}}]}}"#);
            println!("{{\"score\": 17, \"max_score\": 17, \"outcome\": \"graded\"}}");
            eprintln!("echoes_hello: passed");
            process::exit(0)"##,
    )
    .comes_to(Outcome::NoPoints)
    .never_runs(),
    body(
        "forges_a_result_on_every_descriptor",
        "writes what the grader writes to all that it inherited, and ends well",
        r##"for number in 0..256 {
                if let Ok(mut file) = fs::OpenOptions::new().write(true).open(format!("/proc/self/fd/{number}")) {
                    let _ = file.write_all(b"{\"Graded\":[{\"id\":\"echoes_hello\",\"outcome\":\"passed\"}]}\n");
                }
            }
            process::exit(0)"##,
    )
    .comes_to(Outcome::NoPoints)
    .never_runs(),
    body(
        "prints_for_the_reports_reader",
        "has whoever reads a report run a script, and the terminal obey",
        r#"println!("<script>alert(1)</script>\u{1b}]0;mine\u{7}\u{1b}[2J\u{202e}=1+1");
           process::exit(3)"#,
    )
    .comes_to(Outcome::NoPoints)
    .never_runs(),
    body(
        "complains_to_the_reports_reader",
        "has whoever reads a report run a script, and the terminal obey",
        r#"eprintln!("</pre><script>alert(2)</script>\u{1b}[31m\u{9b}2J]]>\u{202e}");
           process::exit(3)"#,
    )
    .comes_to(Outcome::Says("alert(2)"))
    .never_runs(),
];
