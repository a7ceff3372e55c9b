//! The scenarios, in the order in which a class meets them, each with its words.

use std::time::Duration;

use wirelab::{Shows, TcpState};

use super::scenario::Act::{
    Abort, Accept, Close, CloseSending, Datagrams, Dial, EndTimeWait, Fail, GiveUpAfter, Listen,
    Read, ReadEnd, ReceiveFrom, Send, SendTo,
};
use super::scenario::Goal::{Acknowledged, State};
use super::scenario::Side::{Alice, Bob};
use super::scenario::Step::{Do, OnTheWire, Until};
use super::scenario::{Kind, Note, Prepared, PreparedFate, Scenario, Side, Step};

/// A connection: bob waits, alice calls.
const CONNECT: &[Step] =
    &[Do(Bob, Listen), Do(Alice, Dial), Until(Bob, State(TcpState::Established)), Do(Bob, Accept)];

/// alice's hello, acknowledged.
const HELLO: &[Step] = &[Do(Alice, Send("hello")), Until(Alice, Acknowledged)];

const fn lost(from: Side, kind: Kind) -> Prepared {
    Prepared { from, kind, receiver: None, fate: PreparedFate::Lost }
}

const fn note(from: Side, kind: Kind, text: &'static str) -> Note {
    Note { from, kind, text }
}

