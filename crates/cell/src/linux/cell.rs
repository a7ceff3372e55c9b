//! A cell, from its owner's side.

use std::io::{self, PipeReader, PipeWriter, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tempfile::TempDir;

use super::message::{Cause, Message};
use super::owner::{OTHER_USER, Owner};
use super::plan::{self, Prepared};
use super::step::{NAMESPACES_FIX, Step};
use super::sys::{self, Child};
use crate::command::Command;
use crate::ended::{End, Ended, Output};
use crate::policy::Policy;
use crate::refusal::Refusal;
use crate::tier::Tier;

/// So long a cell may take until its program runs, on a machine that is busy with others.
const TO_START: Duration = Duration::from_secs(60);

/// A program that runs confined, with all that it starts. When this is dropped, or the owner dies in
/// whatever way, all of it is killed.
#[derive(Debug)]
pub struct Cell {
    init: Option<Child>,
    report: PipeReader,
    /// Nothing is ever written: its end is the order to end.
    life: Option<PipeWriter>,
    ended: Option<Ended>,
    tier: Tier,
    scratch: Option<TempDir>,
}

impl Cell {
    /// Starts `command` in a full cell.
    ///
    /// # Errors
    /// If this machine gives no full cell, or the command can't be started in it. Then nothing runs.
    pub fn start(policy: &Policy, command: Command) -> Result<Self, Refusal> {
        Self::start_on(Tier::Full, policy, command)
    }

    /// Starts `command` on that tier, never on a lesser one.
    ///
    /// # Errors
    /// If this machine doesn't give the tier, or the command can't be started. Then nothing runs.
    pub fn start_on(tier: Tier, policy: &Policy, command: Command) -> Result<Self, Refusal> {
        Self::begin(tier, policy, Some(command))
    }

    /// With no command it only makes the cell.
    pub(super) fn begin(
        tier: Tier,
        policy: &Policy,
        command: Option<Command>,
    ) -> Result<Self, Refusal> {
        match tier {
            Tier::Full => super::capability::full_is_safe()?,
            Tier::Reduced => super::capability::reduced_is_safe()?,
            Tier::None => {
                return Err(Refusal::new("a program is not started without any confinement"));
            }
        }
        let pipe = || io::pipe().map_err(|error| Refusal::of("no pipe could be made", error));
        let ((report, told), (order, life)) = (pipe()?, pipe()?);
        let scratch = (tier == Tier::Reduced && policy.scratch.is_some()).then(make_scratch);
        let scratch = scratch.transpose()?;
        let place = scratch.as_ref().map(TempDir::path);
        let Prepared { plan, flags, bound } =
            plan::prepare(tier, policy, command, &told, &order, place)?;
        let mut cell = Self { init: None, report, life: Some(life), ended: None, tier, scratch };
        let init = sys::fork(flags, || plan.run()).map_err(|error| {
            Refusal::of("no process could be started in namespaces of its own", error)
                .with_fix(NAMESPACES_FIX)
        })?;
        cell.init = Some(init);
        drop((plan, told, order)); // what the first process has by now
        match cell.next_message(Some(Instant::now() + TO_START)) {
            Ok(Some(Message::Started)) => Ok(cell),
            Ok(Some(Message::Failed(step, which, errno))) => {
                let name = match step {
                    Step::Bind => bound.get(which).map(|path| path.display().to_string()),
                    _ => None,
                };
                Err(step.refusal(name.as_deref(), errno))
            }
            Ok(None) => Err(Refusal::new("the cell was not ready in a minute")),
            Ok(_) => Err(Refusal::new("the cell's first process ended before the program began")),
            Err(error) => Err(Refusal::of("the cell's first process was not heard of", error)),
        }
    }

    /// The tier it runs on.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// Waits until the program has ended, and with it all that it started. The policy's limit of
    /// time bounds that.
    ///
    /// # Errors
    /// If the cell's first process was killed by somebody else.
    pub fn wait(&mut self) -> io::Result<Ended> {
        loop {
            if let Some(ended) = self.wait_until(Instant::now() + Duration::from_secs(3600))? {
                return Ok(ended);
            }
        }
    }

    /// Waits, but not longer than until `deadline`. `None`: it still runs.
    ///
    /// # Errors
    /// As [`wait`](Cell::wait).
    pub fn wait_until(&mut self, deadline: Instant) -> io::Result<Option<Ended>> {
        if let Some(ended) = self.ended {
            return Ok(Some(ended));
        }
        let status = match self.next_message(Some(deadline)) {
            Ok(Some(Message::Ended { cause, status, cpu, peak, left })) => {
                (cause, status, cpu, peak, left)
            }
            Ok(None) => return Ok(None),
            Ok(Some(_)) | Err(_) => {
                self.reap();
                return Err(io::Error::other(
                    "the first process of a cell was killed by somebody outside; all that ran in \
                     the cell is gone with it",
                ));
            }
        };
        let (cause, status, cpu, peak_memory, left_behind) = status;
        let end = match cause {
            Cause::ItsOwn if libc::WIFSIGNALED(status) => End::Signal(libc::WTERMSIG(status)),
            Cause::ItsOwn => End::Exited(libc::WEXITSTATUS(status)),
            Cause::Wall => End::Wall,
            Cause::Memory => End::Memory,
            Cause::Owner => End::Killed,
        };
        // The program itself is not among those left behind; where the cell was ended, all were.
        self.ended = Some(Ended { end, cpu, peak_memory, left_behind });
        self.reap();
        Ok(self.ended)
    }

    /// Orders the end of all that runs in it. Whoever waits then learns when it is over.
    pub fn kill(&mut self) {
        drop(self.life.take());
    }

    /// One message; none where the deadline passes first.
    fn next_message(&mut self, deadline: Option<Instant>) -> io::Result<Option<Message>> {
        if let Some(deadline) = deadline
            && !readable(&self.report, deadline)?
        {
            return Ok(None);
        }
        let mut bytes = [0; Message::SIZE];
        self.report.read_exact(&mut bytes)?;
        Ok(Some(Message::from_bytes(bytes)))
    }

    fn reap(&mut self) {
        if let Some(init) = self.init.take() {
            let _ = rustix::process::pidfd_send_signal(&init.end, rustix::process::Signal::KILL);
            sys::reap(init.process);
        }
        drop(self.scratch.take());
    }

    /// Runs a command to its end and collects what it writes, at most `limit` bytes of each stream;
    /// whoever writes more is killed. Its stdout and stderr are replaced.
    ///
    /// # Errors
    /// As [`start_on`](Cell::start_on) and [`wait`](Cell::wait).
    pub fn output(
        tier: Tier,
        policy: &Policy,
        command: Command,
        limit: usize,
    ) -> io::Result<Output> {
        let ((out, stdout), (err, stderr)) = (io::pipe()?, io::pipe()?);
        let mut cell = Self::start_on(tier, policy, command.stdout(stdout).stderr(stderr))?;
        for stream in [out.as_fd(), err.as_fd()] {
            rustix::io::ioctl_fionbio(stream, true)?;
        }
        let mut streams = [(out, Vec::new(), true), (err, Vec::new(), true)];
        let mut flooded = false;
        loop {
            let mut events: Vec<_> = vec![PollFd::new(&cell.report, PollFlags::IN)];
            let open = streams.iter().filter(|(_, _, open)| *open);
            events.extend(open.map(|(stream, _, _)| PollFd::new(stream, PollFlags::IN)));
            match poll(&mut events, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            let is_over = !events[0].revents().is_empty();
            for (stream, bytes, open) in streams.iter_mut().filter(|(_, _, open)| *open) {
                *open = take(stream, bytes, limit, &mut flooded)?;
            }
            if flooded {
                cell.kill();
            }
            // Everybody who could write is gone by then, so all that was written has been taken.
            if is_over || flooded {
                break;
            }
        }
        let ended = cell.wait()?;
        let [(_, stdout, _), (_, stderr, _)] = streams;
        Ok(Output { ended, stdout, stderr, flooded })
    }
}

/// Takes what is there. Whether more may come.
fn take(
    stream: &mut PipeReader,
    bytes: &mut Vec<u8>,
    limit: usize,
    flooded: &mut bool,
) -> io::Result<bool> {
    let mut space = [0; 16 << 10];
    loop {
        match stream.read(&mut space) {
            Ok(0) => return Ok(false),
            Ok(count) => {
                let fits = limit.saturating_sub(bytes.len()).min(count);
                bytes.extend_from_slice(&space[..fits]);
                if fits < count {
                    *flooded = true;
                    return Ok(false);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn readable(pipe: &PipeReader, deadline: Instant) -> io::Result<bool> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).unwrap_or(Timespec { tv_sec: 3600, tv_nsec: 0 });
        match poll(&mut [PollFd::new(pipe, PollFlags::IN)], Some(&left)) {
            Ok(count) => return Ok(count > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// A folder for temporary files where there is no memory file system for them.
fn make_scratch() -> Result<TempDir, Refusal> {
    let made = tempfile::Builder::new().prefix("netlings-cell-").tempdir();
    made.and_then(|folder| give(folder.path()).map(|()| folder))
        .map_err(|error| Refusal::of("no folder for temporary files could be made", error))
}

/// Makes `path` the cell's user's, so that a program may write there where the owner is root. For
/// anybody else it is that already, and nothing is done.
///
/// # Errors
/// If the system refuses it. A symbolic link is not followed.
pub fn give(path: &Path) -> io::Result<()> {
    if !Owner::look().changes_user {
        return Ok(());
    }
    let user = rustix::fs::Uid::from_raw(OTHER_USER);
    let group = rustix::fs::Gid::from_raw(OTHER_USER);
    let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
    Ok(rustix::fs::chownat(rustix::fs::CWD, path, Some(user), Some(group), flags)?)
}

impl Drop for Cell {
    fn drop(&mut self) {
        self.kill();
        if self.init.is_some() && self.ended.is_none() {
            // The first process ends the others and then itself; in the full tier the kernel would
            // do so as well.
            let soon = Instant::now() + Duration::from_secs(10);
            let _ = readable(&self.report, soon);
        }
        self.reap();
    }
}
