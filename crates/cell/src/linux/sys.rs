//! The only unsafe code of this crate: fork, exec, and system calls that no library has.
//!
//! After fork, the child of a process with threads has one thread, and a copy of every lock in the
//! state in which the other threads held it. So until exec it may do nothing that takes a lock: no
//! allocation, no output, no panic. `init` and `setup` keep to that. Whatever here is called there
//! says no more than a system call.

use std::ffi::{CStr, CString, c_char};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::Pid;
use rustix::thread::UnshareFlags;
use seccompiler::sock_filter;

/// A child process, and a descriptor that is readable once it has ended (`CLONE_PIDFD`).
#[derive(Debug)]
pub(super) struct Child {
    pub(super) process: Pid,
    pub(super) end: OwnedFd,
}

/// Ends the process however the scope is left, so that a panic in a forked child never unwinds into
/// the parent's code.
struct Exit;

impl Drop for Exit {
    fn drop(&mut self) {
        // SAFETY: _exit(2) may be called at any point; it does not return.
        unsafe { libc::_exit(127) }
    }
}

fn clone(flags: i32, pidfd: usize) -> i64 {
    let (flags, none) = (flags.cast_unsigned() as usize, 0usize);
    // SAFETY: used as fork(2) is: memory is copied, and the child goes on with a copy of this stack.
    // `pidfd` is null without CLONE_PIDFD, otherwise its callers give the place of a descriptor.
    unsafe {
        if cfg!(target_arch = "s390x") {
            libc::syscall(libc::SYS_clone, none, flags, pidfd, none, none)
        } else {
            libc::syscall(libc::SYS_clone, flags, none, pidfd, none, none)
        }
    }
}

/// Runs `child` in a new process in the namespaces that `flags` make. All signals are blocked there.
///
/// `child` must only do what is legal after fork in a process with threads (signal-safety(7)), on
/// memory that was prepared before.
pub(super) fn fork(flags: i32, child: impl FnOnce()) -> io::Result<Child> {
    let mut end: RawFd = -1;
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: both sets are this function's own; `all` is filled before it is read, `before` by the
    // call that blocks.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
    }
    let pid = clone(flags | libc::SIGCHLD | libc::CLONE_PIDFD, (&raw mut end) as usize);
    if pid == 0 {
        let _exit = Exit;
        child();
        exit(0);
    }
    let error = io::Error::last_os_error();
    // SAFETY: `before` was filled by the call above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut()) };
    let process = i32::try_from(pid).ok().filter(|pid| *pid > 0).and_then(Pid::from_raw);
    let process = process.ok_or(error)?;
    if end < 0 {
        // Linux before 5.2 knows no such flag, and takes it for none.
        let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
        reap(process);
        return Err(Errno::NOSYS.into());
    }
    // SAFETY: the kernel has just opened it for this call, and nobody else knows of it.
    Ok(Child { process, end: unsafe { OwnedFd::from_raw_fd(end) } })
}

/// In a forked child: runs `child` in one more process beside this one.
pub(super) fn fork_beside(child: impl FnOnce()) -> Result<Pid, Errno> {
    fork_again(0, child)
}

/// In a forked child: runs `child` in one more process, and returns when that has exited or become
/// another program (CLONE_VFORK).
pub(super) fn fork_and_let_it_exec(child: impl FnOnce()) -> Result<Pid, Errno> {
    fork_again(libc::CLONE_VFORK, child)
}

fn fork_again(flags: i32, child: impl FnOnce()) -> Result<Pid, Errno> {
    match clone(flags | libc::SIGCHLD, 0) {
        0 => {
            let _exit = Exit;
            child();
            exit(127);
        }
        pid => {
            i32::try_from(pid).ok().filter(|pid| *pid > 0).and_then(Pid::from_raw).ok_or(errno())
        }
    }
}

/// Waits for a child's end; that it has been waited for already is as good.
pub(super) fn reap(process: Pid) {
    let wait = || rustix::process::waitpid(Some(process), rustix::process::WaitOptions::empty());
    while let Err(Errno::INTR) = wait() {}
}

