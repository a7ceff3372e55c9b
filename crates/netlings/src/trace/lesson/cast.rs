//! The programs of a lesson on the two hosts: the server on bob, clients on alice. The grading engine
//! starts them, reads them and ends them, as it does for `check` and `demo`; only that a netlings of
//! its own brings each one to its host first.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, sync_channel};

use grader::{Event, Program, Run, Subject, What};
use wirelab::Lab;

use crate::demo::scene::Problem;
use crate::demo::script::{Script, role_of};
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
    programs: BTreeMap<String, Program>,
    server: SocketAddr,
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
        let run = |side: Side| -> Result<Run, Problem> {
            let entrance = lab.hosts()[side.place()].entrance().map_err(machine)?;
            let subject = Subject::program(&own).with("inside").with(entrance.to_string());
            let subject = subject.with("--").with(program);
            let teller = teller.clone();
            // Fails when the trace is over: nobody wants to know any more.
            Ok(Run::followed(&subject, move |event| drop(teller.send(event))))
        };
        Ok(Self {
            script,
            runs: [run(Side::Alice)?, run(Side::Bob)?],
            programs: BTreeMap::new(),
            server: (lab.hosts()[Side::Bob.place()].address(), Side::Bob.port()).into(),
            events,
            queue: VecDeque::new(),
            told: 0,
            untold: 0,
        })
    }

    pub(super) fn runs(&self, name: &str) -> bool {
        self.programs.get(name).is_some_and(|program| !program.has_ended())
    }

    pub(super) fn program(&self, name: &str) -> Result<&Program, Problem> {
        let running: Vec<&str> =
            self.programs.keys().map(String::as_str).filter(|name| self.runs(name)).collect();
        match self.programs.get(name).filter(|_| running.contains(&name)) {
            Some(program) => Ok(program),
            None => Err(Problem::Words(words::not_running(name, &running))),
        }
    }

    /// A name for one more of a role: `client`, or `client 2` while that one runs.
    pub(super) fn free_name(&self, role: &str) -> String {
        let names = (1..).map(|number| match number {
            1 => role.to_owned(),
            _ => format!("{role} {number}"),
        });
        let mut free = names.filter(|name| !self.runs(name));
        free.next().expect("numbers do not run out")
    }

    /// Starts one; a server until it has announced its address.
    pub(super) fn start(
        &mut self,
        name: &str,
        args: Option<&[String]>,
        env: &BTreeMap<String, String>,
    ) -> Result<(), Problem> {
        if self.runs(name) {
            return Err(Problem::Words(words::runs_already(name)));
        }
        let role = role_of(name);
        let usual = self.script.role(role).args;
        let args = args.unwrap_or(&usual);
        let mut start = self.runs[side_of(name).place()].program(role).called(name);
        for (variable, value) in env {
            start = start.env(variable, value);
        }
        let start = start.args(args).addr(self.server);
        let program = match role {
            "server" => start.listen()?.into_program(),
            _ => start.start()?,
        };
        self.programs.insert(name.into(), program);
        Ok(())
    }

    /// Types a line, or starts whoever is started by one.
    pub(super) fn type_line(&mut self, into: &str, line: &str) -> Result<(), Problem> {
        let role = self.script.role(role_of(into));
        if role.reads_nothing {
            return Err(Problem::Words(words::reads_nothing(role_of(into))));
        }
        let Some(per_line) = role.per_line else {
            self.program(into)?.type_line(line);
            return Ok(());
        };
        let args: Vec<String> = per_line.iter().map(|word| word.replace("{line}", line)).collect();
        let name = if self.runs(into) { self.free_name(role_of(into)) } else { into.to_owned() };
        self.start(&name, Some(&args), &BTreeMap::new())
    }

    /// Whether every program has ended or waits, for as long as nothing else happens.
    pub(super) fn rests(&self) -> bool {
        self.programs.iter().all(|(name, program)| {
            // Whoever was started for one line ends by itself, perhaps after a sleep.
            let one_line = self.script.role(role_of(name)).per_line.is_some();
            program.has_ended() || (!one_line && program.asleep())
        })
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
        if let Some(program) = self.programs.get(&exit.program) {
            // Its streams have ended when this comes back, or something holds them open.
            let _ = program.wait_exit();
        }
        self.receive();
        let is_of_it = |event: &Event| {
            event.program == exit.program && matches!(event.what, What::Stdout | What::Stderr)
        };
        let Some(last) = self.queue.iter().rposition(is_of_it) else { return false };
        self.queue.insert(last + 1, exit.clone());
        true
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
