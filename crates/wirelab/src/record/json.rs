//! The record as JSON lines: one about the lab, then one for each event, and for what programs did.

use std::io::{self, Write};
use std::time::{Duration, UNIX_EPOCH};

use serde::Serialize;

use super::telling::{Row, rows};
use super::{Deed, Event, Fate, Recorder};
use crate::decode::{Numbers, payload};

/// The first line.
#[derive(Serialize)]
struct Lab<'a> {
    /// Seconds since 1970.
    began: f64,
    hosts: Vec<Host<'a>>,
    /// How many events were forgotten before the first one here.
    forgotten: u64,
}

#[derive(Serialize)]
struct Host<'a> {
    name: &'a str,
    addresses: &'a [std::net::IpAddr],
}

/// Each further line. Times are in microseconds since the wire began.
#[derive(Serialize)]
struct Line<'a> {
    number: u64,
    at_us: u64,
    sent_us: u64,
    frame: u64,
    from: &'a str,
    fate: Fate,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tcp: Option<Segment>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    states: Vec<State<'a>>,
    bytes: String,
}

/// What a segment is, in numbers that count from where its connection began.
#[derive(Serialize)]
struct Segment {
    flags: Vec<&'static str>,
    seq: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    ack: Option<u32>,
    length: usize,
}

/// The line of a deed. Its keys mean what they mean in the lines about frames.
#[derive(Serialize)]
struct DeedLine<'a> {
    at_us: u64,
    from: &'a str,
    act: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    states: Vec<State<'a>>,
}

#[derive(Serialize)]
struct State<'a> {
    host: &'a str,
    state: &'static str,
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Recorder {
    /// Writes all events as lines of JSON: first one with the hosts, then one for each event, with
    /// the frame in words and in hexadecimal.
    ///
    /// The first has `began` (seconds since 1970), `hosts` (each with `name` and `addresses`) and
    /// `forgotten` (how many events there were before the first one here). Each other has
    ///
    /// - `number`, from 0; `frame`, the frame's own number, from 1; `from`, a host's name;
    /// - `at_us` and `sent_us`: when it happened, and when the frame was sent, in microseconds since
    ///   the wire began;
    /// - `fate`: `delivered`, `held`, `lost`, `absorbed`, `cut` or `injected`, see [`Fate`];
    /// - `text`, the frame in one line, as people are shown it, and `bytes`, all of it in hexadecimal;
    /// - `tcp`, for a segment: its `flags` by name, `seq` and, with the flag ACK, `ack`, which count
    ///   from where the connection began, and `length`, the bytes of data;
    /// - `states`, where they were asked for: `host` and `state` of both ends, by RFC 9293's names.
    ///
    /// Each of `deeds`, which are in their order, has a line between them, before whatever it caused,
    /// with `at_us`, `from`, `text` and `states` as above, and `act`, its name.
    ///
    /// # Errors
    /// If `out` doesn't take it.
    pub fn write_json_lines(&self, deeds: &[Deed], mut out: impl Write) -> io::Result<()> {
        let hosts = self.hosts().iter().enumerate();
        let hosts = hosts.map(|(place, name)| Host { name, addresses: self.addresses(place) });
        let began = self.began().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let lab = Lab { began, hosts: hosts.collect(), forgotten: self.forgotten() };
        writeln!(out, "{}", serde_json::to_string(&lab)?)?;
        let mut numbers = Numbers::default();
        for row in rows(self.events(), deeds) {
            let line = match &row {
                Row::Frame(event) => serde_json::to_string(&self.line(event, &mut numbers)),
                Row::Deed(deed) => serde_json::to_string(&self.deed_line(deed)),
            };
            writeln!(out, "{}", line?)?;
        }
        out.flush()
    }

    fn line(&self, event: &Event, numbers: &mut Numbers) -> Line<'_> {
        let states = event.states.iter();
        let decoded = event.frame.decode();
        let relative = numbers.relative(&decoded);
        let tcp = decoded.tcp().zip(relative).map(|((_, tcp), relative)| Segment {
            flags: tcp.flags.names(),
            seq: relative.seq,
            ack: relative.ack,
            length: tcp.data,
        });
        Line {
            number: event.number,
            at_us: microseconds(event.time),
            sent_us: microseconds(event.frame.time),
            frame: event.frame.id,
            from: self.name(event.frame.from),
            fate: event.fate,
            text: decoded.line(relative, payload(&event.frame.bytes)),
            tcp,
            states: states
                .map(|seen| State { host: self.name(seen.host), state: seen.state().name() })
                .collect(),
            bytes: event.frame.bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }

    fn deed_line<'a>(&'a self, deed: &'a Deed) -> DeedLine<'a> {
        let states = deed.states.iter();
        DeedLine {
            at_us: microseconds(deed.time),
            from: self.name(deed.host),
            act: deed.name,
            text: &deed.text,
            states: states
                .map(|(host, state)| State { host: self.name(*host), state: state.name() })
                .collect(),
        }
    }
}
