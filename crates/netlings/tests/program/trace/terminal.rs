//! Traces at a terminal, where keys decide and rows are taken back.

use super::tiers;
use crate::demo::terminal::TERMINAL;

/// What a terminal gets while keys are pressed: each when the text before it has been shown.
fn at_a_terminal(arguments: &[&str], plan: &[&str]) -> String {
    let mut python = std::process::Command::new("python3");
    python.args(["-c", TERMINAL, env!("CARGO_BIN_EXE_netlings"), "trace"]).args(arguments);
    python.arg("--").args(plan).env("NO_COLOR", "1").env("TERM", "xterm");
    let output = python.output().unwrap();
    String::from_utf8(output.stdout).unwrap().replace('\r', "")
}

#[test]
fn at_a_terminal_single_keys_decide_and_what_was_only_for_now_is_taken_back() {
    for tier in tiers() {
        // A key that means nothing is passed over.
        let plan = ["q quit", "x", "q quit", "f", "0 bytes", "y ", "q quit", "q"];
        let shown = at_a_terminal(&["handshake", "--step", "--tier", tier], &plan);
        assert!(shown.ends_with("exit 0 echo\n"), "{shown}");
        // The row on the wire, the keys and the two rows of the note, before the lost row.
        assert!(shown.contains("\x1b[4A\x1b[J   │── SYN  seq 0 ──────────────────✗"), "{shown}");
        assert!(shown.contains("\n SYN-SENT                                    SYN-RECEIVED\n"));
        let interrupted =
            at_a_terminal(&["handshake", "--step", "--tier", tier], &["q quit", "\x03"]);
        assert!(interrupted.ends_with("exit 0 echo\n"), "{interrupted}");
    }
}

#[test]
fn at_a_terminal_the_end_waits_for_a_key_and_what_was_shown_can_be_gone_back_to() {
    let arguments = ["handshake", "--step", "--tier", "simulated"];
    let end = "Enter or q ends";
    let steps = ["q quit", " ", "q quit", " ", "q quit", " "];
    let back = [end, "b", "Looking back at frame 3 of 3", "b", "frame 2 of 3", "x", "All frames"];
    let on = [" ", "frame 3 of 3", " ", end, "\r"];
    let plan = [&steps[..], &back, &on].concat();
    let shown = at_a_terminal(&arguments, &plan);
    assert!(shown.ends_with("exit 0 echo\n"), "{shown}");
    // All of that is taken back: the legends, three frames with their heads, the answer to x.
    let (before, after) = shown.split_once(end).unwrap();
    assert!(before.contains("one segment before bob."), "{shown}");
    assert!(after.contains("\x1b[13A\x1b[J"), "{shown}");
    // Whoever has quit has seen enough.
    let shown = at_a_terminal(&arguments, &["q quit", " ", "q quit", "q"]);
    assert!(shown.ends_with("exit 0 echo\n") && !shown.contains(end), "{shown}");
}

#[test]
fn at_a_terminal_stdout_cannot_be_for_a_capture_nor_for_a_file_that_hides_what_is_stepped() {
    let wrapped = |shown: String| shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let arguments = ["handshake", "--tier", "simulated"];
    let capture = wrapped(at_a_terminal(&[&arguments[..], &["--pcapng", "-"]].concat(), &[]));
    assert!(capture.contains("a capture is no text") && capture.contains("exit 2"), "{capture}");
    let step = [&arguments[..], &["--json", "-", "--step"]].concat();
    let step = wrapped(at_a_terminal(&step, &[]));
    assert!(step.contains("--step needs stdout") && step.contains("exit 2"), "{step}");
}

#[test]
fn at_a_terminal_a_quiz_takes_a_line_and_shows_it_while_it_is_typed() {
    let plan =
        ["bob ▸ ", "syn-x", "bob ▸ syn-x", "\x7freceived\r", "Right", "", "alice ▸ ", "\x04"];
    let shown = at_a_terminal(&["handshake", "--quiz", "--speed", "0"], &plan);
    assert!(shown.contains(" Right: bob is in SYN-RECEIVED."), "{shown}");
    assert!(
        shown.contains("You knew 1 of 1 states.") && shown.ends_with("exit 0 echo\n"),
        "{shown}"
    );
}

#[test]
fn at_a_terminal_a_frame_is_seen_on_the_wire_before_it_arrives() {
    let shown = at_a_terminal(&["refused", "--speed", "0.05"], &[]);
    let held = "   │── SYN  seq 0 ──────────────────●                  │ held on the wire\n";
    let arrived = "\x1b[1A\x1b[J   │── SYN  seq 0 ────────────────────────────────────▶│\n";
    assert!(shown.contains(&format!("{held}{arrived}")), "{shown}");
}

