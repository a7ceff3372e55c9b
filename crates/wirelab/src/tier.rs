//! The ways to have hosts, and what is not the same on them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What the hosts of a lab are made of.
///
/// ```
/// use wirelab::{Shows, Tier};
///
/// let tier: Tier = "simulated".parse()?;
/// let told = tier.difference(Shows::TimeWait).expect("it is not as on Linux");
/// assert!(told.text.contains("10 seconds"));
/// # Ok::<(), wirelab::UnknownTier>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Each host is a network namespace of this machine's kernel. Programs run on it, sockets are
    /// real, time is real.
    Kernel,
    /// Each host is a TCP/IP stack in this process, with a clock that moves only when somebody
    /// waits. On any system, without any rights, and the same every time.
    Simulated,
    /// Hosts are names only: ports of this machine's loopback. The kernel is real, and what its
    /// sockets send can be seen, but not held, lost or slowed. Linux, with the right to capture
    /// (CAP_NET_RAW). At most 60 ports are in use at once; those of closed sockets are given back.
    #[serde(rename = "observe")]
    Observing,
}

impl Tier {
    /// All of them, in the order in which a lab takes them where nobody names one. Observing comes
    /// last: one that can be stepped, and shows all states, serves whoever learns better than a real
    /// kernel that shows only where it came to rest.
    pub const ALL: [Tier; 3] = [Tier::Kernel, Tier::Simulated, Tier::Observing];

    /// The word for it: `kernel`, `simulated`, `observe`.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Kernel => "kernel",
            Tier::Simulated => "simulated",
            Tier::Observing => "observe",
        }
    }

    /// What is otherwise here than between two Linux kernels with a real clock, for whoever learns
    /// from what is seen.
    pub fn differences(self) -> &'static [Difference] {
        match self {
            Tier::Kernel => &[],
            Tier::Simulated => SIMULATED,
            Tier::Observing => OBSERVED,
        }
    }

    /// The difference that shows there.
    pub fn difference(self, shows: Shows) -> Option<&'static Difference> {
        self.differences().iter().find(|difference| difference.shows == shows)
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// There is no tier of that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownTier(String);

impl fmt::Display for UnknownTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no tier {:?}; there are kernel, simulated and observe", self.0)
    }
}

impl std::error::Error for UnknownTier {}

impl FromStr for Tier {
    type Err = UnknownTier;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Tier::ALL.into_iter().find(|tier| tier.name() == text);
        found.ok_or_else(|| UnknownTier(text.into()))
    }
}

/// Something that a tier does otherwise than Linux does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Where it is seen.
    pub shows: Shows,
    /// What it is, in one or two sentences.
    pub text: &'static str,
}

/// Where a [`Difference`] is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Shows {
    /// In the times of frames and events.
    Clock,
    /// While TIME-WAIT is counted down.
    TimeWait,
    /// When both sides connect at the same time.
    SimultaneousOpen,
    /// When something is sent again.
    Retransmission,
    /// When nobody answers for long.
    GivingUp,
    /// In the options of a SYN.
    Options,
    /// After one side closed both directions and the other didn't.
    FinWait2,
    /// When a hardware address is asked for.
    Neighbours,
    /// When a datagram is larger than a frame.
    Fragments,
    /// When a host talks to itself.
    Loopback,
}

const SIMULATED: &[Difference] = &[
    Difference {
        shows: Shows::Clock,
        text: "The clock stands still until somebody waits. A frame takes 10 µs, a program and a \
            host take no time at all.",
    },
    Difference {
        shows: Shows::TimeWait,
        text: "TIME-WAIT lasts 10 seconds here. On Linux it lasts 60.",
    },
    Difference {
        shows: Shows::SimultaneousOpen,
        text: "In SYN-RECEIVED a SYN, ACK is answered with an ACK but establishes nothing: each \
            side waits for that ACK. On Linux the SYN, ACK is enough, as its ACK says all.",
    },
    Difference {
        shows: Shows::Retransmission,
        text: "What isn't acknowledged is sent again after one second at the earliest. Linux \
            waits 200 ms at the earliest, and one second only for a SYN.",
    },
    Difference {
        shows: Shows::GivingUp,
        text: "Nobody ever gives up: retransmission goes on, at most 60 seconds apart. Linux \
            stops after 6 SYNs, or about 15 minutes in a connection.",
    },
    Difference {
        shows: Shows::Options,
        text: "There are no timestamps, and the window is not scaled: it is 65,535 bytes at most.",
    },
    Difference {
        shows: Shows::FinWait2,
        text: "FIN-WAIT-2 has no end here as long as the other side doesn't close. Linux ends it \
            after 60 seconds once the program has closed its socket.",
    },
    Difference {
        shows: Shows::Neighbours,
        text: "A hardware address is forgotten after a minute without frames, and asked for anew \
            with a broadcast; one host asks at most once in a second, whomever it looks for.",
    },
    Difference {
        shows: Shows::Fragments,
        text: "A datagram that doesn't fit into one frame is refused. Linux sends it in pieces.",
    },
    Difference { shows: Shows::Loopback, text: "A host has no loopback: it can't talk to itself." },
];

const OBSERVED: &[Difference] = &[
    Difference {
        shows: Shows::Clock,
        text: "Nothing can be held here, so what belongs together has gone by before anybody can \
            look. States are told where the hosts have come to rest; those in between were there, \
            and were too short to be seen.",
    },
    Difference {
        shows: Shows::Options,
        text: "The loopback's frames may be 65,536 bytes long, so a SYN offers an MSS of 65,495. \
            Checksums are left to a network card, and there is none: those that are shown are \
            what it would have written.",
    },
    Difference {
        shows: Shows::Neighbours,
        text: "The loopback has no hardware addresses, so nobody asks for one.",
    },
    Difference {
        shows: Shows::TimeWait,
        text: "TIME-WAIT is this machine's own: unless something ends it, it goes on when the lab is \
            gone.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tier_is_read_as_it_is_written() {
        for tier in Tier::ALL {
            assert_eq!(tier.to_string().parse(), Ok(tier));
            let json = serde_json::to_string(&tier).expect("a word");
            assert_eq!(json, format!("\"{tier}\""));
            assert_eq!(serde_json::from_str::<Tier>(&json).expect("the same"), tier);
        }
        let error = "real".parse::<Tier>().expect_err("there is none");
        assert_eq!(
            error.to_string(),
            r#"there is no tier "real"; there are kernel, simulated and observe"#
        );
    }

    #[test]
    fn each_difference_shows_in_a_place_of_its_own() {
        assert!(Tier::Kernel.differences().is_empty());
        for tier in Tier::ALL {
            for difference in tier.differences() {
                assert_eq!(tier.difference(difference.shows), Some(difference));
            }
        }
    }
}
