//! A lesson's own programs on the two hosts: what crosses, who types, and how badly it can end.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use predicates::str::contains;

use super::tiers;
use crate::clone::{Clone, real_path, stderr, stdout};
use crate::demo::programs::CHAT;
use crate::demo::{echo, in_order, script, with_program};

/// Whether programs can be put on hosts here. Where they can't, that has been said.
fn has_kernels() -> bool {
    tiers().contains(&"kernel")
}

/// What a trace of tcp-echo's solution prints, whatever its end.
fn traced(clone: &Clone, arguments: &[&str], typed: &str) -> assert_cmd::assert::Assert {
    let arguments = [&["trace", "tcp-echo", "--solution"], arguments].concat();
    let mut command = clone.netlings(&arguments);
    // Nothing takes nearly as long; a trace that waits for ever must fail.
    command.timeout(Duration::from_secs(120)).write_stdin(typed).assert()
}

/// The other right program of a lesson, in Python, with the lesson's script.
fn in_python(lesson: &str) -> Clone {
    let examples = std::fs::read_dir(real_path("solutions").join(lesson).join("examples"));
    let mut programs = examples.unwrap().map(|entry| entry.unwrap().path());
    let python = programs.find(|path| path.extension().is_some_and(|ending| ending == "py"));
    crate::demo::clone(&python.unwrap(), &script(lesson))
}

#[test]
fn a_lessons_programs_talk_and_every_packet_is_shown_with_both_states() {
    if !has_kernels() {
        return;
    }
    let shown = stdout(&traced(&echo(), &[], "hello!\n/half-close client\n").success());
    in_order(
        &shown,
        &[
            " alice 10.0.0.1        the wire         bob 10.0.0.2:7000\n",
            " $ server --addr 10.0.0.2:7000 │\n",
            " prints \"listening on 10.0.0.2:7000",
            " CLOSED                                            LISTEN\n",
            "   │ $ client --addr 10.0.0.2:7000 ",
            "   │── SYN  seq 0 ────────────────────────────────────▶│\n",
            " SYN-SENT                                    SYN-RECEIVED\n",
            "   │◀───────────────────────── SYN,ACK  seq 0  ack 1 ──│\n",
            " ESTABLISHED                                  ESTABLISHED\n",
            "   │ typed \"hello!\\n\" ",
            "   │── PSH,ACK  seq 1  ack 1  \"hello!\\n\" ─────────────▶│\n",
            "   │◀───────────── PSH,ACK  seq 1  ack 8  \"hello!\\n\" ──│\n",
            "   │ prints \"hello!\\n\" ",
            "   │ its input ends ",
            "   │── FIN,ACK  seq 8  ack 8 ─────────────────────────▶│\n",
            " TIME-WAIT                                         CLOSED alice: ",
        ],
    );
    assert!(shown.contains("   │ ends: exit code 0 "), "{shown}");
}

#[test]
fn a_demo_with_packets_is_a_trace_of_the_finished_programs() {
    let clone = with_program(CHAT, &script("tcp-chat"));
    let mut command = clone.netlings(&["demo", "tcp-echo", "--packets"]);
    let shown =
        command.timeout(Duration::from_secs(120)).write_stdin("hi\n/half-close c\n").assert();
    if !has_kernels() {
        shown.code(4).stderr(contains("`cargo netlings doctor` says what to do"));
        return;
    }
    in_order(&stdout(&shown.success()), &["SYN  seq 0", "SYN-SENT", "\"hi\\n\"", "FIN,ACK"]);
    let both = ["demo", "tcp-echo", "--packets", "--record", "x.cast"];
    clone.netlings(&both).assert().code(2).stderr(contains("cannot be used with"));
    let files = with_program(CHAT, &script("file-ipc"));
    let refused = files.netlings(&["demo", "tcp-echo", "--packets"]).assert().code(2);
    refused.stderr(contains("nothing crosses a wire"));
}

