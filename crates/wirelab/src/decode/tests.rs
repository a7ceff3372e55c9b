use std::net::Ipv6Addr;

use etherparse::{PacketBuilder, TcpOptionElement};

use super::*;

fn tcp(from: u16, to: u16, seq: u32, data: &[u8], set: fn(&mut etherparse::TcpHeader)) -> Vec<u8> {
    let mut header = etherparse::TcpHeader::new(from, to, seq, 512);
    set(&mut header);
    let builder = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
        .ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
        .tcp_header(header);
    let mut bytes = Vec::new();
    builder.write(&mut bytes, data).expect("a Vec takes it");
    bytes
}

#[test]
fn a_segment_is_shown_with_flags_numbers_options_and_length() {
    let bytes = tcp(5000, 7000, 99, b"hello", |header| {
        (header.syn, header.ack, header.acknowledgment_number) = (true, true, 7);
        let options =
            [TcpOptionElement::MaximumSegmentSize(1460), TcpOptionElement::WindowScale(7)];
        header.set_options(&options).expect("they fit");
    });
    let decoded = decode(&bytes);
    assert_eq!(decoded.to_string(), "SYN,ACK  seq 99  ack 7  5 bytes");
    assert_eq!(decoded.fault, None);
    let (ip, segment) = decoded.tcp().expect("it is a segment");
    assert_eq!((ip.source.to_string(), ip.hops), ("10.0.0.1".into(), 64));
    assert_eq!((segment.space(), segment.end()), (6, 105));
    let wanted = [TcpOption::MaximumSegmentSize(1460), TcpOption::WindowScale(7)];
    assert_eq!(segment.options, wanted);
}

#[test]
fn what_is_carried_is_shown_up_to_a_whole_character_and_drives_no_terminal() {
    let line = |data: &[u8]| Numbers::default().line(&tcp(5000, 7000, 99, data, |_| {}));
    let head = "none  seq 1  ";
    assert_eq!(line(b"sixteen bytes, 16"), format!("{head}\"sixteen bytes, 1\"…"));
    assert_eq!(line("fourteen bytes好".as_bytes()), format!("{head}\"fourteen bytes\"…"));
    assert_eq!(line("好\"\\\t\r\n".as_bytes()), format!("{head}\"好\\\"\\\\\\t\\r\\n\""));
    assert_eq!(
        line("\x1b[31m\u{202e}\u{9b}".as_bytes()),
        format!("{head}\"\\x1b[31m\\u{{202e}}\\u{{9b}}\"")
    );
    assert_eq!(line(b"\xe5\xa5\0"), format!("{head}\"\\xe5\\xa5\\x00\""));
}

#[test]
fn a_wrong_checksum_is_told() {
    let mut bytes = tcp(5000, 7000, 99, b"hello", |_| {});
    *bytes.last_mut().expect("bytes") ^= 1;
    assert!(decode(&bytes).fault.expect("a fault").starts_with("the checksum is"));
}

#[test]
fn numbers_count_from_the_syn_and_across_the_end_of_the_number_space() {
    let mut numbers = Numbers::default();
    let mut line = |bytes: &[u8]| numbers.line(bytes);
    let syn = tcp(5000, 7000, u32::MAX, b"", |header| header.syn = true);
    assert_eq!(line(&syn), "SYN  seq 0");
    let data = tcp(5000, 7000, 0, b"hi", |header| {
        (header.ack, header.acknowledgment_number) = (true, 1001);
    });
    assert_eq!(line(&data), "ACK  seq 1  ack 1  \"hi\"");
}

#[test]
fn a_reset_that_answers_a_syn_has_number_0_and_begins_no_connection() {
    let mut numbers = Numbers::default();
    let reset = tcp(7000, 5000, 0, b"", |header| {
        (header.rst, header.ack, header.acknowledgment_number) = (true, true, 100);
    });
    assert_eq!(numbers.line(&reset), "RST,ACK  ack 1");
    let syn_ack = tcp(7000, 5000, 777, b"", |header| {
        (header.syn, header.ack, header.acknowledgment_number) = (true, true, 100);
    });
    assert_eq!(numbers.line(&syn_ack), "SYN,ACK  seq 0  ack 1");
}

#[test]
fn datagrams_of_both_families_and_arp_are_shown() {
    let mut bytes = Vec::new();
    let from = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1);
    PacketBuilder::ethernet2([0; 6], [1; 6])
        .ipv6(from.octets(), [0xfd; 16], 9)
        .udp(1, 2)
        .write(&mut bytes, b"abc")
        .expect("a Vec takes it");
    let decoded = decode(&bytes);
    assert_eq!((decoded.to_string(), &decoded.fault), ("UDP  3 bytes".into(), &None));
    assert_eq!(decoded.ends().expect("it has ports").0.to_string(), "[fd00::1]:1");
    let arp = etherparse::ArpPacket::new(
        etherparse::ArpHardwareId::ETHERNET,
        etherparse::EtherType::IPV4,
        etherparse::ArpOperation::REQUEST,
        &[2, 0, 0, 0, 0, 1],
        &[10, 0, 0, 1],
        &[0; 6],
        &[10, 0, 0, 2],
    );
    let mut bytes = Vec::new();
    PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [255; 6])
        .arp(arp.expect("lengths fit"))
        .write(&mut bytes)
        .expect("a Vec takes it");
    assert_eq!(decode(&bytes).to_string(), "ARP  who has 10.0.0.2?");
    assert!(decode(&bytes).is_neighbour_talk());
}

#[test]
fn any_bytes_are_decoded_to_something() {
    let mut random = fastrand::Rng::with_seed(1);
    let whole = tcp(5000, 7000, 99, b"hello", |header| {
        let options = [TcpOptionElement::Timestamp(1, 2), TcpOptionElement::Noop];
        header.set_options(&options).expect("they fit");
    });
    for length in 0..whole.len() {
        let _ = decode(&whole[..length]).to_string();
    }
    let mut numbers = Numbers::default();
    for _ in 0..20_000 {
        let mut bytes = whole.clone();
        for _ in 0..random.usize(1..6) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        bytes.truncate(random.usize(..=bytes.len()));
        let _ = numbers.line(&bytes);
        random.fill(&mut bytes);
        let _ = numbers.line(&bytes);
    }
}
