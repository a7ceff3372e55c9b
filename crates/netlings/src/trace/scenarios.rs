//! The scenarios, in the order in which a class meets them, each with its words.

mod closing;
mod datagrams;
mod losing;
mod opening;

use wirelab::TcpState;

use super::scenario::Act::{Accept, Dial, Listen, Send};
use super::scenario::Goal::{Acknowledged, State};
use super::scenario::Side::{Alice, Bob};
use super::scenario::Step::{Do, Until};
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
    "alice's numbers begin here. Until it arrives bob does nothing but listen; then he answers.",
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

pub(crate) const ALL: [&Scenario; 15] = [
    &opening::HANDSHAKE,
    &closing::HALF_CLOSE,
    &closing::FOUR_WAY_CLOSE,
    &closing::SIMULTANEOUS_CLOSE,
    &opening::SIMULTANEOUS_OPEN,
    &opening::REFUSED,
    &closing::RESET,
    &closing::UNREAD_DATA_RESET,
    &losing::LOST_SYN,
    &losing::LOST_SYN_ACK,
    &losing::LOST_DATA,
    &closing::TIME_WAIT,
    &datagrams::UDP_LOSS,
    &datagrams::UDP_REORDER,
    &datagrams::ARP,
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
            let observed = scenario.observed.map(|told| [told.before, told.after]);
            for text in
                [scenario.before, scenario.after].into_iter().chain(observed.into_iter().flatten())
            {
                let sentences = text.matches(['.', '?']).count();
                assert!(sentences >= 2 && text.len() < 400, "{name}: {text}");
                assert!(!text.contains("  "), "{name}: {text}");
            }
        }
    }
}
