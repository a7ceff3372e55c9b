//! Without a connection, and what is below all of it.

use std::time::Duration;

use wirelab::Shows;

use super::{lost, note};
use crate::trace::scenario::Act::{Datagrams, GiveUpAfter, ReceiveFrom, SendTo};
use crate::trace::scenario::Side::{Alice, Bob};
use crate::trace::scenario::Step::{Do, OnTheWire};
use crate::trace::scenario::{Kind, Prepared, PreparedFate, Scenario, Told};

pub(super) const UDP_LOSS: Scenario = Scenario {
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
    notes: &[note(Bob, Kind::Datagram, "It goes to the address and port the question came from.")],
    shows: &[],
    with_arp: false,
    observed: None,
};

pub(super) const UDP_REORDER: Scenario = Scenario {
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
    observed: None,
};

pub(super) const ARP: Scenario = Scenario {
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
        note(Bob, Kind::ArpReply, "From this alice's kernel learns where to send the datagram."),
    ],
    shows: &[Shows::Neighbours],
    with_arp: true,
    observed: Some(Told {
        before: "alice sends bob a datagram. On a wire she would need bob's hardware address, and \
                 would ask for it first. On the loopback there are none.",
        after: "Three datagrams, and nothing before them. With `--tier simulated` the hosts are on \
                a wire, and you see the question for bob's hardware address and its answer.",
    }),
};
