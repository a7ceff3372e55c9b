//! Who the owner of cells is, and what it may.

use std::fs;

use rustix::thread::CapabilitySet;

use crate::refusal::Refusal;

/// User and group of programs in cells whose owner is root, seen from outside. It lies in a range
/// that Debian and systemd give to nobody.
pub(super) const OTHER_USER: u32 = 60_801;

/// What this process may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    /// It can have a program be another user's.
    pub(super) changes_user: bool,
    /// And it makes namespaces without a user namespace.
    pub(super) makes_namespaces: bool,
    /// It is the machine's root, whose processes the kernel does not count.
    is_machines_root: bool,
}

impl Owner {
    pub(super) fn look() -> Self {
        let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
        let effective = rustix::thread::capabilities(None)
            .map_or(CapabilitySet::empty(), |sets| sets.effective);
        Self::of(effective, rustix::process::geteuid().is_root(), &map)
    }

    fn of(effective: CapabilitySet, is_root: bool, map: &str) -> Self {
        let change = CapabilitySet::SETUID | CapabilitySet::SETGID | CapabilitySet::CHOWN;
        let make = CapabilitySet::SYS_ADMIN | CapabilitySet::NET_ADMIN;
        // In a container without root that user may not be there.
        let changes_user = effective.contains(change) && is_mapped(map, OTHER_USER);
        Self {
            changes_user,
            makes_namespaces: changes_user && effective.contains(make),
            is_machines_root: is_root && outside(map, 0) == Some(0),
        }
    }

    /// Limits of processes are kept, and files are others' than the owner's, only for somebody else.
    pub(super) fn is_not_bare_root(self, is_enough: bool) -> Result<(), Refusal> {
        if is_enough || !self.is_machines_root {
            return Ok(());
        }
        Err(Refusal::new("root without its rights can't have programs be another user's").with_fix(
            "Run it as an ordinary user; in a container with a `USER`, or with `--privileged`",
        ))
    }
}

/// Who `user` is outside of this user namespace, by its map: lines of the first one inside, the first
/// one outside, and how many (user_namespaces(7)).
fn outside(map: &str, user: u32) -> Option<u64> {
    map.lines().find_map(|line| {
        let mut numbers = line.split_whitespace().map(str::parse::<u64>);
        let mut next = || numbers.next()?.ok();
        let (inside, outside, count) = (next()?, next()?, next()?);
        let place = u64::from(user).checked_sub(inside).filter(|place| *place < count)?;
        Some(outside + place)
    })
}

fn is_mapped(map: &str, user: u32) -> bool {
    outside(map, user).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = "         0          0 4294967295\n";

    #[test]
    fn the_machines_root_does_all() {
        let owner = Owner::of(CapabilitySet::all(), true, ALL);
        assert!(owner.changes_user && owner.makes_namespaces);
    }

    #[test]
    fn root_of_a_container_without_rights_is_told_so() {
        let few = CapabilitySet::CHOWN | CapabilitySet::SETUID | CapabilitySet::SETGID;
        let owner = Owner::of(few, true, ALL);
        assert!(owner.changes_user && !owner.makes_namespaces);
        assert!(owner.is_not_bare_root(owner.makes_namespaces).is_err());
        assert!(owner.is_not_bare_root(owner.changes_user).is_ok());
    }

    #[test]
    fn root_of_a_user_namespace_is_an_ordinary_user() {
        let owner = Owner::of(CapabilitySet::all(), true, "0 1000 1\n");
        assert!(!owner.changes_user && !owner.makes_namespaces);
        assert!(owner.is_not_bare_root(false).is_ok());
    }

    #[test]
    fn maps_are_read() {
        assert_eq!(outside("0 1000 1\n1 100000 65536\n", 60_801), Some(160_800));
        assert_eq!(outside("0 1000 1\n1 100000 65536\n", 65_537), None);
        assert_eq!(outside("", 0), None);
    }
}