#[test]
fn the_line_for_a_side_is_typed_there_and_several_clients_are_told_apart() {
    if !has_kernels() {
        return;
    }
    let chat = with_program(CHAT, &script("tcp-chat"));
    let shown = stdout(&traced(&chat, &[], "c: 好\ns: back\n/new client\nhm\nc: oh\n").success());
    in_order(
        &shown,
        &[
            "   │ typed \"好\\n\" ",
            "─▶│\n",
            " prints \"好\\n\" │\n",
            " typed \"back\\n\" │\n",
            " \"back\\n\" ──│\n",
            "   │ prints \"back\\n\" ",
            "   │ client 2: $ client --addr 10.0.0.2:7000 ",
            "   │── :",
            "  SYN  seq 0 ",
            // A line without a name is for whoever was started last.
            "   │ client 2: typed \"hm\\n\" ",
            "   │ typed \"oh\\n\" ",
        ],
    );
}

#[test]
fn a_packet_is_lost_by_hand_and_comes_again_by_the_kernels_own_clock() {
    if !has_kernels() {
        return;
    }
    let clone = echo();
    let shown = stdout(&traced(&clone, &["--step"], "\n\n\nhello!\nx\n").success());
    in_order(
        &shown,
        &[
            "   │── SYN  seq 0 ──────────────────●                  │ held on the wire\n",
            "   │ typed \"hello!\\n\" ",
            " \"hello!\\n\" ───────✗      │ lost\n",
            " alice: again in ",
            "   │── PSH,ACK  seq 1  ack 1  \"hello!\\n\" ─────────────▶│\n",
            "   │ prints \"hello!\\n\" ",
        ],
    );
    // The same without anybody.
    let shown = stdout(&traced(&clone, &["--drop", "4"], "hello!\n").success());
    in_order(&shown, &["✗", "lost\n", "\"hello!\\n\" ─────────────▶│", "prints \"hello!\\n\""]);
}

#[test]
fn what_was_seen_is_kept_and_a_reset_crosses_the_wire() {
    if !has_kernels() {
        return;
    }
    let clone = echo();
    let path = clone.path("seen.json");
    let outputs = ["--json", path.to_str().unwrap()];
    let shown = stdout(&traced(&clone, &outputs, "/reset client\n").success());
    in_order(&shown, &["the lab breaks the connection off", "── RST", "CLOSED"]);
    assert!(clone.read("seen.json").contains("\"act\":\"reset\""), "{}", clone.read("seen.json"));
    // On stdout it is alone, also while programs run.
    let lines = stdout(&traced(&clone, &["--json", "-"], "hello!\n").success());
    assert!(lines.lines().all(|line| line.starts_with('{')) && lines.contains("PSH"), "{lines}");
}

#[test]
fn what_programs_did_is_in_every_file_before_what_it_caused() {
    if !has_kernels() {
        return;
    }
    let clone = echo();
    let files = ["--json", "t.json", "--html", "t.html", "--svg", "t.svg", "--pcapng", "t.pcapng"];
    traced(&clone, &files, "hello!\n/half-close client\n").success();
    // What one host does about the other's packets may come a little earlier or later.
    let json = [
        "\"from\":\"bob\",\"act\":\"start\",\"text\":\"$ server --addr 10.0.0.2:7000\"}\n",
        "\"from\":\"bob\",\"act\":\"print\",\"text\":\"prints \\\"listening on 10.0.0.2:7000",
        "\"from\":\"alice\",\"act\":\"start\"",
        "\"text\":\"SYN  seq 0\"",
        "\"act\":\"type\",\"text\":\"typed \\\"hello!",
        "\"text\":\"PSH,ACK  seq 1  ack 1  \\\"hello!",
        "\"act\":\"print\",\"text\":\"prints \\\"hello!",
        "\"act\":\"end-input\"",
        "\"text\":\"FIN,ACK  seq 8",
        "\"from\":\"alice\",\"act\":\"exit\",\"text\":\"ends: exit code 0",
    ];
    in_order(&clone.read("t.json"), &json);
    let capture = std::fs::read(clone.path("t.pcapng")).unwrap();
    let comments = [
        "; before: bob $ server --addr 10.0.0.2:7000; before: bob prints \"listening on",
        "; before: alice typed \"hello!\\n\"",
        "; before: alice its input ends",
    ];
    in_order(&String::from_utf8_lossy(&capture), &comments);
    for file in ["t.html", "t.svg"] {
        let picture = clone.read(file).replace("&quot;", "\"").replace("&#34;", "\"");
        let acts = [
            "$ server --addr 10.0.0.2:7000",
            "SYN  seq 0",
            "typed \"hello!\\n\"",
            "PSH,ACK  seq 1  ack 1  \"hello!\\n\"",
            "its input ends",
        ];
        in_order(&picture, &acts);
        assert!(picture.contains("ends: exit code 0"), "{picture}");
    }
}

