//! UDP chat: what is in a datagram, and how it is shown.
//!
//!     a l e x   :   s e e   1 0 : 3 0         the first `:` ends the name, further ones are text
//!     └─────┘     └─────────────────┘
//!      name              text                 trimmed; without the one space after the `:`
//!
//!     s e e   1 0 . 3 0                       no `:`, so no name: all of it is text
//!
//! There is no more to a message than this. The name is a claim, and the text may hold anything.
//!
//! Grade it: cargo test -p udp-chat
//! Read:     RFC 768; for the colours ECMA-48 section 8.3.117 (SGR)

use colored::Colorize;

/// The most bytes that a datagram of this chat may have, name and all.
pub(crate) const LONGEST: usize = 1024;

/// The text that says goodbye.
pub(crate) const QUIT: &str = "q";

/// The line that shows a datagram, as it came, in its sender's colour.
///
/// `alex` is yellow on green, `太白` magenta on black, everybody else has no colour. The colour is
/// reset at the line's end. Nothing of what came can drive this terminal.
pub(crate) fn painted(datagram: &[u8]) -> String {
    // step 4: make all of the datagram safe to show, then colour it by the sender's name
    let safe = netkit::visible(datagram); // first: afterwards it would undo our own colours too
    match parse(&String::from_utf8_lossy(datagram)).name {
        Some("alex") => safe.yellow().on_green().to_string(),
        Some("太白") => safe.magenta().on_black().to_string(),
        _ => safe,
    }
    // end of step 4
}

/// A datagram's two parts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    /// Who says so; `None` where the datagram has no `:`.
    pub(crate) name: Option<&'a str>,
    /// What stands after the name, less one leading space; without a name, all of it.
    pub(crate) text: &'a str,
}

/// Takes a datagram apart at its first `:`.
pub(crate) fn parse(datagram: &str) -> Message<'_> {
    // step 5: split at the first `:`; trim the name, take one space off the text
    match datagram.split_once(':') {
        Some((name, text)) => {
            // `text.trim()` would also take what the sender meant: `q ` is not `q`.
            let text = text.strip_prefix(' ').unwrap_or(text);
            Message { name: Some(name.trim()), text }
        }
        None => Message { name: None, text: datagram },
    }
    // end of step 5
}

/// Whether a datagram says goodbye: its text is `q`, and nothing else is.
pub(crate) fn is_goodbye(datagram: &[u8]) -> bool {
    // step 6: compare the text alone with QUIT
    parse(&String::from_utf8_lossy(datagram)).text == QUIT
    // end of step 6
}