/// _exit(2).
pub(super) fn exit(code: i32) -> ! {
    // SAFETY: as in `Exit`.
    unsafe { libc::_exit(code) }
}

fn errno() -> Errno {
    Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::INVAL)
}

fn checked(result: i64) -> Result<i64, Errno> {
    if result < 0 { Err(errno()) } else { Ok(result) }
}

/// unshare(2), for a process with one thread.
pub(super) fn unshare(flags: UnshareFlags) -> Result<(), Errno> {
    // SAFETY: what makes the call unsafe is FILES, which no caller passes.
    unsafe { rustix::thread::unshare_unsafe(flags) }
}

/// Closes every descriptor of this process but `kept`, which are in ascending order.
///
/// Called in forked children and before an exec, where no other code runs that could use them.
pub(super) fn close_all_but(kept: &[RawFd]) -> Result<(), Errno> {
    let mut first = 0u32;
    for kept in kept.iter().map(|kept| kept.cast_unsigned()).chain([u32::MAX]) {
        if let Some(last) = kept.checked_sub(1).filter(|last| *last >= first) {
            // SAFETY: the numbers are by value; who may use them is said above.
            checked(unsafe { libc::syscall(libc::SYS_close_range, first, last, 0u32) })?;
        }
        first = kept.saturating_add(1);
    }
    Ok(())
}

/// All descriptors but the standard streams end with the next exec.
pub(super) fn mark_inherited_as_closed_on_exec() -> Result<(), Errno> {
    let flag = libc::CLOSE_RANGE_CLOEXEC;
    // SAFETY: by value; nothing is closed before the exec.
    checked(unsafe { libc::syscall(libc::SYS_close_range, 3u32, u32::MAX, flag) }).map(drop)
}

/// A pipe, its end to read from first.
pub(super) fn pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    let mut ends = [-1; 2];
    // SAFETY: the kernel writes two descriptors, which are new and nobody else's.
    unsafe {
        checked(libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC).into())?;
        Ok((OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])))
    }
}

/// The descriptor becomes `number`, and stays open across exec.
pub(super) fn dup_to(descriptor: BorrowedFd<'_>, number: RawFd) -> Result<(), Errno> {
    // SAFETY: in a forked child that is about to exec, where nothing else uses `number`.
    checked(unsafe { libc::dup2(descriptor.as_raw_fd(), number) }.into()).map(drop)
}

/// All signals get their default action and none is blocked, as a program may expect.
pub(super) fn reset_signals() {
    for signal in 1..=64 {
        // SAFETY: the default action needs no handler. KILL, STOP and the two that the C library
        // keeps for itself are refused, which is right.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    let mut none = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the set is filled before it is read.
    unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut());
    }
}

/// A descriptor that is readable when a child has ended. SIGCHLD must be blocked.
pub(super) fn children_ended() -> Result<OwnedFd, Errno> {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the set is filled before it is read. The descriptor is new.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGCHLD);
        let flags = libc::SFD_CLOEXEC | libc::SFD_NONBLOCK;
        let descriptor = checked(libc::signalfd(-1, set.as_ptr(), flags).into())?;
        Ok(OwnedFd::from_raw_fd(descriptor as RawFd))
    }
}

/// SIGKILL for every process of this process namespace but its first, who calls.
pub(super) fn kill_all_others() {
    // SAFETY: by value. Outside a namespace of its own it would end all of the user's processes; so
    // it looks.
    unsafe {
        if libc::getpid() == 1 {
            libc::kill(-1, libc::SIGKILL);
        }
    }
}

/// CPU time and peak memory (bytes) of all children that were waited for.
pub(super) fn used_by_children() -> (Duration, u64) {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the kernel fills what is zeroed already, and zeroes are a valid value.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr());
        usage.assume_init()
    };
    let time = |of: libc::timeval| {
        Duration::from_secs(of.tv_sec.unsigned_abs())
            + Duration::from_micros(of.tv_usec.unsigned_abs())
    };
    (time(usage.ru_utime) + time(usage.ru_stime), usage.ru_maxrss.unsigned_abs() * 1024)
}