#[test]
fn without_a_word_more_the_students_own_program_is_built_and_shown() {
    if !has_kernels() {
        return;
    }
    let clone = echo();
    clone.write("exercises/tcp-echo/src/main.rs", "fn main() { panic!(\"still to do\") }\n");
    let mut command = clone.netlings(&["trace", "tcp-echo"]);
    let assert = command.timeout(Duration::from_secs(120)).write_stdin("").assert().code(1);
    in_order(
        &stdout(&assert),
        &["complains ", "panicked at", "src/main.rs", "ends: exit code 101"],
    );
    assert!(stderr(&assert).contains("the server did not announce itself"), "{}", stderr(&assert));
    clone.write("exercises/tcp-echo/src/main.rs", "fn main() { oh }\n");
    clone.netlings(&["trace", "tcp-echo"]).assert().code(3);
}

#[test]
fn the_script_of_every_lesson_with_a_wire_plays_to_its_end() {
    if !has_kernels() {
        return;
    }
    for lesson in ["tcp-echo", "tcp-chat", "udp-chat", "udp-time-server"] {
        let clone = in_python(lesson);
        let assert = traced(&clone, &["--script", "--json", "seen.json"], "").success();
        // What is said last, and what crossed before.
        let words = stdout(&assert).split_whitespace().collect::<Vec<_>>().join(" ");
        let last = script(lesson).rsplit("say = ").next().unwrap().replace("\"\"\"", "");
        let last: Vec<&str> = last.split_whitespace().take(6).collect();
        assert!(words.contains(&last.join(" ")), "{words}");
        assert!(clone.read("seen.json").lines().count() > 10, "{words}");
    }
}

#[test]
fn a_script_speaks_types_and_waits_for_what_crosses_the_wire() {
    if !has_kernels() {
        return;
    }
    let clone = echo();
    // Nobody reads what is typed, since nobody has to.
    let shown = stdout(&traced(&clone, &["--script"], "c: not this\n").success());
    assert!(!shown.contains("not this"), "{shown}");
    in_order(
        &shown,
        &[
            " alice 10.0.0.1        the wire         bob 10.0.0.2:7000\n",
            " A server waits to be called.",
            " $ server --addr 10.0.0.2:7000 │\n",
            " CLOSED                                            LISTEN\n",
            " A client calls.",
            "   │ $ client --addr 10.0.0.2:7000 ",
            "   │── SYN  seq 0 ────",
            " ESTABLISHED                                  ESTABLISHED\n",
            " The client's user types a line.",
            "   │ typed \"hello!\\n\" ",
            "   │── PSH,ACK  seq 1  ack 1  \"hello!\\n\" ─",
            "  \"hello!\\n\" ──│\n",
            " The reply came while",
            "   │ client 2: $ client Is anybody there? ",
            "  \"Is anybody",
            "   │ client 2: ends: exit code 0 ",
            "   │ its input ends ",
            "FIN,ACK",
            " killed │\n",
            " And who calls now is refused.",
            "RST,ACK  ack 1 ──│",
            "refused",
        ],
    );
}

