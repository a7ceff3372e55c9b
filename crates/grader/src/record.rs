//! What happened during a check, in order, with the time of each event.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::escape;
use crate::locked::locked;

/// Of each event's bytes so many are kept; of the rest only the count.
const KEPT: usize = 256;

/// From so many events on only rare ones get a row of their own, and from so many on none is added.
const CROWDED: usize = 600;
const MOST: usize = 2000;

/// One thing that happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// Since the check began, in milliseconds.
    #[serde(rename = "at_ms", serialize_with = "milliseconds", deserialize_with = "duration")]
    pub at: Duration,
    /// The grader's side of it: `client`, `client 2`; empty where only the program takes part.
    pub peer: String,
    /// The program's side of it: `your server`; empty where only the grader takes part.
    pub program: String,
    /// What happened.
    pub what: What,
    /// How many bytes it was about.
    pub bytes: u64,
    /// The first of those bytes, escaped; or other words.
    pub text: String,
    /// The other end's address as the grader sees it, for connections and datagrams.
    pub address: Option<SocketAddr>,
    /// How many events in a row this one stands for.
    pub times: u32,
}

fn milliseconds<S: serde::Serializer>(at: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64((at.as_secs_f64() * 1e6).round() / 1e3)
}

fn duration<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let milliseconds = f64::deserialize(from)?;
    Duration::try_from_secs_f64(milliseconds / 1e3).map_err(serde::de::Error::custom)
}

/// The kinds of events. `Sent` is from the grader to the program, `Received` the other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum What {
    Run,
    Stdin,
    StdinClosed,
    Stdout,
    Stderr,
    Exit,
    TakenDown,
    /// The grader connects to the program.
    Connect,
    /// The program's connection to the grader is accepted.
    Accept,
    Sent,
    Received,
    SentDatagram,
    ReceivedDatagram,
    /// A relay let it vanish on its way to the program.
    SentDatagramLost,
    /// A relay let it vanish on its way from the program.
    ReceivedDatagramLost,
    /// The grader closes its sending half.
    HalfClose,
    /// The program's stream ended: a FIN came.
    End,
    Close,
    Reset,
    /// The program reset the connection.
    ResetReceived,
    /// Patience ran out.
    Wait,
    Note,
}

impl What {
    /// Whether there can only be a few of this kind, however a program behaves.
    fn is_rare(self) -> bool {
        matches!(self, What::Run | What::Exit | What::TakenDown | What::Wait | What::Note)
    }

    /// Whether events of this kind in a row become one, their bytes added up.
    fn flows(self) -> bool {
        matches!(self, What::Sent | What::Received | What::Stdin | What::Stdout | What::Stderr)
    }
}

/// Who is told of each event as it happens.
type Follower = Arc<dyn Fn(Event) + Send + Sync>;

/// Takes events from several threads.
#[derive(Clone)]
pub(crate) struct Recorder {
    began: Instant,
    taker: Taker,
}

