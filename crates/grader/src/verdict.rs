//! What a check says: nothing, which is praise, or the trouble it met.

use std::io;
use std::time::Instant;

use crate::escape;

/// The outcome of a check's step: a value, or what ended the check.
pub type Verdict<T = ()> = Result<T, Trouble>;

/// What ends a check early.
#[derive(Debug)]
pub enum Trouble {
    /// The program under test does not keep the contract.
    Failed(Box<Failure>),
    /// This machine could not run the check; in words. It says nothing about the program.
    Machine(String),
    /// The check does not apply here; in words.
    Skipped(String),
}

/// What a failed check has to show.
#[derive(Clone, Debug)]
pub struct Failure {
    /// One line: what went wrong.
    pub message: String,
    /// The kind of it, for probes to choose by.
    pub cause: Cause,
    /// What the contract asks for, ready to print; may have several lines.
    pub expected: Option<String>,
    /// What came instead, ready to print; may have several lines.
    pub got: Option<String>,
    /// The bytes that came and were not what was expected, for probes to look at.
    pub received: Vec<u8>,
    /// The misconception that a probe confirmed: its id in lesson.toml's `[explanations]`.
    pub explanation: Option<&'static str>,
    /// When it was found. What is recorded later belongs to further experiments.
    pub(crate) found: Instant,
}

/// How an expectation went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nothing came, or not enough, until patience ran out.
    Silence,
    /// Something else came; the first difference is at this byte.
    Differs {
        /// Counted from 0, within what was expected.
        at: usize,
    },
    /// The stream ended first.
    Ended,
    /// The connection was reset.
    Reset,
    /// The program stopped taking what was sent.
    Blocked,
    /// The program ended, or ended otherwise than it should.
    Exited,
    /// Anything else.
    Other,
}

impl Failure {
    /// A failure with one line of words.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Failure {
            message: shown(&message.into()),
            cause: Cause::Other,
            expected: None,
            got: None,
            received: Vec::new(),
            explanation: None,
            found: Instant::now(),
        }
    }

    /// Whether nothing is left to ask for: a check says in its own words what is wrong, and both
    /// what the contract asks for and what came. Silence, an end or a difference of bytes are
    /// signs of something that went wrong earlier.
    pub(crate) fn says_it_all(&self) -> bool {
        self.cause == Cause::Other && self.expected.is_some() && self.got.is_some()
    }

    /// A failure in which bytes were not what they should be: shows both, and where they differ.
    #[must_use]
    pub fn bytes(message: impl Into<String>, expected: &[u8], got: &[u8]) -> Self {
        let (wanted, came) = escape::compared(expected, got);
        let at = escape::first_difference(expected, got).unwrap_or(0);
        let mut failure =
            Failure::new(message).cause(Cause::Differs { at }).expected(wanted).got(came);
        failure.received = got.to_vec();
        failure
    }

    /// Sets what kind of failure it is.
    #[must_use]
    pub fn cause(mut self, cause: Cause) -> Self {
        self.cause = cause;
        self
    }

    /// Sets what was expected.
    #[must_use]
    pub fn expected(mut self, text: impl Into<String>) -> Self {
        self.expected = Some(shown(&text.into()));
        self
    }

    /// Sets what came instead.
    #[must_use]
    pub fn got(mut self, text: impl Into<String>) -> Self {
        self.got = Some(shown(&text.into()));
        self
    }

    /// Names the misconception. Only for what an experiment has just confirmed.
    #[must_use]
    pub fn explain(mut self, id: &'static str) -> Self {
        self.explanation = Some(id);
        self
    }
}

/// Words that may hold a program's own: made safe for a terminal, line by line, and bounded.
fn shown(text: &str) -> String {
    const LINES: usize = 12;
    const CHARACTERS: usize = 400;
    let lines = text.lines().take(LINES).map(|line| {
        let safe = netkit::visible(line.as_bytes());
        match safe.char_indices().nth(CHARACTERS) {
            Some((end, _)) => format!("{}…", &safe[..end]),
            None => safe,
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Trouble::Failed(Box::new(failure))
    }
}

impl Trouble {
    /// An error of the grader's own doing: the machine's trouble, never the program's.
    pub(crate) fn machine(what: &str, error: &io::Error) -> Self {
        // The system's own words: EAGAIN, say, means `timed out` for a socket but not for fork.
        Trouble::Machine(format!("{what}: {error}"))
    }
}

/// Whether an error says that the machine has run out of something.
pub(crate) fn is_of_the_machine(error: &io::Error) -> bool {
    use io::ErrorKind::{OutOfMemory, QuotaExceeded, StorageFull, WouldBlock};
    // EMFILE and ENFILE have no kind of their own. WouldBlock is fork's EAGAIN: no more processes.
    let no_descriptors = cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24));
    no_descriptors || matches!(error.kind(), OutOfMemory | QuotaExceeded | StorageFull | WouldBlock)
}

/// Looking further when an expectation failed.
pub trait Probe<T> {
    /// When this failed, makes one more experiment, `probe`, which may confirm a misconception and
    /// give its id. The failure stays the failure it was. A probe that fails itself, or gives
    /// `None`, leaves the cause open.
    ///
    /// # Errors
    /// The failure, explained or not.
    fn or_probe(self, probe: impl FnOnce(&Failure) -> Verdict<Option<&'static str>>) -> Verdict<T>;
}

impl<T> Probe<T> for Verdict<T> {
    fn or_probe(self, probe: impl FnOnce(&Failure) -> Verdict<Option<&'static str>>) -> Verdict<T> {
        self.map_err(|trouble| match trouble {
            Trouble::Failed(mut failure) if failure.explanation.is_none() => {
                failure.explanation = probe(&failure).unwrap_or_default();
                Trouble::Failed(failure)
            }
            other => other,
        })
    }
}
