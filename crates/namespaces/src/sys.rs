//! The only unsafe code of this crate: fork, unshare, and the hook between a command's fork and
//! its exec.
//!
//! After fork, the child of a process with threads has one thread, and every lock as the other
//! threads held it just then: in a copy of the memory, where nobody will let go of it, or in the
//! memory itself, where the child is nobody that the lock knows. So it may do nothing that takes a
//! lock: no allocation, no output, no panic. [`Errand::run`] and [`Watch::run`] keep to that; their
//! modules say how.

use std::ffi::{c_int, c_long, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::ptr::{self, NonNull};
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

/// Starts a child that runs `errand` and exits, and returns once it has.
///
/// The child has this process's memory and descriptors, not copies (vfork(2) does the same). To copy
/// a page table takes longer than all the rest where a process has much memory. Its stack is its own.
/// The calling thread sleeps meanwhile, so what the child does is as if the thread did it: `errno` is
/// not shared with anybody who looks.
pub(crate) fn send_out(errand: &Errand<'_>, socket: BorrowedFd<'_>) -> io::Result<Child> {
    extern "C" fn begin(lent: *mut c_void) -> c_int {
        let _exit = Exit;
        // SAFETY: `send_out` passes a pointer to such a pair, and sleeps while it is used.
        let (errand, socket) = unsafe { &*lent.cast::<(&Errand<'_>, BorrowedFd<'_>)>() };
        errand.run(*socket);
        0
    }
    let stack = Stack::new()?;
    let mut lent = (errand, socket);
    let mut end: RawFd = -1;
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_FILES;
    let flags = flags | libc::CLONE_PIDFD | libc::SIGCHLD;
    // SAFETY: `begin` gets a stack of its own, which grows down from its top and lives until the
    // child has let go of this memory; CLONE_VFORK has the call return not before. `Errand::run`
    // makes system calls only, on memory that is prepared and, while the thread sleeps, nobody
    // else's (see its module). It closes the descriptors that it opened, and no other. The kernel
    // writes one descriptor to `end` before the child begins.
    let started = with_signals_blocked(|| unsafe {
        libc::clone(begin, stack.top(), flags, (&raw mut lent).cast(), &raw mut end)
    });
    child_of(started.map(c_long::from), end)
}

/// Forks a child that keeps `watch` until it is over.
pub(crate) fn fork_to_watch(watch: &Watch<'_>) -> io::Result<Child> {
    // SAFETY: `Watch::run` makes system calls on prepared memory only, see its module. It begins by
    // closing all descriptors but its own, which in this process nobody uses any more.
    unsafe {
        fork(|| {
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

/// Where a child that shares our memory has its variables. Below it lies a page that nobody may
/// touch, so that too small a stack is a fault and not a change of other memory.
struct Stack {
    lowest: NonNull<c_void>,
}

impl Stack {
    /// An errand needs a few KiB, of which only those pages exist that it touches.
    const SIZE: usize = 256 << 10;

    fn new() -> io::Result<Self> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK | libc::MAP_NORESERVE;
        // SAFETY: a new mapping at an address that the kernel chooses touches no memory of ours.
        let lowest = unsafe { libc::mmap(ptr::null_mut(), Self::SIZE, access, kind, -1, 0) };
        if lowest == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let stack = Self { lowest: NonNull::new(lowest).ok_or(io::ErrorKind::OutOfMemory)? };
        // SAFETY: the first page of the mapping just made. Pages are of 64 KiB at most on the
        // systems that Linux runs on, and the kernel rounds a single byte up to one.
        if unsafe { libc::mprotect(stack.lowest.as_ptr(), 1, libc::PROT_NONE) } < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(stack)
    }

    fn top(&self) -> *mut c_void {
        // SAFETY: one past the last byte of the mapping.
        unsafe { self.lowest.byte_add(Self::SIZE) }.as_ptr()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: the mapping that `new` made, of that size; the child that used it has ended.
        unsafe { libc::munmap(self.lowest.as_ptr(), Self::SIZE) };
    }
}

/// Runs `start`, which starts a child, and gives its result, or the system's error below 0. All
/// signals stay blocked in the child: a handler of the parent's would act on what the two share, its
/// self-pipe for example.
fn with_signals_blocked<T: Default + PartialOrd>(start: impl FnOnce() -> T) -> io::Result<T> {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: both sets are this function's own; `all` is filled before it is read, `before` by the
    // call that blocks.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
    }
    let started = start();
    let error = io::Error::last_os_error();
    // SAFETY: `before` was filled by the call above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut()) };
    if started < T::default() { Err(error) } else { Ok(started) }
}

/// What the kernel says of a child that was started with `CLONE_PIDFD`.
fn child_of(started: io::Result<c_long>, end: RawFd) -> io::Result<Child> {
    let process = i32::try_from(started?).ok().and_then(Pid::from_raw);
    let process = process.ok_or(io::ErrorKind::InvalidData)?;
    if end < 0 {
        // Linux before 5.2 knows no such flag, and takes it for none.
        let _ = rustix::process::kill_process(process, Signal::KILL);
        let _ = rustix::process::waitpid(Some(process), WaitOptions::empty());
        return Err(Errno::NOSYS.into());
    }
    // SAFETY: the kernel has just opened it for the call that started the child, and nobody else
    // knows of it.
    Ok(Child { process, end: unsafe { OwnedFd::from_raw_fd(end) } })
}

/// Runs `child` in a new process with copies of memory and descriptors, which then exits.
///
/// # Safety
/// `child` must only do what is legal after fork in a process with threads (signal-safety(7)).
unsafe fn fork(child: impl FnOnce()) -> io::Result<Child> {
    let flags = (libc::SIGCHLD | libc::CLONE_PIDFD) as usize;
    let none = 0usize;
    let mut end: RawFd = -1;
    let place = (&raw mut end) as usize;
    let started = with_signals_blocked(|| {
        // SAFETY: the system call is used as fork(2) is, since the libraries' fork gives no
        // descriptor of the child: memory is copied, and the child goes on with a copy of this
        // stack. The kernel writes one descriptor to `place`, in the parent alone, before the call
        // returns there. libc does not hear of the child, so its idea of the thread's id is wrong
        // there, where nothing asks.
        let pid = unsafe {
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
        pid
    });
    child_of(started, end)
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
