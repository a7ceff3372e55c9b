//! The way out of a panic, at a real terminal: the tests that panic are run by the one that looks, each
//! in a process of its own.

use std::io::Read;
use std::num::NonZero;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::*;

#[test]
#[ignore = "run by the test below, at a terminal"]
fn somebody_panics_while_a_frame_is_drawn() {
    let mut terminal = Taken::take().unwrap();
    terminal.draw(|_| panic!("what went wrong")).unwrap();
}

#[test]
#[ignore = "run by the test below, at a terminal"]
fn somebody_panics_in_another_thread() {
    let mut terminal = Taken::take().unwrap();
    terminal.draw(|frame| frame.render_widget("the seat", frame.area())).unwrap();
    std::thread::spawn(|| panic!("what went wrong"));
    loop {
        std::thread::park(); // as the seat's loop, that waits for news
    }
}

#[test]
fn after_a_panic_the_terminal_is_as_it_was_and_its_words_can_be_read() {
    for name in ["somebody_panics_while_a_frame_is_drawn", "somebody_panics_in_another_thread"] {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let modes = || pair.master.get_termios().unwrap();
        let before = modes();
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        let test = format!("learn::terminal::tests::{name}");
        command.args(["--ignored", "--nocapture", "--exact", &test]);
        command.env("RUST_BACKTRACE", "0"); // so that the words are still on the screen
        let mut child = pair.slave.spawn_command(command).unwrap();
        let mut written = Vec::new();
        let mut reader = pair.master.try_clone_reader().unwrap();
        drop(pair.slave);
        // Its end, which Linux tells as an error, comes when nobody has the terminal any more.
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            written.extend_from_slice(&buffer[..count]);
        }
        assert_eq!(child.wait().unwrap().exit_code(), 101, "{name}");
        assert!(modes() == before, "{name}: {:?} is not {before:?}", modes());
        let some = |count| NonZero::new(count).unwrap();
        let mut parser = vt100::Parser::new(some(24), some(80), 0);
        parser.process(&written);
        let screen = parser.screen();
        let took = String::from_utf8_lossy(&written).contains("\x1b[?1049h");
        assert!(took, "{name}: it had the whole screen");
        assert!(!screen.alternate_screen() && !screen.hide_cursor(), "{name}");
        assert!(screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None, "{name}");
        assert!(screen.contents().contains("what went wrong"), "{name}: {}", screen.contents());
    }
}
