use etherparse::PacketBuilder;

use super::*;

/// A segment from alice (0) or bob (1).
fn segment(from: usize, seq: u32, ack: Option<u32>, syn: bool, data: &[u8]) -> Frame {
    let ip = |host: usize| [10, 0, 0, if host == 0 { 1 } else { 2 }];
    let mut header = etherparse::TcpHeader::new(5000, 5000, seq, 512);
    (header.syn, header.ack) = (syn, ack.is_some());
    header.acknowledgment_number = ack.unwrap_or(0);
    let builder = PacketBuilder::ethernet2([0; 6], [0; 6])
        .ipv4(ip(from), ip(1 - from), 64)
        .tcp_header(header);
    let mut bytes = Vec::new();
    builder.write(&mut bytes, data).expect("a Vec takes it");
    Frame { id: u64::from(seq), from, time: Duration::ZERO, bytes: bytes.into() }
}

#[test]
fn what_is_held_is_shown_once_however_often_it_is_sent() {
    let mut rule = SlowMotion::stepped();
    let syn = segment(0, 100, None, true, b"");
    assert_eq!(rule.on_frame(&syn), Verdict::Hold);
    assert_eq!(rule.on_frame(&syn), Verdict::Absorb);
    rule.on_decision(&syn, Decision::Released);
    assert_eq!(rule.on_frame(&syn), Verdict::Absorb);
}

#[test]
fn a_syn_that_comes_again_with_an_ack_is_shown() {
    let mut rule = SlowMotion::stepped();
    let (syn, syn_ack) = (segment(0, 100, None, true, b""), segment(0, 100, Some(501), true, b""));
    assert_eq!(rule.on_frame(&syn), Verdict::Hold);
    assert_eq!(rule.on_frame(&syn_ack), Verdict::Hold);
    assert_eq!(rule.on_frame(&syn_ack), Verdict::Absorb);
    assert_eq!(rule.on_frame(&syn), Verdict::Absorb);
}

#[test]
fn slow_motion_by_itself_delays_each_frame_and_absorbs_as_well() {
    let delay = Duration::from_secs(3);
    let mut rule = SlowMotion::delayed(delay);
    let syn = segment(0, 100, None, true, b"");
    assert_eq!(rule.on_frame(&syn), Verdict::Deliver(delay));
    assert_eq!(rule.on_frame(&syn), Verdict::Absorb);
    let ack = segment(0, 101, Some(501), false, b"");
    assert_eq!(rule.on_frame(&ack), Verdict::Deliver(delay));
    assert_eq!(rule.on_frame(&ack), Verdict::Deliver(delay), "it takes no numbers");
}

#[test]
fn what_was_lost_by_hand_is_shown_again_once() {
    let mut rule = SlowMotion::stepped();
    let data = segment(0, 101, Some(1), false, b"hello");
    assert_eq!(rule.on_frame(&data), Verdict::Hold);
    rule.on_decision(&data, Decision::Lost);
    assert_eq!(rule.on_frame(&data), Verdict::Hold);
    assert_eq!(rule.on_frame(&data), Verdict::Absorb);
}

#[test]
fn lost_data_may_come_again_in_other_pieces() {
    let mut rule = SlowMotion::stepped();
    let data = segment(0, 101, Some(1), false, b"hello");
    rule.on_frame(&data);
    rule.on_decision(&data, Decision::Lost);
    let (first, second) =
        (segment(0, 101, Some(1), false, b"he"), segment(0, 103, Some(1), false, b"llo"));
    assert_eq!(rule.on_frame(&first), Verdict::Hold);
    assert_eq!(rule.on_frame(&first), Verdict::Absorb);
    assert_eq!(rule.on_frame(&second), Verdict::Hold);
    assert_eq!(rule.on_frame(&data), Verdict::Absorb);
}

#[test]
fn a_lost_acknowledgement_lets_the_segment_pass_again_once() {
    let mut rule = SlowMotion::stepped();
    let syn_ack = segment(1, 500, Some(101), true, b"");
    let ack = segment(0, 101, Some(501), false, b"");
    rule.on_frame(&syn_ack);
    rule.on_decision(&syn_ack, Decision::Released);
    assert_eq!(rule.on_frame(&ack), Verdict::Hold);
    assert_eq!(rule.on_frame(&syn_ack), Verdict::Absorb, "its answer is held");
    rule.on_decision(&ack, Decision::Lost);
    assert_eq!(rule.on_frame(&syn_ack), Verdict::Hold, "its answer was lost");
    assert_eq!(rule.on_frame(&syn_ack), Verdict::Absorb);
}

#[test]
fn a_lost_acknowledgement_is_made_good_by_a_later_one() {
    let mut rule = SlowMotion::stepped();
    let data = segment(1, 500, Some(1), false, b"x");
    let (ack, later) =
        (segment(0, 101, Some(501), false, b""), segment(0, 101, Some(501), false, b"y"));
    for frame in [&data, &ack, &later] {
        assert_eq!(rule.on_frame(frame), Verdict::Hold);
    }
    rule.on_decision(&ack, Decision::Lost);
    assert_eq!(rule.on_frame(&data), Verdict::Absorb, "another is on its way");
    rule.on_decision(&later, Decision::Released);
    assert_eq!(rule.on_frame(&data), Verdict::Absorb, "another arrived");
}

#[test]
fn a_flood_of_connections_is_shown_and_not_remembered_for_ever() {
    let mut rule = SlowMotion::stepped();
    for place in 0..2 * MOST {
        let mut bytes = segment(0, 100, None, true, b"").bytes.to_vec();
        bytes[28..30].copy_from_slice(&u16::try_from(place).expect("few").to_be_bytes());
        let syn = Frame { bytes: bytes.into(), ..segment(0, 100, None, true, b"") };
        assert_eq!(rule.on_frame(&syn), Verdict::Hold);
        assert_eq!(rule.on_frame(&syn), Verdict::Absorb);
        assert!(rule.directions.len() <= MOST);
    }
}

#[test]
fn a_new_connection_between_the_same_ends_starts_afresh() {
    let mut rule = SlowMotion::stepped();
    rule.on_frame(&segment(0, 1_000_000, None, true, b""));
    assert_eq!(rule.on_frame(&segment(0, 7, None, true, b"")), Verdict::Hold);
}
