//! What somebody tells a trace to do: keys at a terminal, lines from anywhere else.

use std::collections::VecDeque;
use std::io::BufRead;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::demo::keyboard::{Key, Keys, Line, NoEcho, Pressed};
use crate::ending::Stop;
use crate::words::trace as words;

/// The longest line that is read, in bytes; what is longer is read in parts.
const LONGEST_LINE: u64 = 1024;

/// What somebody wants done with the frame at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Deliver,
    Lose,
    Duplicate,
    Fields,
    Back,
    Quit,
}

/// What came.
pub(crate) enum Typed {
    Command(Command),
    /// A line that is no command, or one that answers a question.
    Line(String),
    /// There will be nothing more.
    End,
    /// The trace goes on after Ctrl-Z, and a shell has written on the terminal.
    GoesOn,
    /// Somebody typed Ctrl-C.
    Interrupted,
}

enum Happening {
    Key(Key),
    Line(String),
    End,
    GoesOn,
    Interrupted,
}

pub(crate) struct Input {
    happenings: Receiver<Happening>,
    teller: SyncSender<Happening>,
    /// The terminal's own echo is off and keys come one by one.
    no_echo: Option<NoEcho>,
    /// What came while nobody asked for it.
    early: VecDeque<Happening>,
    /// What somebody is typing who isn't waited for.
    line: Line,
    has_ended: bool,
}

impl Command {
    /// Of a line that was typed; an empty one goes on.
    pub(crate) fn of_line(line: &str) -> Option<Self> {
        Some(match line.trim().to_ascii_lowercase().as_str() {
            "" | "space" | "deliver" => Command::Deliver,
            "x" | "lose" => Command::Lose,
            "d" | "duplicate" => Command::Duplicate,
            "f" | "fields" => Command::Fields,
            "b" | "back" => Command::Back,
            "q" | "quit" => Command::Quit,
            _ => return None,
        })
    }

    fn of_key(key: Key) -> Option<Self> {
        Some(match key {
            Key::Enter | Key::Letter(' ') => Command::Deliver,
            Key::Earlier | Key::Letter('b' | 'B') => Command::Back,
            Key::Letter('x' | 'X') => Command::Lose,
            Key::Letter('d' | 'D') => Command::Duplicate,
            Key::Letter('f' | 'F') => Command::Fields,
            Key::Letter('q' | 'Q') | Key::End => Command::Quit,
            _ => return None,
        })
    }
}

impl Input {
    /// Hears of Ctrl-C alone, until [`Input::reads_stdin`].
    pub(crate) fn new() -> Self {
        let (teller, happenings) = sync_channel(64);
        let interrupted = teller.clone();
        grader::interrupt::instead(move || drop(interrupted.send(Happening::Interrupted)));
        let (early, line) = (VecDeque::new(), Line::default());
        Self { happenings, teller, no_echo: None, early, line, has_ended: false }
    }

    /// Reads stdin in a thread of its own: key by key where that is wanted and possible, otherwise
    /// line by line.
    pub(crate) fn reads_stdin(&mut self, by_key: bool) -> Result<(), Stop> {
        let goes_on = self.teller.clone();
        // Where so much waits to be read, it is seen that the trace goes on.
        let goes_on = move || drop(goes_on.try_send(Happening::GoesOn));
        self.no_echo = by_key.then(|| NoEcho::on_stdin(goes_on)).flatten();
        let (teller, by_key) = (self.teller.clone(), self.no_echo.is_some());
        let read = move || {
            let mut stdin = std::io::stdin().lock();
            // The teller fails when the trace is over.
            let over = match by_key {
                true => Keys::of(stdin).any(|key| teller.send(Happening::Key(key)).is_err()),
                false => std::iter::from_fn(|| next_line(&mut stdin))
                    .any(|line| teller.send(Happening::Line(line)).is_err()),
            };
            if !over {
                let _ = teller.send(Happening::End);
            }
        };
        let thread = thread::Builder::new().name("typing".into()).spawn(read);
        thread.map(drop).map_err(|error| Stop::infrastructure(words::cannot_read(&error)))
    }

    /// Whether single keys are commands.
    pub(crate) fn by_key(&self) -> bool {
        self.no_echo.is_some()
    }

    /// Passes over the keys that were pressed until now, but for those that end the trace: what they
    /// were about, nobody saw. Lines are kept, since a script is written ahead.
    pub(crate) fn forget_keys(&mut self) {
        self.early.extend(self.happenings.try_iter());
        let counts = |happening: &Happening| match happening {
            Happening::Key(key) => Command::of_key(*key) == Some(Command::Quit),
            Happening::GoesOn => false,
            Happening::Line(_) | Happening::End | Happening::Interrupted => true,
        };
        self.early.retain(counts);
    }

    /// Waits for a command. Keys that mean nothing are passed over.
    pub(crate) fn command(&mut self) -> Typed {
        loop {
            match self.next() {
                Happening::Key(key) => match Command::of_key(key) {
                    Some(command) => return Typed::Command(command),
                    None => continue,
                },
                Happening::Line(line) => {
                    return match Command::of_line(&line) {
                        Some(command) => Typed::Command(command),
                        None => Typed::Line(line),
                    };
                }
                Happening::End => return Typed::End,
                Happening::GoesOn => return Typed::GoesOn,
                Happening::Interrupted => return Typed::Interrupted,
            }
        }
    }

