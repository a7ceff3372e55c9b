//! What can be done in a demo, and what can be waited for.

use std::collections::BTreeMap;

/// What can be done in a demo, by a step or by somebody who types. Names are roles, with a number
/// from the second on: `client`, `client 2`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    Say(String),
    Start { name: String, args: Option<Vec<String>>, env: BTreeMap<String, String> },
    Type { into: String, line: String },
    End(String),
    Kill(String),
    Reset(String),
    Lose(String),
    Listen(String),
    Connect(String),
    Accept(String),
    HalfClose(String),
    Close(String),
    Wait(Awaited),
}

/// What a step waits for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Awaited {
    pub(crate) who: String,
    pub(crate) sign: Sign,
    /// What is sent or printed has this in it; a state is this.
    pub(crate) text: Option<String>,
    /// How it exits.
    pub(crate) code: Option<i32>,
}

/// What one can see of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Sign {
    Connects,
    Sends,
    Loses,
    Prints,
    Complains,
    Closes,
    Resets,
    Exits,
    Is,
}

impl Sign {
    pub(super) const ALL: [(&'static str, Sign); 10] = [
        ("connects", Sign::Connects),
        ("sends", Sign::Sends),
        ("loses", Sign::Loses),
        ("prints", Sign::Prints),
        ("complains", Sign::Complains),
        ("closes", Sign::Closes),
        ("half-closes", Sign::Closes),
        ("resets", Sign::Resets),
        ("exits", Sign::Exits),
        ("is", Sign::Is),
    ];

    /// How a script writes it.
    pub(crate) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, sign)| *sign == self).map_or("", |(word, _)| word)
    }

    /// Whether it is about bytes, so that a part of them can be asked for.
    pub(crate) fn has_text(self) -> bool {
        matches!(self, Sign::Sends | Sign::Prints | Sign::Complains | Sign::Is)
    }
}
