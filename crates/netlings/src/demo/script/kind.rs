//! What stands between the two programs of a demo, who they are, and how they are called.

use grader::text::near_match;
use serde::Deserialize;

use crate::words::demo as words;

/// What stands between the two lifelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A relay for TCP, between the roles client and server.
    Tcp,
    /// A relay for UDP, between the roles client and server.
    Udp,
    /// A file in a folder of its own, between the roles send and recv.
    File,
    /// Two sockets of the demo's own, client and server, which the role watch reports on.
    Sockets,
}

impl Kind {
    /// The names of the left and the right lifeline.
    pub(crate) fn sides(self) -> [&'static str; 2] {
        match self {
            Kind::Tcp | Kind::Udp | Kind::Sockets => ["client", "server"],
            Kind::File => ["send", "recv"],
        }
    }

    /// The roles that can be started.
    pub(crate) fn roles(self) -> &'static [&'static str] {
        match self {
            Kind::Tcp | Kind::Udp => &["client", "server"],
            Kind::File => &["send", "recv"],
            Kind::Sockets => &["watch"],
        }
    }

    /// The steps that make sense.
    pub(super) fn verbs(self) -> &'static [&'static str] {
        match self {
            Kind::Tcp => &["say", "start", "type", "end", "kill", "reset", "wait"],
            Kind::Udp => &["say", "start", "type", "end", "kill", "lose", "wait"],
            Kind::File => &["say", "start", "type", "end", "kill", "wait"],
            Kind::Sockets => &[
                "say",
                "start",
                "type",
                "kill",
                "listen",
                "connect",
                "accept",
                "half_close",
                "close",
                "wait",
            ],
        }
    }
}

/// The role in a name: `client` in `client 2`.
pub(crate) fn role_of(name: &str) -> &str {
    name.split_once(' ').map_or(name, |(role, _)| role)
}

/// Whether `name` is one of `roles`, with or without a number; or else what to write.
pub(super) fn is_name(name: &str, roles: &[&str]) -> Result<(), String> {
    let number_is_right = name.split_once(' ').is_none_or(|(_, number)| {
        number.parse::<u32>().is_ok_and(|number| number > 1 && number < 100)
    });
    if roles.contains(&role_of(name)) && number_is_right {
        return Ok(());
    }
    Err(match near_match(name, roles.iter().copied()) {
        Some(near) if !roles.contains(&role_of(name)) => words::did_you_mean(near),
        _ => words::names(roles),
    })
}
