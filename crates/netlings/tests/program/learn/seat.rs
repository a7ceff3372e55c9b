//! A seat at a real terminal: a pty, and a parser that knows what its screen shows.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::termios::{Action, tcflow};

use crate::clone::Clone;

/// Longer than anything takes on a machine with ten times too much to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the terminal has got so far.
struct Shown {
    parser: vt100::Parser,
    /// All bytes, for what a screen does not tell.
    bytes: Vec<u8>,
    has_ended: bool,
    /// Nobody is to read on, so that the terminal can be closed.
    is_closing: bool,
}

/// A seat that was stopped stays so while this file is there; then the shell says `fg`.
pub(super) const STAY: &str = "stay";

type Screen = Arc<(Mutex<Shown>, Condvar)>;

pub(super) struct Seat {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    /// How the terminal was before.
    modes: Modes,
    keys: Box<dyn Write + Send>,
    screen: Screen,
    /// Every process that the seat starts has it in its environment.
    marker: String,
    /// The seat's process id stands in it.
    id_file: PathBuf,
}

/// How a terminal was left.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) code: u32,
    /// It has the modes that it had before (termios(3)).
    has_its_modes: bool,
    /// The screen that was there before is there again.
    is_usual_screen: bool,
    has_cursor: bool,
    has_mouse: bool,
    /// What is on the screen.
    pub(super) text: String,
}

impl Left {
    /// As it was before.
    pub(super) fn is_sane(&self) -> bool {
        self.has_its_modes && self.is_usual_screen && self.has_cursor && !self.has_mouse
    }
}

impl Seat {
    /// Sits down in a clone, at a terminal of so many columns and rows.
    pub(super) fn at(clone: &Clone, columns: u16, rows: u16, settings: &[(&str, &str)]) -> Self {
        Self::with(clone, &[], columns, rows, settings)
    }