#[test]
fn a_script_is_stepped_and_asked_about_and_what_is_lost_by_hand_comes_again() {
    if !has_kernels() {
        return;
    }
    let clone = echo();
    let shown = stdout(&traced(&clone, &["--script", "--step"], "\n\n\nx\n").success());
    in_order(
        &shown,
        &[
            "   │── SYN  seq 0 ──────────────────●                  │ held on the wire\n",
            " typed \"hello!\\n\" ",
            " \"hello!\\n\" ───────✗      │ lost\n",
            "   │── PSH,ACK  seq 1  ack 1  \"hello!\\n\" ─────────────▶│\n",
            " And who calls now is refused.",
        ],
    );
    let asked = traced(&clone, &["--script", "--quiz"], "SYN-RECEIVED\nlisten\nq\n").success();
    let words = ["Right: bob is in SYN-RECEIVED.", "No: alice is in ESTABLISHED", "1 of 2 states."];
    in_order(&stdout(&asked), &words);
}

#[test]
fn a_script_that_cannot_go_on_says_why() {
    if !has_kernels() {
        return;
    }
    // Nobody sends a datagram again whose sender waits for an hour.
    let clone = in_python("udp-chat");
    let shown = stdout(&traced(&clone, &["--script", "--drop", "1"], "").success());
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    in_order(
        &words,
        &["│ lost", "lost or came twice by your choice", "`client sends", "ends here."],
    );
    // The course's own program has to do what its script says.
    let clone = echo();
    let wrong = "[[step]]\nwait = \"client 2 exits\"\ncode = 7";
    let right = "[[step]]\nwait = \"client 2 exits\"\ncode = 0";
    clone.change("exercises/tcp-echo/demo.toml", right, wrong);
    let assert = traced(&clone, &["--script"], "").code(1);
    let told = stderr(&assert);
    in_order(
        &told,
        &["exercises/tcp-echo/demo.toml:", "exit code 0, not with exit code 7", "fix: "],
    );
    // A student's is told what it did otherwise.
    let program = clone.read("solutions/tcp-echo/src/main.rs");
    clone.write("exercises/tcp-echo/src/main.rs", &program);
    let assert = clone.netlings(&["trace", "tcp-echo", "--script"]).assert().code(1);
    let told = stderr(&assert).split_whitespace().collect::<Vec<_>>().join(" ");
    in_order(&told, &["your program did otherwise", "not with exit code 7", "`--solution`"]);
}

/// A server that does something bad once it listens; a client that connects and does `client`.
fn bad(server: &str, client: &str) -> Clone {
    let program = format!(
        "
import os, signal, socket, sys, time
addr = sys.argv[sys.argv.index('--addr') + 1]
host, port = addr.rsplit(':', 1)
if os.fork():
    open(os.path.join(os.path.dirname(__file__), sys.argv[1] + '.pid'), 'w').write(str(os.getpid()))
else:
    os.setsid()
    open(os.path.join(os.path.dirname(__file__), 'daemon-' + sys.argv[1] + '.pid'), 'w').write(str(os.getpid()))
    while True:
        time.sleep(60)
if sys.argv[1] == 'server':
    listener = socket.create_server((host, int(port)))
    def announce():
        print('listening on %s:%d' % listener.getsockname(), flush=True)
    {server}
else:
    peer = socket.create_connection((host, int(port)))
    {client}
while True:
    time.sleep(60)
"
    );
    with_program(&program, &script("tcp-chat"))
}

/// The programs and their daemons are gone.
fn nothing_is_left(clone: &Clone) {
    for name in ["server", "daemon-server", "client", "daemon-client"] {
        let place = clone.path(&format!("{name}.pid"));
        let Ok(pid) = std::fs::read_to_string(place) else { continue };
        let late = Instant::now() + Duration::from_secs(20);
        while std::fs::read(format!("/proc/{}/cmdline", pid.trim()))
            .is_ok_and(|words| !words.is_empty())
        {
            assert!(Instant::now() < late, "{name} is left");
            std::thread::yield_now();
        }
    }
}

