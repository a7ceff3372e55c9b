//! A packet socket (packet(7)) on the loopback, with a filter that lets only the lab's frames through.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use etherparse::{NetSlice, SlicedPacket, TransportSlice, UdpHeader};
use rustix::net::RecvFlags;
use socket2::{Domain, SockFilter, Socket, Type};

use super::ports::{Ports, Transport};
use crate::decode::decode;
use crate::sys;

const LOOPBACK: &str = "lo";
/// A frame of the loopback: at most 65,536 bytes and its header.
const LONGEST: usize = 65_536 + 14;
/// What may wait for the wire's thread, in bytes; the machine may give less.
const ROOM: usize = 4 << 20;

pub(super) struct Capture {
    socket: Socket,
    buffer: Vec<u8>,
}

impl Capture {
    pub(super) fn open() -> io::Result<Self> {
        // Of no protocol, so that it has nothing before its filter is there.
        let socket = Socket::new(Domain::PACKET, Type::RAW, None)?;
        let _ = socket.set_recv_buffer_size(ROOM);
        socket.attach_filter(&filter(Ipv4Addr::LOCALHOST.into(), &[]))?;
        let index = rustix::net::netdevice::name_to_index(&socket, LOOPBACK)?;
        sys::listen_to_interface(socket.as_fd(), index)?;
        Ok(Self { socket, buffer: vec![0; LONGEST] })
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// The oldest frame that waits, and whose it is.
    pub(super) fn next(&mut self, ports: &Ports) -> Option<(usize, Arc<[u8]>)> {
        loop {
            let flags = RecvFlags::DONTWAIT | RecvFlags::TRUNC;
            let (_, length) = match rustix::net::recv(&self.socket, &mut self.buffer[..], flags) {
                Ok(received) => received,
                Err(rustix::io::Errno::INTR) => continue,
                // Nothing there; or, once, that the interface was down.
                Err(_) => return None,
            };
            let Some(frame) = self.buffer.get_mut(..length) else { continue };
            // The kernel's filter knows ports, not which of the two protocols they are of.
            if let Some(from) = sender(frame, ports) {
                complete(frame);
                return Some((from, Arc::from(&*frame)));
            }
        }
    }
}

impl AsFd for Capture {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The place of the host that sent it, if it goes from a host of the lab to a host of the lab.
fn sender(frame: &[u8], ports: &Ports) -> Option<usize> {
    let decoded = decode(frame);
    let (from, to) = decoded.ends()?;
    let transport = if decoded.tcp().is_some() { Transport::Tcp } else { Transport::Udp };
    let is_here = [from, to].iter().all(|end| end.ip() == ports.here());
    ports.owner_then(transport, to.port()).filter(|_| is_here)?;
    ports.owner_then(transport, from.port())
}

/// The kernel leaves the checksum to a network card, and the loopback has none. This is what a card
/// would have written; else every frame would look damaged.
fn complete(frame: &mut [u8]) {
    if let Some((at, sum)) = checksum(frame)
        && let Some(place) = frame.get_mut(at..at + 2)
    {
        place.copy_from_slice(&sum.to_be_bytes());
    }
}

/// Where the checksum stands, and the right one.
fn checksum(frame: &[u8]) -> Option<(usize, u16)> {
    let sliced = SlicedPacket::from_ethernet(frame).ok()?;
    match (sliced.net.as_ref()?, sliced.transport.as_ref()?) {
        (NetSlice::Ipv4(ip), transport) => {
            let start = 14 + ip.header().slice().len();
            let (from, to) = (ip.header().source(), ip.header().destination());
            match transport {
                TransportSlice::Tcp(tcp) => {
                    Some((start + 16, tcp.calc_checksum_ipv4(from, to).ok()?))
                }
                TransportSlice::Udp(udp) => {
                    let header = UdpHeader { checksum: 0, ..udp.to_header() };
                    Some((start + 6, header.calc_checksum_ipv4_raw(from, to, udp.payload()).ok()?))
                }
                _ => None,
            }
        }
        // The filter takes none with further headers.
        (NetSlice::Ipv6(ip), transport) => {
            let (from, to) = (ip.header().source(), ip.header().destination());
            match transport {
                TransportSlice::Tcp(tcp) => Some((54 + 16, tcp.calc_checksum_ipv6(from, to).ok()?)),
                TransportSlice::Udp(udp) => {
                    let header = UdpHeader { checksum: 0, ..udp.to_header() };
                    Some((54 + 6, header.calc_checksum_ipv6_raw(from, to, udp.payload()).ok()?))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

// linux/bpf_common.h, linux/filter.h, linux/if_packet.h
const LOAD_WORD: u16 = 0x20;
const LOAD_HALF: u16 = 0x28;
const LOAD_BYTE: u16 = 0x30;
const LOAD_HALF_BEHIND: u16 = 0x48;
const LOAD_HEADER_LENGTH: u16 = 0xb1;
const JUMP_EQUAL: u16 = 0x15;
const JUMP_ANY_BIT: u16 = 0x45;
const RETURN: u16 = 0x06;
const PACKET_TYPE: u32 = 0xffff_f000 + 4;
const OUTGOING: u32 = 4;

/// Takes TCP and UDP from one of the ports to one of the ports, whole, over IPv4 or IPv6 on the
/// loopback's own address `here`, over IPv6 without further headers. The loopback shows each frame
/// twice, where it leaves and where it arrives: this takes what leaves, so that nothing that came of
/// a frame is seen before it.
pub(super) fn filter(here: IpAddr, ports: &[u16]) -> Vec<SockFilter> {
    let count = u8::try_from(ports.len()).unwrap_or(0);
    let load = |code, place| SockFilter::new(code, 0, 0, place);
    // Where the addresses and the protocol stand; and the place of all refusals, which is behind
    // the source ports.
    let (ether_type, address, addresses, protocol, refusal) = match here {
        IpAddr::V4(four) => (0x0800, vec![u32::from(four)], 26, 23, 15 + count),
        IpAddr::V6(six) => {
            let words = [96, 64, 32, 0].map(|shift| (u128::from(six) >> shift) as u32);
            (0x86dd, words.to_vec(), 22, 20, 24 + count)
        }
    };
    let mut program = Vec::new();
    let unless = |program: &mut Vec<SockFilter>, value| {
        let on = refusal - u8::try_from(program.len()).unwrap_or(0) - 1;
        program.push(SockFilter::new(JUMP_EQUAL, 0, on, value));
    };
    let ends = (addresses..).step_by(4).zip(address.iter().chain(&address));
    let ends = ends.map(|(place, word)| (LOAD_WORD, place, *word));
    let head = [(LOAD_WORD, PACKET_TYPE, OUTGOING), (LOAD_HALF, 12, ether_type)];
    for (code, place, value) in head.into_iter().chain(ends) {
        program.push(load(code, place));
        unless(&mut program, value);
    }
    program.push(load(LOAD_BYTE, protocol));
    program.push(SockFilter::new(JUMP_EQUAL, 1, 0, 6)); // TCP
    unless(&mut program, 17); // UDP
    let (code, fields) = if here.is_ipv4() {
        program.push(load(LOAD_HALF, 20));
        program.push(SockFilter::new(JUMP_ANY_BIT, refusal - 13, 0, 0x1fff)); // a later fragment
        program.push(load(LOAD_HEADER_LENGTH, 14));
        (LOAD_HALF_BEHIND, [14, 16])
    } else {
        (LOAD_HALF, [54, 56])
    };
    for field in fields {
        program.push(load(code, field));
        for (left, port) in (1..=count).rev().zip(ports) {
            program.push(SockFilter::new(JUMP_EQUAL, left, 0, u32::from(*port)));
        }
        program.push(SockFilter::new(RETURN, 0, 0, 0));
    }
    program.push(SockFilter::new(RETURN, 0, 0, u32::MAX));
    program
}
