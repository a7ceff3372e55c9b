//! A port that is a packet socket (packet(7)) on the far end of a veth pair.
//!
//! Frames come through a ring of memory shared with the kernel: an ordinary user may not have a
//! receive buffer that is large enough, and a ring is not counted as one.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use rustix::io::Errno;
use rustix::net::SendFlags;

use crate::port::Port;
use crate::sys::{self, Ring};

/// All rings of a lab together have room for so many frames, at 2 KiB each, but one has at least
/// and at most so many.
const ALL: usize = 32 << 10;
const LEAST: usize = 256;
const MOST: usize = 4096;

pub(super) struct Packet {
    socket: Arc<OwnedFd>,
    ring: Ring,
}

impl Packet {
    /// `socket` is a raw packet socket of no protocol yet, so that it has nothing of what passed
    /// before. The interface is up, or the socket would begin with an error. `hosts` share the
    /// memory.
    pub(super) fn attach(socket: OwnedFd, index: u32, hosts: usize) -> io::Result<Self> {
        let slots = (ALL / hosts.max(1)).clamp(LEAST, MOST);
        let ring = Ring::on(socket.as_fd(), slots)?;
        sys::bind_to_interface(socket.as_fd(), index)?;
        Ok(Self { socket: Arc::new(socket), ring })
    }

    pub(super) fn descriptor(&self) -> Arc<OwnedFd> {
        Arc::clone(&self.socket)
    }
}

impl Port for Packet {
    fn recv(&mut self) -> io::Result<Option<Arc<[u8]>>> {
        Ok(self.ring.next(|frame| Arc::from(frame)))
    }

    fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        let mut sent = rustix::net::send(&self.socket, frame, SendFlags::DONTWAIT);
        if sent == Err(Errno::NETDOWN) {
            // So it says once after the interface was down, also where it is up again.
            sent = rustix::net::send(&self.socket, frame, SendFlags::DONTWAIT);
        }
        match sent {
            // The host has no room, or has taken its interface down.
            Ok(_) | Err(Errno::AGAIN | Errno::NOBUFS | Errno::NETDOWN | Errno::NXIO) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }
}