/// Where the events go.
#[derive(Clone)]
enum Taker {
    Record(Arc<Mutex<Vec<Event>>>),
    Follower(Follower),
    Nobody,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Recorder { began: Instant::now(), taker: Taker::Record(Arc::default()) }
    }

    /// A recorder that keeps nothing. A follower that takes its time holds up whoever has something
    /// to tell, and so bounds what is on its way.
    pub(crate) fn followed(follower: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Recorder { began: Instant::now(), taker: Taker::Follower(Arc::new(follower)) }
    }

    /// One that keeps nothing and tells nobody.
    pub(crate) fn silent(&self) -> Self {
        Recorder { began: self.began, taker: Taker::Nobody }
    }

    /// Whether anything comes of what is told here.
    pub(crate) fn is_kept(&self) -> bool {
        !matches!(self.taker, Taker::Nobody)
    }

    pub(crate) fn note(&self, text: &str) {
        self.words("", "", What::Note, text);
    }

    /// Records an event that is told in words.
    pub(crate) fn words(&self, peer: &str, program: &str, what: What, text: &str) {
        self.push(peer, program, what, 0, text.into(), None);
    }

    /// Records an event that is about bytes.
    pub(crate) fn bytes(&self, peer: &str, program: &str, what: What, bytes: &[u8]) {
        if self.is_kept() {
            let text = escape::quoted_start(bytes, KEPT);
            self.push(peer, program, what, bytes.len() as u64, text, None);
        }
    }

    /// Records a connection or a datagram: what was said, and with whom.
    pub(crate) fn with(
        &self,
        peer: &str,
        program: &str,
        what: What,
        bytes: &[u8],
        address: SocketAddr,
    ) {
        let text = escape::quoted_start(bytes, KEPT);
        self.push(peer, program, what, bytes.len() as u64, text, Some(address));
    }

    fn push(
        &self,
        peer: &str,
        program: &str,
        what: What,
        bytes: u64,
        text: String,
        address: Option<SocketAddr>,
    ) {
        let at = self.began.elapsed();
        let mut events = match &self.taker {
            Taker::Record(events) => locked(events),
            Taker::Follower(follower) => {
                let (peer, program) = (peer.into(), program.into());
                follower(Event { at, peer, program, what, bytes, text, address, times: 1 });
                return;
            }
            Taker::Nobody => return,
        };
        let alike = |event: &&mut Event| {
            event.what == what && event.peer == peer && event.program == program
        };
        // A few pieces are the lesson; a flood is one line.
        let flood = |event: &&mut Event| event.times > 1 || event.bytes + bytes > 8 * KEPT as u64;
        let crowded = events.len() >= CROWDED;
        let same = match crowded {
            false if what.flows() => events.last_mut().filter(alike).filter(flood),
            // Two kinds in turn would never meet: one looks a little further back.
            true if !what.is_rare() => events.iter_mut().rev().take(8).find(alike),
            _ => None,
        };
        if let Some(same) = same {
            same.times += 1;
            same.bytes += bytes;
            return;
        }
        if events.len() >= MOST && !what.is_rare() {
            return;
        }
        // A program's exit is known before the last it printed has been read. It came after.
        let exited = |event: &Event| event.what == What::Exit && event.program == program;
        let exit = match what {
            What::Stdout | What::Stderr => events.iter().position(exited),
            _ => None,
        };
        let at = exit.map_or(at, |exit| events[exit].at);
        let event = Event {
            at,
            peer: peer.into(),
            program: program.into(),
            what,
            bytes,
            text,
            address,
            times: 1,
        };
        let place = exit.unwrap_or(events.len());
        events.insert(place, event);
    }

    /// `moment` as events have it.
    pub(crate) fn since_the_beginning(&self, moment: Instant) -> Duration {
        moment.saturating_duration_since(self.began)
    }

    /// What has happened so far, in the order of time.
    pub(crate) fn events(&self) -> Vec<Event> {
        let Taker::Record(events) = &self.taker else { return Vec::new() };
        let mut events = locked(events).clone();
        events.sort_by_key(|event| event.at);
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_becomes_one_event_that_counts() {
        let recorder = Recorder::new();
        for _ in 0..1000 {
            recorder.bytes("client", "your server", What::Sent, &[b'x'; 4096]);
        }
        recorder.bytes("client 2", "your server", What::Sent, b"y");
        let events = recorder.events();
        assert_eq!(events.len(), 2);
        assert_eq!((events[0].times, events[0].bytes), (1000, 4096 * 1000));
    }

    #[test]
    fn what_a_program_printed_last_stands_before_its_exit() {
        let recorder = Recorder::new();
        recorder.words("", "your client", What::Exit, "exit code 1");
        recorder.bytes("", "your client", What::Stderr, b"error: refused");
        recorder.bytes("", "your client 2", What::Stderr, b"later");
        let order: Vec<_> = recorder.events().iter().map(|event| event.what).collect();
        assert_eq!(order, [What::Stderr, What::Exit, What::Stderr]);
    }

    #[test]
    fn an_endless_conversation_in_turns_is_bounded_and_its_end_is_kept() {
        let recorder = Recorder::new();
        for number in 0..100_000 {
            let what = if number % 2 == 0 { What::Sent } else { What::Received };
            recorder.bytes("client", "your server", what, b"x");
            recorder.bytes(&format!("client {number}"), "", What::SentDatagram, b"x");
        }
        recorder.words("", "your server", What::Exit, "exit code 1");
        let events = recorder.events();
        assert!(events.len() <= MOST + 1, "{}", events.len());
        assert_eq!(events.last().map(|event| event.what), Some(What::Exit));
    }

    #[test]
    fn a_follower_is_told_of_every_event_and_nothing_is_kept() {
        let (sender, told) = std::sync::mpsc::channel();
        let recorder = Recorder::followed(move |event| sender.send(event).unwrap());
        for _ in 0..3000 {
            recorder.bytes("client", "server", What::Sent, &[b'x'; 4096]);
        }
        assert_eq!(told.try_iter().count(), 3000);
        assert!(recorder.events().is_empty());
    }

    #[test]
    fn small_pieces_stay_apart() {
        let recorder = Recorder::new();
        recorder.bytes("client", "your server", What::Sent, b"hel");
        recorder.bytes("client", "your server", What::Sent, b"lo");
        assert_eq!(recorder.events().len(), 2);
    }
}
