//! The cell's first process: pid 1 of its namespace, or in the reduced tier a child subreaper. It
//! makes the cell, starts the program, waits, and ends what is left.
//!
//! It is a fork of the owner that never becomes another program. All that it does is legal there:
//! system calls on memory that the owner prepared. It tells what happened by messages of
//! [`Message::SIZE`] bytes: one when the program runs or could not be started, one at the end.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, RawDir};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions};

use super::message::{Cause, Message};
use super::setup::{self, Fault, Identity, Program, World};
use super::step::Step;
use super::sys;

/// So often at least the cell's memory is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// All that the first process needs.
pub(super) struct Plan {
    /// Open descriptors, in ascending order; all others are closed.
    pub(super) kept: Vec<i32>,
    /// Here it reports.
    pub(super) report: OwnedFd,
    /// Its end is the order to end, and the owner's own end.
    pub(super) life: OwnedFd,
    pub(super) identity: Identity,
    pub(super) world: Option<World>,
    /// None: only make the cell, to see whether it can be made.
    pub(super) program: Option<Program>,
    pub(super) wall: Duration,
    pub(super) memory: u64,
}

impl Plan {
    /// In the child, all of it.
    pub(super) fn run(&self) {
        let _ = rustix::thread::set_name(c"cell");
        match self.start() {
            Ok(Some((program, ended))) => {
                self.tell(&Message::Started);
                self.follow(program, &ended);
            }
            Ok(None) => self.tell(&Message::Started),
            Err(Fault(step, which, errno)) => self.tell(&Message::Failed(step, which, errno)),
        }
    }

    fn tell(&self, message: &Message) {
        // Fails when the owner has gone; then nobody wants to know.
        let _ = rustix::io::write(&self.report, &message.to_bytes());
    }

    fn start(&self) -> Result<Option<(Pid, OwnedFd)>, Fault> {
        let at = |step| move |errno| Fault(step, 0, errno);
        sys::close_all_but(&self.kept).map_err(at(Step::Descriptors))?;
        if self.world.is_none() {
            let own = rustix::process::getpid();
            rustix::process::set_child_subreaper(Some(own)).map_err(at(Step::Wait))?;
        }
        setup::make(&self.identity, self.world.as_ref())?;
        let Some(program) = &self.program else { return Ok(None) };
        let ended = sys::children_ended().map_err(at(Step::Wait))?;
        let started = sys::fork_and_let_it_exec(|| {
            let Fault(step, which, errno) = program.start();
            self.tell(&Message::Failed(step, which, errno));
        });
        Ok(Some((started.map_err(at(Step::Exec))?, ended)))
    }

    /// Until the program has ended, or must end; then ends all that is left and tells.
    fn follow(&self, program: Pid, ended: &OwnedFd) {
        let begun = Instant::now();
        let mut looked = begun;
        let mut status = None;
        let cause = loop {
            reap(program, &mut status);
            if status.is_some() {
                break Cause::ItsOwn;
            }
            let left = self.wall.saturating_sub(begun.elapsed());
            if left.is_zero() {
                break Cause::Wall;
            }
            let next = left.min(LOOK.saturating_sub(looked.elapsed()));
            let mut events =
                [PollFd::new(ended, PollFlags::IN), PollFd::new(&self.life, PollFlags::IN)];
            let next = Timespec {
                tv_sec: next.as_secs().cast_signed(),
                tv_nsec: next.subsec_nanos().into(),
            };
            let _ = poll(&mut events, Some(&next));
            if !events[1].revents().is_empty() {
                break Cause::Owner;
            }
            let mut told = [0u8; 128];
            let _ = rustix::io::read(ended, &mut told); // so that it can be readable anew
            if self.world.is_some() && looked.elapsed() >= LOOK {
                looked = Instant::now();
                if held() > self.memory {
                    break Cause::Memory;
                }
            }
        };
        let left = self.end_all(program, &mut status);
        let (cpu, peak) = sys::used_by_children();
        self.tell(&Message::Ended { cause, status: status.unwrap_or(0), cpu, peak, left });
    }

    /// Kills what is left until nothing is. How many there were besides the program.
    fn end_all(&self, program: Pid, status: &mut Option<i32>) -> u32 {
        let mut left = 0;
        loop {
            self.kill_all();
            match rustix::process::wait(WaitOptions::empty()) {
                Ok(Some((pid, how))) if pid == program => *status = Some(how.as_raw()),
                Ok(Some(_)) => left += 1,
                Err(Errno::INTR) | Ok(None) => {}
                Err(_) => return left, // no child is left
            }
        }
    }

    fn kill_all(&self) {
        if self.world.is_some() {
            sys::kill_all_others();
        } else {
            kill_children();
        }
    }
}

/// Bytes of memory that the cell's processes hold together, with what the kernel holds to find it, and
/// what was put out of memory to make room.
fn held() -> u64 {
    let mut bytes = 0u64;
    for_each_number(rustix::fs::CWD, c"/proc", |name, process| {
        if name != c"1" {
            let held = held_by(process).or_else(|| held_by_a_thread_of(process));
            bytes = bytes.saturating_add(held.unwrap_or(0));
        }
        ControlFlow::Continue(())
    });
    bytes
}

/// The same of one process or thread, by its folder in /proc. None: it has no memory any more.
fn held_by(folder: BorrowedFd<'_>) -> Option<u64> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(folder, c"status", flags, Mode::empty()).ok()?;
    let mut status = Status::default();
    let mut text = [0u8; 4096];
    loop {
        match rustix::io::read(&file, &mut text) {
            Ok(0) | Err(_) => return status.held(),
            Ok(count) => status.add(text.get(..count).unwrap_or_default()),
        }
    }
}

