//! The stage at a real terminal: programs side by side, in a demo and in the learner's seat.

use super::seat::Seat;
use crate::clone::{Clone, real_path};
use crate::demo::programs::{CHAT, FILE_IPC, WATCH};
use crate::demo::{script, with_program};

pub(super) const TALK: &str = "kind = \"tcp\"\n[[step]]\nsay = \"x\"\n";
/// So that a line starts nobody, and the server reads what is typed.
const STAGE: &[&str] = &["demo", "tcp-echo"];

fn demo(clone: &Clone, columns: u16, rows: u16) -> Seat {
    Seat::with(clone, STAGE, columns, rows, &[])
}

/// Ends it by a key, and looks at what is left.
fn is_left_by(mut seat: Seat, key: &str) {
    seat.press(key);
    is_left_with(seat, 0);
}

fn is_left_with(seat: Seat, code: u32) {
    let marker = seat.marker();
    let left = seat.ended();
    assert_eq!(left.code, code);
    assert!(left.is_sane(), "{left:?}");
    Seat::nothing_is_left(&marker);
}

/// A program in Rust that becomes one in Python.
pub(super) fn own_program(clone: &Clone, python: &str) {
    clone.write("own.py", python);
    let path = clone.path("own.py");
    let main = format!(
        "fn main() {{\n    let mut command = std::process::Command::new(\"python3\");\n    \
         command.arg({path:?}).args(std::env::args().skip(1));\n    \
         panic!(\"{{}}\", std::os::unix::process::CommandExt::exec(&mut command))\n}}\n"
    );
    clone.write("exercises/tcp-echo/src/main.rs", &main);
}

#[test]
fn lines_go_to_either_side_and_what_crosses_stands_between_them() {
    let clone = with_program(CHAT, TALK);
    let mut seat = demo(&clone, 80, 24);
    seat.shows("connect from");
    seat.shows("▸ client: runs");
    seat.press("hello\r");
    seat.shows("── \"hello\\n\" 6 B ──");
    seat.until("the server's print", |screen| screen.lines().any(|line| line.contains("│hello")));
    seat.press("\t");
    seat.shows("▸ server: runs");
    seat.press("你好 🦀\r");
    seat.shows("\"你好 🦀\\n\" 12 B ──│");
    seat.until("the client's print", |screen| {
        screen.lines().any(|line| line.starts_with("你好 🦀 ") && line.contains('│'))
    });
    is_left_by(seat, "\x1b");
}

#[test]
fn what_is_typed_before_the_first_picture_is_not_lost() {
    let clone = with_program(CHAT, TALK);
    let mut seat = demo(&clone, 80, 24);
    // Both programs are still to be built.
    seat.press("hello\r");
    seat.shows("── \"hello\\n\" 6 B ──");
    is_left_by(seat, "\x1b");
}

#[test]
fn a_side_is_ended_killed_and_started_anew_by_keys_and_commands() {
    let clone = with_program(CHAT, TALK);
    let mut seat = demo(&clone, 80, 24);
    seat.shows("connect from");
    seat.press("\x0b"); // Ctrl-K
    seat.shows("▸ client: killed");
    seat.press("lost\r");
    seat.shows("client does not run");
    seat.press("\t");
    seat.shows("▸ server: exit code 0");
    seat.press("\x12"); // Ctrl-R
    seat.shows("▸ server: runs");
    seat.press("\t\x12");
    seat.shows("▸ client: runs");
    seat.press("/new c\r");
    seat.shows("▸ client 2: runs, and 1 more");
    seat.press("/kll c\r");
    seat.shows("Did you mean /kill?");
    seat.press("/kill client 2\r");
    seat.shows("▸ client: runs");
    seat.press("//x\r");
    seat.shows("\"/x\\n\" 3 B");
    seat.press("\x04"); // Ctrl-D
    seat.shows("FIN: half-closed");
    seat.press("/help\r");
    seat.shows("Keys and commands");
    seat.press("\x1b");
    seat.shows_no_more("Keys and commands");
    is_left_by(seat, "\x03");
}

