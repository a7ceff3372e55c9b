//! Why nothing was started, in words, and what to change.

use std::fmt;
use std::io;

/// A cell or a program could not be started as its policy says, so it was not started at all.
#[derive(Debug)]
pub struct Refusal {
    what: String,
    error: Option<io::Error>,
    fix: Option<&'static str>,
}

impl Refusal {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), error: None, fix: None }
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn of(what: impl Into<String>, error: impl Into<io::Error>) -> Self {
        Self { error: Some(error.into()), ..Self::new(what) }
    }

    pub(crate) fn with_fix(mut self, fix: &'static str) -> Self {
        self.fix = Some(fix);
        self
    }

    /// The system's own error, where it was the system that refused.
    pub fn error(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }

    /// What to change so that it works, as far as that can be told.
    pub fn fix(&self) -> Option<&str> {
        self.fix
    }

    /// What could not be done and why, in one line: the text without the fix.
    pub fn what_failed(&self) -> String {
        match &self.error {
            Some(error) => format!("{}: {error}", self.what),
            None => self.what.clone(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what_failed())?;
        self.fix.map_or(Ok(()), |fix| write!(f, ". {fix}"))
    }
}

impl std::error::Error for Refusal {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.as_ref().map(|error| error as _)
    }
}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        let kind = refusal.error.as_ref().map_or(io::ErrorKind::Unsupported, io::Error::kind);
        Self::new(kind, refusal)
    }
}