/// A process is told of by its first thread. Where that has ended before others, which hold all that
/// the process does, one of those tells.
fn held_by_a_thread_of(process: BorrowedFd<'_>) -> Option<u64> {
    let mut held = None;
    for_each_number(process, c"task", |_, thread| {
        held = held_by(thread);
        if held.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    held
}

/// What /proc/PID/status (proc_pid_status(5)) says of memory, piece by piece: before that stands a line
/// of groups, which can have hundreds of kilobytes.
#[derive(Default)]
struct Status {
    /// How the line begins that is being read.
    line: [u8; 32],
    length: usize,
    kibibytes: Option<u64>,
}

impl Status {
    fn add(&mut self, text: &[u8]) {
        for byte in text {
            if *byte == b'\n' {
                self.end_line();
            } else if let Some(place) = self.line.get_mut(self.length) {
                *place = *byte;
                self.length += 1;
            }
        }
    }

    fn end_line(&mut self) {
        let line = self.line.get(..self.length).unwrap_or_default();
        self.length = 0;
        let mut parts = [&b"VmRSS:"[..], b"VmPTE:", b"VmSwap:"].into_iter();
        let Some(rest) = parts.find_map(|name| line.strip_prefix(name)) else { return };
        let digits = rest.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0');
        let kibibytes =
            digits.fold(0u64, |sum, digit| sum.saturating_mul(10).saturating_add(digit.into()));
        self.kibibytes = Some(self.kibibytes.unwrap_or(0).saturating_add(kibibytes));
    }

    /// In bytes.
    fn held(&self) -> Option<u64> {
        self.kibibytes.map(|kibibytes| kibibytes.saturating_mul(1024))
    }
}

/// Takes the end of every child that has ended; the program's is noted.
fn reap(program: Pid, status: &mut Option<i32>) {
    loop {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Ok(Some((pid, how))) if pid == program => *status = Some(how.as_raw()),
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) | Err(_) => return,
        }
    }
}

/// In the reduced tier: whoever is a child now. Orphans become children, so a second look finds
/// those whose parents the first has ended.
fn kill_children() {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(own) = rustix::fs::open(c"/proc/thread-self", flags, Mode::empty()) else { return };
    let mut text = [0u8; 4096];
    for child in read_into(&mut text, own.as_fd(), c"children").split(|byte| *byte == b' ') {
        // One that did not fit whole into the buffer is found by the next look.
        let child = i32::try_from(number(child)).ok().and_then(Pid::from_raw);
        if let Some(child) = child.filter(|pid| rustix::process::getpid() != *pid) {
            let _ = rustix::process::kill_process(child, Signal::KILL);
        }
    }
}

/// Calls `look` with each folder in `above`/`folder` that has a number for a name, until it is told to
/// break off: in /proc those are the processes, in a process's `task` its threads.
fn for_each_number(
    above: BorrowedFd<'_>,
    folder: &CStr,
    mut look: impl FnMut(&CStr, BorrowedFd<'_>) -> ControlFlow<()>,
) {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(all) = rustix::fs::openat(above, folder, flags, Mode::empty()) else { return };
    let mut space = [MaybeUninit::uninit(); 4096];
    let mut entries = RawDir::new(&all, &mut space);
    while let Some(Ok(entry)) = entries.next() {
        let name = entry.file_name();
        if name.to_bytes().iter().all(u8::is_ascii_digit)
            && let Ok(one) = rustix::fs::openat(&all, name, flags, Mode::empty())
            && look(name, one.as_fd()).is_break()
        {
            return;
        }
    }
}

/// What a small file says, as far as there is place; nothing if it can't be read.
fn read_into<'a>(text: &'a mut [u8], folder: BorrowedFd<'_>, name: &CStr) -> &'a [u8] {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let read = rustix::fs::openat(folder, name, flags, Mode::empty())
        .and_then(|file| rustix::io::read(&file, &mut *text));
    text.get(..read.unwrap_or(0)).unwrap_or_default()
}

/// A decimal number, 0 for anything else.
fn number(text: &[u8]) -> u64 {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held_by_text(text: &[u8]) -> Option<u64> {
        let mut status = Status::default();
        status.add(text);
        status.held()
    }

    #[test]
    fn memory_is_counted_with_its_tables_and_with_what_is_swapped_out() {
        let text = b"Name:\tVmRSS: 7\nVmSize:\t 9999 kB\nVmRSS:\t     1024 kB\nVmPTE:\t      40 kB\nVmSwap:\t       8 kB\n";
        assert_eq!(held_by_text(text), Some((1024 + 40 + 8) << 10));
        assert_eq!(held_by_text(b"Name:\tkthreadd\n"), None);
        assert_eq!(held_by_text(b"VmRSS:\t99999999999999999999999999 kB\n"), Some(u64::MAX));
        let own = rustix::fs::open(c"/proc/self", OFlags::DIRECTORY, Mode::empty()).unwrap();
        assert!(held_by(own.as_fd()) > Some(100 << 10));
    }

    #[test]
    fn many_groups_do_not_hide_memory_however_it_is_read() {
        let groups = "4294967295 ".repeat(65_536);
        let text = format!("Name:\tx\nGroups:\t{groups}\nVmRSS:\t    1024 kB\n");
        for size in [1, 7, 4096, text.len()] {
            let mut status = Status::default();
            text.as_bytes().chunks(size).for_each(|piece| status.add(piece));
            assert_eq!(status.held(), Some(1024 << 10), "in pieces of {size}");
        }
    }
}
