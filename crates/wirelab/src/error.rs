//! Why a lab was not built.

use std::fmt;

use namespaces::Refusal;

/// Why a lab was not built.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// What was asked for makes no sense; the text says what and how to write it.
    Asked(String),
    /// The machine refused; the text says what, why, and what to do about it.
    Refused(Refusal),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Asked(text) => f.write_str(text),
            Error::Refused(refusal) => refusal.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Asked(_) => None,
            Error::Refused(refusal) => Some(refusal.error()),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Error::Refused(refusal)
    }
}