/// What exec(2) takes: words with a null pointer behind the last.
#[derive(Debug)]
pub(super) struct Words {
    _kept: Vec<CString>,
    pointers: Vec<*const c_char>,
}

impl Words {
    pub(super) fn new(words: Vec<CString>) -> Self {
        let pointers = words.iter().map(|word| word.as_ptr()).chain([std::ptr::null()]).collect();
        Self { _kept: words, pointers }
    }
}

/// Becomes another program; returns only the error.
pub(super) fn exec(program: &CStr, arguments: &Words, environment: &Words) -> Errno {
    let (arguments, environment) = (arguments.pointers.as_ptr(), environment.pointers.as_ptr());
    // SAFETY: both lists end with a null pointer, and what they point to lives with them.
    unsafe { libc::execve(program.as_ptr(), arguments, environment) };
    errno()
}

/// Brings the loopback interface of this network namespace up.
pub(super) fn loopback_up(socket: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: zeroes are a valid ifreq; the kernel reads a name and flags from it.
    unsafe {
        let mut request: libc::ifreq = std::mem::zeroed();
        request.ifr_name[0] = b'l' as c_char;
        request.ifr_name[1] = b'o' as c_char;
        request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as i16;
        let up = libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS as _, &raw const request);
        checked(up.into()).map(drop)
    }
}

/// mount_setattr(2): adds attributes to a mount, and with `all_below` to those below it.
pub(super) fn add_mount_attributes(
    path: &CStr,
    attributes: u64,
    all_below: bool,
) -> Result<(), Errno> {
    let attr = [attributes, 0, 0, 0]; // struct mount_attr: set, clear, propagation, user namespace
    let flags = if all_below { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the size is the array's, which has the layout of the kernel's struct.
    let result = unsafe {
        let (path, attr, size) = (path.as_ptr(), attr.as_ptr(), size_of_val(&attr));
        libc::syscall(libc::SYS_mount_setattr, libc::AT_FDCWD, path, flags, attr, size)
    };
    checked(result).map(drop)
}

/// The version of the kernel's Landlock, 0 or less where there is none (landlock_create_ruleset(2)).
pub(super) fn landlock_version() -> i64 {
    const VERSION: u32 = 1;
    // SAFETY: with this flag the kernel reads nothing and makes nothing.
    unsafe {
        libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u8>(), 0usize, VERSION)
    }
}

/// landlock_add_rule(2): `rights` for what is below `path`.
pub(super) fn landlock_allow(
    ruleset: BorrowedFd<'_>,
    rights: u64,
    path: BorrowedFd<'_>,
) -> Result<(), Errno> {
    #[repr(C, packed)]
    struct PathBeneath {
        rights: u64,
        parent: RawFd,
    }
    let rule = PathBeneath { rights, parent: path.as_raw_fd() };
    const PATH_BENEATH: i32 = 1;
    // SAFETY: the struct has the layout that the kernel expects for this kind of rule.
    let result = unsafe {
        let ruleset = ruleset.as_raw_fd();
        libc::syscall(libc::SYS_landlock_add_rule, ruleset, PATH_BENEATH, &raw const rule, 0u32)
    };
    checked(result).map(drop)
}

/// landlock_restrict_self(2).
pub(super) fn landlock_restrict(ruleset: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: both are by value.
    let result =
        unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0u32) };
    checked(result).map(drop)
}

/// seccomp(2): this filter from now on, beside those there are. It needs no_new_privs.
pub(super) fn filter_system_calls(filter: &[sock_filter]) -> Result<(), Errno> {
    #[repr(C)]
    struct Program {
        length: u16,
        filter: *const sock_filter,
    }
    let length = u16::try_from(filter.len()).map_err(|_| Errno::INVAL)?;
    let program = Program { length, filter: filter.as_ptr() };
    // SAFETY: the kernel copies `length` instructions, which is what the slice has.
    let result = unsafe {
        let mode = libc::SECCOMP_SET_MODE_FILTER;
        libc::syscall(libc::SYS_seccomp, mode, 0u32, &raw const program)
    };
    checked(result).map(drop)
}
