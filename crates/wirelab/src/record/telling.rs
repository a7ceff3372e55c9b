//! What is told of a record besides its frames: a title, words, and what programs did.

use std::time::Duration;

use super::{Event, Recorder};
use crate::tcp_state::TcpState;

/// Something that a program did, among a wire's events.
#[derive(Clone, Debug)]
pub struct Deed {
    /// The number that the next event was to get then: [`Recorder::next_number`].
    pub before: u64,
    /// When, since the wire began: [`Wire::now`](crate::Wire::now).
    pub time: Duration,
    /// The [place](crate::Host::place) of the program's host.
    pub host: usize,
    /// One word for it, for JSON.
    pub name: &'static str,
    /// The same for people.
    pub text: String,
    /// Hosts, by place, with their states right after it. May be empty.
    pub states: Vec<(usize, TcpState)>,
}

/// What a picture or a page says besides frames. A title alone is one too.
///
/// ```
/// use wirelab::{Deed, Telling};
/// # use wirelab::{Lab, Tier};
/// # let lab = Lab::builder().host("alice", "10.0.0.1/24").host("bob", "10.0.0.2/24");
/// # let lab = lab.pin_neighbours().tier(Tier::Simulated).build()?;
/// let recorder = lab.wire().recorder();
/// let (before, time, host) = (recorder.next_number(), lab.wire().now(), 0);
/// let _alice = lab.host("alice").dialling(0, "10.0.0.2:7000".parse()?)?;
/// let (text, states) = ("calls bob".into(), Vec::new());
/// let deeds = vec![Deed { before, time, host, name: "connect", text, states }];
/// let after = vec!["Nobody listened.".into()];
/// let page = recorder.html(Telling { deeds, after, ..Telling::from("Refused") });
/// assert!(page.contains("calls bob") && page.contains("<p>Nobody listened.</p>"));
/// assert!(recorder.svg("Refused").starts_with("<svg "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Telling<'a> {
    /// What it is called.
    pub title: &'a str,
    /// Paragraphs before the first frame.
    pub before: Vec<String>,
    /// Paragraphs behind the last frame.
    pub after: Vec<String>,
    /// What programs did, in its order.
    pub deeds: Vec<Deed>,
}

impl<'a> From<&'a str> for Telling<'a> {
    fn from(title: &'a str) -> Self {
        Self { title, ..Self::default() }
    }
}

/// What has a row.
pub(super) enum Row<'a> {
    Frame(Event),
    Deed(&'a Deed),
}

/// Events and deeds in one order, each deed before whatever it caused.
pub(super) fn rows(events: Vec<Event>, deeds: &[Deed]) -> Vec<Row<'_>> {
    let mut deeds = deeds.iter().peekable();
    let mut rows = Vec::new();
    for event in events {
        while let Some(deed) = deeds.next_if(|deed| deed.before <= event.number) {
            rows.push(Row::Deed(deed));
        }
        rows.push(Row::Frame(event));
    }
    rows.extend(deeds.map(Row::Deed));
    rows
}

impl Recorder {
    /// What people are shown: the end of each frame but of those that only repeat, and the deeds.
    pub(super) fn shown<'a>(&self, deeds: &'a [Deed]) -> Vec<Row<'a>> {
        let mut events = self.ends();
        events.retain(|event| event.fate != super::Fate::Absorbed);
        rows(events, deeds)
    }
}

/// `text` in rows of so many letters, broken at spaces.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    for word in text.split_whitespace() {
        let row = rows.last_mut().expect("there is one");
        if row.is_empty() {
            row.push_str(word);
        } else if row.chars().count() + 1 + word.chars().count() <= width {
            row.extend([" ", word]);
        } else {
            rows.push(word.into());
        }
    }
    rows
}
