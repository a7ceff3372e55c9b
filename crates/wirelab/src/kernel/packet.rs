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

/// The two addresses at the start of a frame.
const ADDRESSES: usize = 12;

pub(super) struct Packet {
    socket: Arc<OwnedFd>,
    ring: Ring,
}

impl Packet {
    /// `socket` is a raw packet socket of no protocol yet, so that it has nothing of what passed
    /// before. `hosts` share the memory. This waits until all processors have passed a quiet point
    /// (net/packet/af_packet.c, packet_set_ring), which takes tens of milliseconds.
    pub(super) fn with_room(socket: OwnedFd, hosts: usize) -> io::Result<Self> {
        let slots = (ALL / hosts.max(1)).clamp(LEAST, MOST);
        let ring = Ring::on(socket.as_fd(), slots)?;
        Ok(Self { socket: Arc::new(socket), ring })
    }

    /// From now on it is the interface's. That is up, or the socket would begin with an error.
    pub(super) fn attach(&self, index: u32) -> io::Result<()> {
        sys::bind_to_interface(self.socket.as_fd(), index)
    }

    pub(super) fn descriptor(&self) -> Arc<OwnedFd> {
        Arc::clone(&self.socket)
    }
}

impl Port for Packet {
    fn recv(&mut self) -> io::Result<Option<Arc<[u8]>>> {
        Ok(self.ring.next(|frame, tag| match (tag, frame.split_at_checked(ADDRESSES)) {
            (Some(tag), Some((addresses, rest))) => [addresses, &tag, rest].concat().into(),
            _ => Arc::from(frame),
        }))
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use namespaces::Opening;

    use crate::host::Stack;
    use crate::lab::Lab;
    use crate::port::PortKind;

    use super::*;

    /// Linux takes the tag out of a frame before a packet socket sees it, and tells it beside.
    #[test]
    fn a_frame_with_a_vlan_tag_is_carried_as_it_was_sent() {
        for port in [PortKind::Tap, PortKind::VethPacket] {
            let plan = Lab::builder().host("alice", "10.0.0.1/24").host("bob", "10.0.0.2/24");
            let Ok(lab) = plan.port(port).build() else {
                eprintln!("not run: the machine refuses {port}");
                continue;
            };
            let Stack::Kernel(alice) = lab.host("alice").stack() else { panic!("a kernel") };
            let raw = Opening::socket(libc::AF_PACKET, libc::SOCK_RAW, 0);
            let raw = alice.namespaces.open(&[raw]).expect("a socket").remove(0);
            let index = rustix::net::netdevice::name_to_index(&raw, "eth0").expect("it is there");
            sys::bind_to_interface(raw.as_fd(), index).expect("it is up");
            let mut frame = vec![0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1];
            frame.extend([0x81, 0x00, 0x60, 0x05]); // tagged: priority 3, VLAN 5
            frame.extend([0x88, 0xb5]); // IEEE Std 802, local experiments
            frame.extend([7; 50]);
            rustix::net::send(&raw, &frame, SendFlags::empty()).expect("it is sent");
            let recorder = lab.wire().recorder();
            let came = recorder.wait_for(Duration::from_secs(20), |_| true).expect("it comes");
            assert_eq!(&came.frame.bytes[..], &frame[..], "{port}");
        }
    }
}
