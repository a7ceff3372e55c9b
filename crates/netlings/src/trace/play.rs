//! Playing a scenario: the programs act, and each frame is shown, decided about, and shown again
//! with what came of it.

mod back;
mod clocks;
mod decide;
mod gather;
mod open;
mod show;

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::time::Duration;

use wirelab::{Deed, Field, Frame, Lab, Numbers, TcpState};

use gather::Carried;

use super::acts::Moment;
use super::input::Input;
use super::quiz::Score;
use super::scenario::{Kind, Prepared, Scenario, Side};
use super::stage::{Done, Progress, Stage};
use super::view::{End, Row, View};
use crate::ending::Stop;
use crate::words::trace as words;

/// How long the wire is asked for a frame before the programs are looked at again.
const LOOK: Duration = Duration::from_millis(5);
/// When no clock runs and no frame has come for so long, nothing will come any more.
const SILENCE: Duration = Duration::from_secs(2);
/// The longest wait for anything; kernels send again within two minutes.
const LONGEST: Duration = Duration::from_secs(150);
/// So many frames can be gone back to; then the older half goes.
const MOST_SEEN: usize = 2000;

/// How a scenario is played.
pub(crate) struct Manner {
    /// How long each frame is seen on the wire.
    pub(crate) per_frame: Duration,
    pub(crate) steps: bool,
    pub(crate) asks: bool,
    /// The frame that the wire loses, counted from 1.
    pub(crate) drop: Option<u64>,
    /// Whether stdout shows frames while they are on the wire.
    pub(crate) watched: bool,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All was seen.
    Over,
    /// Nothing more can happen, since something was lost for good.
    Stuck,
    /// Somebody wanted no more.
    Left,
}

/// A frame that has been shown, for whoever wants to go back.
struct Seen {
    row: Row,
    fields: Vec<Field>,
    states: [TcpState; 2],
}

/// A frame that waits on the wire, or to be shown.
struct Waiting<'a> {
    frame: Carried<'a>,
    from: Side,
    kind: Kind,
    /// How many that were sent later go first, from now on.
    overtaken_by: usize,
    late: bool,
}

pub(crate) struct Play<'a> {
    lab: &'a Lab,
    scenario: &'a Scenario,
    manner: Manner,
    stage: Stage<'a>,
    pub(super) view: View<'a>,
    pub(super) input: Input,
    /// Whether there are states to look at.
    has_states: bool,
    /// alice's ports so far, where she may have several; they tell her connections apart.
    ports: Option<BTreeSet<u16>>,
    waiting: VecDeque<Waiting<'a>>,
    prepared: Vec<Prepared>,
    numbers: Numbers,
    seen: Vec<Seen>,
    deeds: Vec<Deed>,
    score: Score,
    /// What somebody said the next state of a side is.
    guess: Option<(Side, TcpState)>,
    /// Frames that were shown so far.
    frames: u64,
    /// The number of the next event of a wire that can only be observed.
    next_event: u64,
    /// Nobody decides any more: stdin has ended.
    alone: bool,
    /// Somebody lost a frame, or had it delivered twice.
    disturbed: bool,
}

/// A frame that was shown, and what became of it.
pub(crate) struct Crossed {
    pub(crate) from: Side,
    pub(crate) frame: Frame,
    pub(crate) end: End,
}

enum Choice {
    Deliver,
    Lose,
    Duplicate,
}

/// Somebody wants no more.
struct Enough;

impl<'a> Play<'a> {
    pub(crate) fn new(
        lab: &'a Lab,
        scenario: &'a Scenario,
        manner: Manner,
        view: View<'a>,
        input: Input,
    ) -> Self {
        Self {
            lab,
            scenario,
            manner,
            stage: Stage::new(lab, scenario),
            view,
            input,
            has_states: scenario.has_states(),
            ports: None,
            waiting: VecDeque::new(),
            prepared: scenario.prepared.to_vec(),
            numbers: Numbers::default(),
            seen: Vec::new(),
            deeds: Vec::new(),
            score: Score::default(),
            guess: None,
            frames: 0,
            next_event: 0,
            alone: false,
            disturbed: false,
        }
    }

