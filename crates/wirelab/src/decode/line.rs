//! A frame in one line.

use std::fmt;

use super::{Decoded, Icmp, Ip, Packet};

/// One line, with the sequence numbers as they are on the wire.
/// [`Numbers::line`](super::Numbers::line) has them relative.
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
