//! The only unsafe code of this crate: a few system calls that no library wraps, and a ring of
//! frames in memory that is shared with the kernel.

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};

/// The kernel's struct ifreq, of which the calls here use the name and up to 24 bytes more.
#[repr(C, align(8))]
struct InterfaceRequest {
    name: [u8; libc::IFNAMSIZ],
    rest: [u8; 24],
}

impl InterfaceRequest {
    fn of(name: &str) -> io::Result<Self> {
        let mut request = Self { name: [0; libc::IFNAMSIZ], rest: [0; 24] };
        // The last byte stays NUL.
        let place = request.name.get_mut(..name.len()).filter(|it| it.len() < libc::IFNAMSIZ);
        place.ok_or(io::ErrorKind::InvalidInput)?.copy_from_slice(name.as_bytes());
        Ok(request)
    }
}

fn checked(result: i32) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Makes an opened /dev/net/tun the TAP interface `name`: whole frames, nothing before them.
pub(crate) fn attach_tap(device: BorrowedFd<'_>, name: &str) -> io::Result<()> {
    let mut request = InterfaceRequest::of(name)?;
    let flags = u16::try_from(libc::IFF_TAP | libc::IFF_NO_PI).unwrap_or_default();
    request.rest[..2].copy_from_slice(&flags.to_ne_bytes());
    // SAFETY: TUNSETIFF reads and writes a struct ifreq, 40 bytes, which `request` is and outlives.
    checked(unsafe { libc::ioctl(device.as_raw_fd(), libc::TUNSETIFF as _, &raw mut request) })
}

/// linux/ethtool.h: what can be switched off, and whether it must be.
const OFFLOADS: [(u32, bool); 4] = [
    (0x17, true),  // ETHTOOL_STXCSUM: otherwise checksums are only begun
    (0x1f, false), // ETHTOOL_STSO: goes with the first
    (0x25, false), // ETHTOOL_SGSO: otherwise frames of 64 KiB
    (0x2c, false), // ETHTOOL_SGRO
];

/// Has a host's kernel do itself what it would leave to a network card: whole checksums, and frames
/// no longer than the MTU. `socket` is any socket of the host's namespace.
pub(crate) fn switch_offloads_off(socket: BorrowedFd<'_>, name: &str) -> io::Result<()> {
    for (command, required) in OFFLOADS {
        let mut value = [command, 0u32];
        let mut request = InterfaceRequest::of(name)?;
        let address = (&raw mut value) as usize;
        request.rest[..size_of::<usize>()].copy_from_slice(&address.to_ne_bytes());
        // SAFETY: SIOCETHTOOL reads a struct ifreq that holds a pointer to, for these commands, a
        // struct ethtool_value: two numbers of 32 bits. Both outlive the call.
        let done = checked(unsafe {
            libc::ioctl(socket.as_raw_fd(), libc::SIOCETHTOOL as _, &raw mut request)
        });
        if required {
            done?;
        }
    }
    Ok(())
}

// linux/if_packet.h. The second is in Linux from 4.20 on: what the wire itself sends is not for it.
const PACKET_QDISC_BYPASS: i32 = 20;
const PACKET_IGNORE_OUTGOING: i32 = 23;

fn set_packet_option<T>(socket: BorrowedFd<'_>, option: i32, value: &T) -> io::Result<()> {
    let length = u32::try_from(size_of::<T>()).unwrap_or_default();
    // SAFETY: the kernel reads `length` bytes at `value`, which is so long.
    checked(unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            option,
            ptr::from_ref(value).cast(),
            length,
        )
    })
}

/// Has a packet socket take all that the interface receives from now on, and send at once.
///
/// Without PACKET_QDISC_BYPASS what it sends goes through the interface's queue, and the kernel
/// opens that only some time after the other end of the pair has come up (net/core/link_watch.c).
/// Until then it would lose every frame, and say nothing.
pub(crate) fn bind_to_interface(socket: BorrowedFd<'_>, index: u32) -> io::Result<()> {
    set_packet_option(socket, PACKET_IGNORE_OUTGOING, &1i32)?;
    set_packet_option(socket, PACKET_QDISC_BYPASS, &1i32)?;
    listen_to_interface(socket, index)
}

/// Has a packet socket take all that the interface receives and sends from now on.
pub(crate) fn listen_to_interface(socket: BorrowedFd<'_>, index: u32) -> io::Result<()> {
    // SAFETY: the struct is plain numbers; all zero is a value of it.
    let mut address: libc::sockaddr_ll = unsafe { mem::zeroed() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    address.sll_ifindex = index.cast_signed();
    let length = u32::try_from(size_of_val(&address)).unwrap_or_default();
    // SAFETY: the kernel reads `length` bytes at `address`, which is so long.
    checked(unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length) })
}