#[test]
fn at_a_terminal_lines_for_a_lessons_programs_and_keys_for_its_packets_take_turns() {
    if !tiers().contains(&"kernel") {
        return;
    }
    let clone = crate::demo::echo();
    let trace = ["trace", "tcp-echo", "--solution", "--step"];
    let trace = clone.plain_netlings("", &trace);
    let types = |plan: &[&str]| {
        let opened = ["SYN  seq 0", " ", "SYN,ACK", " ", "── ACK  ack 1", " ", "client ▸ "];
        let mut python = std::process::Command::new("python3");
        python.args(["-c", TERMINAL]).arg(trace.get_program()).args(trace.get_args());
        python.arg("--").args(opened).args(plan).current_dir(clone.root());
        let output = python.env("NO_COLOR", "1").env("TERM", "xterm").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let typed = ["hix\x7f\r", "typed \"hi\\n\"", "", "q quit", "x", "again in", "", "q quit", "q"];
    let shown = types(&typed);
    assert!(shown.ends_with("exit 0 echo\n"), "{shown}");
    let interrupted = types(&["half a line", "half a line", "\x03"]);
    assert!(interrupted.ends_with("exit 0 echo\n"), "{interrupted}");
}

/// A shell's part in Ctrl-Z and `fg`: it has the terminal echo again, and lets the program go on.
#[cfg(target_os = "linux")]
const GOES_ON: &str = "
import os, pty, signal, sys, termios, time
signal.alarm(60)
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
def wait_for(part):
    shown = b''
    while part not in shown:
        shown += os.read(terminal, 65536)
    return shown
wait_for(b'he answers.')
modes = termios.tcgetattr(terminal)
modes[3] |= termios.ICANON | termios.ECHO
termios.tcsetattr(terminal, termios.TCSANOW, modes)
os.kill(pid, signal.SIGCONT)
late = time.monotonic() + 60
while termios.tcgetattr(terminal)[3] & (termios.ICANON | termios.ECHO):
    if time.monotonic() > late:
        os.kill(pid, signal.SIGKILL)
        sys.exit('the terminal still echoes')
    os.sched_yield()
# What the shell has written stands below the frame, so that is shown once more.
again = wait_for(b'he answers.').decode()
assert 'SYN  seq 0' in again and 'q quit' in again and '\\x1b[' not in again, again
os.write(terminal, b'q')
try:
    while os.read(terminal, 65536):
        pass
except OSError:
    pass
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print('exit', code, 'echo' if termios.tcgetattr(terminal)[3] & termios.ECHO else 'mute')
";

#[test]
#[cfg(target_os = "linux")]
fn a_trace_that_goes_on_after_ctrl_z_shows_its_frame_again_and_takes_keys_as_before() {
    let mut python = std::process::Command::new("python3");
    python.args(["-c", GOES_ON, env!("CARGO_BIN_EXE_netlings"), "trace", "handshake", "--step"]);
    python.args(["--tier", "simulated"]).env("TERM", "xterm").env("NO_COLOR", "1");
    let output = python.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert_eq!(told, "exit 0 echo\n", "{failed}");
}

#[test]
fn at_a_terminal_what_a_script_says_waits_for_its_reader_and_a_key_goes_on() {
    if !tiers().contains(&"kernel") {
        return;
    }
    let clone = crate::demo::echo();
    let trace = ["trace", "tcp-echo", "--solution", "--script", "--speed", "0.05"];
    let trace = clone.plain_netlings("", &trace);
    let plan = ["called yet.", "\r", "has only to accept.", " ", "RFC 862 asks for.", "q"];
    let mut python = std::process::Command::new("python3");
    python.args(["-c", TERMINAL]).arg(trace.get_program()).args(trace.get_args());
    python.arg("--").args(plan).current_dir(clone.root());
    let output = python.env("NO_COLOR", "1").env("TERM", "xterm").output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("── ACK  ack 1 ─") && !shown.contains("typed"), "{shown}");
    assert!(shown.ends_with("exit 0 echo\n"), "{shown}");
}

/// A window that is made narrower while a frame is held.
#[cfg(target_os = "linux")]
const NARROWS: &str = "
import fcntl, os, pty, signal, struct, sys, termios
signal.alarm(60)
def columns(terminal, count):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, count, 0, 0))
pid, terminal = pty.fork()
if pid == 0:
    columns(0, 80)
    os.execv(sys.argv[1], sys.argv[1:])
shown = b''
for part, typed in [(b'he answers.', b' '), (b'connected.', b'q')]:
    while part not in shown:
        shown += os.read(terminal, 65536)
    columns(terminal, 60)
    os.write(terminal, typed)
try:
    while more := os.read(terminal, 65536):
        shown += more
except OSError:
    pass
print(shown.decode())
";

#[test]
#[cfg(target_os = "linux")]
fn rows_are_as_wide_as_the_window_has_become() {
    let mut python = std::process::Command::new("python3");
    python.args(["-c", NARROWS, env!("CARGO_BIN_EXE_netlings"), "trace", "handshake", "--step"]);
    python.args(["--tier", "simulated"]).env("TERM", "xterm").env("NO_COLOR", "1");
    let shown = String::from_utf8(python.output().unwrap().stdout).unwrap().replace('\r', "");
    let wide = "   │── SYN  seq 0 ──────────────────●                  │ held on the wire\n";
    assert!(shown.contains(wide), "{shown}");
    // What stood there in four rows stands in seven now, three of them being wider than 60.
    let narrow = "\x1b[7A\x1b[J   │── SYN  seq 0 ────────────────▶│\n \
                  SYN-SENT                SYN-RECEIVED\n";
    assert!(shown.contains(narrow), "{shown}");
    let (_, rest) = shown.split_once(narrow).unwrap();
    assert!(rest.lines().all(|row| row.chars().count() <= 60), "{rest}");
}