#[test]
fn a_click_chooses_the_side() {
    let clone = with_program(CHAT, TALK);
    let mut seat = demo(&clone, 80, 24);
    seat.shows("connect from");
    seat.press("\x1b[<0;60;4M\x1b[<0;60;4m");
    seat.shows("▸ server: runs");
    seat.press("\x1b[<0;6;4M\x1b[<0;6;4m");
    seat.shows("▸ client: runs");
    is_left_by(seat, "\x1b");
}

#[test]
fn a_program_that_never_announces_itself_can_be_left_at_once() {
    let clone = with_program("import time\nwhile True: time.sleep(1000)\n", TALK);
    let seat = demo(&clone, 80, 24);
    seat.shows("server: runs");
    is_left_by(seat, "\x1b");
}

#[test]
fn a_flood_is_bounded_and_keys_work_meanwhile() {
    let flood = CHAT.replace(
        "def show():",
        "def flood():\n    while True:\n        os.write(1, b'x' * 70 + b'\\n')\n\
         if role == 'server': threading.Thread(target=flood).start()\ndef show():",
    );
    let clone = with_program(&flood, TALK);
    let mut seat = demo(&clone, 80, 24);
    seat.shows("more than 1 MiB");
    seat.press("hello\r");
    seat.shows("\"hello\\n\" 6 B");
    let drawn = seat.bytes().len();
    assert!(drawn < 4 << 20, "{drawn} bytes were drawn");
    is_left_by(seat, "\x1b");
}

#[test]
fn escapes_and_broken_characters_of_a_program_do_not_drive_the_terminal() {
    let noise = CHAT.replace(
        "def show():",
        "os.write(2, b'\\x1b]0;mine\\x07\\x1b[2J\\xff\\xe6\\x97\\n')\ndef show():",
    );
    let clone = with_program(&noise, TALK);
    let seat = demo(&clone, 100, 30);
    seat.shows("! ␛]0;mine␇␛[2J\\xff\\xe6\\x97");
    let bytes = seat.bytes();
    let has = |part: &[u8]| bytes.windows(part.len()).any(|it| it == part);
    assert!(!has(b"\x1b]0;") && !has(b"\xff"), "a program's bytes reached the terminal");
    is_left_by(seat, "\x1b");
}

#[test]
fn whatever_ends_it_while_programs_run_nothing_is_left() {
    for (signal, code) in [("-TERM", 143), ("-HUP", 129), ("-INT", 0), ("-KILL", 137)] {
        let clone = with_program(CHAT, TALK);
        let seat = demo(&clone, 80, 24);
        seat.shows("connect from");
        seat.signal(signal);
        is_left_with(seat, code);
    }
    let clone = with_program(CHAT, TALK);
    let mut seat = demo(&clone, 80, 24);
    seat.shows("connect from");
    let marker = seat.marker();
    seat.close_the_window();
    Seat::nothing_is_left(&marker);
}

#[test]
fn on_forty_columns_and_ten_rows_both_sides_are_there_and_it_follows_the_windows_size() {
    let clone = with_program(CHAT, TALK);
    let mut seat = demo(&clone, 40, 10);
    seat.shows("▸ client: runs");
    seat.shows("server: runs");
    seat.shows("Esc leave");
    seat.press("hello\r");
    seat.shows("hello\\n");
    seat.resize(160, 40);
    seat.until("the wide one", |screen| {
        screen.lines().any(|line| line.contains("client: runs") && line.contains("server: runs"))
    });
    seat.shows("^N new");
    seat.resize(40, 10);
    seat.shows_no_more("^N new");
    is_left_by(seat, "\x1b");
}

#[test]
fn a_key_after_a_new_size_is_not_lost() {
    let clone = with_program(CHAT, TALK);
    let mut seat = demo(&clone, 80, 24);
    seat.shows("connect from");
    seat.press("one");
    seat.shows("› one");
    seat.resize(100, 30);
    seat.shows("^N new");
    seat.press(" two");
    seat.shows("› one two");
    is_left_by(seat, "\x1b");
}

