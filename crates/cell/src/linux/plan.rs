//! From a policy and a command to what the first process does: everything that needs memory or a
//! look at this machine is done here, before the fork.

use std::ffi::{CString, OsStr};
use std::io::{PipeReader, PipeWriter};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Resource, Rlimit};

use super::filter;
use super::init::Plan;
use super::owner::{OTHER_USER, Owner};
use super::paths::{self, Paths, c_path};
use super::setup::{
    self, Identity, Maps, NO_DEVICES, NO_EXEC, NO_SETUID, Program, READ_ONLY, World,
};
use super::sys::Words;
use crate::command::Command;
use crate::policy::{Limits, Network, Policy};
use crate::refusal::Refusal;
use crate::tier::Tier;

/// User and group of programs, seen from inside.
pub(super) const USER_INSIDE: u32 = 1000;
/// Descriptors are moved behind this number, so that no two are in each other's way.
const ASIDE: i32 = 64;

fn maps(outside: u32, group_outside: u32) -> Maps {
    let map = |outside: u32| format!("{USER_INSIDE} {outside} 1").into_bytes();
    Maps { user: map(outside), group: map(group_outside) }
}

/// What a cell is started from, and the flags of its first process's clone(2).
pub(super) struct Prepared {
    pub(super) plan: Plan,
    pub(super) flags: i32,
    /// Names of the paths that are bound, for refusals.
    pub(super) bound: Vec<PathBuf>,
}

/// Everything for one start on `tier`.
pub(super) fn prepare(
    tier: Tier,
    policy: &Policy,
    command: Option<Command>,
    report: &PipeWriter,
    life: &PipeReader,
    scratch: Option<&Path>,
) -> Result<Prepared, Refusal> {
    let full = tier == Tier::Full;
    let paths = match scratch {
        Some(folder) => Paths::of(&paths::with_names(policy).write(folder))?,
        None if full => Paths::of(policy)?,
        None => Paths::of(&paths::with_names(policy))?,
    };
    let owner = Owner::look();
    let identity = match (full, owner.makes_namespaces) {
        (true, true) => Identity::Other(maps(OTHER_USER, OTHER_USER)),
        (true, false) => {
            let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
            Identity::Owner(maps(user.as_raw(), group.as_raw()))
        }
        (false, _) => Identity::Same,
    };
    let mut flags = 0;
    if full {
        flags = libc::CLONE_NEWPID
            | libc::CLONE_NEWNS
            | libc::CLONE_NEWNET
            | libc::CLONE_NEWIPC
            | libc::CLONE_NEWUTS;
        if matches!(identity, Identity::Owner(_)) {
            flags |= libc::CLONE_NEWUSER;
        }
    }
    let bound = paths.allowed.keys().cloned().collect();
    let world = full.then(|| world(policy, &paths)).transpose()?;
    let program = match command {
        Some(command) => Some(program(tier, policy, &paths, command, scratch)?),
        None => None,
    };
    let (report, life) = (aside(report.as_fd())?, aside(life.as_fd())?);
    let kept = program.iter().flat_map(Program::kept).chain([report.as_fd(), life.as_fd()]);
    let plan = Plan {
        kept: setup::in_order(kept),
        report,
        life,
        identity,
        world,
        program,
        wall: policy.limits.wall,
        memory: policy.limits.memory,
    };
    Ok(Prepared { plan, flags, bound })
}

fn aside(descriptor: std::os::fd::BorrowedFd<'_>) -> Result<OwnedFd, Refusal> {
    rustix::io::fcntl_dupfd_cloexec(descriptor, ASIDE)
        .map_err(|error| Refusal::of("no descriptor is free", error))
}

fn world(policy: &Policy, paths: &Paths) -> Result<World, Refusal> {
    let inside = |path: &Path| c_path("/new", path);
    let files = paths.allowed.iter().filter(|(_, (_, is_folder))| !is_folder);
    let whole = paths.allowed.iter().filter(|(_, (_, is_folder))| *is_folder);
    // Folders that lead somewhere and those that are bound, parents first.
    let mut folders = paths.folders();
    folders.extend(whole.map(|(path, _)| path.as_path()).filter(|path| path.parent().is_some()));
    let bind = |(path, (rights, _)): (&PathBuf, &(paths::Rights, bool))| {
        if path.parent().is_none() {
            return Err(Refusal::new("/ is no path to give to a program: name those below it"));
        }
        let mut attributes = NO_SETUID;
        if !rights.write {
            attributes |= READ_ONLY;
        }
        if !rights.execute {
            attributes |= NO_EXEC;
        }
        if !rights.device {
            attributes |= NO_DEVICES;
        }
        Ok((c_path("/old", path)?, inside(path)?, attributes))
    };
    Ok(World {
        folders: folders.into_iter().map(inside).collect::<Result<_, _>>()?,
        files: files.map(|(path, _)| inside(path)).collect::<Result<_, _>>()?,
        links: paths
            .links
            .iter()
            .map(|(at, target)| Ok((inside(at)?, c_path("", target)?)))
            .collect::<Result<_, Refusal>>()?,
        // Parents come before what is below them: the map is in order. What its parent brings along
        // with the same rights needs no mount of its own.
        binds: paths
            .allowed
            .iter()
            .filter(|(path, (rights, _))| paths.rights_of_parent(path) != Some(*rights))
            .map(bind)
            .collect::<Result<_, _>>()?,
        scratch: policy.scratch.map(scratch_options),
        loopback: policy.network == Network::Loopback,
    })
}

