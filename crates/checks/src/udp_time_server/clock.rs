//! What the clock shows, and what a server may therefore answer.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use grader::{Failure, Server, Trouble, UdpPeer, Verdict, quoted_start};

use crate::datagrams::reply_of;

/// The format that an empty request stands for.
pub(super) const FULL: &str = "%Y-%m-%d %H:%M:%S";

/// How far a right answer may lie behind the grader's reading of the same clock: time(2) gives the
/// second of the last tick (10 ms on Linux, 16 ms on Windows).
const TICK: Duration = Duration::from_millis(20);

/// A client of the grader's, which asks one server.
pub(super) struct Asker {
    peer: UdpPeer,
    server: SocketAddr,
}

/// A reply, and the seconds that the grader's clock showed around it (Unix time).
pub(super) struct Answer {
    pub(super) bytes: Vec<u8>,
    pub(super) first: i64,
    pub(super) last: i64,
}

impl Asker {
    pub(super) fn of(server: &Server) -> Verdict<Self> {
        Ok(Asker { peer: server.udp()?, server: server.addr() })
    }

    /// Sends `request` and takes the reply.
    pub(super) fn ask(&mut self, request: impl AsRef<[u8]>) -> Verdict<Answer> {
        let asked = self.send(request.as_ref())?;
        self.answer(asked)
    }

    /// Sends `request`; gives the earliest second that may be in the answer.
    pub(super) fn send(&mut self, request: &[u8]) -> Verdict<i64> {
        let asked = (Utc::now() - TICK).timestamp();
        self.peer.send(request)?;
        Ok(asked)
    }

    /// The reply to the question that was asked at the second `asked`.
    pub(super) fn answer(&mut self, asked: i64) -> Verdict<Answer> {
        let (server, expected) = (self.server, "one datagram in reply");
        let reply = reply_of(server, &mut self.peer, expected, "reply_from_elsewhere")?;
        Ok(Answer { bytes: reply.bytes, first: asked, last: Utc::now().timestamp() })
    }

    /// Waits, and sees that no datagram comes unasked.
    pub(super) fn hears_nothing_for(&mut self, time: Duration) -> Verdict {
        match self.peer.pending(time)? {
            None => Ok(()),
            Some(extra) => Err(Failure::new("a datagram came that nobody asked for")
                .expected("one datagram for each question")
                .got(quoted_start(&extra.bytes, 48))
                .into()),
        }
    }

    /// Whether a datagram with `text` in it has come besides what was received.
    pub(super) fn has_heard(&mut self, text: &str) -> Verdict<bool> {
        while let Some(datagram) = self.peer.pending(Duration::ZERO)? {
            if String::from_utf8_lossy(&datagram.bytes).contains(text) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A probe: whether questions in two formats, within one second, get one answer, which is no
    /// refusal.
    pub(super) fn is_told_the_same_whatever_it_asks(&mut self) -> Verdict<Option<&'static str>> {
        for _ in 0..3 {
            let (hour, day) = (self.ask("%H")?, self.ask("%j")?);
            let is_a_time = !hour.bytes.is_empty() && !hour.bytes.starts_with(b"error");
            if is_a_time && hour.bytes == day.bytes {
                return Ok(Some("format_ignored"));
            }
        }
        Ok(None)
    }
}

impl Answer {
    /// Whether this is the time in `format`, in a zone `east` seconds east of Greenwich.
    pub(super) fn is(&self, format: &str, east: i32) -> bool {
        self.right(format, east).any(|right| right.as_bytes() == self.bytes)
    }

    /// This answer, as if it had come at the time of `other`.
    pub(super) fn dated_like(self, other: &Answer) -> Answer {
        Answer { first: other.first, last: other.last, ..self }
    }

    /// Checks that it is.
    pub(super) fn expect(&self, format: &str, east: i32) -> Verdict {
        if self.last < self.first {
            return Err(Trouble::Machine("this machine's clock was set back meanwhile".into()));
        }
        if self.is(format, east) {
            return Ok(());
        }
        // Of the right answers, the one that has most in common with the reply.
        let alike = |right: &String| {
            right.bytes().zip(&self.bytes).take_while(|(right, got)| right == *got).count()
        };
        let right = self.right(format, east).max_by_key(alike).unwrap_or_default();
        let failure = Failure::bytes(
            "the reply is not the time in that format",
            right.as_bytes(),
            &self.bytes,
        );
        let surplus = self.bytes.strip_prefix(right.as_bytes());
        Err(match surplus {
            Some(b"\n" | b"\r\n") => failure.explain("newline_added"),
            Some(rest) if rest.iter().all(|byte| *byte == 0) => failure.explain("zeros_at_the_end"),
            _ => failure,
        }
        .into())
    }

    fn right(&self, format: &str, east: i32) -> impl Iterator<Item = String> {
        (self.first..=self.last).map(move |second| {
            let local = DateTime::from_timestamp(second + i64::from(east), 0).unwrap_or_default();
            local.format(format).to_string()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(bytes: &[u8]) -> Answer {
        // 1,000,000,000 is 2001-09-09 01:46:40 UTC.
        Answer { bytes: bytes.into(), first: 1_000_000_000, last: 1_000_000_001 }
    }

    #[test]
    fn every_second_between_the_two_readings_is_right() {
        assert!(answer(b"2001-09-09 01:46:40").is(FULL, 0));
        assert!(answer(b"2001-09-09 01:46:41").is(FULL, 0));
        assert!(answer(b"2001-09-09 09:46:41").is(FULL, 8 * 3600));
        assert!(!answer(b"2001-09-09 01:46:42").is(FULL, 0));
        assert!(!answer(b"2001-09-09 01:46:39").is(FULL, 0));
    }

    #[test]
    fn what_follows_the_time_is_told_apart() {
        let explained = |bytes: &[u8]| match answer(bytes).expect(FULL, 0) {
            Err(Trouble::Failed(failure)) => failure.explanation,
            other => panic!("{other:?}"),
        };
        assert_eq!(explained(b"2001-09-09 01:46:41\n"), Some("newline_added"));
        assert_eq!(explained(b"2001-09-09 01:46:41\0\0"), Some("zeros_at_the_end"));
        assert_eq!(explained(b"2001-09-09 01:46:41 "), None);
        assert_eq!(explained(b"2001-09-09 01:46:42"), None);
    }
}