#[test]
fn a_script_is_narrated_goes_on_at_enter_and_then_somebody_types() {
    let script = "kind = \"tcp\"\n[[step]]\nsay = \"first\"\n[[step]]\nstart = \"server\"\n\
                  [[step]]\nsay = \"second\"\n[[step]]\nstart = \"client\"\n\
                  [[step]]\nwait = \"client connects\"\n";
    let clone = with_program(CHAT, script);
    // So slow that only Enter can go on.
    let arguments = ["demo", "tcp-echo", "--script", "--speed", "0.001"];
    let mut seat = Seat::with(&clone, &arguments, 80, 24, &[]);
    seat.shows("┊  first");
    seat.shows("Enter go on");
    seat.press("\r");
    seat.shows("┊  second");
    seat.press("\r");
    seat.shows("That was all.");
    seat.press("hi\r");
    seat.shows("\"hi\\n\" 3 B");
    is_left_by(seat, "\x1b");
}

#[test]
fn a_script_that_is_not_kept_to_shows_how_far_it_came_and_fails() {
    let script = "kind = \"tcp\"\n[[step]]\nstart = \"server\"\n[[step]]\nkill = \"server\"\n\
                  [[step]]\nkill = \"server\"\n";
    let clone = with_program(CHAT, script);
    let mut seat = Seat::with(&clone, &["demo", "tcp-echo", "--script"], 80, 24, &[]);
    seat.shows("server does not run");
    seat.press("\x1b");
    is_left_with(seat, 1);
}

#[test]
fn a_recording_is_an_asciicast_whenever_it_is_cut_off_and_shows_the_same() {
    let clone = with_program(CHAT, TALK);
    let arguments = ["demo", "tcp-echo", "--record", "talk.cast"];
    let mut seat = Seat::with(&clone, &arguments, 80, 24, &[]);
    seat.shows("connect from");
    seat.press("你好 🦀\r");
    seat.shows("\"你好 🦀\\n\" 12 B");
    seat.resize(100, 30);
    seat.shows("^N new");
    seat.signal("-KILL");
    let marker = seat.marker();
    seat.ended();
    Seat::nothing_is_left(&marker);
    let text = clone.read("talk.cast");
    let mut lines = text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON"));
    let header: serde_json::Value = lines.next().unwrap();
    assert_eq!(
        (&header["version"], &header["width"], &header["height"]),
        (&2.into(), &80.into(), &24.into())
    );
    let size = |columns, rows| {
        (std::num::NonZeroU16::new(rows).unwrap(), std::num::NonZeroU16::new(columns).unwrap())
    };
    let (rows, columns) = size(80, 24);
    let mut player = vt100::Parser::new(rows, columns, 0);
    let (mut before, mut has_message, mut was_resized) = (0.0, false, false);
    for line in lines {
        let at = line[0].as_f64().unwrap();
        assert!(at >= before);
        before = at;
        match line[1].as_str().unwrap() {
            "o" => player.process(line[2].as_str().unwrap().as_bytes()),
            "r" => {
                assert_eq!(line[2], "100x30");
                let (rows, columns) = size(100, 30);
                player.screen_mut().set_size(rows, columns);
                was_resized = true;
            }
            other => panic!("an event of kind {other:?}"),
        }
        has_message |= player.screen().contents().contains("\"你好 🦀\\n\" 12 B");
    }
    assert!(has_message && was_resized, "{text}");
}

#[test]
fn lines_of_text_are_recorded_too() {
    let clone = with_program(CHAT, TALK);
    let arguments = ["demo", "tcp-echo", "--script", "--record", "talk.cast"];
    clone.netlings(&arguments).assert().success();
    let text = clone.read("talk.cast");
    let shown: String = text
        .lines()
        .skip(1)
        .map(|line| {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            event[2].as_str().unwrap().to_owned()
        })
        .collect();
    assert!(shown.contains("┊  x") && shown.contains("server\r\n"), "{shown:?}");
}

#[test]
fn in_the_seat_a_students_own_programs_run_side_by_side_and_esc_goes_back() {
    let clone = Clone::new().with_solution();
    own_program(&clone, CHAT);
    clone.write("exercises/tcp-echo/demo.toml", TALK);
    let mut seat = Seat::at(&clone, 80, 24, &[]);
    seat.press("3");
    seat.shows("r run");
    seat.press("r");
    seat.shows("your program");
    seat.shows("connect from");
    seat.press("hello\r");
    seat.shows("\"hello\\n\" 6 B");
    // What is saved meanwhile is graded when the student is back.
    clone.write("exercises/tcp-echo/src/main.rs", "fn main() {\n    missing();\n}\n");
    seat.press("\x1b");
    seat.shows("It does not build.");
    seat.press("r");
    seat.shows("cannot find function");
    is_left_by(seat, "q");
}

