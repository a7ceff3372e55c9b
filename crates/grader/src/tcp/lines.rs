//! Lines of text over TCP, and bytes that arrive one by one.

use std::time::{Duration, Instant};

use super::{LOOK_AHEAD, TcpPeer};
use crate::escape;
use crate::rest::at_rest_within;
use crate::verdict::{Cause, Failure, Verdict};

/// How long a program may take to read one byte before the next is sent anyway.
const READ_ONE: Duration = Duration::from_millis(200);

impl TcpPeer {
    /// Checks that the next line is `text`. A line ends with LF; one CR before that is dropped.
    ///
    /// # Errors
    /// Another line comes, one without an end, or none.
    pub fn expect_line(&mut self, text: &str) -> Verdict {
        let since = Instant::now();
        let mut late = self.stage.late();
        loop {
            if let Some(end) = self.inbox.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.inbox.drain(..=end).collect();
                line.pop();
                line.pop_if(|last| *last == b'\r');
                return crate::stage::expect_bytes("another line came", text.as_bytes(), &line);
            }
            let before = self.inbox.len();
            let is_over = self.ended.is_some() || before >= LOOK_AHEAD;
            if is_over || !self.fill(&mut late)? {
                return Err(self.no_line(text, since).into());
            }
            if self.inbox.len() > before {
                late = self.stage.late();
            }
        }
    }

    fn no_line(&mut self, text: &str, since: Instant) -> Failure {
        let expected = match text {
            "" => "an empty line".into(),
            text => format!("the line {}", escape::quoted_start(text.as_bytes(), 120)),
        };
        if self.inbox.is_empty() {
            let mut failure = self.too_little(b"", since).expected(expected);
            failure.message = failure.message.replace("bytes had come", "line had come");
            return failure;
        }
        if self.ended.is_none() {
            self.stage.waited(since, &self.name, "no end of line came");
        }
        let got = std::mem::take(&mut self.inbox);
        let shown = format!("{} and no end of line", escape::quoted_start(&got, 200));
        let cause = if self.ended.is_some() { Cause::Ended } else { Cause::Silence };
        let mut failure = Failure::new("a line without an end came").cause(cause);
        failure.received = got;
        failure.expected(expected).got(shown)
    }

    /// Sends `bytes` one at a time, each when the program has had the time to read the one before
    /// by itself: when it rests again.
    ///
    /// # Errors
    /// As [`TcpPeer::send`].
    pub fn send_byte_by_byte(&mut self, bytes: &[u8]) -> Verdict {
        for byte in bytes {
            self.send(&[*byte])?;
            at_rest_within(&self.program.iter().map(|process| &**process), READ_ONE);
        }
        Ok(())
    }
}
