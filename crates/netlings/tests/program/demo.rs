//! Demos: what is typed, what a script plays, the picture of it, and the end.

pub(crate) mod programs;
pub(crate) mod terminal;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use unicode_width::UnicodeWidthStr;

use self::programs::{CHAT, FILE_IPC};
use crate::clone::{Clone, on_terminal, real, real_path, stdout};

/// A clone in which the solution of tcp-echo is the Python program at `place`, shown as `demo` says.
pub(crate) fn clone(program: &Path, demo: &str) -> Clone {
    let clone = Clone::new().with_solution();
    let main = format!(
        "fn main() {{\n    \
             let mut command = std::process::Command::new(\"python3\");\n    \
             command.arg({program:?}).args(std::env::args().skip(1));\n    \
             panic!(\"{{}}\", std::os::unix::process::CommandExt::exec(&mut command))\n\
         }}\n"
    );
    clone.write("solutions/tcp-echo/src/main.rs", &main);
    clone.write("exercises/tcp-echo/demo.toml", demo);
    clone
}

/// tcp-echo as it is, with a server whose input nobody reads.
pub(crate) fn echo() -> Clone {
    clone(&real_path("solutions/tcp-echo/examples/echo.py"), &real("exercises/tcp-echo/demo.toml"))
}

/// The script of a lesson.
pub(crate) fn script(lesson: &str) -> String {
    real(&format!("exercises/{lesson}/demo.toml"))
}

/// A program of the test's own, in the place of tcp-echo's solution.
pub(crate) fn with_program(python: &str, demo: &str) -> Clone {
    let clone = clone(Path::new("program.py"), demo);
    clone.write("program.py", python);
    let program = clone.path("program.py");
    let place = format!("{program:?}");
    clone.change("solutions/tcp-echo/src/main.rs", "\"program.py\"", &place);
    clone
}

pub(crate) fn in_order(shown: &str, parts: &[&str]) {
    let mut from = 0;
    for part in parts {
        let at = shown[from..].find(part);
        from += at.unwrap_or_else(|| panic!("no {part:?} after byte {from} of\n{shown}"));
        from += part.len();
    }
}

#[test]
fn the_script_of_every_lesson_plays_to_its_end() {
    // The other right programs keep the contract too, and need no compiling.
    for entry in std::fs::read_dir(real_path("exercises")).unwrap() {
        let lesson = entry.unwrap().file_name().into_string().unwrap();
        let examples = std::fs::read_dir(real_path("solutions").join(&lesson).join("examples"));
        let python = examples
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.extension().is_some_and(|ending| ending == "py"))
            .unwrap_or_else(|| panic!("{lesson} has no other right program in Python"));
        let clone = clone(&python, &script(&lesson));
        clone.netlings(&["demo", "tcp-echo", "--script"]).assert().success();
    }
}

#[test]
fn the_messages_of_tcp_echo_cross_in_order() {
    let clone = echo();
    let assert = clone.netlings(&["demo", "tcp-echo", "--script"]).assert().success();
    let shown = stdout(&assert);
    let parts = [
        "tcp-echo: TCP echo\n",
        "client  ",
        "  server\n",
        "run: server ─┤",
        "prints \"listening on 127.0.0.1:",
        "├─ run: client",
        "│── connect from 127.0.0.1:",
        "├─ types \"hello!\\n\" 7 B",
        "│── \"hello!\\n\" 7 B ──",
        "── \"hello!\\n\" 7 B ──│",
        "├─ prints \"hello!\\n\" 7 B",
        "│── \"时间\\n\" 7 B ──",
        "├─ client 2: run: client 'Is anybody there?'",
        "│── client 2: \"Is anybody there?\" 17 B",
        "── client 2: \"Is anybody there?\" 17 B ──│",
        "├─ client 2: exit code 0",
        "├─ stdin ends",
        "│── FIN: half-closed ──",
        "── FIN: closed ──│",
        "├─ exit code 0",
        "killed ─┤",
        "├─ stderr \"",
        "├─ exit code 1",
    ];
    in_order(&shown, &parts);
    assert!(shown.lines().all(|line| line.width() <= 80), "{shown}");
    assert!(!shown.contains(['\x1b', '\r']), "plain lines without a terminal: {shown}");
}

#[test]
fn a_narrow_terminal_is_wide_enough() {
    let clone = echo();
    let arguments = ["demo", "tcp-echo", "--plain", "--script", "--speed", "0"];
    let command = clone.plain_netlings("", &arguments);
    let shown = on_terminal(40, &command);
    assert!(shown.contains("│── \"hello!\\n\" 7 B ──"), "{shown}");
    assert!(shown.lines().all(|line| line.width() <= 40), "{shown}");
}

/// A demo into which the test types.
struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    shown: String,
}