#[test]
fn ctrl_r_builds_first_what_was_changed_since_it_was_built() {
    let clone = Clone::new().with_solution();
    own_program(&clone, CHAT);
    clone.write("exercises/tcp-echo/demo.toml", TALK);
    let mut seat = Seat::at(&clone, 80, 24, &[]);
    seat.shows("r run");
    seat.press("r");
    seat.shows("connect from");
    clone.change(
        "exercises/tcp-echo/src/main.rs",
        "fn main() {",
        "fn main() {\n    eprintln!(\"the new one\");",
    );
    seat.press("\x12"); // Ctrl-R
    seat.shows("the new one");
    seat.shows("connect from");
    seat.press("\x1b");
    seat.shows("r run");
    is_left_by(seat, "q");
}

#[test]
fn a_server_that_panics_is_told_and_can_be_left() {
    let clone = Clone::new().with_solution();
    clone.write("exercises/tcp-echo/src/main.rs", "fn main() {\n    todo!(\"step 1\")\n}\n");
    clone.write("exercises/tcp-echo/demo.toml", TALK);
    let mut seat = Seat::at(&clone, 80, 24, &[]);
    seat.press("r");
    seat.shows("did not announce itself");
    seat.shows("not yet implemented: step 1");
    seat.press("\x1b");
    seat.shows("r run");
    is_left_by(seat, "q");
}

#[test]
fn a_line_starts_a_client_where_each_line_does_and_who_reads_nothing_is_not_chosen() {
    let python = real_path("solutions/udp-time-server/examples/time_over_udp.py");
    let clone = crate::demo::clone(&python, &script("udp-time-server"));
    let mut seat = demo(&clone, 80, 24);
    seat.shows("▸ client: does not run");
    seat.shows("server: runs");
    seat.press("%Y!\r");
    seat.shows("$ client '%Y!' --count 1");
    seat.shows("▸ client: exit code 0");
    seat.press("\x12"); // Ctrl-R
    seat.shows("each one starts a program of its own");
    seat.press("\tx\r");
    seat.shows("reads nothing that is typed");
    is_left_by(seat, "\x1b");
}

#[test]
fn two_programs_with_a_folder_between_them_stand_side_by_side_too() {
    let clone = with_program(FILE_IPC, &script("file-ipc"));
    let mut seat = demo(&clone, 80, 24);
    seat.shows("the folder is empty");
    seat.press("hello\r");
    seat.shows("the folder holds mailbox \"hello\" 5 B");
    seat.press("\t");
    seat.shows("▸ recv: does not run");
    seat.press("\x12"); // Ctrl-R
    seat.shows("▸ recv: exit code 0");
    seat.until("what it read", |screen| screen.lines().any(|line| line.contains("│hello")));
    is_left_by(seat, "\x1b");
}

#[test]
fn two_sockets_are_driven_from_their_own_sides() {
    let clone = with_program(WATCH, &script("handshake-trace"));
    let mut seat = demo(&clone, 100, 40);
    seat.shows("LISTEN ─┤");
    seat.shows("▸ client: a socket");
    seat.press("/connect c\r");
    seat.shows("├─ ESTABLISHED");
    seat.press("/accept s\r");
    seat.shows("accept ─┤");
    seat.press("hi\r");
    seat.shows("\"hi\" 2 B");
    seat.press("\x04"); // Ctrl-D
    seat.shows("half-close ──");
    seat.shows("├─ FIN-WAIT-2");
    is_left_by(seat, "\x1b");
}

#[test]
fn a_picture_of_what_was_on_the_stage_is_written_when_it_is_left() {
    let clone = with_program(CHAT, TALK);
    let arguments = ["demo", "tcp-echo", "--svg", "ladder.svg"];
    let mut seat = Seat::with(&clone, &arguments, 80, 24, &[("NO_COLOR", "1")]);
    seat.shows("connect from");
    seat.press("hello\r");
    seat.shows("\"hello\\n\" 6 B");
    is_left_by(seat, "\x1b");
    let picture = clone.read("ladder.svg");
    assert!(picture.contains("hello\\n&quot; 6 B"), "{picture}");
}
