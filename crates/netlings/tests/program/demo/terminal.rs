//! A demo at a terminal.

use std::process::Command;

use super::programs::CHAT;
use super::with_program;

/// On a terminal: types when what it waits for is shown, and says at the end how the terminal was
/// left. Each of its arguments is a text to wait for and a text to type.
pub(crate) const TERMINAL: &str = "
import os, pty, select, sys, termios
command, plan = sys.argv[1:sys.argv.index('--')], sys.argv[sys.argv.index('--') + 1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execv(command[0], command)
shown, looked_at = b'', 0
for part, typed in zip(plan[::2], plan[1::2]):
    while (at := shown.find(part.encode(), looked_at)) < 0:
        shown += os.read(terminal, 65536)
    looked_at = at + len(part.encode())
    os.write(terminal, typed.encode())
try:
    while True:
        shown += os.read(terminal, 65536)
except OSError:
    pass
print(shown.decode())
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
echo = termios.tcgetattr(terminal)[3] & termios.ECHO
print('exit', code, 'echo' if echo else 'mute')
";

#[test]
fn at_a_terminal_rows_and_letters_do_not_mix_and_the_terminal_is_left_as_it_was() {
    let clone = with_program(CHAT, "kind = \"tcp\"\n[[step]]\nsay = \"x\"\n");
    let demo = clone.plain_netlings("", &["demo", "tcp-echo", "--plain"]);
    let types = |plan: &[&str]| {
        let mut python = Command::new("python3");
        python.args(["-c", TERMINAL]).arg(demo.get_program()).args(demo.get_args());
        python.arg("--").args(plan).current_dir(clone.root()).env("NO_COLOR", "1");
        String::from_utf8(python.output().unwrap().stdout).unwrap()
    };
    // A Backspace takes a whole character away; Ctrl-D ends it.
    let typed = types(&[
        "client ▸ ",
        "s: 你好",
        "client ▸ s: 你好",
        "\x7f!\r",
        "├─ prints \"你!\\n\"",
        "c: x\r",
        "prints \"x\\n\" 2 B ─┤",
        "\x04",
    ]);
    assert!(typed.ends_with("exit 0 echo\n"), "{typed}");
    assert!(!typed.contains('\x07') && !typed.contains("^D"), "{typed}");
    let interrupted = types(&["client ▸ ", "half a line", "half a line", "\x03"]);
    assert!(interrupted.ends_with("exit 0 echo\n"), "{interrupted}");
}

#[test]
fn at_a_terminal_a_script_pauses_and_enter_goes_on() {
    let script = "kind = \"tcp\"\n[[step]]\nsay = \"first\"\n[[step]]\nstart = \"server\"\n\
                  [[step]]\nsay = \"second\"\n[[step]]\nstart = \"client\"\n\
                  [[step]]\nwait = \"client connects\"\n";
    let clone = with_program(CHAT, script);
    // So slow that only Enter can go on.
    let arguments = ["demo", "tcp-echo", "--plain", "--script", "--speed", "0.001"];
    let demo = clone.plain_netlings("", &arguments);
    let mut python = Command::new("python3");
    python.args(["-c", TERMINAL]).arg(demo.get_program()).args(demo.get_args());
    let plan = ["--", "first", "\r", "second", "\r", "connect from", ""];
    let output = python.args(plan).current_dir(clone.root()).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.ends_with("exit 0 echo\n"), "{shown}");
}