    /// Waits for a line; at a terminal `draw` shows what there is of it.
    pub(crate) fn line(&mut self, draw: impl Fn(&str)) -> Typed {
        let mut line = Line::default();
        if self.by_key() {
            draw("");
        }
        loop {
            match self.next() {
                Happening::Key(key) => match line.press(key) {
                    Pressed::Changed => draw(&line.text),
                    Pressed::Entered(text) => return Typed::Line(text),
                    Pressed::End => return Typed::End,
                },
                Happening::Line(line) => return Typed::Line(line),
                Happening::End => return Typed::End,
                Happening::GoesOn => return Typed::GoesOn,
                Happening::Interrupted => return Typed::Interrupted,
            }
        }
    }

    /// A line, if one has been typed by now; at a terminal `draw` shows what there is of the next.
    pub(crate) fn line_by_now(&mut self, draw: impl Fn(&str)) -> Option<Typed> {
        loop {
            let happening = match self.has_ended {
                true => Happening::End,
                false => self.early.pop_front().or_else(|| self.happenings.try_recv().ok())?,
            };
            match happening {
                Happening::Key(key) => match self.line.press(key) {
                    Pressed::Changed => draw(&self.line.text),
                    Pressed::Entered(line) => return Some(Typed::Line(line)),
                    Pressed::End => return Some(Typed::End),
                },
                Happening::Line(line) => return Some(Typed::Line(line)),
                Happening::GoesOn => draw(&self.line.text),
                Happening::End => {
                    self.has_ended = true;
                    return Some(Typed::End);
                }
                Happening::Interrupted => return Some(Typed::Interrupted),
            }
        }
    }

    /// What has been typed of a line so far.
    pub(crate) fn begun(&self) -> &str {
        &self.line.text
    }

    /// Lets so much time pass; false when Ctrl-C came.
    pub(crate) fn pause(&mut self, time: Duration) -> bool {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.happenings.recv_timeout(left) {
                Ok(Happening::Interrupted) => return false,
                Ok(happening) => self.early.push_back(happening),
                Err(_) => return true,
            }
        }
    }

    /// Lets somebody read for so long; at a terminal Enter or space goes on at once. False when they
    /// want no more.
    pub(crate) fn let_read(&mut self, time: Duration) -> bool {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.happenings.recv_timeout(left) {
                Ok(Happening::Interrupted) => return false,
                Ok(Happening::Key(key)) => match Command::of_key(key) {
                    Some(Command::Deliver) => return true,
                    Some(Command::Quit) => return false,
                    _ => {}
                },
                Ok(happening) => self.early.push_back(happening),
                Err(_) => return true,
            }
        }
    }

    fn next(&mut self) -> Happening {
        if self.has_ended {
            return Happening::End;
        }
        let early = self.early.pop_front();
        // This side keeps a teller, so there always is one.
        let happening = early.or_else(|| self.happenings.recv().ok()).unwrap_or(Happening::End);
        self.has_ended = matches!(happening, Happening::End);
        happening
    }
}

fn next_line(stdin: &mut impl BufRead) -> Option<String> {
    use std::io::Read;
    let mut line = Vec::new();
    let count = stdin.take(LONGEST_LINE).read_until(b'\n', &mut line).ok()?;
    let line = String::from_utf8_lossy(&line);
    (count > 0).then(|| line.trim_end_matches(['\n', '\r']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_and_a_key_say_the_same() {
        let all = [
            ("", Key::Enter, Command::Deliver),
            (" Deliver ", Key::Letter(' '), Command::Deliver),
            ("lose", Key::Letter('x'), Command::Lose),
            ("d", Key::Letter('d'), Command::Duplicate),
            ("fields", Key::Letter('f'), Command::Fields),
            ("b", Key::Letter('b'), Command::Back),
            ("quit", Key::End, Command::Quit),
        ];
        for (line, key, command) in all {
            assert_eq!(Command::of_line(line), Some(command), "{line:?}");
            assert_eq!(Command::of_key(key), Some(command), "{key:?}");
        }
        assert_eq!(Command::of_line("drop"), None);
        assert_eq!(Command::of_key(Key::Letter('y')), None);
    }

    #[test]
    fn keys_from_before_there_was_a_frame_decide_nothing_and_still_end_a_trace() {
        let (teller, happenings) = sync_channel(64);
        let (early, line) = (VecDeque::new(), Line::default());
        let own = teller.clone();
        let mut input =
            Input { happenings, teller: own, no_echo: None, early, line, has_ended: false };
        teller.send(Happening::Key(Key::Letter('x'))).unwrap();
        assert!(input.pause(Duration::ZERO), "that was no Ctrl-C");
        teller.send(Happening::Key(Key::Letter(' '))).unwrap();
        teller.send(Happening::Line("d".into())).unwrap();
        teller.send(Happening::Key(Key::Letter('q'))).unwrap();
        input.forget_keys();
        assert!(matches!(input.command(), Typed::Command(Command::Duplicate)));
        assert!(matches!(input.command(), Typed::Command(Command::Quit)));
    }
}