impl Running {
    fn start(clone: &Clone, arguments: &[&str]) -> Self {
        let mut command = clone.plain_netlings("", arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stdin = child.stdin.take();
        Running { child, stdin, stdout, shown: String::new() }
    }

    fn types(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Reads on until a line has `part` in it.
    fn shows(&mut self, part: &str) {
        loop {
            let mut line = String::new();
            let count = self.stdout.read_line(&mut line).unwrap();
            assert!(count > 0, "it ended without {part:?}:\n{}", self.shown);
            self.shown.push_str(&line);
            if line.contains(part) {
                return;
            }
        }
    }

    /// Waits for the end and gives the exit code and all that was shown.
    fn ends(mut self) -> (Option<i32>, String) {
        drop(self.stdin.take());
        self.stdout.read_to_string(&mut self.shown).unwrap();
        (self.child.wait().unwrap().code(), self.shown)
    }
}

#[test]
fn what_is_typed_goes_to_either_side_and_the_end_of_the_input_ends_it() {
    let clone = with_program(CHAT, "kind = \"tcp\"\n[[step]]\nsay = \"x\"\n");
    let mut demo = Running::start(&clone, &["demo", "tcp-echo", "--svg", "ladder.svg"]);
    demo.shows("│── connect from ");
    demo.types("c: hello");
    demo.shows("├─ types \"hello\\n\"");
    demo.shows("│── \"hello\\n\" 6 B ──");
    demo.shows("prints \"hello\\n\" 6 B ─┤");
    demo.types("s: 你好 <&>");
    demo.shows("types \"你好 <&>\\n\"");
    demo.shows("── \"你好 <&>\\n\" 11 B ──│");
    demo.shows("├─ prints \"你好 <&>\\n\"");
    demo.types("and again");
    demo.shows("── \"and again\\n\" 10 B ──│");
    demo.types("x: hi");
    demo.shows("nobody here is called `x`. `c:` is the client, `s:` the server");
    demo.types("/kll c");
    demo.shows("Did you mean /kill?");
    demo.types("c9: hi");
    demo.shows("client 9 does not run; there are client, server.");
    demo.types("/half-close c");
    demo.shows("│── FIN: half-closed ──");
    demo.shows("A FIN");
    let (code, shown) = demo.ends();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("exit code 0"), "the server's end is awaited: {shown}");
    let picture = clone.read("ladder.svg");
    assert!(picture.contains("&quot;你好 &lt;&amp;&gt;\\n&quot; 11 B"), "{picture}");
}

#[test]
fn a_line_without_a_name_is_for_whoever_was_started_last() {
    let clone = with_program(CHAT, "kind = \"tcp\"\n[[step]]\nsay = \"x\"\n");
    let mut demo = Running::start(&clone, &["demo", "tcp-echo"]);
    demo.shows("│── connect from ");
    demo.types("s: hi");
    demo.shows("├─ prints \"hi\\n\"");
    demo.types("/new client");
    demo.types("hm");
    demo.types("/quit");
    let (code, shown) = demo.ends();
    assert_eq!(code, Some(0), "{shown}");
    in_order(&shown, &["├─ prints \"hi\\n\"", "├─ client 2: types \"hm\\n\""]);
}

#[test]
fn a_picture_of_the_script_is_well_formed_and_has_the_messages() {
    let clone = echo();
    let demo = ["demo", "tcp-echo", "--script", "--svg", "pictures/ladder.svg"];
    let assert = clone.netlings(&demo).assert().code(2).stdout("");
    assert.stderr(contains("there is no folder pictures"));
    assert!(!clone.path("target").exists(), "nothing was built before the path was looked at");
    std::fs::create_dir(clone.path("pictures")).unwrap();
    clone.netlings(&demo).assert().success().stdout(contains("ladder is in pictures/ladder.svg"));
    let read = "import sys, xml.dom.minidom as dom\n\
                texts = dom.parse(sys.argv[1]).getElementsByTagName('text')\n\
                print('\\n'.join(text.firstChild.data for text in texts))\n";
    let mut python = Command::new("python3");
    let output = python.args(["-c", read]).arg(clone.path("pictures/ladder.svg")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let texts = String::from_utf8(output.stdout).unwrap();
    let messages = ["tcp-echo: TCP echo", "A server waits", "\"hello!\\n\" 7 B", "时间", "killed"];
    in_order(&texts, &messages);
    let left = std::fs::read_dir(clone.path("pictures")).unwrap().count();
    assert_eq!(left, 1, "no temporary file stays");
}

#[test]
fn ctrl_c_ends_everything_in_order() {
    let clone = with_program(CHAT, "kind = \"tcp\"\n[[step]]\nsay = \"x\"\n");
    let mut demo = Running::start(&clone, &["demo", "tcp-echo", "--svg", "ladder.svg"]);
    demo.shows("│── connect from ");
    let id = demo.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    // The input stays open: the signal alone ends it.
    let mut rest = String::new();
    demo.stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(demo.child.wait().unwrap().code(), Some(0), "{rest}");
    assert!(clone.read("ladder.svg").contains("connect from"));
    let program = clone.path("program.py").display().to_string();
    let left = Command::new("pgrep").args(["-f", &program]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout), "");
}

#[test]
fn what_is_wrong_in_a_script_is_told_with_its_line_and_the_fix() {
    let clone = echo();
    clone.change("exercises/tcp-echo/demo.toml", "kind = \"tcp\"", "kind = \"udp\"");
    // A UDP client is not what runs here, but that is not looked at: a step of tcp's is enough.
    clone.change("exercises/tcp-echo/demo.toml", "end = \"client\"", "reset = \"client\"");
    let assert = clone.netlings(&["demo", "tcp-echo"]).assert().code(4).stdout("");
    let told = contains("exercises/tcp-echo/demo.toml:").and(contains("`reset` cannot be done"));
    assert.stderr(told.and(contains("fix: the steps of this kind are")));
    std::fs::remove_file(clone.path("exercises/tcp-echo/demo.toml")).unwrap();
    let assert = clone.netlings(&["demo", "tcp-echo"]).assert().code(4).stdout("");
    assert.stderr(contains("demo.toml: cannot be read: not found"));
    let unknown = clone.netlings(&["demo", "tcp-ehco"]).assert().code(2);
    unknown.stderr(contains("Did you mean `tcp-echo`?"));
}

#[test]
fn a_script_that_is_not_kept_to_fails_and_leaves_its_ladder() {
    let clone = echo();
    let wrong = "[[step]]\nwait = \"client exits\"\ncode = 7\n\n[[step]]\nkill = \"server\"";
    clone.change("exercises/tcp-echo/demo.toml", "[[step]]\nkill = \"server\"", wrong);
    clone.change("exercises/tcp-echo/demo.toml", "start = \"client\"\n\n[[step]]\nwait = \"client connects\"\n\n[[step]]\nwait = \"client exits\"", "start = \"client\"\nargs = [\"x\"]\n\n[[step]]\nwait = \"client exits\"");
    let demo = ["demo", "tcp-echo", "--script", "--svg", "ladder.svg"];
    let assert = clone.netlings(&demo).assert().code(1).stdout(contains("\"hello!\\n\" 7 B"));
    let told = contains("client ended with exit code 0, not with exit code 7");
    assert.stderr(contains("exercises/tcp-echo/demo.toml:").and(told).and(contains("fix: ")));
    assert!(clone.read("ladder.svg").contains("hello!"));
}

#[test]
fn a_solution_that_does_not_build_is_told_and_one_that_does_not_listen() {
    let clone = echo();
    clone.change("solutions/tcp-echo/src/main.rs", "fn main", "fn mian");
    let assert = clone.netlings(&["demo", "tcp-echo"]).assert().code(3).stdout("");
    assert.stderr(contains("the solution of tcp-echo does not build").and(contains("main")));
    clone.write("solutions/tcp-echo/src/main.rs", "fn main() {}\n");
    let assert = clone.netlings(&["demo", "tcp-echo"]).assert().code(1);
    assert.stderr(contains("the server did not announce itself"));
}

#[test]
fn a_folder_between_two_programs_is_shown_with_what_it_holds() {
    let demo = script("file-ipc");
    let clone = with_program(FILE_IPC, &demo);
    let assert = clone.netlings(&["demo", "tcp-echo", "--script"]).assert().success();
    let parts = [
        "send  ",
        "  recv\n",
        "run: recv ─┤",
        "├─ run: send hello",
        "the folder holds mailbox \"hello\" 5 B",
        "prints \"hello\" 5 B ─┤",
        "├─ types \"时间\\n\" 7 B",
        "the folder holds mailbox \"时间\\n\" 7 B",
        "the folder is empty",
        "timed out",
    ];
    let shown = stdout(&assert);
    let exits: Vec<_> = shown.lines().filter(|line| line.contains("exit code")).collect();
    assert_eq!(exits.len(), 5, "{shown}");
    for part in parts {
        assert!(shown.contains(part), "no {part:?} in\n{shown}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn two_sockets_are_driven_while_the_lessons_watch_tells_their_states() {
    let demo = script("handshake-trace");
    let clone = with_program(programs::WATCH, &demo);
    let assert = clone.netlings(&["demo", "tcp-echo", "--script"]).assert().success();
    let shown = stdout(&assert);
    let parts = [
        "listen on 127.0.0.1:",
        "LISTEN ─┤",
        "│── connect ──",
        "ESTABLISHED",
        "accept ─┤",
        "│── \"hello\" 5 B ──",
        "│── half-close ──",
        "FIN-WAIT-2",
        "── \"one more thing\" 14 B ──│",
        "── close ──│",
        "├─ TIME-WAIT",
    ];
    in_order(&shown, &parts);
    assert!(shown.contains("CLOSE-WAIT ─┤") && shown.contains("├─ FIN-WAIT-2"), "{shown}");

    let mut typed = Running::start(&clone, &["demo", "tcp-echo"]);
    typed.shows("LISTEN ─┤");
    typed.types("/accept s");
    typed.shows("nobody has called");
    typed.types("hello");
    typed.shows("client has no connection");
    typed.types("/connect c");
    typed.shows("ESTABLISHED");
    typed.types("/accept s");
    typed.shows("accept ─┤");
    typed.types("/close s");
    typed.shows("── close ──│");
    typed.shows("├─ CLOSE-WAIT");
    assert_eq!(typed.ends().0, Some(0));
}
