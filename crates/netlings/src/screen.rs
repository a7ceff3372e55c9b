//! stdout, as every command prints on it.

use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::{Mutex, PoisonError};

use grader::layout::{broken, wrapped};
use grader::report::{Look, stderr_width, terminal_size};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::asciicast::Asciicast;

/// In fewer columns nobody reads a sentence.
const NARROWEST: usize = 20;

/// Prints lines until stdout is closed or full. The work goes on in both cases: what was graded is
/// recorded and the exit code is right, only nobody reads along.
pub(crate) struct Screen {
    pub(crate) look: Look,
    ended: Mutex<Option<io::Error>>,
    /// What was printed, where it is not for stdout.
    kept: Option<Mutex<String>>,
    /// What is printed is written down too.
    recording: Mutex<Option<Asciicast>>,
}

impl Screen {
    pub(crate) fn stdout() -> Self {
        Self {
            look: Look::of_stdout(),
            ended: Mutex::new(None),
            kept: None,
            recording: Mutex::default(),
        }
    }

    /// One that keeps what is printed, for whoever shows it elsewhere.
    pub(crate) fn kept(look: Look) -> Self {
        Self {
            look,
            ended: Mutex::new(None),
            kept: Some(Mutex::default()),
            recording: Mutex::default(),
        }
    }

    /// What was kept.
    pub(crate) fn into_text(self) -> String {
        let kept = self.kept.unwrap_or_default();
        kept.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what is no result: on stderr.
    pub(crate) fn notice(&self, text: impl fmt::Display) {
        match &self.kept {
            Some(_) => self.line(text),
            None => diagnostic(text),
        }
    }

    /// One that prints no rows, where stdout is for something else.
    pub(crate) fn muted() -> Self {
        let nobody_reads = io::Error::from(ErrorKind::BrokenPipe);
        Self {
            look: Look::of_stdout(),
            ended: Mutex::new(Some(nobody_reads)),
            kept: None,
            recording: Mutex::default(),
        }
    }

    /// From now on writes down what is printed.
    pub(crate) fn records(&self, recording: Asciicast) {
        *self.recording.lock().unwrap_or_else(PoisonError::into_inner) = Some(recording);
    }

    /// Ends the recording, and says what was in its way.
    pub(crate) fn end_of_recording(&self) -> io::Result<()> {
        let recording = self.recording.lock().unwrap_or_else(PoisonError::into_inner).take();
        recording.and_then(Asciicast::trouble).map_or(Ok(()), Err)
    }

    /// A terminal begins each line at its left edge, a file does not.
    fn writes_down(&self, text: &str) {
        let mut recording = self.recording.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(recording) = &mut *recording {
            recording.shows(&text.replace('\n', "\r\n"));
        }
    }

    /// Writes what is no text for people, as it is.
    pub(crate) fn bytes(&self, bytes: &[u8]) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if ended.is_none() {
            *ended = netkit::screen::bytes(bytes).err();
        }
    }

    /// Prints `text` and ends the line.
    pub(crate) fn line(&self, text: impl fmt::Display) {
        if let Some(kept) = &self.kept {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push_str(&format!("{text}\n"));
            return;
        }
        self.writes_down(&format!("{text}\n"));
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if ended.is_none() {
            *ended = netkit::screen::line(text).err();
        }
    }

    /// The terminal's own columns; what is printed uses no more than `look` says.
    pub(crate) fn columns(&self) -> usize {
        terminal_size().map_or(self.look.width, |(width, _)| width).max(1)
    }

    /// The columns for rows, as wide as the terminal is by now.
    pub(crate) fn width(&self) -> usize {
        terminal_size().map_or(self.look.width, |_| Look::of_stdout().width)
    }

    /// Prints `text`, and the line goes on.
    pub(crate) fn part(&self, text: &str) {
        if let Some(kept) = &self.kept {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
            return;
        }
        self.writes_down(text);
        self.bytes(text.as_bytes());
    }

    /// Prints an empty line.
    pub(crate) fn gap(&self) {
        self.line("");
    }

    /// Prints `text` behind `head`, in as many rows as it takes; all but the first are indented.
    pub(crate) fn paragraph(&self, head: &str, text: &str, indent: usize) {
        for row in wrapped(head, text, self.width(), indent) {
            self.line(row);
        }
    }

    /// What went wrong with stdout. A reader who has left is no error.
    pub(crate) fn trouble(self) -> Option<io::Error> {
        let ended = self.ended.into_inner().unwrap_or_else(PoisonError::into_inner);
        ended.filter(|error| error.kind() != ErrorKind::BrokenPipe)
    }
}

/// Prints a line on stderr. Where that is a terminal it is broken between words: the terminal itself
/// would do it anywhere.
pub(crate) fn diagnostic(text: impl fmt::Display) {
    let text = text.to_string();
    netkit::screen::diagnostic(match stderr_width() {
        Some(width) => {
            let rows = text.lines().flat_map(|line| broken(line, width.max(NARROWEST)));
            rows.collect::<Vec<_>>().join("\n")
        }
        None => text,
    });
}

/// As much of `text` as fits into `width` columns, with `…` where something is left out.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.into();
    }
    let mut used = 1; // the `…`
    let fits = |letter: &char| {
        used += letter.width().unwrap_or(0);
        used <= width
    };
    let kept: String = text.chars().take_while(fits).collect();
    if width == 0 { kept } else { format!("{}…", kept.trim_end()) }
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn what_is_left_out_is_marked() {
        assert_eq!(cut("one two", 7), "one two");
        assert_eq!(cut("one two", 6), "one t…");
        assert_eq!(cut("one two", 5), "one…");
        assert_eq!(cut("时间", 3), "时…");
        assert_eq!(cut("one", 0), "");
    }
}
