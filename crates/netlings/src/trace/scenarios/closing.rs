//! How connections end, in order and otherwise.

use wirelab::{Shows, TcpState};

use super::{ALICE_FIN, BOB_ACK, BOB_FIN, CONNECT, HELLO, note};
use crate::trace::scenario::Act::{
    Abort, Close, CloseSending, EndTimeWait, Fail, Read, ReadEnd, Send,
};
use crate::trace::scenario::Goal::{Acknowledged, State};
use crate::trace::scenario::Side::{Alice, Bob};
use crate::trace::scenario::Step::{Do, OnTheWire, Until};
use crate::trace::scenario::{Kind, Prepared, PreparedFate, Scenario, Told};

pub(super) const HALF_CLOSE: Scenario = Scenario {
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
    observed: None,
};

pub(super) const FOUR_WAY_CLOSE: Scenario = Scenario {
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
    observed: None,
};

pub(super) const SIMULTANEOUS_CLOSE: Scenario = Scenario {
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
    observed: None,
};

pub(super) const RESET: Scenario = Scenario {
    name: "reset",
    summary: "one side breaks the connection off",
    before: "alice has sent something, and then breaks the connection off instead of closing it. A \
             program does that with a linger time of 0; so does a machine that has restarted and \
             knows nothing of the connection any more.",
    after: "One segment, and both are CLOSED: no FIN, no answer, no TIME-WAIT. What bob had not read \
            yet is thrown away, says RFC 9293 (section 3.10.7.4); Linux still hands it over. The \
            read after that fails with \"connection reset\".",
    steps: &[
        CONNECT,
        HELLO,
        &[Do(Alice, Abort), Until(Bob, State(TcpState::Closed)), Do(Bob, Fail)],
    ],
    prepared: &[],
    notes: &[note(
        Alice,
        Kind::Rst,
        "A reset is not acknowledged. If it were lost, bob would hear of the end only when he sends \
         something himself.",
    )],
    shows: &[],
    with_arp: false,
    observed: None,
};

pub(super) const UNREAD_DATA_RESET: Scenario = Scenario {
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
    observed: None,
};

pub(super) const TIME_WAIT: Scenario = Scenario {
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
    observed: Some(Told {
        before: "A close as usual. Whoever closes first has to wait, in case the very last ACK is \
                 lost and the other's FIN comes once more.",
        after: "bob is CLOSED and alice waits, 60 s on Linux, though nobody will ask again: she \
                can't know that. With `--tier simulated` the wire loses her last ACK, and you see \
                whom she waited for.",
    }),
};
