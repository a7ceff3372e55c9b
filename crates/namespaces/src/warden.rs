//! Ends what was started in namespaces once their owner lets go of them, or dies.
//!
//! The warden is a forked child that sleeps in a read of a pipe. The pipe's other end is the
//! owner's: dropped in order, or closed by the kernel however the owner died, SIGKILL included.
//! Then the warden ends every process that it finds inside, grandchildren and daemons too, until a
//! whole look finds none. It closed all other descriptors it was forked with, takes no signal but
//! SIGKILL, and, like an errand's child, makes system calls only.

use std::ffi::CStr;
use std::fmt::Write;
use std::io::{self, PipeWriter};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{AtFlags, Mode, OFlags, RawDir};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal};

use crate::namespaces::Namespaces;
use crate::refusal::{Refusal, Step};
use crate::{errand, sys};

/// So often at most the warden looks for what is left.
const LOOKS: usize = 1000;

/// While this lives, programs inside run; when it is dropped, or this process dies, they are ended.
/// A drop returns once they are.
///
/// It finds whoever is in the network namespaces by then, whatever they did to hide from their
/// parents. Whoever has moved on to another network namespace (`unshare --net` needs only the rights
/// that a user namespace gives) is no longer inside.
///
/// ```no_run
/// # use namespaces::{Namespaces, Warden};
/// # use std::process::Command;
/// let alone = Namespaces::builder().build()?;
/// let warden = Warden::over(&[&alone])?;
/// let mut daemon = Command::new("sh");
/// daemon.args(["-c", "setsid sleep 1000 &"]);
/// alone.enter(&mut daemon);
/// daemon.status()?; // the shell has ended, and the other goes on
/// drop(warden); // now it is gone too
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Warden {
    /// Nothing is ever written: its end is the order.
    owner: Option<PipeWriter>,
    process: Pid,
}

impl Warden {
    /// Starts a warden over all programs inside `namespaces`, now and later.
    ///
    /// # Errors
    /// If no process can be started or the pipe can't be made.
    pub fn over(namespaces: &[&Namespaces]) -> Result<Self, Refusal> {
        Self::start(namespaces).map_err(|error| Refusal::new(Step::Child, None, error))
    }

    fn start(namespaces: &[&Namespaces]) -> io::Result<Self> {
        let (end, owner) = io::pipe()?;
        let nets = namespaces.iter().map(|one| one.identity()).collect::<io::Result<Vec<_>>>()?;
        let child = sys::fork_to_watch(&Watch { owner: end.as_fd(), nets: &nets })?;
        Ok(Self { owner: Some(owner), process: child.process })
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        drop(self.owner.take());
        errand::reap(self.process);
    }
}

/// What the forked child does.
pub(crate) struct Watch<'a> {
    pub(crate) owner: BorrowedFd<'a>,
    /// Device and inode numbers of the network namespaces.
    nets: &'a [(u64, u64)],
}

impl Watch<'_> {
    /// In the child, all of it.
    pub(crate) fn run(&self) {
        let _ = rustix::thread::set_name(c"warden");
        while let Err(Errno::INTR) = rustix::io::read(self.owner, &mut [0u8; 1]) {}
        for _ in 0..LOOKS {
            if self.end_what_is_inside() == Ok(0) {
                return;
            }
        }
    }

    /// One look through /proc. How many processes it ended.
    fn end_what_is_inside(&self) -> Result<usize, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let proc = rustix::fs::open(c"/proc", flags, Mode::empty())?;
        let mut space = [MaybeUninit::uninit(); 4096];
        let mut entries = RawDir::new(&proc, &mut space);
        let mut ended = 0;
        while let Some(entry) = entries.next() {
            let Some(pid) = pid(entry?.file_name()) else { continue };
            // The descriptor first: should the number be another process's by the time of the look,
            // the signal goes to the one that has ended, that is nowhere.
            let Ok(process) = rustix::process::pidfd_open(pid, PidfdFlags::empty()) else {
                continue;
            };
            if self.is_inside(proc.as_fd(), pid)
                && rustix::process::pidfd_send_signal(&process, Signal::KILL).is_ok()
            {
                ended += 1;
                let a_second = Timespec { tv_sec: 1, tv_nsec: 0 };
                let _ = poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&a_second));
            }
        }
        Ok(ended)
    }

    fn is_inside(&self, proc: BorrowedFd<'_>, pid: Pid) -> bool {
        let mut path = Path { bytes: [0; 32], length: 0 };
        if write!(path, "{}/ns/net", pid.as_raw_nonzero()).is_err() {
            return false;
        }
        let Ok(path) = CStr::from_bytes_until_nul(&path.bytes) else { return false };
        rustix::fs::statat(proc, path, AtFlags::empty())
            .is_ok_and(|stat| self.nets.contains(&(stat.st_dev, stat.st_ino)))
    }
}

fn pid(name: &CStr) -> Option<Pid> {
    Pid::from_raw(name.to_str().ok()?.parse().ok()?)
}

/// Formatting without an allocation. The last byte stays NUL.
struct Path {
    bytes: [u8; 32],
    length: usize,
}

impl Write for Path {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.length + text.len();
        if end >= self.bytes.len() {
            return Err(std::fmt::Error);
        }
        let place = self.bytes.get_mut(self.length..end).ok_or(std::fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}
