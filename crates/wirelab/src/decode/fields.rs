//! A frame's fields one by one, each with what it says, for people who meet them the first time.

use etherparse::{SlicedPacket, TransportSlice};

use super::{Arp, Decoded, Ip, Packet, Relative, Tcp, TcpOption, Udp, before};

/// One field of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is called.
    pub name: &'static str,
    /// What stands in it.
    pub value: String,
    /// What that says, in words; empty where the value says it all.
    pub meaning: String,
}

fn field(name: &'static str, value: impl Into<String>, meaning: impl Into<String>) -> Field {
    Field { name, value: value.into(), meaning: meaning.into() }
}

/// The data that a whole TCP segment or UDP datagram carries; nothing for any other frame.
pub fn payload(frame: &[u8]) -> &[u8] {
    match SlicedPacket::from_ethernet(frame).ok().and_then(|whole| whole.transport) {
        Some(TransportSlice::Tcp(tcp)) => tcp.payload(),
        Some(TransportSlice::Udp(udp)) => udp.payload(),
        _ => &[],
    }
}

impl Decoded {
    /// Its fields from the outside in: addresses, then the headers'. `numbers` are the segment's
    /// relative ones, as [`Numbers::relative`](super::Numbers::relative) gives them; without them
    /// the numbers are shown as they are on the wire.
    pub fn fields(&self, numbers: Option<Relative>) -> Vec<Field> {
        let mut fields =
            vec![field("Ethernet", format!("{} → {}", self.source, self.destination), {
                if self.destination.0 == [0xff; 6] { "to everybody on this wire" } else { "" }
            })];
        if let Some(ip) = self.ip() {
            fields.push(of_ip(ip));
        }
        match &self.packet {
            Packet::Tcp(_, tcp) => of_tcp(tcp, numbers, &mut fields),
            Packet::Udp(_, udp) => of_udp(*udp, &mut fields),
            Packet::Arp(arp) => of_arp(*arp, &mut fields),
            Packet::Icmp(..) | Packet::Ip(_) | Packet::Other(_) => {
                fields.push(field("carries", self.to_string(), ""));
            }
        }
        if let Some(fault) = &self.fault {
            fields.push(field("fault", fault.as_str(), "what follows it made no sense"));
        }
        fields
    }
}

fn of_ip(ip: &Ip) -> Field {
    let name = if ip.source.is_ipv4() { "IPv4" } else { "IPv6" };
    // RFC 791 section 3.2, RFC 8200 section 3: whoever would pass it on with 0 left drops it.
    let limit = if ip.source.is_ipv4() { "TTL" } else { "hop limit" };
    let meaning = format!("{limit} {}: each router takes one off, and drops it at 0", ip.hops);
    field(name, format!("{} → {}", ip.source, ip.destination), meaning)
}

fn of_tcp(tcp: &Tcp, numbers: Option<Relative>, fields: &mut Vec<Field>) {
    fields.push(field("ports", format!("{} → {}", tcp.source, tcp.destination), ""));
    fields.push(field("flags", tcp.flags.to_string(), flags_in_words(tcp)));
    let (seq, ack) = numbers.map_or((tcp.seq, tcp.ack), |it| (it.seq, it.ack));
    let raw =
        |wire: u32| if numbers.is_some() { format!("; {wire} on the wire") } else { "".into() };
    let takes = match tcp.space() {
        0 => "this segment takes no numbers".to_owned(),
        1 => "this segment takes one number".to_owned(),
        count => format!("this segment takes {count} numbers"),
    };
    fields.push(field("seq", seq.to_string(), takes + &raw(tcp.seq)));
    if let (Some(ack), Some(wire)) = (ack, tcp.ack) {
        let meaning = format!("everything before number {ack} has arrived{}", raw(wire));
        fields.push(field("ack", ack.to_string(), meaning));
    }
    let scaled = match tcp.flags.syn {
        true => "",
        false => ", to be shifted by the scale that this side's SYN named, if it did",
    };
    let meaning = format!("so many more bytes the sender of this can take{scaled}");
    fields.push(field("window", tcp.window.to_string(), meaning));
    for option in tcp.relative_options(ack) {
        fields.push(field("option", option.to_string(), option_in_words(&option, ack)));
    }
    fields.push(field("data", format!("{} bytes", tcp.data), ""));
}

fn flags_in_words(tcp: &Tcp) -> String {
    let flags = tcp.flags;
    let all = [
        (flags.syn, "SYN opens a direction: its numbers begin here"),
        (flags.fin, "FIN ends a direction: no more data from this side"),
        (flags.rst, "RST breaks the connection off"),
        (flags.psh, "PSH: hand it to the program at once"),
        (flags.ack, "ACK: the number in `ack` counts"),
        (flags.urg, "URG: there is urgent data"),
        (flags.ece, "ECE speaks of congestion"),
        (flags.cwr, "CWR answers that"),
    ];
    let set: Vec<&str> = all.iter().filter(|(set, _)| *set).map(|(_, words)| *words).collect();
    set.join("; ")
}

/// `ack` and the option's blocks are counted alike.
fn option_in_words(option: &TcpOption, ack: Option<u32>) -> &'static str {
    match option {
        TcpOption::MaximumSegmentSize(_) => "the most data that I take in one segment, in bytes",
        TcpOption::WindowScale(_) => "shift my windows by so many bits (RFC 7323)",
        TcpOption::SackPermitted => "you may tell me of pieces that came out of order (RFC 2018)",
        TcpOption::Sack(blocks) => match (&blocks[..], came_twice(blocks, ack)) {
            ([_], true) => "this piece came twice (RFC 2883)",
            (_, true) => "the first of these pieces came twice (RFC 2883), the others out of order",
            ([_], false) => "this piece came out of order",
            (_, false) => "these pieces came out of order; the first of them is the newest",
        },
        TcpOption::Timestamps(..) => "my clock, and the last I saw of yours (RFC 7323)",
    }
}

