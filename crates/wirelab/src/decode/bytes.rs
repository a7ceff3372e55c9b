//! What the bytes of a frame say.

use std::net::Ipv4Addr;

use etherparse::{
    ArpPacketSlice, LaxNetSlice, LaxSlicedPacket, LinkSlice, NetSlice, SlicedPacket, TransportSlice,
};

use super::{Arp, Decoded, Icmp, Ip, Mac, Packet, Tcp, Udp};

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
    let packet = match &whole.net {
        Some(LaxNetSlice::Arp(slice)) => arp(slice).map(Packet::Arp),
        Some(net) => ip(net).map(|ip| carried(ip, whole.transport.as_ref())),
        None => None,
    };
    let packet = packet.unwrap_or(Packet::Other(ether_type));
    let stopped = whole.stop_err.as_ref().map(|(error, _)| error.to_string());
    let fault = stopped.or_else(|| wrong_checksum(bytes));
    Decoded { source, destination, packet, fault }
}

/// The header's fields, of either version.
fn ip(net: &LaxNetSlice<'_>) -> Option<Ip> {
    let (source, destination, hops, payload) = match net {
        LaxNetSlice::Ipv4(slice) => {
            let header = slice.header();
            let (from, to) = (header.source_addr(), header.destination_addr());
            (from.into(), to.into(), header.ttl(), slice.payload())
        }
        LaxNetSlice::Ipv6(slice) => {
            let header = slice.header();
            let (from, to) = (header.source_addr(), header.destination_addr());
            (from.into(), to.into(), header.hop_limit(), slice.payload())
        }
        LaxNetSlice::Arp(_) => return None,
    };
    let (protocol, fragment) = (payload.ip_number.0, payload.fragmented);
    Some(Ip { source, destination, hops, protocol, fragment })
}

/// What such a packet carries.
fn carried(ip: Ip, transport: Option<&TransportSlice<'_>>) -> Packet {
    match transport {
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
        Some(TransportSlice::Igmp(_)) | None => Packet::Ip(ip),
    }
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
