//! What somebody types at a terminal, letter by letter: rows are drawn while somebody types, and the
//! letters must not end up among them. So the terminal's own echo is off, and the line that is
//! being typed stands behind the prompt, wherever that is.

use std::io::{BufRead, Bytes};

/// A key, as far as it means something here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Letter(char),
    /// The last letter goes (Backspace), the last word (Ctrl-W), all of it (Ctrl-U).
    Back,
    BackWord,
    BackAll,
    Enter,
    /// The lines that were typed before (arrow keys).
    Earlier,
    Later,
    /// Ctrl-D
    End,
}

/// The line that is being typed, and those before it.
#[derive(Default)]
pub(crate) struct Line {
    pub(crate) text: String,
    before: Vec<String>,
    /// Which of those is shown; as many as there are for the new line.
    shown: usize,
}

/// What a key came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pressed {
    Changed,
    Entered(String),
    End,
}

impl Line {
    /// So long a line may be, in letters; more are not taken.
    const LONGEST: usize = 10_000;

    pub(crate) fn press(&mut self, key: Key) -> Pressed {
        match key {
            Key::Letter(letter) if self.text.chars().count() < Self::LONGEST => {
                self.text.push(letter);
            }
            Key::Letter(_) => {}
            Key::Back => drop(self.text.pop()),
            Key::BackWord => {
                let word = self.text.trim_end();
                let at = word
                    .rfind(char::is_whitespace)
                    .map_or(0, |at| at + word[at..].chars().next().map_or(0, char::len_utf8));
                self.text.truncate(at);
            }
            Key::BackAll => self.text.clear(),
            Key::Earlier => self.recall(self.shown.saturating_sub(1)),
            Key::Later => self.recall((self.shown + 1).min(self.before.len())),
            Key::End if self.text.is_empty() => return Pressed::End,
            Key::End => {}
            Key::Enter => {
                let line = std::mem::take(&mut self.text);
                if !line.is_empty() && self.before.last() != Some(&line) {
                    self.before.push(line.clone());
                }
                self.shown = self.before.len();
                return Pressed::Entered(line);
            }
        }
        Pressed::Changed
    }

    fn recall(&mut self, number: usize) {
        self.shown = number;
        self.text = self.before.get(number).cloned().unwrap_or_default();
    }
}

/// Makes keys of what a terminal sends.
pub(crate) struct Keys<R> {
    bytes: Bytes<R>,
}

impl<R: BufRead> Keys<R> {
    pub(crate) fn of(terminal: R) -> Self {
        Self { bytes: terminal.bytes() }
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes.next()?.ok()
    }

    /// What stands behind an escape: an arrow, or one of the many keys that mean nothing here.
    fn escaped(&mut self) -> Option<Option<Key>> {
        match self.byte()? {
            b'[' | b'O' => loop {
                match self.byte()? {
                    b'A' => return Some(Some(Key::Earlier)),
                    b'B' => return Some(Some(Key::Later)),
                    0x40..=0x7e => return Some(None),
                    _ => {}
                }
            },
            _ => Some(None),
        }
    }

    fn letter(&mut self, first: u8) -> Option<Option<Key>> {
        let length = match first {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 1,
        };
        let mut bytes = vec![first];
        while bytes.len() < length {
            bytes.push(self.byte()?);
        }
        let letter = str::from_utf8(&bytes).ok().and_then(|text| text.chars().next());
        Some(letter.map(Key::Letter))
    }
}

impl<R: BufRead> Iterator for Keys<R> {
    type Item = Key;

    fn next(&mut self) -> Option<Key> {
        loop {
            let key = match self.byte()? {
                b'\r' | b'\n' => Some(Key::Enter),
                0x08 | 0x7f => Some(Key::Back),
                0x17 => Some(Key::BackWord),
                0x15 => Some(Key::BackAll),
                0x04 => Some(Key::End),
                0x1b => self.escaped()?,
                b'\t' => Some(Key::Letter('\t')),
                0..=0x1f => None,
                first => self.letter(first)?,
            };
            if key.is_some() {
                return key;
            }
        }
    }
}

/// For as long as this lives, the terminal hands over every letter at once and shows none. Ctrl-C
/// is a signal as before. So is Ctrl-Z: the shell takes the terminal then, and leaves it in its own
/// modes when the program goes on (`fg`).
#[cfg(unix)]
pub(crate) struct NoEcho {
    before: rustix::termios::Termios,
    going_on: Option<GoingOn>,
}

