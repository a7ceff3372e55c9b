//! What has been seen of everybody and not yet been waited for.

use std::collections::HashMap;

use grader::{Event, What};

use crate::demo::script::{Awaited, Sign};

/// So much of what somebody sent or printed is kept for a step to wait for, in bytes.
const KEPT: usize = 64 * 1024;

/// Each sign is there for one step that waits for it. A text is used up to its end, so that the
/// next step looks at what came after it.
#[derive(Default)]
pub(crate) struct Seen {
    signs: HashMap<(String, Sign), Found>,
}

#[derive(Default)]
struct Found {
    times: usize,
    /// What came, as the ladder shows it: escaped.
    text: String,
}

/// What a look at the signs came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Look {
    Yes,
    NotYet,
    /// It came, but otherwise, in words.
    Otherwise(String),
}

impl Seen {
    /// Takes note of an event.
    pub(crate) fn take(&mut self, event: &Event) {
        let (peer, program, text) = (&event.peer, &event.program, inner(&event.text));
        let (who, sign) = match event.what {
            What::Connect => (peer, Sign::Connects),
            What::Sent | What::SentDatagram => (peer, Sign::Sends),
            What::Received | What::ReceivedDatagram => (program, Sign::Sends),
            What::SentDatagramLost => (peer, Sign::Loses),
            What::ReceivedDatagramLost => (program, Sign::Loses),
            What::HalfClose | What::Close => (peer, Sign::Closes),
            What::End => (program, Sign::Closes),
            What::Reset => (peer, Sign::Resets),
            What::ResetReceived => (program, Sign::Resets),
            What::Stdout => (program, Sign::Prints),
            What::Stderr => (program, Sign::Complains),
            What::Exit => (program, Sign::Exits),
            _ => return,
        };
        self.note(who, sign, text);
    }

    /// Takes note of bytes that somebody sent.
    pub(crate) fn note_sent(&mut self, who: &str, bytes: &[u8]) {
        self.note(who, Sign::Sends, inner(&grader::quoted(bytes)));
    }

    /// Takes note of a sign.
    pub(crate) fn note(&mut self, who: &str, sign: Sign, text: &str) {
        let found = self.signs.entry((who.into(), sign)).or_default();
        found.times += 1;
        match sign {
            // One at a time, and only the last is so now.
            Sign::Is | Sign::Exits => text.clone_into(&mut found.text),
            _ => found.text.push_str(text),
        }
        if found.text.len() > KEPT {
            let mut from = found.text.len() - KEPT / 2;
            while !found.text.is_char_boundary(from) {
                from += 1;
            }
            found.text.drain(..from);
        }
    }

    /// Forgets what is known of somebody who starts anew.
    pub(crate) fn forget(&mut self, who: &str) {
        self.signs.retain(|(name, _), _| name != who);
    }

    /// Whether what is awaited has come; then it is used up.
    pub(crate) fn look(&mut self, awaited: &Awaited) -> Look {
        let Some(found) = self.signs.get_mut(&(awaited.who.clone(), awaited.sign)) else {
            return Look::NotYet;
        };
        if found.times == 0 {
            return Look::NotYet;
        }
        match (&awaited.text, awaited.sign) {
            (Some(text), Sign::Is) if *text != found.text => return Look::NotYet,
            (Some(text), Sign::Sends | Sign::Prints | Sign::Complains) => {
                let quoted = grader::quoted(text.as_bytes());
                let wanted = inner(&quoted);
                let Some(at) = found.text.find(wanted) else { return Look::NotYet };
                found.text.drain(..at + wanted.len());
                // What is left is still there for a step that asks for no text.
                found.times = usize::from(!found.text.is_empty());
                return Look::Yes;
            }
            _ => {}
        }
        let how = std::mem::take(&mut found.text);
        found.times = match awaited.sign {
            Sign::Sends | Sign::Prints | Sign::Complains => 0,
            Sign::Is => {
                how.clone_into(&mut found.text);
                found.times // it is so for as long as nothing else is
            }
            _ => found.times - 1,
        };
        match awaited.code {
            Some(code) if how != format!("exit code {code}") => Look::Otherwise(how),
            _ => Look::Yes,
        }
    }
}

/// A quoted text without its quotes, and without the `…` of a text that was cut.
fn inner(quoted: &str) -> &str {
    let open = quoted.strip_prefix('"').unwrap_or(quoted);
    let closed = open.strip_suffix('…').unwrap_or(open);
    closed.strip_suffix('"').unwrap_or(closed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn awaited(sign: Sign, text: Option<&str>, code: Option<i32>) -> Awaited {
        Awaited { who: "client".into(), sign, text: text.map(Into::into), code }
    }

    #[test]
    fn a_text_may_come_in_pieces_and_is_used_up_to_its_end() {
        let mut seen = Seen::default();
        seen.note("client", Sign::Sends, "hel");
        let hello = awaited(Sign::Sends, Some("hello\n"), None);
        assert_eq!(seen.look(&hello), Look::NotYet);
        seen.note("client", Sign::Sends, "lo\\nhello");
        assert_eq!(seen.look(&hello), Look::Yes);
        assert_eq!(seen.look(&hello), Look::NotYet);
        assert_eq!(seen.look(&awaited(Sign::Sends, None, None)), Look::Yes);
        assert_eq!(seen.look(&awaited(Sign::Sends, None, None)), Look::NotYet);
    }

    #[test]
    fn a_sign_is_there_once_and_an_exit_is_told_when_it_is_another() {
        let mut seen = Seen::default();
        seen.note("client", Sign::Closes, "");
        assert_eq!(seen.look(&awaited(Sign::Closes, None, None)), Look::Yes);
        assert_eq!(seen.look(&awaited(Sign::Closes, None, None)), Look::NotYet);
        seen.note("client", Sign::Exits, "exit code 1");
        let told = Look::Otherwise("exit code 1".into());
        assert_eq!(seen.look(&awaited(Sign::Exits, None, Some(0))), told);
    }

    #[test]
    fn what_nobody_waits_for_is_bounded_and_its_end_is_kept() {
        let mut seen = Seen::default();
        for _ in 0..10_000 {
            seen.note("client", Sign::Prints, "时间时间时间");
        }
        seen.note("client", Sign::Prints, "the end");
        assert!(seen.signs.values().all(|found| found.text.len() <= KEPT));
        assert_eq!(seen.look(&awaited(Sign::Prints, Some("the end"), None)), Look::Yes);
    }
}
