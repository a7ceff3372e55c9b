//! Interfaces, addresses and neighbours of a namespace (rtnetlink(7)).
//!
//! The socket was opened inside; whoever made the user namespace may use it from outside.

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use super::netlink::{Message, Netlink};
use crate::decode::Mac;

// linux/if_link.h, linux/veth.h, linux/if_addr.h, linux/neighbour.h
const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_TXQLEN: u16 = 13;
const IFLA_LINKINFO: u16 = 18;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const VETH_INFO_PEER: u16 = 1;
const IFLA_AF_SPEC: u16 = 26;
const IFLA_INET6_ADDR_GEN_MODE: u16 = 8;
const IN6_ADDR_GEN_MODE_NONE: u8 = 1;
const IFLA_NET_NS_FD: u16 = 28;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_BROADCAST: u16 = 4;
const IFA_F_NODAD: u8 = 2;
const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;
const NUD_PERMANENT: u16 = 0x80;

const ORDER: i32 = libc::NLM_F_ACK;
const MAKE: i32 = libc::NLM_F_ACK | libc::NLM_F_CREATE | libc::NLM_F_EXCL;

/// rtnetlink of one namespace.
#[derive(Debug)]
pub(super) struct Route {
    netlink: Netlink,
}

impl AsFd for Route {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.netlink.as_fd()
    }
}

impl Route {
    pub(super) fn over(socket: OwnedFd) -> Self {
        Self { netlink: Netlink::over(socket) }
    }

    /// An interface's number.
    pub(super) fn index(&self, name: &str) -> io::Result<u32> {
        Ok(rustix::net::netdevice::name_to_index(&self.netlink, name)?)
    }

    /// Makes a pair of virtual Ethernet devices: `name` here, `peer` in another namespace.
    pub(super) fn add_veth(&self, name: &str, peer: &str, there: BorrowedFd<'_>) -> io::Result<()> {
        let mut message = Message::new(libc::RTM_NEWLINK, MAKE)
            .fixed(&[0; 16])
            .attribute(IFLA_IFNAME, name.as_bytes());
        let info = message.begin(IFLA_LINKINFO);
        message = message.attribute(IFLA_INFO_KIND, b"veth");
        let data = message.begin(IFLA_INFO_DATA);
        let other = message.begin(VETH_INFO_PEER);
        message = message
            .fixed(&[0; 16])
            .attribute(IFLA_IFNAME, peer.as_bytes())
            .attribute(IFLA_NET_NS_FD, &there.as_raw_fd().to_ne_bytes());
        message.end(other);
        message.end(data);
        message.end(info);
        self.netlink.order(message)
    }

    /// Keeps the kernel from giving the interface an IPv6 address of its own, and so from talking
    /// about that. Fails where the kernel has no IPv6; then there is nothing to keep it from.
    pub(super) fn no_own_address(&self, index: u32) -> io::Result<()> {
        let mut message = Message::new(libc::RTM_NEWLINK, ORDER).fixed(&interface(index, 0));
        let families = message.begin(IFLA_AF_SPEC);
        let six = message.begin(libc::AF_INET6 as u16);
        message = message.attribute(IFLA_INET6_ADDR_GEN_MODE, &[IN6_ADDR_GEN_MODE_NONE]);
        message.end(six);
        message.end(families);
        self.netlink.order(message)
    }

    pub(super) fn set_mac(&self, index: u32, mac: Mac) -> io::Result<()> {
        let message = Message::new(libc::RTM_NEWLINK, ORDER).fixed(&interface(index, 0));
        self.netlink.order(message.attribute(IFLA_ADDRESS, &mac.0))
    }

    /// How many frames may wait at a device whose driver has a queue.
    pub(super) fn set_queue(&self, index: u32, frames: u32) -> io::Result<()> {
        let message = Message::new(libc::RTM_NEWLINK, ORDER).fixed(&interface(index, 0));
        self.netlink.order(message.attribute(IFLA_TXQLEN, &frames.to_ne_bytes()))
    }

