//! What happened to a frame, and how that is told.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::frame::Frame;
use crate::tcp_state::Sighting;

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It went to the other hosts. A frame that was delivered twice has two events.
    Delivered,
    /// It waits for somebody to release or lose it.
    Held,
    /// It was lost: by a rule, by hand, or since too much waited on the wire.
    Lost,
    /// A rule took it off the wire because it repeats what the wire already holds or has delivered.
    Absorbed,
    /// A partition kept it from every host that it could have reached.
    Cut,
    /// It came from no host: [`Wire::inject`](crate::Wire::inject).
    Injected,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Fate::Delivered => "delivered",
            Fate::Held => "held",
            Fate::Lost => "lost",
            Fate::Absorbed => "absorbed",
            Fate::Cut => "cut",
            Fate::Injected => "injected",
        })
    }
}

/// One thing that happened to one frame.
#[derive(Clone, Debug)]
pub struct Event {
    /// Counts a wire's events, from 0.
    pub number: u64,
    /// When, since the wire began. `frame.time` is when the frame was sent.
    pub time: Duration,
    /// The frame. Its `from` is the sender; an injected frame's is the host that it went to.
    pub frame: Frame,
    /// What became of it.
    pub fate: Fate,
    /// What sender and receiver say of the frame's connection right after this. Taken for TCP, for
    /// what is held and what becomes of it then; for everything with
    /// [`Builder::record_states`](crate::Builder::record_states).
    pub states: Vec<Sighting>,
}

pub(super) fn is_gone(fate: Fate) -> bool {
    matches!(fate, Fate::Lost | Fate::Absorbed | Fate::Cut)
}

/// Whatever isn't plain: how long it took, and what became of it.
pub(super) fn remark(event: &Event) -> String {
    let after = event.time.saturating_sub(event.frame.time);
    let late = if after.as_millis() > 0 {
        format!("after {:.3} s", after.as_secs_f64())
    } else {
        String::new()
    };
    match event.fate {
        Fate::Delivered => late,
        fate if late.is_empty() => fate.to_string(),
        fate => format!("{fate} {late}"),
    }
}
