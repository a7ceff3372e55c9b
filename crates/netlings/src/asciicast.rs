//! What a terminal showed, with its times, as an asciicast: a file that `asciinema play` and its player
//! for web pages show again. The form is version 2, <https://docs.asciinema.org/manual/asciicast/v2/>: a
//! line with what is known of the terminal, then a line for each piece of output.
//!
//! Each line is written whole, and as soon as it is known: however the recording ends, what there is of
//! the file can be played.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;

/// A recording under way.
#[derive(Debug)]
pub(crate) struct Asciicast {
    file: File,
    began: Instant,
    /// Columns and rows.
    size: (u16, u16),
    failed: Option<io::Error>,
}

impl Asciicast {
    /// Begins one, of a terminal of so many columns and rows.
    pub(crate) fn begin(path: &Path, title: &str, size: (u16, u16)) -> io::Result<Self> {
        let mut recording =
            Self { file: File::create(path)?, began: Instant::now(), size, failed: None };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let header = json!({
            "version": 2,
            "width": size.0,
            "height": size.1,
            "timestamp": now.as_secs(),
            "title": title,
            "env": { "TERM": "xterm-256color" },
        });
        recording.line(&header);
        match recording.failed.take() {
            Some(error) => Err(error),
            None => Ok(recording),
        }
    }

    /// The terminal is shown this.
    pub(crate) fn shows(&mut self, text: &str) {
        if !text.is_empty() {
            self.event("o", text);
        }
    }

    /// The terminal has so many columns and rows from now on.
    pub(crate) fn has_size(&mut self, size: (u16, u16)) {
        if self.size != size {
            self.size = size;
            self.event("r", &format!("{}x{}", size.0, size.1));
        }
    }

    /// What was in the way of it.
    pub(crate) fn trouble(self) -> Option<io::Error> {
        self.failed
    }

    fn event(&mut self, kind: &str, text: &str) {
        let seconds = (self.began.elapsed().as_secs_f64() * 1e6).round() / 1e6;
        self.line(&json!([seconds, kind, text]));
    }

    fn line(&mut self, value: &serde_json::Value) {
        if self.failed.is_none() {
            // With one call, so that nobody finds half a line.
            self.failed = self.file.write_all(format!("{value}\n").as_bytes()).err();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_and_then_what_was_shown_with_its_times() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.cast");
        let mut recording = Asciicast::begin(&path, "a \"title\"", (80, 24)).unwrap();
        recording.shows("\x1b[1m时间\x1b[0m\r\n");
        recording.shows("");
        recording.has_size((80, 24));
        recording.has_size((40, 10));
        let text = std::fs::read_to_string(&path).unwrap(); // while it is under way
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((&lines[0]["version"], &lines[0]["width"]), (&json!(2), &json!(80)));
        assert_eq!(lines[0]["title"], "a \"title\"");
        assert_eq!((&lines[1][1], &lines[1][2]), (&json!("o"), &json!("\x1b[1m时间\x1b[0m\r\n")));
        assert_eq!((&lines[2][1], &lines[2][2]), (&json!("r"), &json!("40x10")));
        assert!(lines[2][0].as_f64() >= lines[1][0].as_f64());
        assert_eq!(lines.len(), 3);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_and_ends_nothing() {
        assert!(Asciicast::begin(Path::new("/dev/full"), "x", (80, 24)).is_err());
    }
}