/// One slot holds the kernel's header, at most 66 bytes with what it adds, and a frame of 1,514.
const SLOT: usize = 2048;
const SLOTS_IN_BLOCK: usize = 32;

/// A receive ring of a packet socket (packet(7), PACKET_RX_RING, version 2): slots that kernel and
/// program own in turns, by a word at the start of each.
pub(crate) struct Ring {
    memory: NonNull<u8>,
    slots: usize,
    next: usize,
}

// SAFETY: the mapping belongs to the process, not to a thread, and only `&mut self` reads it.
unsafe impl Send for Ring {}

impl Ring {
    /// With at least so many slots.
    pub(crate) fn on(socket: BorrowedFd<'_>, slots: usize) -> io::Result<Self> {
        let blocks = slots.div_ceil(SLOTS_IN_BLOCK).max(1);
        let slots = blocks * SLOTS_IN_BLOCK;
        let number = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
        let request = libc::tpacket_req {
            tp_block_size: number(SLOT * SLOTS_IN_BLOCK),
            tp_block_nr: number(blocks),
            tp_frame_size: number(SLOT),
            tp_frame_nr: number(slots),
        };
        let version = libc::tpacket_versions::TPACKET_V2 as i32;
        set_packet_option(socket, libc::PACKET_VERSION, &version)?;
        set_packet_option(socket, libc::PACKET_RX_RING, &request)?;
        // SAFETY: a new mapping at an address that the kernel chooses touches no memory of ours.
        let memory = unsafe {
            libc::mmap(
                ptr::null_mut(),
                slots * SLOT,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                socket.as_raw_fd(),
                0,
            )
        };
        if memory == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let memory = NonNull::new(memory.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { memory, slots, next: 0 })
    }

    /// The oldest frame that waits, if one does, and the VLAN tag (IEEE 802.1Q, four bytes) that the
    /// kernel took out of it behind its addresses. A frame that had no room in its slot is left out.
    pub(crate) fn next<T>(&mut self, take: impl FnOnce(&[u8], Option<[u8; 4]>) -> T) -> Option<T> {
        loop {
            // SAFETY: `next` is below `slots`, so this lies in the mapping of `slots` times `SLOT`.
            let slot = unsafe { self.memory.add(self.next * SLOT) };
            // SAFETY: each slot begins with the status word; SLOT and the mapping are aligned far
            // beyond 4. The kernel writes it too, hence atomic. The mapping lives as long as self.
            let status = unsafe { AtomicU32::from_ptr(slot.as_ptr().cast()) };
            if status.load(Ordering::Acquire) & libc::TP_STATUS_USER == 0 {
                return None;
            }
            // SAFETY: the slot is ours until the status is given back; the kernel has written the
            // header, plain numbers, which fits the slot and is aligned as the slot is.
            let header = unsafe { slot.cast::<libc::tpacket2_hdr>().read() };
            let (start, length) = (usize::from(header.tp_mac), header.tp_snaplen as usize);
            let whole = header.tp_len == header.tp_snaplen
                && start >= size_of::<libc::tpacket2_hdr>()
                && start.checked_add(length).is_some_and(|end| end <= SLOT);
            let give_back = |ring: &mut Self| {
                status.store(libc::TP_STATUS_KERNEL, Ordering::Release);
                ring.next = (ring.next + 1) % ring.slots;
            };
            if whole {
                // SAFETY: `whole` says that it lies in this slot, which is ours, see above. Nobody
                // writes there before the status is given back.
                let frame = unsafe { std::slice::from_raw_parts(slot.add(start).as_ptr(), length) };
                let taken = take(frame, tag(&header));
                give_back(self);
                return Some(taken);
            }
            give_back(self);
        }
    }
}

fn tag(header: &libc::tpacket2_hdr) -> Option<[u8; 4]> {
    let says = |flag| header.tp_status & flag != 0;
    let kind = if says(libc::TP_STATUS_VLAN_TPID_VALID) { header.tp_vlan_tpid } else { 0x8100 };
    let ([a, b], [c, d]) = (kind.to_be_bytes(), header.tp_vlan_tci.to_be_bytes());
    says(libc::TP_STATUS_VLAN_VALID).then_some([a, b, c, d])
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: the mapping that `on` made, of that size; nothing of it is borrowed any more.
        unsafe { libc::munmap(self.memory.as_ptr().cast(), self.slots * SLOT) };
    }
}