    pub(super) fn bring_up(&self, index: u32) -> io::Result<()> {
        let up = libc::IFF_UP.cast_unsigned();
        self.netlink.order(Message::new(libc::RTM_NEWLINK, ORDER).fixed(&interface(index, up)))
    }

    pub(super) fn add_address(&self, index: u32, address: IpAddr, prefix: u8) -> io::Result<()> {
        let flags = if address.is_ipv6() { IFA_F_NODAD } else { 0 };
        let [a, b, c, d] = index.to_ne_bytes();
        let message = Message::new(libc::RTM_NEWADDR, MAKE).fixed(&[
            family(address),
            prefix,
            flags,
            0,
            a,
            b,
            c,
            d,
        ]);
        let message = match address {
            IpAddr::V4(four) => {
                let message = message
                    .attribute(IFA_LOCAL, &four.octets())
                    .attribute(IFA_ADDRESS, &four.octets());
                match u32::MAX.checked_shr(prefix.into()) {
                    // Of two addresses or one, none is for broadcasts (RFC 3021).
                    None | Some(0 | 1) => message,
                    Some(host_part) => {
                        let broadcast = (u32::from(four) | host_part).to_be_bytes();
                        message.attribute(IFA_BROADCAST, &broadcast)
                    }
                }
            }
            IpAddr::V6(six) => {
                message.attribute(IFA_LOCAL, &six.octets()).attribute(IFA_ADDRESS, &six.octets())
            }
        };
        self.netlink.order(message)
    }

    /// Whether what is sent to this address is taken for the host's own by now. An IPv6 address gets
    /// that far some time after it was added (net/ipv6/addrconf.c, addrconf_dad_work).
    pub(super) fn is_own(&self, address: IpAddr) -> io::Result<bool> {
        let bytes = match address {
            IpAddr::V4(four) => four.octets().to_vec(),
            IpAddr::V6(six) => six.octets().to_vec(),
        };
        let bits = u8::try_from(bytes.len() * 8).unwrap_or(u8::MAX);
        let message = Message::new(libc::RTM_GETROUTE, 0)
            .fixed(&[family(address), bits, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
            .attribute(libc::RTA_DST, &bytes);
        let mut kind = None;
        match self.netlink.ask(message, |_, body| kind = body.get(7).copied()) {
            Err(error) if error.raw_os_error() == Some(libc::ENETUNREACH) => Ok(false),
            answer => answer.map(|()| kind == Some(libc::RTN_LOCAL)),
        }
    }

    /// Tells the kernel for good which hardware address belongs to an address, so that it never
    /// asks.
    pub(super) fn pin_neighbour(&self, index: u32, address: IpAddr, mac: Mac) -> io::Result<()> {
        let [a, b, c, d] = index.to_ne_bytes();
        let [state, state_high] = NUD_PERMANENT.to_ne_bytes();
        let message = Message::new(libc::RTM_NEWNEIGH, MAKE).fixed(&[
            family(address),
            0,
            0,
            0,
            a,
            b,
            c,
            d,
            state,
            state_high,
            0,
            0,
        ]);
        let message = match address {
            IpAddr::V4(four) => message.attribute(NDA_DST, &four.octets()),
            IpAddr::V6(six) => message.attribute(NDA_DST, &six.octets()),
        };
        self.netlink.order(message.attribute(NDA_LLADDR, &mac.0))
    }
}

/// struct ifinfomsg, with the flags to set.
fn interface(index: u32, flags: u32) -> [u8; 16] {
    let mut header = [0; 16];
    header[4..8].copy_from_slice(&index.to_ne_bytes());
    header[8..12].copy_from_slice(&flags.to_ne_bytes());
    header[12..16].copy_from_slice(&flags.to_ne_bytes());
    header
}

fn family(address: IpAddr) -> u8 {
    let family = if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    u8::try_from(family).unwrap_or_default()
}