#[test]
fn whatever_programs_do_the_trace_ends_and_nothing_is_left() {
    if !has_kernels() {
        return;
    }
    // It never listens.
    let clone = bad("time.sleep(60)", "pass");
    let assert = traced(&clone, &[], "hello\n").code(1);
    assert!(stderr(&assert).contains("did not announce itself"), "{}", stderr(&assert));
    nothing_is_left(&clone);
    // It crashes, and so does the other.
    let kill = "os.kill(os.getpid(), signal.SIGKILL)";
    let clone = bad(&format!("announce(); {kill}"), kill);
    let shown = stdout(&traced(&clone, &[], "hello\n").success());
    in_order(&shown, &["ends: killed by signal 9"]);
    nothing_is_left(&clone);
    // It prints without end, and sets a terminal's title.
    let clone = bad("announce()", "\n    while True: os.write(1, b'\\x1b]0;oh\\x07' * 100)");
    let shown = stdout(&traced(&clone, &[], "hello\n").success());
    assert!(!shown.contains('\x1b') && !shown.contains('\x07'), "{shown}");
    in_order(&shown, &["\"\\x1b]0;oh\\x07", " more such rows of what is printed"]);
    nothing_is_left(&clone);
    // It sends without end, to a server that reads nothing.
    let flood = "\n    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n    \
                 while True: s.sendto(b'x' * 1000, (host, 9))";
    let clone = bad("announce()", flood);
    let shown = stdout(&traced(&clone, &[], "").success());
    in_order(&shown, &["$ client ", "The programs sent more datagrams than the wire holds"]);
    nothing_is_left(&clone);
    // It makes its segments itself, which keep to nobody's window. On its host it may: there it is root.
    let flood = "\n    import struct\n    \
                 raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)\n    \
                 for port in range(1, 100000000):\n        \
                 head = struct.pack('!HHIIBB', port % 60000, 9, port, 0, 0x50, 0x10)\n        \
                 raw.sendto(head + b'\\0' * 6, (host, 0))";
    let clone = bad("announce()", flood);
    let shown = stdout(&traced(&clone, &[], "").success());
    in_order(&shown, &["$ client ", "The programs sent more segments than the wire holds"]);
    nothing_is_left(&clone);
}

#[test]
fn ctrl_c_ends_a_trace_of_programs_in_order() {
    if !has_kernels() {
        return;
    }
    let clone = bad("announce()", "pass");
    let mut command = clone.plain_netlings("", &["trace", "tcp-echo", "--solution"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut rows = BufReader::new(child.stdout.take().unwrap());
    let mut row = String::new();
    while !row.contains("── ACK  ack 1") {
        row.clear();
        assert!(rows.read_line(&mut row).unwrap() > 0, "it ended early");
    }
    stdin.write_all(b"c: nobody reads this\n").unwrap();
    let killed =
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.unwrap().success());
    let mut rest = String::new();
    rows.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{rest}");
    drop(stdin);
    nothing_is_left(&clone);
}

#[test]
fn what_has_no_wire_says_so_and_names_what_to_do_instead() {
    let refused = |demo: &str, arguments: &[&str], words: &str| {
        let clone = echo();
        clone.write("exercises/tcp-echo/demo.toml", &script(demo));
        traced(&clone, arguments, "").code(2).stderr(contains(words));
    };
    refused("file-ipc", &[], "meet in a folder, so nothing crosses a wire. `cargo netlings demo");
    refused("handshake-trace", &[], "`cargo netlings trace` lists the scenarios");
    refused("udp-chat", &["--quiz"], "no states that --quiz could ask for");
    refused("tcp-echo", &["--tier", "simulated"], "leave out --tier and --seed");
    refused("tcp-echo", &["--seed", "1"], "leave out --tier and --seed");
    let clone = echo();
    let near = clone.netlings(&["trace", "tcp-ehco"]).assert().code(2);
    near.stderr(contains("Did you mean `tcp-echo`?"));
    let scenario = clone.netlings(&["trace", "handshake", "--solution"]).assert().code(2);
    scenario.stderr(contains("has no programs: leave out --solution"));
    let scenario = clone.netlings(&["trace", "handshake", "--script"]).assert().code(2);
    scenario.stderr(contains("has no programs: leave out --script"));
}
