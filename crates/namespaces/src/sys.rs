//! The only unsafe code of this crate: fork, unshare, and the hook between a command's fork and
//! its exec.
//!
//! After fork, the child of a process with threads has one thread, and a copy of every lock in the
//! state in which the other threads held it. So it may do nothing that takes a lock: no allocation,
//! no output, no panic. [`Errand::run`] and [`Watch::run`] keep to that; their modules say how.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions};
use rustix::thread::{LinkNameSpaceType, UnshareFlags};

use crate::errand::{Errand, enter};
use crate::namespaces::Kept;
use crate::warden::Watch;

/// A child process, and a descriptor that is readable once it has ended (`CLONE_PIDFD`).
pub(crate) struct Child {
    pub(crate) process: Pid,
    pub(crate) end: OwnedFd,
}

/// Forks a child that runs `errand` and exits.
pub(crate) fn fork_for(errand: &Errand<'_>, socket: BorrowedFd<'_>) -> io::Result<Child> {
    // SAFETY: `Errand::run` makes system calls on prepared memory only, see its module. It closes
    // the descriptors that it opened, and no other.
    unsafe { fork(Descriptors::Shared, || errand.run(socket)) }
}

/// Forks a child that keeps `watch` until it is over.
pub(crate) fn fork_to_watch(watch: &Watch<'_>) -> io::Result<Child> {
    // SAFETY: `Watch::run` makes system calls on prepared memory only, see its module. It begins by
    // closing all descriptors but its own, which in this process nobody uses any more.
    unsafe {
        fork(Descriptors::Copied, || {
            close_all_but(watch.owner.as_raw_fd());
            watch.run();
        })
    }
}

/// Ends the process however the scope is left, so that a panic in a forked child never unwinds into
/// the parent's code.
struct Exit;

impl Drop for Exit {
    fn drop(&mut self) {
        // SAFETY: _exit(2) may be called at any point; it does not return.
        unsafe { libc::_exit(0) }
    }
}

/// What a forked child has of its parent's descriptors.
#[derive(Clone, Copy, PartialEq)]
enum Descriptors {
    /// Copies, as usual. While the child has them, a socket that the parent closes is not closed.
    Copied,
    /// The same table: what the child opens the parent has too, until the child closes it.
    Shared,
}

/// Runs `child` in a new process, which then exits. All signals stay blocked there: a handler of
/// the parent's would act on what the two share, its self-pipe for example.
///
/// # Safety
/// `child` must only do what is legal after fork in a process with threads (signal-safety(7)). With
/// shared descriptors it must close those that it opened, and no other.
unsafe fn fork(descriptors: Descriptors, child: impl FnOnce()) -> io::Result<Child> {
    let shared = if descriptors == Descriptors::Shared { libc::CLONE_FILES } else { 0 };
    let flags = (libc::SIGCHLD | libc::CLONE_PIDFD | shared) as usize;
    let none = 0usize;
    let mut end: RawFd = -1;
    let place = (&raw mut end) as usize;
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: both sets are this function's own; `all` is filled before it is read, `before` by the
    // call that blocks. The system call is used as fork(2) is, since the libraries' fork shares no
    // descriptors: memory is copied, and the child goes on with a copy of this stack. The kernel
    // writes one descriptor to `place`, in the parent alone, before the call returns there. libc
    // does not hear of the child, so its idea of the thread's id is wrong there, where nothing asks.
    let pid = unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
        if cfg!(target_arch = "s390x") {
            libc::syscall(libc::SYS_clone, none, flags, place, none, none)
        } else {
            libc::syscall(libc::SYS_clone, flags, none, place, none, none)
        }
    };
    if pid == 0 {
        let _exit = Exit;
        child();
        drop(_exit);
    }
    let error = io::Error::last_os_error();
    // SAFETY: `before` was filled by the call above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut()) };
    let process = i32::try_from(pid).ok().filter(|pid| *pid > 0).and_then(Pid::from_raw);
    let process = process.ok_or(error)?;
    if end < 0 {
        // Linux before 5.2 knows no such flag, and takes it for none.
        let _ = rustix::process::kill_process(process, Signal::KILL);
        let _ = rustix::process::waitpid(Some(process), WaitOptions::empty());
        return Err(Errno::NOSYS.into());
    }
    // SAFETY: the kernel has just opened it for this call, and nobody else knows of it.
    Ok(Child { process, end: unsafe { OwnedFd::from_raw_fd(end) } })
}

/// unshare(2): in a child that has one thread, or for the calling thread alone.
pub(crate) fn unshare(flags: UnshareFlags) -> Result<(), Errno> {
    // SAFETY: what makes the call unsafe is FILES, which no caller passes.
    unsafe { rustix::thread::unshare_unsafe(flags) }
}

/// Closes every descriptor of this process but `kept`.
fn close_all_but(kept: RawFd) {
    let kept = kept.cast_unsigned();
    let close = |first: u32, last: u32| {
        // SAFETY: called in a forked child, in which no other code runs that could use them. The
        // numbers are by value.
        unsafe { libc::syscall(libc::SYS_close_range, first, last, 0u32) }
    };
    let below = if kept > 0 { close(0, kept - 1) } else { 0 };
    if below < 0 || close(kept + 1, u32::MAX) < 0 {
        // Linux before 5.9 has no close_range.
        for descriptor in (0..65_536).filter(|descriptor| *descriptor != kept.cast_signed()) {
            // SAFETY: as above.
            unsafe { libc::close(descriptor) };
        }
    }
}

/// Has `command` start its program inside `kept`. The command keeps the namespaces alive.
pub(crate) fn start_inside(command: &mut Command, kept: Arc<Kept>) {
    let owner = Pid::from_raw(std::process::id().cast_signed());
    let hook = move || {
        if let Some(user) = &kept.user {
            enter(user.as_fd(), LinkNameSpaceType::User)?;
        }
        enter(kept.net.as_fd(), LinkNameSpaceType::Network)?;
        enter(kept.uts.as_fd(), LinkNameSpaceType::HostNameAndNISDomainName)?;
        // If the owner was killed meanwhile, its warden may have looked already. From here on the
        // warden sees this process; so this is the last moment to ask.
        if rustix::process::getppid() == owner { Ok(()) } else { Err(Errno::SRCH.into()) }
    };
    // SAFETY: the hook makes four system calls, through rustix, on descriptors that it owns; an
    // error is a number and takes no memory.
    unsafe { command.pre_exec(hook) };
}
