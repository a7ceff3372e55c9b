//! A frame in one line, as every output and whoever shows frames says it.

use std::fmt::{self, Write};

use super::{Decoded, Icmp, Ip, Packet, Relative, Tcp};

/// So many bytes of what a frame carries are shown.
const MOST_DATA: usize = 16;

impl Decoded {
    /// One line, such as `PSH,ACK  seq 1  ack 8  "hello!\n"`: a segment with `numbers`, or without
    /// them with those on the wire, and the start of `data`, its [`payload`](super::payload), or
    /// how long that is where it isn't at hand. A segment that takes no sequence number is about its
    /// acknowledgement, so its own number is left out.
    pub fn line(&self, numbers: Option<Relative>, data: &[u8]) -> String {
        let mut line = match &self.packet {
            Packet::Arp(arp) if arp.operation == 1 => format!("ARP  who has {}?", arp.target.1),
            Packet::Arp(arp) => format!("ARP  {} is at {}", arp.sender.1, arp.sender.0),
            Packet::Tcp(_, tcp) => tcp.line(numbers, data),
            Packet::Udp(_, udp) => format!("UDP  {}", start(data, udp.data)),
            Packet::Icmp(ip, icmp) => icmp.line(ip),
            Packet::Ip(ip) if ip.fragment => format!("fragment of protocol {}", ip.protocol),
            Packet::Ip(ip) => format!("IP protocol {}", ip.protocol),
            Packet::Other(ether_type) => format!("EtherType {ether_type:#06x}"),
        };
        if let Some(fault) = &self.fault {
            line.push_str(&format!("  ({fault})"));
        }
        line
    }
}

/// One line, with the sequence numbers as they are on the wire.
/// [`Numbers::line`](super::Numbers::line) has them relative.
impl fmt::Display for Decoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.line(None, b""))
    }
}

impl Tcp {
    fn line(&self, numbers: Option<Relative>, data: &[u8]) -> String {
        let Relative { seq, ack } = numbers.unwrap_or(Relative { seq: self.seq, ack: self.ack });
        let mut line = self.flags.to_string().replace(", ", ",");
        if self.space() > 0 || ack.is_none() {
            line.push_str(&format!("  seq {seq}"));
        }
        if let Some(ack) = ack {
            line.push_str(&format!("  ack {ack}"));
        }
        if self.data > 0 {
            line.push_str("  ");
            line.push_str(&start(data, self.data));
        }
        line
    }
}

impl Icmp {
    fn line(self, ip: &Ip) -> String {
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
        match name {
            "" => format!("{version} type {} code {}", self.kind, self.code),
            name => format!("{version} {name}"),
        }
    }
}

/// The start of what a frame carries, between quotes, with `…` where there is more.
fn start(data: &[u8], length: usize) -> String {
    if data.is_empty() && length > 0 {
        return format!("{length} bytes");
    }
    if data.len() <= MOST_DATA {
        return quoted(data);
    }
    // Not in the middle of a character: its half would look like a broken one.
    let is_boundary = |at: usize| data.get(at).is_none_or(|byte| byte & 0xc0 != 0x80);
    let cut = (MOST_DATA - 3..=MOST_DATA).rev().find(|at| is_boundary(*at));
    format!("{}…", quoted(&data[..cut.unwrap_or(MOST_DATA)]))
}

/// Text as it is, between quotes; the rest so that it drives no terminal and reorders no row.
fn quoted(data: &[u8]) -> String {
    let mut shown = String::from('"');
    // Writing to a String can't fail.
    for chunk in data.utf8_chunks() {
        for c in chunk.valid().chars() {
            let _ = match c {
                '"' | '\\' => write!(shown, "\\{c}"),
                '\n' => write!(shown, "\\n"),
                '\r' => write!(shown, "\\r"),
                '\t' => write!(shown, "\\t"),
                '\0'..='\x1f' | '\x7f' => write!(shown, "\\x{:02x}", u32::from(c)),
                '\u{80}'..='\u{9f}'
                | '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}' => write!(shown, "\\u{{{:x}}}", u32::from(c)),
                c => write!(shown, "{c}"),
            };
        }
        for byte in chunk.invalid() {
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    shown.push('"');
    shown
}
