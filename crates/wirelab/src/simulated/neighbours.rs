//! Frames by which a host learns another's hardware address without having asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    EthernetAddress, Icmpv6Packet, Icmpv6Repr, IpProtocol, Ipv6Packet, Ipv6Repr,
    NdiscNeighborFlags, NdiscRepr,
};

use crate::decode::Mac;

/// A host's hardware address and one of its IP addresses.
pub(super) type End = (Mac, IpAddr);

/// An answer that `from` could have given to `to`. `None` for addresses of two families.
pub(super) fn answer(from: End, to: End) -> Option<Vec<u8>> {
    match (from.1, to.1) {
        (IpAddr::V4(own), IpAddr::V4(other)) => Some(arp((from.0, own), (to.0, other))),
        (IpAddr::V6(own), IpAddr::V6(other)) => Some(advert((from.0, own), (to.0, other))),
        _ => None,
    }
}

fn ethernet(from: Mac, to: Mac, kind: u16) -> Vec<u8> {
    [&to.0[..], &from.0, &kind.to_be_bytes()].concat()
}

/// RFC 826: Ethernet, IPv4, a reply.
fn arp(from: (Mac, Ipv4Addr), to: (Mac, Ipv4Addr)) -> Vec<u8> {
    let mut frame = ethernet(from.0, to.0, 0x0806);
    frame.extend([0, 1, 8, 0, 6, 4, 0, 2]);
    for (mac, address) in [from, to] {
        frame.extend(mac.0);
        frame.extend(address.octets());
    }
    frame
}

/// RFC 4861 section 4.4.
fn advert(from: (Mac, Ipv6Addr), to: (Mac, Ipv6Addr)) -> Vec<u8> {
    let advert = Icmpv6Repr::Ndisc(NdiscRepr::NeighborAdvert {
        flags: NdiscNeighborFlags::OVERRIDE,
        target_addr: from.1,
        lladdr: Some(EthernetAddress(from.0.0).into()),
    });
    let header = Ipv6Repr {
        src_addr: from.1,
        dst_addr: to.1,
        next_header: IpProtocol::Icmpv6,
        payload_len: advert.buffer_len(),
        hop_limit: 255,
    };
    let mut packet = vec![0; header.buffer_len() + advert.buffer_len()];
    let mut ip = Ipv6Packet::new_unchecked(&mut packet);
    header.emit(&mut ip);
    let mut icmp = Icmpv6Packet::new_unchecked(ip.payload_mut());
    advert.emit(&from.1, &to.1, &mut icmp, &ChecksumCapabilities::default());
    [ethernet(from.0, to.0, 0x86dd), packet].concat()
}
