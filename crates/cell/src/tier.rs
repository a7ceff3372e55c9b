//! What this machine can give.

use std::fmt;

use crate::refusal::Refusal;

/// How well a program is confined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Not at all: nothing is started.
    None,
    /// Another user where the owner is root, an allow-list of paths (Landlock), refused system calls
    /// (seccomp) and limits. Processes, network and memory are shared with the machine.
    Reduced,
    /// All of that, in user, process, mount, network, IPC and hostname namespaces of its own.
    Full,
}

impl Tier {
    /// One word: `full`, `reduced` or `none`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Reduced => "reduced",
            Self::Full => "full",
        }
    }

    /// What a program can do in this tier that it could not in [`Tier::Full`].
    pub fn lacks(self) -> &'static [&'static str] {
        match self {
            Self::Full => &[],
            Self::Reduced => &[
                "sockets reach whatever this machine reaches, unless the policy allows none",
                "the machine's loopback is shared, so ports collide with those of others",
                "file names, and the command lines of other programs, can be seen",
                "what it writes is bounded for each file, and memory for each process, not in all",
                "the limit of processes counts those of all cells of one owner",
                "where the owner is not root, it counts as the same user for everything but files and signals",
            ],
            Self::None => &["everything: it would run as any program of yours"],
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What this machine gives: which tier, and why not more.
#[derive(Debug)]
pub struct Capability {
    pub(crate) tier: Tier,
    /// Why it is not the full tier.
    pub(crate) why_not_full: Option<Refusal>,
    /// Why it is not even the reduced one.
    pub(crate) why_not_reduced: Option<Refusal>,
    /// Why there is no second level.
    pub(crate) why_no_inner: Option<Refusal>,
    /// Landlock keeps signals and abstract sockets in.
    pub(crate) has_scopes: bool,
    /// Landlock keeps files from being emptied.
    pub(crate) keeps_content: bool,
}

impl Capability {
    /// The best tier there is.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// Why it is not [`Tier::Full`], and what to change.
    pub fn why_not_full(&self) -> Option<&Refusal> {
        self.why_not_full.as_ref()
    }

    /// Why it is [`Tier::None`], and what to change.
    pub fn why_not_reduced(&self) -> Option<&Refusal> {
        self.why_not_reduced.as_ref()
    }

    /// Why programs can't be kept away from a grader in the same cell ([`inner`](crate::inner)).
    pub fn why_no_inner(&self) -> Option<&Refusal> {
        self.why_no_inner.as_ref()
    }

    /// How the second level differs on this machine from what it is since Linux 6.12.
    pub fn inner_differs(&self) -> &'static [&'static str] {
        const ALL: &[&str] = &[
            "a program can signal itself only, not what it has started, since Landlock of this \
             kernel keeps no signals in (that of Linux 6.12 does)",
            "a program can connect to abstract UNIX sockets of whoever grades it",
            "a program can also empty files beside the engine that it may only read, since Landlock \
             of this kernel does not keep it from that (that of Linux 6.2 does)",
        ];
        match (&self.why_no_inner, self.has_scopes, self.tier) {
            (None, false, Tier::Reduced | Tier::Full) if self.keeps_content => &ALL[..2],
            (None, false, Tier::Reduced | Tier::Full) => ALL,
            _ => &[],
        }
    }
}

impl fmt::Display for Capability {
    /// Some lines: the tier, and for each thing that is not there why, and what to change.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "confinement: {}", self.tier)?;
        let reasons = [
            ("no full tier", &self.why_not_full),
            ("no reduced tier", &self.why_not_reduced),
            ("no second level", &self.why_no_inner),
        ];
        for (what, why) in reasons {
            if let Some(why) = why {
                write!(f, "\n  {what}: {why}")?;
            }
        }
        for difference in self.inner_differs() {
            write!(f, "\n  the second level differs from Linux 6.12: {difference}")?;
        }
        for lack in self.tier.lacks() {
            write!(f, "\n  here a program can do more than in a full cell: {lack}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_the_kernel_the_more_the_second_level_differs() {
        let differences = |has_scopes, keeps_content| {
            let (why_not_full, why_not_reduced, why_no_inner) = (None, None, None);
            let tier = Tier::Full;
            let it = Capability {
                tier,
                why_not_full,
                why_not_reduced,
                why_no_inner,
                has_scopes,
                keeps_content,
            };
            it.inner_differs().len()
        };
        assert_eq!((differences(true, true), differences(false, true)), (0, 2));
        assert_eq!(differences(false, false), 3);
    }
}
