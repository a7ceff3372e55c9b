//! Much data: sending until the program takes no more, comparing megabytes, echoing.

use std::io::{ErrorKind, Write};
use std::time::{Duration, Instant};

use super::{End, TcpPeer};
use crate::escape;
use crate::late::Late;
use crate::pattern::Pattern;
use crate::record::What;
use crate::verdict::{Failure, Verdict};

/// How long a peer that sends without end must have been stuck before it counts as blocked, where
/// the system can say that the program sleeps, and where it can't.
const STUCK: Duration = Duration::from_millis(40);
const STUCK_UNSEEN: Duration = Duration::from_millis(500);
/// The same for a program that does not sleep: it may look again and again whether it can write.
const STUCK_BUSY: Duration = Duration::from_secs(1);

impl TcpPeer {
    /// Sends `pattern` from its start until no more is taken, at most `most` bytes, and reads
    /// nothing. Gives how much was taken.
    ///
    /// Blocked means: nothing was taken for a while although the program sleeps; a program that
    /// only has not got its turn on a busy machine is waited for.
    ///
    /// # Errors
    /// The program hung up.
    pub fn send_until_blocked(&mut self, pattern: &Pattern, most: usize) -> Verdict<usize> {
        self.stream.set_nonblocking(true).map_err(|error| self.trouble(&error))?;
        let mut sent = 0;
        let mut progress = Instant::now();
        let mut busy = Late::after(&self.stage, STUCK_BUSY);
        while sent < most {
            match self.stream.write(pattern.window(sent, most - sent)) {
                Ok(count) => {
                    self.record(What::Sent, &pattern.window(sent, count)[..count]);
                    sent += count;
                    progress = Instant::now();
                    busy = Late::after(&self.stage, STUCK_BUSY);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if self.is_stuck(progress) || busy.is_over() {
                        self.stage.waited(progress, &self.name, "no more is taken");
                        break;
                    }
                    // Not an event one could wait for: that nothing will happen.
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.trouble(&error)),
            }
        }
        self.stream.set_nonblocking(false).map_err(|error| self.trouble(&error))?;
        Ok(sent)
    }

    fn is_stuck(&self, since: Instant) -> bool {
        match self.program.as_ref().and_then(|process| process.asleep()) {
            Some(asleep) => asleep && since.elapsed() >= STUCK,
            None => since.elapsed() >= STUCK_UNSEEN,
        }
    }

    /// Checks that the bytes `from..to` of `pattern` come next.
    ///
    /// # Errors
    /// Others come, or the stream ends, or nothing comes for a while.
    pub fn expect_pattern(&mut self, pattern: &Pattern, from: usize, to: usize) -> Verdict {
        let mut at = from;
        while at < to {
            let count = self.inbox.len().min(to - at);
            if count == 0 {
                let since = Instant::now();
                let mut late = self.stage.late();
                if self.ended.is_some() || !self.fill(&mut late)? {
                    let mut failure = self.too_little(pattern.window(at, 32), since);
                    failure.message =
                        format!("{}: {} of {}", failure.message, at - from, to - from);
                    let some = |bytes: usize| escape::size(bytes as u64);
                    if at > from {
                        failure = failure.got(format!("{} of it, and no more", some(at - from)));
                    }
                    let expected = format!("{} back, unchanged", some(to - from));
                    return Err(failure.expected(expected).into());
                }
                continue;
            }
            if let Some(wrong) = pattern.first_difference(at, &self.inbox[..count]) {
                let start = wrong.saturating_sub(8);
                let got = &self.inbox[start..count.min(start + 24)];
                let wanted = &pattern.window(at + start, 24)[..got.len()];
                let message = format!("byte {} of the stream is wrong", at + wrong);
                return Err(Failure::bytes(message, wanted, got).into());
            }
            self.inbox.drain(..count);
            at += count;
        }
        Ok(())
    }

    /// Echoes until the program's end of stream, then closes. It writes each piece back before it
    /// reads the next, so it stops reading while its writing is blocked. Gives the bytes echoed.
    ///
    /// # Errors
    /// The program stops taking what is echoed, sends nothing and no end, or resets.
    pub fn echo(&mut self) -> Verdict<u64> {
        let mut echoed = 0;
        loop {
            let since = Instant::now();
            let piece = std::mem::take(&mut self.inbox);
            if !piece.is_empty() {
                echoed += piece.len() as u64;
                self.record(What::Sent, &piece);
                self.send_all(&piece)?;
                continue;
            }
            match self.ended {
                Some(End::Orderly) => break,
                Some(End::Reset) => return Err(self.too_little(b"", since).into()),
                None => {
                    let mut late = self.stage.late();
                    if !self.fill(&mut late)? {
                        let message = "the program neither sent more nor ended its sending half";
                        let failure = self.stage.nothing_came(since, &self.name, message);
                        return Err(failure.expected("a half-close after the last byte").into());
                    }
                }
            }
        }
        self.end();
        Ok(echoed)
    }
}