    /// Shows which side is whose, by name, address and port.
    pub(crate) fn heading(&self) -> Result<(), Stop> {
        let mut names = Side::BOTH.map(|side| side.name().to_owned());
        for side in Side::BOTH {
            let address = self.stage.address(side).map_err(told)?;
            names[side.place()].push_str(&format!(" {address}"));
        }
        self.view.heading(&names);
        Ok(())
    }

    /// How many frames were shown.
    pub(crate) fn frames(&self) -> u64 {
        self.frames
    }

    /// What the programs did, in its order.
    pub(crate) fn deeds(&self) -> &[Deed] {
        &self.deeds
    }

    pub(crate) fn score(&self) -> Score {
        self.score
    }

    /// From the first act to the last frame.
    pub(crate) fn run(&mut self) -> Result<Ending, Stop> {
        let has_states = self.has_states();
        if has_states {
            let states = self.stage.states().map_err(told)?;
            self.view.states(states, "");
        }
        let mut since = self.lab.wire().now();
        loop {
            self.gather(Duration::ZERO);
            if !self.lab.wire().can_hold() && !self.waiting.is_empty() {
                // They have arrived, so they come before whatever is done now.
                while let Some(gone) = self.next_to_go() {
                    let _ = self.show(gone)?;
                }
                since = self.lab.wire().now();
                continue;
            }
            let on_the_wire =
                Side::BOTH.map(|side| self.waiting.iter().filter(|it| it.from == side).count());
            let moment = Moment::of(self.lab);
            let progress = self.stage.advance(on_the_wire).map_err(told)?;
            match progress {
                Progress::Done(done) => {
                    if let Some(done) = done {
                        self.has_acted(moment, done)?;
                    }
                    since = self.lab.wire().now();
                    continue;
                }
                Progress::TimeWait(side) => {
                    if !self.end_time_wait(side)? {
                        return Ok(Ending::Left);
                    }
                    since = self.lab.wire().now();
                    continue;
                }
                Progress::NotYet | Progress::None => {
                    if let Some(waiting) = self.next_to_go() {
                        if self.show(waiting)?.is_err() {
                            return Ok(Ending::Left);
                        }
                        since = self.lab.wire().now();
                        continue;
                    }
                }
                Progress::Gathering => {}
            }
            // Whatever the last frame caused is seen too, such as a second acknowledgement.
            if !self.gather(LOOK) {
                if matches!(progress, Progress::None) {
                    return Ok(Ending::Over);
                }
                let silent = self.lab.wire().now().saturating_sub(since);
                let hopeless = silent > SILENCE && !self.stage.has_a_clock();
                if hopeless || silent > LONGEST {
                    return Ok(Ending::Stuck);
                }
                if !self.input.pause(Duration::ZERO) {
                    return Ok(Ending::Left);
                }
            }
        }
    }

    /// Shows what a program did at that moment, and keeps it.
    fn has_acted(&mut self, moment: Moment, done: Done) -> Result<(), Stop> {
        self.view.act(done.side, &done.text);
        // Where nothing is held the states are those after the frames to come.
        let has_more = !self.lab.wire().can_hold() && self.gather(Duration::ZERO);
        let states = match self.has_states() && !has_more {
            true => Some(self.stage.states().map_err(told)?),
            false => None,
        };
        if let Some(states) = states {
            self.view.new_states(states, "");
        }
        self.deeds.push(moment.deed(done, states));
        Ok(())
    }

    fn has_states(&self) -> bool {
        self.has_states
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err hands it over")]
fn told(error: io::Error) -> Stop {
    Stop::infrastructure(words::stopped(&error))
}
