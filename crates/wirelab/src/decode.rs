//! What is in a frame: the fields that people look at, of ARP, IPv4, IPv6, TCP, UDP and ICMP.
//!
//! The bytes may be anything: whatever a program puts on the wire, or a student's own stack. What is
//! cut off or contradicts itself is decoded as far as it goes; [`Decoded::fault`] says where it
//! stopped making sense.

mod fields;
mod numbers;
mod tcp;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use etherparse::{
    ArpPacketSlice, LaxNetSlice, LaxSlicedPacket, LinkSlice, NetSlice, SlicedPacket, TransportSlice,
};

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

/// Decodes one frame. Takes any bytes.
pub fn decode(bytes: &[u8]) -> Decoded {
    let whole = match LaxSlicedPacket::from_ethernet(bytes) {
        Ok(whole) => whole,
        Err(error) => {
            let packet = Packet::Other(0);
            let fault = Some(error.to_string());
            return Decoded { source: Mac::default(), destination: Mac::default(), packet, fault };
        }
    };
    let (mut source, mut destination, mut ether_type) = (Mac::default(), Mac::default(), 0);
    if let Some(LinkSlice::Ethernet2(ethernet)) = &whole.link {
        source = Mac(ethernet.source());
        destination = Mac(ethernet.destination());
        ether_type = ethernet.ether_type().0;
    }
    let mut fault = whole.stop_err.as_ref().map(|(error, _)| error.to_string());
    let ip = match &whole.net {
        Some(LaxNetSlice::Ipv4(slice)) => {
            let header = slice.header();
            Ip {
                source: header.source_addr().into(),
                destination: header.destination_addr().into(),
                hops: header.ttl(),
                protocol: slice.payload().ip_number.0,
                fragment: slice.payload().fragmented,
            }
        }
        Some(LaxNetSlice::Ipv6(slice)) => {
            let header = slice.header();
            Ip {
                source: header.source_addr().into(),
                destination: header.destination_addr().into(),
                hops: header.hop_limit(),
                protocol: slice.payload().ip_number.0,
                fragment: slice.payload().fragmented,
            }
        }
        Some(LaxNetSlice::Arp(slice)) => {
            let packet = arp(slice).map_or(Packet::Other(ether_type), Packet::Arp);
            return Decoded { source, destination, packet, fault };
        }
        None => {
            return Decoded { source, destination, packet: Packet::Other(ether_type), fault };
        }
    };
    let packet = match &whole.transport {
        Some(TransportSlice::Tcp(slice)) => Packet::Tcp(ip, Tcp::of(slice)),
        Some(TransportSlice::Udp(slice)) => {
            let (source, destination) = (slice.source_port(), slice.destination_port());
            Packet::Udp(ip, Udp { source, destination, data: slice.payload().len() })
        }
        Some(TransportSlice::Icmpv4(slice)) => {
            Packet::Icmp(ip, Icmp { kind: slice.type_u8(), code: slice.code_u8() })
        }
        Some(TransportSlice::Icmpv6(slice)) => {
            Packet::Icmp(ip, Icmp { kind: slice.type_u8(), code: slice.code_u8() })
        }
        _ => Packet::Ip(ip),
    };
    if fault.is_none() {
        fault = wrong_checksum(bytes);
    }
    Decoded { source, destination, packet, fault }
}

fn arp(slice: &ArpPacketSlice<'_>) -> Option<Arp> {
    let mac = |bytes: &[u8]| bytes.try_into().ok().map(Mac);
    let ip = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).ok().map(Ipv4Addr::from);
    Some(Arp {
        operation: slice.operation().0,
        sender: (mac(slice.sender_hw_addr())?, ip(slice.sender_protocol_addr())?),
        target: (mac(slice.target_hw_addr())?, ip(slice.target_protocol_addr())?),
    })
}