/// Files count, too: each takes kernel memory that its size doesn't show.
fn scratch_options(bytes: u64) -> CString {
    let files = (bytes / 4096).clamp(64, 4096);
    CString::new(format!("size={bytes},nr_inodes={files},mode=1777")).unwrap_or_default()
}

fn program(
    tier: Tier,
    policy: &Policy,
    paths: &Paths,
    command: Command,
    scratch: Option<&Path>,
) -> Result<Program, Refusal> {
    let word = |text: &OsStr| {
        let failed = || Refusal::new(format!("{text:?} has a zero byte in it"));
        CString::new(text.as_bytes()).map_err(|_| failed())
    };
    let mut arguments = vec![word(command.program.as_os_str())?];
    for argument in &command.arguments {
        arguments.push(word(argument)?);
    }
    let mut environment: Vec<_> =
        policy.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let scratch = match (policy.scratch, tier) {
        (Some(_), Tier::Full) => Some(Path::new("/tmp")),
        _ => scratch,
    };
    if let Some(scratch) = scratch {
        environment.push(format!("TMPDIR={}", scratch.display()));
    }
    let environment = environment.iter().map(|pair| word(OsStr::new(pair)));
    let (ruleset, numbers) = paths::ruleset(paths, paths::landlock_abi_for(policy))?;
    let mut later = Vec::new();
    if policy.proc {
        later.push((c"/proc".to_owned(), numbers.read));
    }
    if policy.network == Network::Loopback && tier == Tier::Full {
        later.extend(paths::NAMES.map(|(path, _)| (path.to_owned(), numbers.read_file)));
    }
    if policy.scratch.is_some() && tier == Tier::Full {
        later.push((c"/tmp".to_owned(), numbers.write));
    }
    let directory = command.directory.as_deref().unwrap_or(Path::new("/"));
    Ok(Program {
        path: word(command.program.as_os_str())?,
        arguments: Words::new(arguments),
        environment: Words::new(environment.collect::<Result<_, _>>()?),
        directory: word(directory.as_os_str())?,
        descriptors: descriptors(command.descriptors)?,
        limits: limits(&policy.limits),
        ruleset: aside(ruleset.as_fd())?,
        filters: filter::filters(policy.network)?,
        other_user: (tier == Tier::Reduced && Owner::look().changes_user).then_some(OTHER_USER),
        later,
    })
}

/// All out of each other's way; what is not named of the standard streams is /dev/null.
fn descriptors(mut named: Vec<(i32, OwnedFd)>) -> Result<Vec<(i32, OwnedFd)>, Refusal> {
    for number in 0..3 {
        if !named.iter().any(|(known, _)| *known == number) {
            let null = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null");
            let null = null.map_err(|error| Refusal::of("/dev/null can't be opened", error))?;
            named.push((number, null.into()));
        }
    }
    let mut all = Vec::new();
    for (number, descriptor) in named {
        if !(0..ASIDE).contains(&number) {
            return Err(Refusal::new(format!("a descriptor can't be given as number {number}")));
        }
        all.push((number, aside(descriptor.as_fd())?));
    }
    Ok(all)
}

/// The limits that the kernel keeps.
pub(super) fn limits(limits: &Limits) -> Vec<(Resource, Rlimit)> {
    let rounded_up = Duration::from_nanos(999_999_999);
    let seconds = limits.cpu.saturating_add(rounded_up).as_secs().max(1);
    let both = |value: u64| Rlimit { current: Some(value), maximum: Some(value) };
    vec![
        (Resource::Cpu, Rlimit { current: Some(seconds), maximum: Some(seconds + 1) }),
        (Resource::As, both(limits.address_space)),
        (Resource::Fsize, both(limits.file_size)),
        (Resource::Nproc, both(limits.processes)),
        (Resource::Nofile, both(limits.open_files)),
        (Resource::Core, both(0)),
        // Queues of signals and of POSIX messages, and memory that is never swapped out.
        (Resource::Sigpending, both(256)),
        (Resource::Msgqueue, both(0)),
        (Resource::Memlock, both(0)),
    ]
}
