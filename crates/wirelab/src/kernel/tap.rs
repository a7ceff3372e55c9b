//! A port that is a TAP device (Linux: Documentation/networking/tuntap.rst): the host's interface
//! is in its namespace, the wire reads and writes whole frames.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::io::Errno;

use crate::port::Port;
use crate::sys;

/// More than any frame of an interface with an MTU of up to 65,535.
const MOST: usize = 65_536 + 64;

pub(super) struct Tap {
    device: Arc<OwnedFd>,
    buffer: Vec<u8>,
}

impl Tap {
    /// `device` is /dev/net/tun, opened in the host's namespace; there it becomes interface `name`.
    pub(super) fn attach(device: OwnedFd, name: &str) -> io::Result<Self> {
        sys::attach_tap(device.as_fd(), name)?;
        Ok(Self { device: Arc::new(device), buffer: vec![0; MOST] })
    }

    pub(super) fn descriptor(&self) -> Arc<OwnedFd> {
        Arc::clone(&self.device)
    }
}

impl AsFd for Tap {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.device.as_fd()
    }
}

impl Port for Tap {
    fn recv(&mut self) -> io::Result<Option<Arc<[u8]>>> {
        match rustix::io::read(&self.device, &mut self.buffer) {
            Ok(length) => Ok(self.buffer.get(..length).map(Arc::from)),
            Err(Errno::AGAIN | Errno::INTR) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        // EIO: the host has taken the interface down; the frame is lost, as with a cable pulled out.
        match rustix::io::write(&self.device, frame) {
            Ok(_) | Err(Errno::AGAIN | Errno::IO) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }
}
