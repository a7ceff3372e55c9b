use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use grader::ladder::Row;
use grader::text::Text;
use grader::{Event, What};
use ratatui_core::backend::TestBackend;
use ratatui_core::terminal::Terminal;
use std::time::Duration;

use super::*;
use crate::demo::script::Script;
use crate::stage::boards::Wish;

fn boards() -> Boards {
    let content = "kind = \"tcp\"\n[[step]]\nstart = \"server\"\n".to_owned();
    let script = Script::parse(Text { path: "demo.toml".into(), content }).unwrap();
    let mut boards =
        Boards::new(&script, "tcp-chat: 聊天".into(), "your program", Vec::new(), false);
    boards.starts("server", "server");
    boards.starts("client", "client");
    boards
}

fn prints(boards: &mut Boards, program: &str, bytes: &[u8]) {
    let event = Event {
        at: Duration::ZERO,
        peer: String::new(),
        program: program.into(),
        what: What::Stdout,
        bytes: bytes.len() as u64,
        text: String::new(),
        address: None,
        times: 1,
    };
    boards.takes(&event, bytes);
}

fn drawn(boards: &mut Boards, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(boards, frame)).unwrap();
    terminal.backend().to_string()
}

fn press(boards: &mut Boards, code: KeyCode) -> Option<Wish> {
    boards.event(&Input::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

#[test]
fn on_every_size_there_is_no_panic_and_what_is_needed_is_there() {
    let mut boards = boards();
    prints(&mut boards, "server", "listening on 127.0.0.1:1\n时间🦀".as_bytes());
    boards.remark = Some("a remark ".repeat(40));
    boards.row(&Row::told("say"));
    for width in [1, 2, 5, 20, 40, 59, 60, 61, 80, 139, 140, 200] {
        for height in [1, 2, 3, 4, 5, 8, 9, 10, 13, 14, 24, 60] {
            for help in [None, Some(0), Some(100)] {
                boards.help = help;
                drawn(&mut boards, width, height);
            }
        }
    }
    boards.help = None;
    boards.remark = None;
    for (width, height) in [(40, 10), (80, 24), (160, 40)] {
        let shown = drawn(&mut boards, width, height);
        for part in ["▸ client: runs", "server: runs", "listening on", "Esc leave", "› ", "say"]
        {
            assert!(shown.contains(part), "{width}x{height} lacks {part}:\n{shown}");
        }
    }
}

#[test]
fn a_line_goes_to_the_program_that_is_chosen_and_a_new_one_is_chosen() {
    let mut boards = boards();
    press(&mut boards, KeyCode::Char('你'));
    assert!(drawn(&mut boards, 80, 24).contains("› 你"));
    let sent = press(&mut boards, KeyCode::Enter);
    assert_eq!(sent, Some(Wish::Line { into: "client".into(), line: "你".into() }));
    boards.starts("client 2", "client");
    assert!(drawn(&mut boards, 80, 24).contains("▸ client 2: runs, and 1 more"));
    press(&mut boards, KeyCode::Tab);
    let killed =
        boards.event(&Input::Key(KeyEvent::new(KeyCode::Char('k'), KeyModifiers::CONTROL)));
    assert_eq!(killed, Some(Wish::Kill("server".into())));
    press(&mut boards, KeyCode::Tab);
    assert!(drawn(&mut boards, 80, 24).contains("▸ client: runs, and 1 more"));
    press(&mut boards, KeyCode::BackTab);
    press(&mut boards, KeyCode::BackTab);
    let ended = boards.event(&Input::Key(KeyEvent::new(KeyCode::Char('d'), KeyModifiers::CONTROL)));
    assert_eq!(ended, Some(Wish::End("client 2".into())));
    assert_eq!(press(&mut boards, KeyCode::Esc), Some(Wish::Leave));
}

#[test]
fn while_a_script_plays_nothing_is_typed_and_help_closes_at_any_key() {
    let mut boards = boards();
    boards.turns_to(Mode::Script);
    assert_eq!(press(&mut boards, KeyCode::Char('x')), None);
    assert_eq!(press(&mut boards, KeyCode::Enter), Some(Wish::GoOn));
    press(&mut boards, KeyCode::F(1));
    assert!(drawn(&mut boards, 80, 24).contains("Keys and commands"));
    assert_eq!(press(&mut boards, KeyCode::Esc), None);
    assert!(!drawn(&mut boards, 80, 24).contains("Keys and commands"));
}