/// What is wrong with the checksums of a whole, unfragmented segment or datagram.
fn wrong_checksum(bytes: &[u8]) -> Option<String> {
    let whole = SlicedPacket::from_ethernet(bytes).ok()?;
    // The sums are ones' complement, where 0xffff is another way to write 0 (RFC 1071).
    let number = |sum: u16| if sum == u16::MAX { 0 } else { sum };
    let told = |sum: u16, right: u16| {
        (number(sum) != number(right))
            .then(|| format!("the checksum is {sum:#06x}, {right:#06x} would be right"))
    };
    match (whole.net?, whole.transport?) {
        (NetSlice::Ipv4(ip), TransportSlice::Tcp(tcp)) => {
            let (from, to) = (ip.header().source(), ip.header().destination());
            told(tcp.checksum(), tcp.calc_checksum_ipv4(from, to).ok()?)
        }
        (NetSlice::Ipv6(ip), TransportSlice::Tcp(tcp)) => {
            let header = ip.header();
            let right = tcp.calc_checksum_ipv6(header.source(), header.destination()).ok()?;
            told(tcp.checksum(), right)
        }
        // 0 says over IPv4 that the sender made none (RFC 768).
        (NetSlice::Ipv4(ip), TransportSlice::Udp(udp)) if udp.checksum() != 0 => {
            let header = etherparse::UdpHeader { checksum: 0, ..udp.to_header() };
            let (from, to) = (ip.header().source(), ip.header().destination());
            told(udp.checksum(), header.calc_checksum_ipv4_raw(from, to, udp.payload()).ok()?)
        }
        (NetSlice::Ipv6(ip), TransportSlice::Udp(udp)) => {
            let header = etherparse::UdpHeader { checksum: 0, ..udp.to_header() };
            let (from, to) = (ip.header().source(), ip.header().destination());
            told(udp.checksum(), header.calc_checksum_ipv6_raw(from, to, udp.payload()).ok()?)
        }
        _ => None,
    }
}

/// One line, with the sequence numbers as they are on the wire. [`Numbers::line`] has them relative.
impl fmt::Display for Decoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.packet {
            Packet::Arp(arp) if arp.operation == 1 => {
                write!(f, "ARP who has {}? tell {}", arp.target.1, arp.sender.1)
            }
            Packet::Arp(arp) => write!(f, "ARP {} is at {}", arp.sender.1, arp.sender.0),
            Packet::Tcp(_, tcp) => tcp.write(f, tcp.seq, tcp.ack),
            Packet::Udp(_, udp) => {
                write!(f, "UDP {}→{} len={}", udp.source, udp.destination, udp.data)
            }
            Packet::Icmp(ip, icmp) => icmp.write(f, ip),
            Packet::Ip(ip) if ip.fragment => write!(f, "fragment of protocol {}", ip.protocol),
            Packet::Ip(ip) => write!(f, "IP protocol {}", ip.protocol),
            Packet::Other(ether_type) => write!(f, "EtherType {ether_type:#06x}"),
        }?;
        self.fault.as_ref().map_or(Ok(()), |fault| write!(f, " ({fault})"))
    }
}

impl Icmp {
    fn write(self, f: &mut fmt::Formatter<'_>, ip: &Ip) -> fmt::Result {
        let six = ip.source.is_ipv6();
        let name = match (six, self.kind) {
            (false, 0) | (true, 129) => "echo reply",
            (false, 8) | (true, 128) => "echo request",
            (false, 3) if self.code == 3 => "port unreachable",
            (true, 1) if self.code == 4 => "port unreachable",
            (false, 3) | (true, 1) => "destination unreachable",
            (false, 11) | (true, 3) => "time exceeded",
            (true, 135) => "neighbour solicitation",
            (true, 136) => "neighbour advertisement",
            (true, 143) => "multicast listener report",
            _ => "",
        };
        let version = if six { "ICMPv6" } else { "ICMP" };
        if name.is_empty() {
            write!(f, "{version} type {} code {}", self.kind, self.code)
        } else {
            write!(f, "{version} {name}")
        }
    }
}

#[cfg(test)]
mod tests;
