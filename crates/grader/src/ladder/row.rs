//! What stands where in a ladder, and in which words.

use std::time::Duration;

use crate::escape;
use crate::record::{Event, What};

/// One row of a ladder, before it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// When it happened; a row without has no time before it.
    pub at: Option<Duration>,
    /// Where its words stand.
    pub place: Place,
    /// Its words.
    pub label: String,
    /// None of its words may be cut off: it takes as many lines as it needs.
    pub whole: bool,
}

/// Where the words of a row stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On an arrow from the left lifeline to the right one.
    ToRight,
    /// On an arrow from the right lifeline to the left one.
    ToLeft,
    /// On an arrow from the left that does not arrive.
    LostToRight,
    /// On an arrow from the right that does not arrive.
    LostToLeft,
    /// At the left lifeline.
    AtLeft,
    /// At the right lifeline.
    AtRight,
    /// Between the lifelines, which are dotted there: a pause, a remark.
    Between,
    /// Between the lifelines, in as many lines as it takes: what a narrator says.
    Told,
}

/// A lifeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Side {
    Left,
    Right,
}

impl Row {
    /// What `event` looks like. What a program does by itself stands at the lifeline `side`;
    /// `called` are the names that stand before its words, or nothing.
    #[must_use]
    pub fn of(event: &Event, side: Side, called: &str) -> Self {
        let words = words(event);
        let label = if called.is_empty() { words } else { format!("{called}: {words}") };
        let place = match event.what {
            What::Connect
            | What::Sent
            | What::SentDatagram
            | What::HalfClose
            | What::Close
            | What::Reset => Place::ToRight,
            What::Accept
            | What::Received
            | What::ReceivedDatagram
            | What::End
            | What::ResetReceived => Place::ToLeft,
            What::SentDatagramLost => Place::LostToRight,
            What::ReceivedDatagramLost => Place::LostToLeft,
            What::Wait | What::Note => Place::Between,
            What::Run
            | What::Stdin
            | What::StdinClosed
            | What::Stdout
            | What::Stderr
            | What::Exit
            | What::TakenDown => match side {
                Side::Left => Place::AtLeft,
                Side::Right => Place::AtRight,
            },
        };
        // What a conversation is about often stands in the arguments.
        let whole = event.what == What::Run;
        Row { at: (place != Place::Between).then_some(event.at), place, label, whole }
    }

    /// Words at a place, where they fit.
    #[must_use]
    pub fn at(at: Option<Duration>, place: Place, label: impl Into<String>) -> Self {
        Row { at, place, label: label.into(), whole: false }
    }

    /// What a narrator says.
    #[must_use]
    pub fn told(words: impl Into<String>) -> Self {
        Row { whole: true, ..Row::at(None, Place::Told, words) }
    }
}

/// What the arrow, or the remark at a lifeline, says.
fn words(event: &Event) -> String {
    let size = escape::size(event.bytes);
    let times = if event.times > 1 { format!(" in {} pieces", event.times) } else { String::new() };
    let data = format!("{} {size}{times}", event.text);
    let address =
        |word: &str| event.address.map_or(String::new(), |address| format!(" {word} {address}"));
    let own_words = |else_these: &str| match event.text.as_str() {
        "" | "\"\"" => else_these.to_owned(),
        words => words.to_owned(),
    };
    match event.what {
        What::Run => format!("run: {}", event.text),
        What::Stdin => format!("types {data}"),
        What::StdinClosed => "stdin ends".into(),
        What::Stdout => format!("prints {data}"),
        What::Stderr => format!("stderr {data}"),
        What::Exit => event.text.clone(),
        What::TakenDown => own_words("killed by the grader"),
        What::Connect => own_words(&format!("connect{}", address("to"))),
        What::Accept => format!("connect{}", address("from")),
        What::HalfClose => own_words("half-close"),
        What::End => own_words("end of stream"),
        What::Close => own_words("close"),
        What::Reset | What::ResetReceived => own_words("reset"),
        What::SentDatagram | What::SentDatagramLost => {
            format!("datagram {data}{}", address("to"))
        }
        What::ReceivedDatagram | What::ReceivedDatagramLost => {
            format!("datagram {data}{}", address("from"))
        }
        What::Sent | What::Received => data,
        What::Wait | What::Note => event.text.clone(),
    }
}
