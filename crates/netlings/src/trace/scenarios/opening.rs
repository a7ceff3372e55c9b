//! How connections begin, and how they don't.

use wirelab::{Shows, TcpState};

use super::{CONNECT, SYN, SYN_ACK, THIRD_ACK, note};
use crate::trace::scenario::Act::{Dial, Fail};
use crate::trace::scenario::Goal::State;
use crate::trace::scenario::Side::{Alice, Bob};
use crate::trace::scenario::Step::{Do, OnTheWire, Until};
use crate::trace::scenario::{Kind, Scenario};

pub(super) const HANDSHAKE: Scenario = Scenario {
    name: "handshake",
    summary: "three segments open a connection",
    before: "bob listens, alice connects. Each side has to tell the other where its numbers \
             begin, and to hear that this was understood. Watch the two states: they do not \
             change at the same moment.",
    after: "alice was ESTABLISHED one segment before bob. Her connect() had returned by then, \
            and she could have sent data together with the third segment. The two SYNs each \
            took a sequence number, the last ACK took none.",
    steps: &[CONNECT],
    prepared: &[],
    notes: &[SYN, SYN_ACK, THIRD_ACK],
    shows: &[],
    with_arp: false,
    observed: None,
};

const ANSWERS_A_SECOND_SYN: &str = "The SYN,ACK brought a SYN that had come before. A SYN, data or a FIN that comes twice is \
     answered with an ACK each time.";

pub(super) const SIMULTANEOUS_OPEN: Scenario = Scenario {
    name: "simultaneous-open",
    summary: "both call, and it becomes one connection",
    before: "Nobody listens. alice calls bob from the very port that bob calls, at the same \
             moment as he calls her: the two SYNs cross. Both get SYN, while they expected \
             SYN,ACK.",
    after: "Both went SYN-SENT, SYN-RECEIVED, ESTABLISHED, and there is one connection, not two \
            (RFC 9293 section 3.5, figure 7). The two ACKs at the end are not in that figure: \
            each answers a SYN that has come a second time. Some programs use this on purpose, \
            to meet through two firewalls that let only answers in.",
    steps: &[&[
        Do(Alice, Dial),
        OnTheWire(Alice, 1),
        Do(Bob, Dial),
        OnTheWire(Bob, 1),
        Until(Alice, State(TcpState::Established)),
        Until(Bob, State(TcpState::Established)),
    ]],
    prepared: &[],
    notes: &[
        note(Alice, Kind::Syn, "bob's SYN is on the wire too, in the other direction."),
        note(
            Alice,
            Kind::SynAck,
            "alice's SYN once more, with the same number; now it acknowledges bob's too.",
        ),
        note(
            Bob,
            Kind::SynAck,
            "bob's SYN once more, with the same number; now it acknowledges alice's too.",
        ),
        note(Alice, Kind::Ack, ANSWERS_A_SECOND_SYN),
        note(Bob, Kind::Ack, ANSWERS_A_SECOND_SYN),
    ],
    shows: &[Shows::SimultaneousOpen],
    with_arp: false,
    observed: None,
};

pub(super) const REFUSED: Scenario = Scenario {
    name: "refused",
    summary: "nobody listens, so the answer is a reset",
    before: "alice connects to a port where nobody listens. bob's machine is there, so somebody \
             answers: its kernel, not a program.",
    after: "One round trip, and connect() fails with \"connection refused\". That is good news of \
            a kind: the machine lives and the network works, only the program is missing. Where \
            even the machine is missing no answer comes; see lost-syn.",
    steps: &[&[Do(Alice, Dial), Do(Alice, Fail)]],
    prepared: &[],
    notes: &[
        note(Alice, Kind::Syn, "There is no socket on bob's port 7000, not even a listening one."),
        note(Bob, Kind::Rst, "A reset, from bob's kernel. It acknowledges the SYN it refuses."),
    ],
    shows: &[],
    with_arp: false,
    observed: None,
};
