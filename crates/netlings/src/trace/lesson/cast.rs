//! The programs of a lesson on the two hosts: the server on bob, clients on alice. The grading engine
//! starts them, reads them and ends them, as it does for `check` and `demo`; only that a netlings of
//! its own brings each one to its host first.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Instant;

use grader::{Event, Run, Subject, What};
use wirelab::Lab;

use crate::demo::programs::{self, Line, Programs};
use crate::demo::scene::Problem;
use crate::demo::script::{Script, role_of};
use crate::demo::seen::Seen;
use crate::trace::scenario::Side;
use crate::words::demo as words;

/// So much can be on its way; a program that prints more waits.
const ON_THE_WAY: usize = 1024;
/// So much is shown of one moment; of the rest only how much there was.
const CROWD: usize = 12;

pub(super) struct Cast<'a> {
    script: &'a Script,
    /// alice's and bob's.
    runs: [Run; 2],
    pub(super) programs: Programs,
    /// What has been seen of them, for a script that waits for it.
    pub(super) seen: Seen,
    server: SocketAddr,
    /// With the time by the wire's clock.
    events: Receiver<Event>,
    queue: VecDeque<Event>,
    /// What was told since the last cause, and what was not.
    told: usize,
    untold: usize,
}

/// Where a program runs.
pub(super) fn side_of(name: &str) -> Side {
    if role_of(name) == "server" { Side::Bob } else { Side::Alice }
}

impl<'a> Cast<'a> {
    /// Nobody runs yet. `program` is the lesson's, whosever it is.
    pub(super) fn new(
        script: &'a Script,
        program: &std::path::Path,
        lab: &Lab,
    ) -> Result<Self, Problem> {
        let machine = |error: std::io::Error| Problem::Machine(netkit::cause(&error));
        let (teller, events) = sync_channel(ON_THE_WAY);
        let own = std::env::current_exe().map_err(machine)?;
        let began = Instant::now() - lab.wire().now();
        let run = |side: Side| -> Result<Run, Problem> {
            let entrance = lab.hosts()[side.place()].entrance().map_err(machine)?;
            let subject = Subject::program(&own).with("inside").with(entrance.to_string());
            let subject = subject.with("--").with(program);
            let teller = teller.clone();
            Ok(Run::followed(&subject, move |mut event| {
                event.at = began.elapsed();
                // Fails when the trace is over: nobody wants to know any more.
                drop(teller.send(event));
            }))
        };
        Ok(Self {
            script,
            runs: [run(Side::Alice)?, run(Side::Bob)?],
            programs: Programs::default(),
            seen: Seen::default(),
            server: (lab.hosts()[Side::Bob.place()].address(), Side::Bob.port()).into(),
            events,
            queue: VecDeque::new(),
            told: 0,
            untold: 0,
        })
    }

    /// Starts one; a server until it has announced its address.
    pub(super) fn start(
        &mut self,
        name: &str,
        args: Option<&[String]>,
        env: &BTreeMap<String, String>,
    ) -> Result<(), Problem> {
        let args = self.programs.args(self.script, name, args)?;
        let role = role_of(name);
        self.seen.forget(name);
        let start = programs::start(&self.runs[side_of(name).place()], name, &args, env);
        let start = start.addr(self.server);
        let program = match role {
            "server" => start.listen()?.into_program(),
            _ => start.start()?,
        };
        self.programs.insert(name, program);
        Ok(())
    }

    /// Types a line, or says who is to be started with it.
    pub(super) fn type_line(&self, into: &str, line: &str) -> Result<Line, Problem> {
        let role = self.script.role(role_of(into));
        self.programs.type_line(&role, role.per_line.as_deref(), into, line)
    }

    /// Whether every program has ended or waits, for as long as nothing else happens.
    pub(super) fn rests(&self) -> bool {
        self.programs.rest(|name| self.script.role(role_of(name)).per_line.is_some())
    }

    /// What is told from now on has another cause, and is no crowd together with what came.
    pub(super) fn new_cause(&mut self) {
        self.told = 0;
    }

    /// The next thing that a program did. In a crowd most are passed over.
    pub(super) fn next_event(&mut self) -> Option<Event> {
        loop {
            self.receive();
            let mut event = self.queue.pop_front()?;
            if event.what == What::Exit && self.comes_before_its_last_words(&event) {
                continue;
            }
            self.seen.take(&event);
            let flows = matches!(event.what, What::Stdout | What::Stderr);
            if flows && self.told >= CROWD {
                self.untold += 1;
                continue;
            }
            self.told += usize::from(flows);
            if event.what == What::TakenDown {
                event.text = words::KILLED.into();
            }
            return Some(event);
        }
    }

    /// How many things were passed over since this was asked last.
    pub(super) fn passed_over(&mut self) -> usize {
        std::mem::take(&mut self.untold)
    }

    fn receive(&mut self) {
        while self.queue.len() < ON_THE_WAY {
            let Ok(event) = self.events.try_recv() else { return };
            self.queue.push_back(event);
        }
    }

    /// Whether a program's exit is known before the last that it printed; then it is put behind it.
    fn comes_before_its_last_words(&mut self, exit: &Event) -> bool {
        self.programs.wait_for_last_words(exit);
        self.receive();
        programs::put_behind_last_words(&mut self.queue, exit)
    }

    /// Takes down all that run.
    pub(super) fn end(self) -> Result<(), Problem> {
        let Self { runs, programs, events, .. } = self;
        // Nobody listens any more, so nobody is held up.
        drop(events);
        drop(programs);
        runs.map(|run| run.end().map_err(Problem::from)).into_iter().collect()
    }
}
