//! What the programs of a scenario did, among the events of its wire.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;
use wirelab::{Lab, Recorder, TcpState};

use super::scenario::Side;
use super::stage::Done;

/// A place among a wire's events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// The number of the next event.
    before: u64,
    /// On the wire's clock.
    at: Duration,
}

impl Moment {
    /// Now.
    pub(crate) fn of(lab: &Lab) -> Self {
        Self { before: lab.wire().recorder().next_number(), at: lab.wire().now() }
    }
}

/// Something that a program did.
#[derive(Clone, Debug)]
pub(crate) struct Acted {
    /// Right before it was done.
    pub(crate) moment: Moment,
    pub(crate) done: Done,
    /// Both states right after it, where there is a connection to have them.
    pub(crate) states: Option<[TcpState; 2]>,
}

/// A line of its own. Its keys mean what they mean in the lines about frames.
#[derive(Serialize)]
struct Line<'a> {
    at_us: u64,
    from: &'static str,
    act: &'static str,
    text: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    states: Vec<State>,
}

#[derive(Serialize)]
struct State {
    host: &'static str,
    state: TcpState,
}

impl Acted {
    fn line(&self) -> Line<'_> {
        let states = Side::BOTH.into_iter().zip(self.states.into_iter().flatten());
        Line {
            at_us: u64::try_from(self.moment.at.as_micros()).unwrap_or(u64::MAX),
            from: self.done.side.name(),
            act: self.done.act.name(),
            text: &self.done.text,
            states: states.map(|(side, state)| State { host: side.name(), state }).collect(),
        }
    }
}

/// Writes the record's lines (`Recorder::write_json_lines`), and between them a line for each act,
/// before whatever it caused.
pub(crate) fn write_json_lines(
    recorder: &Recorder,
    acts: &[Acted],
    out: &mut impl Write,
) -> io::Result<()> {
    let mut events = Vec::new();
    recorder.write_json_lines(&mut events)?;
    let events = String::from_utf8(events).map_err(io::Error::other)?;
    let mut lines = events.lines();
    if let Some(hosts) = lines.next() {
        writeln!(out, "{hosts}")?;
    }
    let mut acts = acts.iter().peekable();
    for (event, number) in lines.zip(recorder.forgotten()..) {
        while let Some(act) = acts.next_if(|act| act.moment.before <= number) {
            writeln!(out, "{}", serde_json::to_string(&act.line())?)?;
        }
        writeln!(out, "{event}")?;
    }
    for act in acts {
        writeln!(out, "{}", serde_json::to_string(&act.line())?)?;
    }
    Ok(())
}