/// Waits for the program to go on after Ctrl-Z.
#[cfg(unix)]
struct GoingOn {
    signals: signal_hook::iterator::Handle,
    thread: std::thread::JoinHandle<()>,
}

#[cfg(unix)]
impl GoingOn {
    /// None where the system has no thread or handler for it; then `fg` leaves a terminal that echoes.
    /// `then` is not to wait for anything.
    fn sets(modes: rustix::termios::Termios, then: impl Fn() + Send + 'static) -> Option<Self> {
        let mut signals =
            signal_hook::iterator::Signals::new([signal_hook::consts::SIGCONT]).ok()?;
        let handle = signals.handle();
        let waits = move || {
            signals.forever().for_each(|_| {
                set(&modes);
                then();
            });
        };
        let thread = std::thread::Builder::new().name("going on".into()).spawn(waits).ok()?;
        Some(Self { signals: handle, thread })
    }

    /// From now on nobody sets them any more.
    fn end(self) {
        self.signals.close();
        let _ = self.thread.join();
    }
}

#[cfg(unix)]
impl NoEcho {
    /// None where stdin is no terminal, or one that does not let itself be told. `goes_on` is called
    /// when the program goes on after Ctrl-Z, and is not to wait for anything.
    pub(crate) fn on_stdin(goes_on: impl Fn() + Send + 'static) -> Option<Self> {
        use grader::interrupt;
        use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex};
        use rustix::termios::{tcgetattr, tcsetattr};
        let before = tcgetattr(std::io::stdin()).ok()?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(std::io::stdin(), OptionalActions::Now, &quiet).ok()?;
        // A signal that ends the process at once must not leave the terminal mute.
        let restored = before.clone();
        interrupt::before_the_end(interrupt::A_MOMENT, move |_| set(&restored));
        Some(Self { before, going_on: GoingOn::sets(quiet, goes_on) })
    }
}

#[cfg(unix)]
impl Drop for NoEcho {
    fn drop(&mut self) {
        if let Some(going_on) = self.going_on.take() {
            going_on.end();
        }
        set(&self.before);
    }
}

#[cfg(unix)]
fn set(modes: &rustix::termios::Termios) {
    use rustix::termios::{OptionalActions, tcsetattr};
    // Fails where the terminal has gone; then nobody types there any more.
    let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, modes);
}

/// Elsewhere the terminal keeps its echo, and hands over lines.
#[cfg(not(unix))]
pub(crate) struct NoEcho;

#[cfg(not(unix))]
impl NoEcho {
    pub(crate) fn on_stdin(_: impl Fn() + Send + 'static) -> Option<Self> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[u8]) -> (Vec<String>, Line) {
        let mut line = Line::default();
        let mut entered = Vec::new();
        for key in Keys::of(keys) {
            if let Pressed::Entered(text) = line.press(key) {
                entered.push(text);
            }
        }
        (entered, line)
    }

    #[test]
    fn letters_of_any_length_become_a_line() {
        let (entered, line) = typed("c: 你好 é🦀\rmore".as_bytes());
        assert_eq!(entered, ["c: 你好 é🦀"]);
        assert_eq!(line.text, "more");
    }

    #[test]
    fn what_was_typed_can_be_taken_back_and_called_back() {
        assert_eq!(typed("helln\x7fo\n".as_bytes()).0, ["hello"]);
        assert_eq!(typed("你好\x7f\x7fhi\n".as_bytes()).0, ["hi"]);
        assert_eq!(typed(b"one two  \x17\n").0, ["one "]);
        assert_eq!(typed(b"one\x15two\n").0, ["two"]);
        assert_eq!(typed(b"\x7f\x17\x15\n").0, [""]);
        assert_eq!(typed(b"one\ntwo\n\x1b[A\x1b[A\n\x1b[A\x1b[B\n").0, ["one", "two", "one", ""]);
    }

    #[test]
    fn keys_that_mean_nothing_here_leave_nothing_behind() {
        assert_eq!(typed(b"a\x1b[3~b\x1bOPc\x1b[1;5Cd\x01\xff\n").0, ["abcd"]);
    }

    #[test]
    fn ctrl_d_ends_the_input_on_an_empty_line_alone() {
        let mut line = Line::default();
        line.press(Key::Letter('x'));
        assert_eq!(line.press(Key::End), Pressed::Changed);
        line.press(Key::Back);
        assert_eq!(line.press(Key::End), Pressed::End);
    }
}
