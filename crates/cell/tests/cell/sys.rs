//! System calls that attacks make and no library offers.

use std::io;

fn checked(result: i64) -> io::Result<i64> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Any system call by its number.
pub(crate) fn call(number: i64, arguments: [usize; 6]) -> io::Result<i64> {
    let [a, b, c, d, e, f] = arguments;
    // SAFETY: an attack's own process, which is to end soon. What the callers pass are numbers, or
    // pointers to what they hold.
    checked(unsafe { libc::syscall(number, a, b, c, d, e, f) })
}

/// fork(2); 0 in the child.
pub(crate) fn fork() -> io::Result<i32> {
    // SAFETY: an attack has one thread.
    Ok(checked(unsafe { libc::fork() }.into())? as i32)
}

/// Reads a byte at each `step` of memory that mmap(2) gave.
pub(crate) fn look_at_pages(place: usize, size: usize, step: usize) {
    for offset in (0..size).step_by(step) {
        // SAFETY: the callers have mapped `size` bytes at `place` to read, and nobody writes there.
        unsafe { std::ptr::read_volatile((place + offset) as *const u8) };
    }
}

pub(crate) fn kill(process: i32, signal: i32) -> io::Result<()> {
    // SAFETY: by value.
    checked(unsafe { libc::kill(process, signal) }.into()).map(drop)
}

pub(crate) fn exit(code: i32) -> ! {
    // SAFETY: _exit(2) does not return.
    unsafe { libc::_exit(code) }
}

pub(crate) fn setsid() {
    // SAFETY: by value; a failure is of no interest.
    unsafe { libc::setsid() };
}

/// Has the signal ignored.
pub(crate) fn ignore(signal: i32) {
    // SAFETY: no handler is installed.
    unsafe { libc::signal(signal, libc::SIG_IGN) };
}

/// Lets children inherit the descriptor.
pub(crate) fn let_inherit(descriptor: i32) {
    // SAFETY: by value.
    unsafe { libc::fcntl(descriptor, libc::F_SETFD, 0) };
}

/// The CPU time of this process.
pub(crate) fn cpu_time() -> std::time::Duration {
    // SAFETY: zeroes are a valid timespec; the kernel fills it.
    let time = unsafe {
        let mut time: libc::timespec = std::mem::zeroed();
        libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time);
        time
    };
    std::time::Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

pub(crate) fn user() -> u32 {
    // SAFETY: no arguments.
    unsafe { libc::geteuid() }
}
