//! The second level: between a student's program and the grading engine beside it in one cell.
//!
//! The launcher becomes the program, in the same process: the engine's guard sees one process with
//! its own number, its streams, its signals and its exit code, as without confinement. What keeps
//! the program from the engine is a Landlock domain of its own below the cell's: no signal leaves
//! it, and nobody outside it can be traced (ptrace(2)'s rights are what /proc/PID/environ, mem, fd
//! and the like ask for, and with the cell's private /proc even /proc/PID itself).
//!
//! Before Linux 6.12 Landlock keeps no signals in. There the program can signal itself and nobody
//! else, not even what it has started, by a filter of system calls that knows its number.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use super::sys::{self, Words};
use super::{capability, filter, paths, plan};
use crate::policy::Policy;
use crate::refusal::Refusal;

/// The exit code of a launcher that could not become the program. Ask [`check`] first.
pub const NOT_STARTED: i32 = 126;

/// Whether programs can be confined so on this machine with this policy. In the cell in which they
/// will be, this says whether they will.
///
/// # Errors
/// Why not, in words.
pub fn check(policy: &Policy) -> Result<(), Refusal> {
    capability::landlock_is_there()?;
    Confinement::of(policy).map(drop)
}

/// Confines this process and becomes `program`, which is searched for in `PATH` if its name has no
/// slash. It is for a process with one thread, a launcher that does nothing else.
///
/// Where it can't, it says why on stderr and exits with [`NOT_STARTED`].
pub fn turn_into(policy: &Policy, program: &OsStr, arguments: &[impl AsRef<OsStr>]) -> ! {
    let refusal = exec(policy, program, arguments);
    eprintln!("error: this program was not started: {refusal}");
    std::process::exit(NOT_STARTED)
}

/// As [`turn_into`], but returns why it could not. The process may be confined by then.
#[must_use]
pub fn exec(policy: &Policy, program: &OsStr, arguments: &[impl AsRef<OsStr>]) -> Refusal {
    let become_it = || -> Result<Refusal, Refusal> {
        capability::landlock_is_there()?;
        let word = |text: &OsStr| {
            CString::new(text.as_bytes()).map_err(|_| Refusal::new("an argument has a zero byte"))
        };
        let path = find(program)?;
        let mut words = vec![word(program)?];
        for argument in arguments {
            words.push(word(argument.as_ref())?);
        }
        let (words, environment) = (Words::new(words), environment(policy)?);
        Confinement::of(policy)?.take_force()?;
        let error = sys::exec(&word(path.as_os_str())?, &words, &environment);
        Ok(Refusal::of(format!("{} could not be started", path.display()), error))
    };
    become_it().unwrap_or_else(|refusal| refusal)
}

fn find(program: &OsStr) -> Result<std::path::PathBuf, Refusal> {
    let here = Path::new(program);
    if program.as_bytes().contains(&b'/') {
        return Ok(here.into());
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut found = std::env::split_paths(&folders).map(|folder| folder.join(here));
    found
        .find(|path| path.is_file())
        .ok_or_else(|| Refusal::new(format!("there is no {} in PATH", here.display())))
}

/// What the launcher has, or of that what the policy passes on, and what the policy sets.
fn environment(policy: &Policy) -> Result<Words, Refusal> {
    let passed = |name: &OsStr| match &policy.passed_on {
        Some(names) => names.iter().any(|known| OsStr::new(known) == name),
        None => true,
    };
    let set = |name: &OsStr| policy.environment.iter().any(|(known, _)| OsStr::new(known) == name);
    let inherited = std::env::vars_os().filter(|(name, _)| passed(name) && !set(name));
    let set = policy.environment.iter().map(|(name, value)| (name.into(), value.into()));
    let pairs = inherited.chain(set).map(|(name, value)| {
        let mut pair = name.into_vec();
        pair.push(b'=');
        pair.extend(value.into_vec());
        CString::new(pair).map_err(|_| Refusal::new("a variable has a zero byte in it"))
    });
    Ok(Words::new(pairs.collect::<Result<_, _>>()?))
}

/// What will be in force.
struct Confinement {
    ruleset: std::os::fd::OwnedFd,
    filters: Vec<seccompiler::BpfProgram>,
    limits: Vec<(rustix::process::Resource, rustix::process::Rlimit)>,
}

impl Confinement {
    fn of(policy: &Policy) -> Result<Self, Refusal> {
        let mut policy = paths::with_names(policy);
        if policy.proc {
            policy = policy.read("/proc");
        }
        let paths = paths::Paths::of(&policy)?;
        let abi = paths::landlock_abi_for(&policy);
        let (ruleset, _) = paths::ruleset(&paths, abi)?;
        let mut filters = filter::filters(policy.network)?;
        if !paths::has_scopes(abi) {
            filters.push(filter::signals_to_itself_only(std::process::id())?);
        }
        Ok(Self { ruleset, filters, limits: plan::limits(&policy.limits) })
    }

    fn take_force(&self) -> Result<(), Refusal> {
        use std::os::fd::AsFd;
        sys::mark_inherited_as_closed_on_exec()
            .map_err(|error| Refusal::of("descriptors could not be closed", error))?;
        for (resource, limit) in &self.limits {
            lower(*resource, limit)?;
        }
        let failed = |error| Refusal::of("the program could not be confined", error);
        rustix::thread::set_no_new_privs(true).map_err(failed)?;
        sys::landlock_restrict(self.ruleset.as_fd()).map_err(failed)?;
        self.filters.iter().try_for_each(|one| sys::filter_system_calls(one)).map_err(failed)
    }
}

/// Sets a limit that may be stricter already: the cell's, or one that a check has set.
fn lower(
    resource: rustix::process::Resource,
    wanted: &rustix::process::Rlimit,
) -> Result<(), Refusal> {
    let known = rustix::process::getrlimit(resource);
    let least = |one: Option<u64>, other: Option<u64>| match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    let limit = rustix::process::Rlimit {
        current: least(known.current, wanted.current),
        maximum: least(known.maximum, wanted.maximum),
    };
    rustix::process::setrlimit(resource, limit)
        .map_err(|error| Refusal::of("a limit could not be set", error))
}