    pub(super) fn with(
        clone: &Clone,
        arguments: &[&str],
        columns: u16,
        rows: u16,
        settings: &[(&str, &str)],
    ) -> Self {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let marker = format!("NETLINGS_SEAT=seat-{}-{number}", std::process::id());
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("there are terminals");
        let modes = modes_of(&*pair.master);
        // A shell stands between, as it mostly does: the terminal outlives the seat.
        let mut command = CommandBuilder::new("sh");
        let inner = r#"echo $$ >seat.id; exec "$@""#;
        // With job control, so that a job that stops comes back by `fg`, as if somebody typed it.
        // Without a stopped job it ends with 2.
        let outer = format!(
            "set -m; sh -c '{inner}' sh \"$@\"; code=$?; while [ -e {STAY} ]; do sleep 0.02; done; \
             fg >/dev/null 2>&1; late=$?; [ $late = 2 ] || code=$late; exit $code"
        );
        command.args(["-c", &outer, "sh", env!("CARGO_BIN_EXE_netlings")]);
        command.args(arguments);
        command.cwd(clone.root());
        let (name, value) = marker.split_once('=').expect("it has one");
        command.env(name, value);
        command.env("TERM", "xterm-256color");
        for name in ["EDITOR", "VISUAL", "TERM_PROGRAM", "NO_COLOR", "CARGO_TARGET_DIR", "COLUMNS"]
        {
            command.env_remove(name);
        }
        for (name, value) in settings {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("netlings runs");
        drop(pair.slave);
        let parser = vt100::Parser::new(some(rows), some(columns), 0);
        let shown = Shown { parser, bytes: Vec::new(), has_ended: false, is_closing: false };
        let screen: Screen = Arc::new((Mutex::new(shown), Condvar::new()));
        let mut reader = pair.master.try_clone_reader().expect("it can be read");
        let taker = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let mut shown = taker.0.lock().unwrap();
                shown.parser.process(&buffer[..count]);
                shown.bytes.extend_from_slice(&buffer[..count]);
                taker.1.notify_all();
                if shown.is_closing {
                    break;
                }
            }
            drop(reader);
            taker.0.lock().unwrap().has_ended = true;
            taker.1.notify_all();
        });
        let keys = pair.master.take_writer().expect("it can be written");
        let id_file = clone.path("seat.id");
        Self { child, master: Some(pair.master), modes, keys, screen, marker, id_file }
    }

    /// Waits until the screen is as it should be.
    pub(super) fn until(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut shown = self.screen.0.lock().unwrap();
        loop {
            let text = shown.parser.screen().contents();
            if is_so(&text) {
                return text;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !shown.has_ended, "the screen never showed {what}:\n{text}");
            shown = self.screen.1.wait_timeout(shown, left).unwrap().0;
        }
    }

    /// Waits until the terminal has got this, which need not be seen.
    pub(super) fn gets(&self, wanted: &str) {
        self.gets_times(wanted, 1);
    }

    pub(super) fn gets_times(&self, wanted: &str, times: usize) {
        let wanted = wanted.as_bytes();
        let deadline = Instant::now() + PATIENCE;
        let mut shown = self.screen.0.lock().unwrap();
        let count = |shown: &Shown| {
            shown.bytes.windows(wanted.len()).filter(|part| *part == wanted).count()
        };
        while count(&shown) < times {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !shown.has_ended, "the terminal never got {wanted:?}");
            shown = self.screen.1.wait_timeout(shown, left).unwrap().0;
        }
    }

    /// Waits until a text is on the screen.
    pub(super) fn shows(&self, text: &str) -> String {
        self.until(&format!("{text:?}"), |screen| screen.contains(text))
    }

    /// Waits until it grades. However many verdicts are there by then: the first may come at once.
    pub(super) fn grades(&self) {
        let counts = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit());
        self.until("a grading", |screen| screen.split("grading ").skip(1).any(counts));
    }

    /// Waits until a text is gone from the screen.
    pub(super) fn shows_no_more(&self, text: &str) -> String {
        self.until(&format!("less than {text:?}"), |screen| !screen.contains(text))
    }

    pub(super) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("the terminal takes keys");
        self.keys.flush().expect("the terminal takes keys");
    }

    pub(super) fn resize(&self, columns: u16, rows: u16) {
        self.screen.0.lock().unwrap().parser.screen_mut().set_size(some(rows), some(columns));
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.as_ref().expect("it is open").resize(size).expect("it has a size");
    }

    /// The colour of a word's first letter on the screen.
    pub(super) fn colour_of(&self, word: &str) -> vt100::Color {
        let shown = self.screen.0.lock().unwrap();
        let screen = shown.parser.screen();
        let (_, columns) = screen.size();
        let found = screen.rows(0, columns.get()).enumerate().find_map(|(row, text)| {
            let column = text[..text.find(word)?].chars().count();
            screen.cell(u16::try_from(row).ok()?, u16::try_from(column).ok()?)
        });
        found.expect("the word is on the screen").fgcolor()
    }

    /// All bytes that the terminal got.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.screen.0.lock().unwrap().bytes.clone()
    }

    /// The seat's process.
    pub(super) fn id(&self) -> String {
        std::fs::read_to_string(&self.id_file).expect("it runs").trim().into()
    }

    /// Sends a signal, by its name.
    pub(super) fn signal(&self, name: &str) {
        let sent = std::process::Command::new("kill").args([name, &self.id()]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits until its process is gone.
    pub(super) fn is_gone(&self) {
        let deadline = Instant::now() + PATIENCE;
        let place = format!("/proc/{}/stat", self.id());
        while std::fs::read_to_string(&place).is_ok_and(|stat| !stat.contains(") Z ")) {
            assert!(Instant::now() < deadline, "it never ends");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until the terminal has the modes that it had before.
    pub(super) fn has_its_modes_again(&self) {
        let deadline = Instant::now() + PATIENCE;
        let master = self.master.as_ref().expect("it is open");
        while modes_of(&**master) != self.modes {
            assert!(Instant::now() < deadline, "it never has its modes again");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until the shell has taken the terminal back.
    pub(super) fn is_the_shells(&self) {
        let deadline = Instant::now() + PATIENCE;
        while self.has_the_terminal() {
            assert!(Instant::now() < deadline, "the shell never gets its terminal");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Whether the job of the seat is the terminal's foreground.
    pub(super) fn has_the_terminal(&self) -> bool {
        let has_it = self.master.as_ref().expect("it is open").process_group_leader();
        has_it.is_some_and(|it| it.to_string() == self.id())
    }

    /// The process ids of its keepers: the second process that gives the terminal back.
    pub(super) fn keepers(&self) -> Vec<String> {
        let ours = with_marker(&self.marker).into_iter();
        ours.filter(|(_, line)| line.ends_with(" keep")).map(|(id, _)| id).collect()
    }

    /// Waits until there is none any more.
    pub(super) fn its_keeper_is_gone(&self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.keepers().is_empty() {
            assert!(Instant::now() < deadline, "the keeper never ends");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until Ctrl-Z has stopped it.
    pub(super) fn stops(&self) {
        let deadline = Instant::now() + PATIENCE;
        // proc_pid_stat(5): its state stands behind its name.
        let place = format!("/proc/{}/stat", self.id());
        while !std::fs::read_to_string(&place).expect("it is there").contains(") T ") {
            assert!(Instant::now() < deadline, "it never stops");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The window is closed, as a user closes it.
    pub(super) fn close_the_window(&mut self) {
        self.keys = Box::new(std::io::sink());
        self.screen.0.lock().unwrap().is_closing = true;
        // It wakes whoever reads, and then nobody has the terminal any more. Where it would block, somebody
        // else writes just now, and does so too.
        let _ = self.opened_by_another().write(b" ");
        self.master = None;
    }

    /// The terminal, as somebody else writes to it, without waiting.
    fn opened_by_another(&self) -> std::fs::File {
        const O_NONBLOCK: i32 = 0o4000; // open(2) on Linux
        const O_NOCTTY: i32 = 0o400;
        let name = self.master.as_ref().expect("it is open").tty_name().expect("it has a name");
        let mut options = std::fs::OpenOptions::new();
        options.write(true).custom_flags(O_NONBLOCK | O_NOCTTY);
        options.open(name).expect("it can be opened")
    }

    /// The terminal takes nothing any more, as after Ctrl-S: whoever writes to it waits.
    pub(super) fn stops_flowing(&self) {
        tcflow(self.opened_by_another(), Action::OOff).expect("it is a terminal");
    }

    /// It takes it again.
    pub(super) fn flows_again(&self) {
        tcflow(self.opened_by_another(), Action::OOn).expect("it is a terminal");
    }

    /// What was shown, once it is not so any more.
    fn waits_while(
        &self,
        mut is_so: impl FnMut(&mut Shown) -> bool,
        otherwise: &str,
    ) -> MutexGuard<'_, Shown> {
        let shown = self.screen.0.lock().unwrap();
        let (shown, late) = self.screen.1.wait_timeout_while(shown, PATIENCE, &mut is_so).unwrap();
        assert!(!late.timed_out(), "{otherwise}");
        shown
    }

    /// Waits for the end of the shell that has started it, and says its code.
    pub(super) fn code(&mut self) -> u32 {
        self.child.wait().expect("it is ours").exit_code()
    }

    /// Waits for the end, and says how the terminal was left.
    pub(super) fn ended(mut self) -> Left {
        let code = self.code();
        // What was written last may still be on its way, and somebody may still be setting the
        // terminal: both are over when nobody has it open any more.
        let shown = self.waits_while(|shown| !shown.has_ended, "somebody still has the terminal");
        let has_its_modes =
            self.master.as_ref().is_some_and(|master| modes_of(&**master) == self.modes);
        let screen = shown.parser.screen();
        Left {
            code,
            has_its_modes,
            is_usual_screen: !screen.alternate_screen(),
            has_cursor: !screen.hide_cursor(),
            has_mouse: screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None,
            text: screen.contents(),
        }
    }

    /// Waits until no process of a seat is left.
    pub(super) fn nothing_is_left(marker: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = with_marker(marker);
            if left.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "still there: {left:?}");
            std::thread::yield_now();
        }
    }

    pub(super) fn marker(&self) -> String {
        self.marker.clone()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

type Modes = Option<String>;

fn modes_of(master: &dyn MasterPty) -> Modes {
    master.get_termios().map(|modes| format!("{modes:?}"))
}

fn some(size: u16) -> NonZeroU16 {
    NonZeroU16::new(size).expect("a terminal has a size")
}

/// The process ids and command lines of those that have it.
fn with_marker(marker: &str) -> Vec<(String, String)> {
    let processes = std::fs::read_dir("/proc").expect("Linux has it").flatten();
    let ours = processes.filter_map(|entry| {
        let place = entry.path();
        let environment = std::fs::read(place.join("environ")).ok()?;
        let has_it = environment.split(|byte| *byte == 0).any(|it| it == marker.as_bytes());
        let id = entry.file_name().into_string().ok()?;
        has_it.then(|| (id, command_line(&place)))
    });
    ours.collect()
}

fn command_line(place: &Path) -> String {
    let line = std::fs::read(place.join("cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).replace('\0', " ").trim().to_owned()
}
