//! How strangers' programs are confined, and the compiler that reads their sources.
//!
//! The work for one submission runs in a cell of its own ([`crate::worker`]): once with the compiler,
//! once with the grading engine. The program that is graded is started through this program
//! (`netlings-class confined`), which confines itself once more and becomes the program, so that it
//! cannot reach the engine beside it.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use cell::{Limits, Network, Policy, Tier};
use clap::ValueEnum;
use grader::Subject;

use crate::ending::Stop;
use crate::kit::Kit;
use crate::words::sandbox as words;

/// The word that makes this program confine itself and become another.
const CONFINED: &str = "confined";

/// Memory (resident) that a compiler may hold, and a program with the engine beside it.
pub(crate) const MEMORY: u64 = 2 << 30;

/// How much confinement is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Asked {
    /// Grade only where programs can be confined
    Require,
    /// As much as there is
    Auto,
    /// None: programs can do all that you can
    None,
}

/// The tier that a class is graded on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sandbox {
    pub(crate) tier: Tier,
}

impl Sandbox {
    /// The best that this machine has, or a refusal in words.
    pub(crate) fn find(asked: Asked) -> Result<Self, Stop> {
        if asked == Asked::None {
            return Ok(Self { tier: Tier::None });
        }
        let capability = cell::capability();
        let tier = match capability.why_no_inner() {
            None => capability.tier(),
            Some(_) => Tier::None,
        };
        match tier {
            Tier::None if asked == Asked::Require => {
                Err(Stop::infrastructure(words::no_confinement(&capability)))
            }
            tier => Ok(Self { tier }),
        }
    }

    /// The tier in a word, for every result.
    pub(crate) fn word(self) -> &'static str {
        self.tier.name()
    }

    pub(crate) fn is_confined(self) -> bool {
        self.tier != Tier::None
    }

    /// What the compiler may.
    pub(crate) fn for_compiling(
        kit: &Kit,
        folder: &Path,
        wall: Duration,
    ) -> std::io::Result<Policy> {
        let toolchain = kit.rustc.parent().and_then(Path::parent).unwrap_or(&kit.rustc);
        let limits = Limits {
            cpu: wall,
            address_space: 8 << 30,
            file_size: 256 << 20,
            processes: 256,
            open_files: 1024,
            memory: MEMORY,
            wall,
        };
        let policy = Policy::new().system().execute(toolchain).execute(&kit.dependencies);
        let policy = policy.execute(std::env::current_exe()?).write(folder).scratch(256 << 20);
        Ok(policy.environment("PATH", PATH).limits(limits))
    }

    /// What the engine may, and with it the program that it grades.
    pub(crate) fn for_grading(folder: &Path, wall: Duration) -> std::io::Result<Policy> {
        let policy = Policy::new().system().proc().execute(std::env::current_exe()?);
        let policy = policy.execute(folder).scratch(SCRATCH).network(Network::Loopback);
        Ok(policy.environment("PATH", PATH).limits(Limits { wall, ..while_grading() }))
    }

    /// The program in `folder`, as the engine starts it.
    pub(crate) fn subject(program: &Path, is_confined: bool) -> std::io::Result<Subject> {
        if !is_confined {
            return Ok(Subject::program(program));
        }
        let policy = Policy::new().system().proc().execute(program).write(std::env::temp_dir());
        let policy = policy.network(Network::Loopback).limits(Limits {
            address_space: 4 << 30,
            processes: 1024,
            ..while_grading()
        });
        cell::inner::check(&policy).map_err(std::io::Error::from)?;
        let launcher = Subject::program(std::env::current_exe()?).with(CONFINED);
        Ok(launcher.with(policy.to_text()).with(program))
    }
}

/// Where programs are looked for in a cell.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// Bytes for temporary files of the checks and of the program together.
const SCRATCH: u64 = 64 << 20;

/// Enough for a server with a thread for each of some hundred clients, four of them at once.
fn while_grading() -> Limits {
    Limits {
        cpu: Duration::from_secs(120),
        address_space: 16 << 30,
        file_size: 32 << 20,
        processes: 4096,
        open_files: 4096,
        memory: MEMORY,
        wall: Duration::from_secs(3600),
    }
}

/// Confines this process and becomes the program on the command line, and never returns, if this
/// process was started for that: `confined POLICY PROGRAM ARGUMENTS…`.
pub(crate) fn serve_if_asked() {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_none_or(|word| word != CONFINED) {
        return;
    }
    let policy = words.next().and_then(|text| Policy::from_text(text.to_str()?).ok());
    let (Some(policy), Some(program)) = (policy, words.next()) else {
        std::process::exit(crate::ending::USAGE.into());
    };
    let arguments: Vec<OsString> = words.collect();
    cell::inner::turn_into(&policy, &program, &arguments)
}

/// Says what this machine gives, and why not more.
pub(crate) fn doctor() -> Result<u8, Stop> {
    let capability = cell::capability();
    netkit::screen::line(&capability)
        .map_err(|error| Stop::infrastructure(netkit::cause(&error)))?;
    Ok(crate::ending::DONE)
}