const SYN: Note = note(
    Alice,
    Kind::Syn,
    "alice's numbers begin here. bob has done nothing yet but listen; this SYN changes that.",
);
const SYN_ACK: Note = note(
    Bob,
    Kind::SynAck,
    "Two in one: bob's own SYN, and the ACK of alice's. When it arrives, alice is connected.",
);
const THIRD_ACK: Note = note(
    Alice,
    Kind::Ack,
    "bob stays in SYN-RECEIVED until this ACK arrives; alice may already send data.",
);
const ALICE_FIN: Note = note(
    Alice,
    Kind::Fin,
    "alice has sent her last byte. A FIN takes a number of its own, so it is acknowledged like data.",
);
const BOB_FIN: Note = note(
    Bob,
    Kind::Fin,
    "The second direction ends. bob now waits for one ACK, and alice will wait after sending it.",
);
const BOB_ACK: Note =
    note(Bob, Kind::Ack, "An acknowledgement takes no number and is never acknowledged itself.");

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
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
    },
    Scenario {
        name: "half-close",
        summary: "one side has said all, the other goes on",
        before: "A connection is two streams, and each ends by itself. alice asks her question and \
                 closes her sending half; bob's answer comes after that.",
        after: "Look at the pair FIN-WAIT-2 and CLOSE-WAIT: it lasts as long as bob has something to \
                say, and he still sends data in it. alice ends in TIME-WAIT because she closed \
                first.",
        steps: &[
            CONNECT,
            HELLO,
            &[
                Do(Alice, CloseSending),
                Until(Alice, State(TcpState::FinWait2)),
                Do(Bob, Read(5)),
                Do(Bob, ReadEnd),
                Do(Bob, Send("still here")),
                Until(Bob, Acknowledged),
                Do(Alice, Read(10)),
                Do(Bob, Close),
                Until(Alice, State(TcpState::TimeWait)),
                Until(Bob, State(TcpState::Closed)),
                Do(Alice, ReadEnd),
            ],
        ],
        prepared: &[],
        notes: &[ALICE_FIN, BOB_FIN],
        shows: &[Shows::TimeWait],
        with_arp: false,
    },
    Scenario {
        name: "four-way-close",
        summary: "each direction ends with a FIN and its ACK",
        before: "The connection is open and nobody has anything left to say. alice closes; bob reads \
                 the end of her stream and closes too. Two directions, each with a FIN and an ACK: \
                 four segments.",
        after: "alice went FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT; bob CLOSE-WAIT, LAST-ACK, CLOSED. The \
                middle two segments travel as one when bob closes quickly enough: then a close \
                takes three.",
        steps: &[
            CONNECT,
            &[
                Do(Alice, Close),
                Until(Alice, State(TcpState::FinWait2)),
                Do(Bob, ReadEnd),
                Do(Bob, Close),
                Until(Alice, State(TcpState::TimeWait)),
                Until(Bob, State(TcpState::Closed)),
            ],
        ],
        prepared: &[],
        notes: &[ALICE_FIN, BOB_ACK, BOB_FIN],
        shows: &[Shows::TimeWait],
        with_arp: false,
    },
    Scenario {
        name: "simultaneous-close",
        summary: "both close at the same moment, and both wait",
        before: "Both sides close before they have heard of the other's FIN: the two FINs cross on \
                 the wire. There is a state for exactly this, and it is the rarest one to see.",
        after: "CLOSING says: I have closed, I have your FIN, and I don't know yet whether you have \
                mine. Nobody was first here, so both end in TIME-WAIT.",
        steps: &[
            CONNECT,
            &[
                Do(Alice, Close),
                OnTheWire(Alice, 1),
                Do(Bob, Close),
                OnTheWire(Bob, 1),
                Until(Alice, State(TcpState::TimeWait)),
                Until(Bob, State(TcpState::TimeWait)),
            ],
        ],
        prepared: &[],
        notes: &[
            note(Alice, Kind::Fin, "bob's FIN is on the wire too, in the other direction."),
            note(Bob, Kind::Fin, "alice has closed already, so she does not go to CLOSE-WAIT."),
        ],
        shows: &[Shows::TimeWait],
        with_arp: false,
    },
    Scenario {
        name: "simultaneous-open",
        summary: "both call, and it becomes one connection",
        before: "Nobody listens. alice calls bob from the very port that bob calls, at the same \
                 moment as he calls her: the two SYNs cross. Both get SYN, while they expected \
                 SYN,ACK.",
        after: "Both went SYN-SENT, SYN-RECEIVED, ESTABLISHED, and there is one connection, not two \
                (RFC 9293 section 3.5, figure 7). Some programs use this on purpose, to meet \
                through two firewalls that let only answers in.",
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
        ],
        shows: &[Shows::SimultaneousOpen],
        with_arp: false,
    },
    Scenario {
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
            note(
                Alice,
                Kind::Syn,
                "There is no socket on bob's port 7000, not even a listening one.",
            ),
            note(Bob, Kind::Rst, "A reset, from bob's kernel. It acknowledges the SYN it refuses."),
        ],
        shows: &[],
        with_arp: false,
    },
    Scenario {
        name: "reset",
        summary: "one side breaks the connection off",
        before: "alice has sent something, and then breaks the connection off instead of closing it, \
                 as a program does that closes with a linger time of 0, or a machine that no longer \
                 knows the connection.",
        after: "One segment, and both are CLOSED: no FIN, no ACK, no TIME-WAIT. What bob had not read \
                yet may be gone, and his next read fails with \"connection reset\".",
        steps: &[
            CONNECT,
            HELLO,
            &[Do(Alice, Abort), Until(Bob, State(TcpState::Closed)), Do(Bob, Fail)],
        ],
        prepared: &[],
        notes: &[note(
            Alice,
            Kind::Rst,
            "A reset is not acknowledged. If it were lost, bob would never hear of the end.",
        )],
        shows: &[],
        with_arp: false,
    },
    Scenario {
        name: "unread-data-reset",
        summary: "closing with data unread is a reset",
        before: "alice sends, and bob closes without having read it. An ordinary close would tell \
                 alice that all is well. It isn't: her bytes reached bob's machine, but no program.",
        after: "bob called close() like everybody, and his kernel sent RST instead of FIN (RFC 9293 \
                section 3.6.1; RFC 2525 section 2.17). So a server that answers without reading the \
                whole request may destroy its own answer on the way.",
        steps: &[
            CONNECT,
            HELLO,
            &[Do(Bob, Close), Until(Alice, State(TcpState::Closed)), Do(Alice, Fail)],
        ],
        prepared: &[],
        notes: &[note(Bob, Kind::Rst, "bob's program asked for a close. This is what it became.")],
        shows: &[],
        with_arp: false,
    },
    Scenario {
        name: "lost-syn",
        summary: "the first SYN is lost; a clock notices",
        before: "The wire loses alice's first SYN. Nobody tells her: from where she stands a lost \
                 segment, a lost answer and a machine that is switched off all look the same.",
        after: "The second SYN has the same sequence number: it is the same SYN. Linux sends it after one \
                second, and then again and again with longer pauses. So a connect() to a machine that \
                is switched off gives up only after a minute or two.",
        steps: &[CONNECT],
        prepared: &[lost(Alice, Kind::Syn)],
        notes: &[SYN, SYN_ACK, THIRD_ACK],
        shows: &[],
        with_arp: false,
    },
    Scenario {
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
    },
    Scenario {
        name: "lost-data",
        summary: "data is lost and sent again",
        before: "The connection is open, and the wire loses the segment with alice's data. TCP \
                 promises that it arrives all the same. alice keeps every byte until she has seen \
                 its acknowledgement.",
        after: "The same bytes came again with the same sequence number, after a fraction of a second: \
                TCP knows by then how long a round trip takes. No state changed. bob's program \
                noticed nothing but a delay.",
        steps: &[CONNECT, HELLO, &[Do(Bob, Read(5))]],
        prepared: &[lost(Alice, Kind::Data)],
        notes: &[note(
            Alice,
            Kind::Data,
            "Data. Its first byte has the number that stands at seq.",
        )],
        shows: &[Shows::Retransmission],
        with_arp: false,
    },
    Scenario {
        name: "time-wait",
        summary: "why whoever closes first has to wait",
        before: "A close as usual, but the wire loses the very last ACK. bob doesn't get it, and can't \
                 know why. Somebody has to be there when he asks again.",
        after: "bob's FIN came a second time, and alice answered again: because of TIME-WAIT somebody \
                was there to do it. Each such FIN starts the clock anew: 2 MSL, 60 s on Linux. A \
                server that wants its port back sooner sets SO_REUSEADDR on its next listener.",
        steps: &[
            CONNECT,
            &[
                Do(Alice, Close),
                Until(Alice, State(TcpState::FinWait2)),
                Do(Bob, ReadEnd),
                Do(Bob, Close),
                Until(Alice, State(TcpState::TimeWait)),
                Until(Bob, State(TcpState::Closed)),
                Do(Alice, EndTimeWait),
            ],
        ],
        prepared: &[Prepared {
            from: Alice,
            kind: Kind::Ack,
            receiver: Some(TcpState::LastAck),
            fate: PreparedFate::Lost,
        }],
        notes: &[ALICE_FIN, BOB_FIN],
        shows: &[Shows::TimeWait, Shows::Retransmission],
        with_arp: false,
    },
    Scenario {
        name: "udp-loss",
        summary: "a lost datagram is the program's own matter",
        before: "alice asks bob for the time, by UDP. The wire loses her question. There is no \
                 connection, no number and no acknowledgement: nothing in either kernel will notice.",
        after: "Only alice's program could notice, with a clock of its own, and it asked again. It \
                can't know what was lost, the question or the answer. So a question that is asked \
                twice should do no harm when it is answered twice.",
        steps: &[&[
            Do(Bob, Datagrams),
            Do(Alice, Datagrams),
            Do(Alice, SendTo("time?")),
            OnTheWire(Alice, 1),
            Do(Alice, GiveUpAfter(Duration::from_secs(1))),
            Do(Alice, SendTo("time?")),
            Do(Bob, ReceiveFrom),
            Do(Bob, SendTo("12:00")),
            Do(Alice, ReceiveFrom),
        ]],
        prepared: &[lost(Alice, Kind::Datagram)],
        notes: &[note(
            Bob,
            Kind::Datagram,
            "It goes to the address and port the question came from.",
        )],
        shows: &[],
        with_arp: false,
    },
    Scenario {
        name: "udp-reorder",
        summary: "datagrams arrive in another order",
        before: "alice sends three datagrams, one after the other. The first one is held up on the \
                 way, as on a path through another router, and the other two overtake it.",
        after: "bob's program got two, three, one, and nothing told it that this is not how they were \
                sent. Whoever needs the order puts a number into each datagram. TCP does, and would \
                have waited with two and three until one was there.",
        steps: &[&[
            Do(Bob, Datagrams),
            Do(Alice, Datagrams),
            Do(Alice, SendTo("one")),
            Do(Alice, SendTo("two")),
            Do(Alice, SendTo("three")),
            OnTheWire(Alice, 3),
            Do(Bob, ReceiveFrom),
            Do(Bob, ReceiveFrom),
            Do(Bob, ReceiveFrom),
        ]],
        prepared: &[Prepared {
            from: Alice,
            kind: Kind::Datagram,
            receiver: None,
            fate: PreparedFate::OvertakenBy(2),
        }],
        notes: &[],
        shows: &[],
        with_arp: false,
    },
    Scenario {
        name: "arp",
        summary: "who has this address? the question before the first packet",
        before: "alice wants to send a datagram to 10.0.0.2. On the wire she needs bob's hardware \
                 address, and she doesn't know it yet. So she asks everybody, and bob answers. All \
                 other scenarios leave this out: there the hosts know each other already.",
        after: "The question went to the broadcast address ff:ff:ff:ff:ff:ff, the answer to alice \
                alone. bob noted alice's address from her question, so he did not have to ask, and \
                for the second datagram nobody asked again.",
        steps: &[&[
            Do(Bob, Datagrams),
            Do(Alice, Datagrams),
            Do(Alice, SendTo("hi bob")),
            Do(Bob, ReceiveFrom),
            Do(Bob, SendTo("hi alice")),
            Do(Alice, ReceiveFrom),
            Do(Alice, SendTo("again")),
            Do(Bob, ReceiveFrom),
        ]],
        prepared: &[],
        notes: &[
            note(
                Alice,
                Kind::ArpRequest,
                "alice's datagram waits in her kernel until this question is answered.",
            ),
            note(Bob, Kind::ArpReply, "Now alice's kernel knows where to send the frame."),
        ],
        shows: &[Shows::Neighbours],
        with_arp: true,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_has_its_words_and_a_name_of_its_own() {
        assert_eq!(ALL.len(), 15);
        for (place, scenario) in ALL.iter().enumerate() {
            let name = scenario.name;
            assert!(ALL[..place].iter().all(|other| other.name != name), "{name} is there twice");
            assert!(scenario.summary.len() <= 58, "{name}: a row has no room for its summary");
            for text in [scenario.before, scenario.after] {
                let sentences = text.matches(['.', '?']).count();
                assert!(sentences >= 2 && text.len() < 400, "{name}: {text}");
                assert!(!text.contains("  "), "{name}: {text}");
            }
        }
    }
}