/// Whether the first block tells of a piece that was there already: below the acknowledgement, or a
/// part of the second block (RFC 2883 section 4).
fn came_twice(blocks: &[(u32, u32)], ack: Option<u32>) -> bool {
    let Some((first, end)) = blocks.first() else { return false };
    let is_acknowledged = ack.is_some_and(|ack| !before(ack, *end));
    let is_part =
        blocks.get(1).is_some_and(|(from, to)| !before(*first, *from) && !before(*to, *end));
    is_acknowledged || is_part
}

fn of_udp(udp: Udp, fields: &mut Vec<Field>) {
    fields.push(field("ports", format!("{} → {}", udp.source, udp.destination), ""));
    let meaning = "a datagram has no number, no acknowledgement and no second try";
    fields.push(field("data", format!("{} bytes", udp.data), meaning));
}

fn of_arp(arp: Arp, fields: &mut Vec<Field>) {
    let meaning = match arp.operation {
        1 => "a question to everybody",
        2 => "the answer",
        _ => "",
    };
    fields.push(field("operation", arp.operation.to_string(), meaning));
    let (mac, address) = arp.sender;
    fields.push(field(
        "sender",
        format!("{address} is at {mac}"),
        "whoever reads this may note it",
    ));
    let (mac, address) = arp.target;
    match arp.operation {
        1 => fields.push(field("target", address.to_string(), "whose hardware address is wanted")),
        _ => fields.push(field("target", format!("{address} at {mac}"), "who asked")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Numbers, decode};

    fn syn() -> Vec<u8> {
        let builder = etherparse::PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
            .ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
            .tcp(5000, 7000, 12345, 64240)
            .syn();
        let mut bytes = Vec::new();
        builder.write(&mut bytes, b"hi").expect("a Vec takes it");
        bytes
    }

    #[test]
    fn a_segments_fields_have_names_values_and_meanings() {
        let bytes = syn();
        let decoded = decode(&bytes);
        let numbers = Numbers::default().relative(&decoded);
        let fields = decoded.fields(numbers);
        let found = |name: &str| fields.iter().find(|field| field.name == name).expect("there");
        assert_eq!(found("IPv4").value, "10.0.0.1 → 10.0.0.2");
        assert_eq!(found("flags").meaning, "SYN opens a direction: its numbers begin here");
        assert_eq!(found("seq").value, "0");
        assert_eq!(found("seq").meaning, "this segment takes 3 numbers; 12345 on the wire");
        assert_eq!(payload(&bytes), b"hi");
    }

    #[test]
    fn every_block_that_came_out_of_order_is_told_counted_as_the_acknowledgement_is() {
        let mut numbers = Numbers::default();
        let segment = |syn: bool, ack: u32, blocks: &[(u32, u32)]| {
            let mut header = etherparse::TcpHeader::new(5000, 7000, 12345, 512);
            (header.syn, header.ack, header.acknowledgment_number) = (syn, true, ack);
            let more = [1, 2, 3].map(|place| blocks.get(place).copied());
            let sack = etherparse::TcpOptionElement::SelectiveAcknowledgement;
            let options: Vec<_> =
                blocks.first().map(|first| sack(*first, more)).into_iter().collect();
            header.set_options(&options).expect("they fit");
            let builder = etherparse::PacketBuilder::ethernet2([0; 6], [0; 6])
                .ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
                .tcp_header(header);
            let mut bytes = Vec::new();
            builder.write(&mut bytes, b"").expect("a Vec takes it");
            decode(&bytes)
        };
        let mut told = |decoded: &Decoded| {
            let fields = decoded.fields(numbers.relative(decoded));
            let option = fields.into_iter().find(|field| field.name == "option");
            option.map(|field| (field.value, field.meaning))
        };
        let first = u32::MAX - 9; // the other side's numbers, across their end
        assert_eq!(told(&segment(true, first.wrapping_add(1), &[])), None);
        let at = |number: u32| first.wrapping_add(number);
        let blocks =
            [(at(301), at(401)), (at(101), at(201)), (at(501), at(601)), (at(701), at(801))];
        let (value, meaning) = told(&segment(false, at(1), &blocks)).expect("an option");
        assert_eq!(value, "sack 301–401, 101–201, 501–601, 701–801");
        assert_eq!(meaning, "these pieces came out of order; the first of them is the newest");
        let mut meaning = |ack: u32, blocks: &[(u32, u32)]| {
            let blocks: Vec<_> = blocks.iter().map(|(from, to)| (at(*from), at(*to))).collect();
            told(&segment(false, at(ack), &blocks)).expect("an option").1
        };
        assert_eq!(meaning(201, &[(101, 201)]), "this piece came twice (RFC 2883)");
        assert!(
            meaning(1, &[(101, 201), (101, 301)])
                .starts_with("the first of these pieces came twice")
        );
        assert_eq!(meaning(1, &[(101, 201)]), "this piece came out of order");
    }

    #[test]
    fn any_bytes_have_fields_and_no_payload() {
        let bytes = syn();
        for length in 0..bytes.len() {
            let cut = &bytes[..length];
            assert!(!decode(cut).fields(None).is_empty());
            assert!(payload(cut).is_empty());
        }
    }
}
