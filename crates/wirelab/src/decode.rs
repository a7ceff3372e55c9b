//! What is in a frame: the fields that people look at, of ARP, IPv4, IPv6, TCP, UDP and ICMP.
//!
//! The bytes may be anything: whatever a program puts on the wire, or a student's own stack. What is
//! cut off or contradicts itself is decoded as far as it goes; [`Decoded::fault`] says where it
//! stopped making sense.

mod bytes;
mod fields;
mod line;
mod numbers;
mod tcp;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

pub use bytes::decode;
pub use fields::{Field, payload};
pub use numbers::{Numbers, Relative};
pub(crate) use tcp::before;
pub use tcp::{Flags, Tcp, TcpOption};

/// A hardware address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mac(pub [u8; 6]);

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// What is in a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The sender's hardware address; all zero where the frame is too short for one.
    pub source: Mac,
    /// The receiver's hardware address, or the broadcast address.
    pub destination: Mac,
    /// What the frame carries.
    pub packet: Packet,
    /// Where and why decoding stopped early.
    pub fault: Option<String>,
}

/// What a frame carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// A question or an answer of the Address Resolution Protocol (RFC 826).
    Arp(Arp),
    /// A TCP segment (RFC 9293).
    Tcp(Ip, Tcp),
    /// A UDP datagram (RFC 768).
    Udp(Ip, Udp),
    /// An ICMP message of either family (RFC 792, RFC 4443).
    Icmp(Ip, Icmp),
    /// Another protocol over IP, a fragment, or the start of something cut off.
    Ip(Ip),
    /// Something else, by its EtherType.
    Other(u16),
}

/// An ARP packet for IPv4 over Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arp {
    /// 1 is a request, 2 a reply.
    pub operation: u16,
    /// Who sends it.
    pub sender: (Mac, Ipv4Addr),
    /// Whom it is about; a request's hardware address says nothing.
    pub target: (Mac, Ipv4Addr),
}

/// The fields of an IP header that are shown, of either version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ip {
    /// Who sent it.
    pub source: IpAddr,
    /// Whom it is for.
    pub destination: IpAddr,
    /// Time to live, or IPv6's hop limit.
    pub hops: u8,
    /// What it carries, by IANA's protocol numbers.
    pub protocol: u8,
    /// Whether it is a part of a packet that was cut into several.
    pub fragment: bool,
}

/// A UDP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Udp {
    /// The sender's port.
    pub source: u16,
    /// The receiver's port.
    pub destination: u16,
    /// How many bytes of data follow.
    pub data: usize,
}

/// An ICMP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icmp {
    /// The kind of message; ICMP and ICMPv6 number them differently.
    pub kind: u8,
    /// What kind of that kind.
    pub code: u8,
}

impl Decoded {
    /// The segment and its IP header, where it is one.
    pub fn tcp(&self) -> Option<(&Ip, &Tcp)> {
        if let Packet::Tcp(ip, tcp) = &self.packet { Some((ip, tcp)) } else { None }
    }

    /// The datagram and its IP header, where it is one.
    pub fn udp(&self) -> Option<(&Ip, &Udp)> {
        if let Packet::Udp(ip, udp) = &self.packet { Some((ip, udp)) } else { None }
    }

    /// Whether hosts only make each other's acquaintance: ARP, and IPv6's neighbour discovery
    /// (RFC 4861) and multicast listener reports (RFC 3810).
    pub fn is_neighbour_talk(&self) -> bool {
        match &self.packet {
            Packet::Arp(_) => true,
            Packet::Icmp(ip, icmp) => ip.source.is_ipv6() && matches!(icmp.kind, 130..=137 | 143),
            _ => false,
        }
    }

    /// The IP header, where there is one.
    pub fn ip(&self) -> Option<&Ip> {
        match &self.packet {
            Packet::Tcp(ip, _) | Packet::Udp(ip, _) | Packet::Icmp(ip, _) | Packet::Ip(ip) => {
                Some(ip)
            }
            Packet::Arp(_) | Packet::Other(_) => None,
        }
    }

    /// Address and port of both ends, sender first, for TCP and UDP.
    pub fn ends(&self) -> Option<(SocketAddr, SocketAddr)> {
        let (ip, source, destination) = match &self.packet {
            Packet::Tcp(ip, tcp) => (ip, tcp.source, tcp.destination),
            Packet::Udp(ip, udp) => (ip, udp.source, udp.destination),
            _ => return None,
        };
        Some(((ip.source, source).into(), (ip.destination, destination).into()))
    }
}

#[cfg(test)]
mod tests;
