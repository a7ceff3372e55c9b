//! What TCP does about a wire that loses.

use wirelab::Shows;

use super::{CONNECT, HELLO, SYN, SYN_ACK, THIRD_ACK, lost, note};
use crate::trace::scenario::Act::Read;
use crate::trace::scenario::Side::{Alice, Bob};
use crate::trace::scenario::Step::Do;
use crate::trace::scenario::{Kind, Scenario};

pub(super) const LOST_SYN: Scenario = Scenario {
    name: "lost-syn",
    summary: "the first SYN is lost; a clock notices",
    before: "The wire loses alice's first SYN. Nobody tells her: from where she stands a lost \
             segment, a lost answer and a machine that is switched off all look the same.",
    after: "The second SYN has the same sequence number: it is the same SYN. Linux sends it after one \
            second, then some times more, at last with longer and longer pauses. So a connect() to \
            a distant machine that is switched off gives up only after a minute or two. In your \
            own network it takes three seconds: there ARP finds nobody.",
    steps: &[CONNECT],
    prepared: &[lost(Alice, Kind::Syn)],
    notes: &[SYN, SYN_ACK, THIRD_ACK],
    shows: &[],
    with_arp: false,
    observed: None,
};

pub(super) const LOST_SYN_ACK: Scenario = Scenario {
    name: "lost-syn-ack",
    summary: "the answer is lost; both clocks run",
    before: "bob has got the SYN and has answered, and the wire loses the answer. Now both sides \
             wait for something, and both have a clock.",
    after: "Whose clock ran out first? If it was alice's, she sent her SYN again and bob answered \
            again; if it was bob's, he sent his SYN,ACK again by himself. Either is enough, and \
            neither makes a second connection.",
    steps: &[CONNECT],
    prepared: &[lost(Bob, Kind::SynAck)],
    notes: &[SYN, SYN_ACK, THIRD_ACK],
    shows: &[],
    with_arp: false,
    observed: None,
};

pub(super) const LOST_DATA: Scenario = Scenario {
    name: "lost-data",
    summary: "data is lost and sent again",
    before: "The connection is open, and the wire loses the segment with alice's data. TCP \
             promises that it arrives all the same. alice keeps every byte until she has seen \
             its acknowledgement.",
    after: "The same bytes came again with the same sequence number. How long alice waits she takes \
            from the round trips that she has measured: whoever holds packets up makes her more \
            patient. No state changed, and bob's program noticed nothing but a delay.",
    steps: &[CONNECT, HELLO, &[Do(Bob, Read(5))]],
    prepared: &[lost(Alice, Kind::Data)],
    notes: &[note(Alice, Kind::Data, "Data. Its first byte has the number that stands at seq.")],
    shows: &[Shows::Retransmission],
    with_arp: false,
    observed: None,
};
