//! How another process comes in: a program that becomes one inside, or a shell from another terminal.
//!
//! Namespaces are kept by descriptors, and a process of the same user finds those below
//! `/proc/PID/fd` for as long as their owner has them. Unlike [`Namespaces::enter`], which is for
//! programs that the owner itself starts, this takes no more than a text.
//!
//! [`Namespaces::enter`]: crate::Namespaces::enter

use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::str::FromStr;

use rustix::fs::{Mode, OFlags};
use rustix::mount::{MountPropagationFlags, mount_bind, mount_change};
use rustix::thread::{LinkNameSpaceType, UnshareFlags};

use crate::{errand, sys};

/// Where a process finds namespaces that another has. Its text is `PID:NET:UTS`, and `:USER` behind
/// it where they are in a user namespace: a process and its descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entrance {
    pub(crate) owner: u32,
    pub(crate) net: u32,
    pub(crate) uts: u32,
    pub(crate) user: Option<u32>,
}

impl Entrance {
    /// Moves this process inside. It needs the rights that the owner had, and only one thread.
    ///
    /// # Errors
    /// If the owner has ended or let go of them, is another user's, or this process has threads.
    pub fn enter(&self) -> io::Result<()> {
        // All of them first: from inside the owner may be out of reach.
        let net = self.open(self.net, "net")?;
        let uts = self.open(self.uts, "uts")?;
        if let Some(user) = self.user {
            let user = self.open(user, "user")?;
            errand::enter(user.as_fd(), LinkNameSpaceType::User)?;
        }
        errand::enter(net.as_fd(), LinkNameSpaceType::Network)?;
        errand::enter(uts.as_fd(), LinkNameSpaceType::HostNameAndNISDomainName)?;
        Ok(())
    }

    fn open(&self, descriptor: u32, kind: &str) -> io::Result<OwnedFd> {
        let path = format!("/proc/{}/fd/{descriptor}", self.owner);
        // Whatever else that process has open there, it isn't for us.
        let points_to = std::fs::read_link(&path)?;
        if !points_to.to_string_lossy().starts_with(&format!("{kind}:[")) {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the namespaces are gone"));
        }
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(rustix::fs::open(path, flags, Mode::empty())?)
    }

    /// Has this thread, once its process is inside, and what it starts see `file` in the place of
    /// /etc/hosts. Nobody else sees a difference.
    ///
    /// # Errors
    /// If the system refuses a mount namespace, or there is no /etc/hosts.
    pub fn see_as_hosts_file(file: &Path) -> io::Result<()> {
        sys::unshare(UnshareFlags::NEWNS)?;
        // Otherwise, for root, the machine would see it too.
        mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)?;
        Ok(mount_bind(file, "/etc/hosts")?)
    }
}

impl fmt::Display for Entrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.owner, self.net, self.uts)?;
        self.user.map_or(Ok(()), |user| write!(f, ":{user}"))
    }
}

impl FromStr for Entrance {
    type Err = NoEntrance;

    fn from_str(text: &str) -> Result<Self, NoEntrance> {
        let number = |text: &str| {
            let plain = text.len() < 11 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| plain).ok_or(NoEntrance)
        };
        let numbers = text.split(':').map(number).collect::<Result<Vec<u32>, _>>()?;
        match numbers[..] {
            [owner, net, uts] => Ok(Self { owner, net, uts, user: None }),
            [owner, net, uts, user] => Ok(Self { owner, net, uts, user: Some(user) }),
            _ => Err(NoEntrance),
        }
    }
}

/// A text is no [`Entrance`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoEntrance;

impl fmt::Display for NoEntrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is no entrance; one looks like 1234:5:6 or 1234:5:6:7")
    }
}

impl std::error::Error for NoEntrance {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entrance_is_read_back_as_it_was_written() {
        for user in [None, Some(7)] {
            let entrance = Entrance { owner: 1234, net: 5, uts: 6, user };
            assert_eq!(entrance.to_string().parse(), Ok(entrance));
        }
        for text in
            ["", "1:2", "1:2:3:4:5", "1:2:x", "1:2:+3", "1:2:-3", "1:2:99999999999", "1:2: 3"]
        {
            assert_eq!(text.parse::<Entrance>(), Err(NoEntrance), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_namespace_is_never_opened() {
        let (file, _writer) = io::pipe().expect("a pipe");
        let number = u32::try_from(std::os::fd::AsRawFd::as_raw_fd(&file)).expect("a descriptor");
        let entrance = Entrance { owner: std::process::id(), net: number, uts: number, user: None };
        assert_eq!(entrance.enter().expect_err("a pipe").kind(), io::ErrorKind::NotFound);
    }
}
