//! The parent's side of an errand: it sends the child, waits for its end, and takes what it brought.

use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};
use rustix::process::{Pid, Signal, WaitOptions};

use super::{Errand, IdMaps, MOST};
use crate::opening::Opening;
use crate::refusal::{Refusal, Step};
use crate::sys;

/// A child that has done its errand ends at once. One that has not ended after so long is given up.
const PATIENCE: Timespec = Timespec { tv_sec: 20, tv_nsec: 0 };

impl Errand<'_> {
    /// Sends a child; gives what it brought.
    pub(crate) fn send(&self) -> Result<Vec<OwnedFd>, Refusal> {
        let child_failed = |error: io::Error| Refusal::new(Step::Child, None, error);
        let (ours, theirs) = UnixStream::pair().map_err(child_failed)?;
        let child = sys::send_out(self, theirs.as_fd()).map_err(child_failed)?;
        let ended = wait_for_end(&child.end);
        if ended.is_err() {
            // What it has open by now stays open, for there is one table. So it is never ended while
            // there is hope.
            let _ = rustix::process::kill_process(child.process, Signal::KILL);
        }
        reap(child.process);
        drop(theirs); // not before: the child has the same descriptors, not copies
        // Not before the child's end either. Until then its descriptors and those that are taken
        // from it are open side by side, and that many there may not be.
        let (report, descriptors) = ended.and_then(|()| receive(&ours)).map_err(child_failed)?;
        let [step, which, errno @ ..] = report;
        match Step::FALLIBLE.get(usize::from(step)) {
            None => Ok(descriptors),
            Some(step) => {
                let error = io::Error::from_raw_os_error(i32::from_ne_bytes(errno));
                let name = match step {
                    Step::Setting => self.setting(which.into()),
                    Step::Open => self.open.get(usize::from(which)).map(Opening::name),
                    _ => None,
                };
                Err(Refusal::new(*step, name.as_deref(), error))
            }
        }
    }

    fn setting(&self, which: usize) -> Option<String> {
        let setting = self.make.as_ref()?.settings.get(which)?;
        Some(setting.path.to_string_lossy().into_owned())
    }
}

fn wait_for_end(end: &OwnedFd) -> io::Result<()> {
    loop {
        match poll(&mut [PollFd::new(end, PollFlags::IN)], Some(&PATIENCE)) {
            Ok(0) => return Err(io::Error::new(io::ErrorKind::TimedOut, "it does not answer")),
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// The child has ended, so all that it said waits here.
fn receive(socket: &UnixStream) -> io::Result<([u8; 6], Vec<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut report = [0; 6];
    let got = rustix::net::recvmsg(
        socket,
        &mut [IoSliceMut::new(&mut report)],
        &mut ancillary,
        RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT,
    )
    .map_err(|errno| match errno {
        Errno::AGAIN => io::Error::other("it died"),
        errno => errno.into(),
    })?;
    let mut descriptors = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            descriptors.extend(received);
        }
    }
    // Linux leaves out what does not fit under the limit of open files, and says so.
    if got.flags.contains(rustix::net::ReturnFlags::CTRUNC) {
        return Err(Errno::MFILE.into());
    }
    if got.bytes < report.len() {
        return Err(io::Error::other("it died"));
    }
    Ok((report, descriptors))
}

/// Waits for a child's end. Another part of the program may have waited for all children and got
/// this one; then there is nothing left to wait for.
pub(crate) fn reap(child: Pid) {
    while let Err(Errno::INTR) = rustix::process::waitpid(Some(child), WaitOptions::empty()) {}
}

/// The maps that make the calling user root inside.
pub(crate) fn id_maps() -> IdMaps {
    let user = rustix::process::geteuid().as_raw();
    let group = rustix::process::getegid().as_raw();
    IdMaps {
        user: format!("0 {user} 1\n").into_bytes(),
        group: format!("0 {group} 1\n").into_bytes(),
    }
}
