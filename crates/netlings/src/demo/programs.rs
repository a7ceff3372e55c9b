//! The programs that run in a demo or a trace, by their names: how each is started and typed to, and
//! how its events come in order.

use std::collections::{BTreeMap, VecDeque};

use grader::{Event, Program, Run, Start, What};

use super::scene::Problem;
use super::script::{Role, Script, role_of};
use crate::words::demo as words;

/// Those that were started, also when they have ended.
#[derive(Default)]
pub(crate) struct Programs {
    all: BTreeMap<String, Program>,
}

/// What a typed line comes to.
pub(crate) enum Line {
    /// The program has got it.
    Typed,
    /// Such a program is to be started with it.
    Starts { name: String, args: Vec<String> },
}

impl Programs {
    pub(crate) fn runs(&self, name: &str) -> bool {
        self.all.get(name).is_some_and(|program| !program.has_ended())
    }

    /// One that runs.
    pub(crate) fn running(&self, name: &str) -> Result<&Program, Problem> {
        if let Some(program) = self.all.get(name).filter(|program| !program.has_ended()) {
            return Ok(program);
        }
        let running: Vec<&str> =
            self.all.keys().map(String::as_str).filter(|name| self.runs(name)).collect();
        Err(Problem::Words(words::not_running(name, &running)))
    }

    /// One, also when it has ended.
    pub(crate) fn get(&self, name: &str) -> Option<&Program> {
        self.all.get(name)
    }

    /// A name for one more of a role: `client`, or `client 2` while that one runs.
    pub(crate) fn free_name(&self, role: &str) -> String {
        let names = (1..).map(|number| match number {
            1 => role.to_owned(),
            _ => format!("{role} {number}"),
        });
        let mut free = names.filter(|name| !self.runs(name));
        free.next().expect("numbers do not run out")
    }

    /// What one of `script`'s roles is started with: `args`, or else the role's own. Nothing of that
    /// name may run.
    pub(crate) fn args(
        &self,
        script: &Script,
        name: &str,
        args: Option<&[String]>,
    ) -> Result<Vec<String>, Problem> {
        if self.runs(name) {
            return Err(Problem::Words(words::runs_already(name)));
        }
        Ok(args.map_or_else(|| script.role(role_of(name)).args, <[String]>::to_vec))
    }

    /// One that was started.
    pub(crate) fn insert(&mut self, name: &str, program: Program) {
        self.all.insert(name.into(), program);
    }

    /// Types a line into `name`, unless each line starts its role, with `per_line`.
    pub(crate) fn type_line(
        &self,
        role: &Role,
        per_line: Option<&[String]>,
        into: &str,
        line: &str,
    ) -> Result<Line, Problem> {
        if role.reads_nothing {
            return Err(Problem::Words(words::reads_nothing(role_of(into))));
        }
        let Some(per_line) = per_line else {
            self.running(into)?.type_line(line);
            return Ok(Line::Typed);
        };
        let args = per_line.iter().map(|word| word.replace("{line}", line)).collect();
        let name = if self.runs(into) { self.free_name(role_of(into)) } else { into.to_owned() };
        Ok(Line::Starts { name, args })
    }

    /// Whether every program has ended or waits. Whoever is started for one line ends by itself,
    /// perhaps after a sleep.
    pub(crate) fn rest(&self, is_for_one_line: impl Fn(&str) -> bool) -> bool {
        self.all.iter().all(|(name, program)| {
            program.has_ended() || (!is_for_one_line(name) && program.asleep())
        })
    }

    /// Waits until nothing more comes of a program whose exit is known, or something holds its
    /// streams open.
    pub(crate) fn wait_for_last_words(&self, exit: &Event) {
        if let Some(program) = self.all.get(&exit.program) {
            let _ = program.wait_exit();
        }
    }
}

/// `name` of a run, with what it is given.
pub(crate) fn start<'a>(
    run: &'a Run,
    name: &str,
    args: &[String],
    env: &BTreeMap<String, String>,
) -> Start<'a> {
    let start = run.program(role_of(name)).called(name).args(args);
    env.iter().fold(start, |start, (variable, value)| start.env(variable, value))
}

/// Puts a program's exit behind the last that it printed, where that is still in the queue. False
/// where it isn't, so that the exit is next.
pub(crate) fn put_behind_last_words(queue: &mut VecDeque<Event>, exit: &Event) -> bool {
    let is_of_it = |event: &Event| {
        event.program == exit.program && matches!(event.what, What::Stdout | What::Stderr)
    };
    let Some(last) = queue.iter().rposition(is_of_it) else { return false };
    let mut exit = exit.clone();
    exit.at = exit.at.max(queue[last].at);
    queue.insert(last + 1, exit);
    true
}
