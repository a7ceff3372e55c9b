//! Where there is no Linux: the same names, and a refusal in words.

use std::io;
use std::path::Path;
use std::time::Instant;

use crate::command::Command;
use crate::ended::{Ended, Output};
use crate::policy::Policy;
use crate::refusal::Refusal;
use crate::tier::{Capability, Tier};

fn refusal() -> Refusal {
    Refusal::new("programs can be confined on Linux only")
        .with_fix("Grade a class on Linux, in a virtual machine for example")
}

/// [`Tier::None`], and why.
pub fn capability() -> Capability {
    Capability {
        tier: Tier::None,
        why_not_full: Some(refusal()),
        why_not_reduced: None,
        why_no_inner: None,
        has_scopes: false,
        keeps_content: false,
    }
}

/// There are none here.
#[derive(Debug)]
pub struct Cell(std::convert::Infallible);

impl Cell {
    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn start(policy: &Policy, command: Command) -> Result<Self, Refusal> {
        Self::start_on(Tier::Full, policy, command)
    }

    /// Refuses.
    ///
    /// # Errors
    /// Always.
    #[expect(clippy::needless_pass_by_value, reason = "as on Linux")]
    pub fn start_on(_: Tier, _: &Policy, command: Command) -> Result<Self, Refusal> {
        let Command { program, arguments, directory, .. } = &command;
        let _ = (program, arguments, directory);
        Err(refusal())
    }

    /// Never: there are none.
    pub fn tier(&self) -> Tier {
        match self.0 {}
    }

    /// Never: there are none.
    ///
    /// # Errors
    /// None.
    pub fn wait(&mut self) -> io::Result<Ended> {
        match self.0 {}
    }

    /// Never: there are none.
    ///
    /// # Errors
    /// None.
    pub fn wait_until(&mut self, _: Instant) -> io::Result<Option<Ended>> {
        match self.0 {}
    }

    /// Never: there are none.
    pub fn kill(&mut self) {
        match self.0 {}
    }

    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn output(tier: Tier, policy: &Policy, command: Command, _: usize) -> io::Result<Output> {
        match Self::start_on(tier, policy, command)?.0 {}
    }
}

/// Nothing is to be done where there are no cells.
///
/// # Errors
/// None.
pub fn give(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The second level, which is not there.
pub mod inner {
    use std::ffi::OsStr;

    use crate::policy::Policy;
    use crate::refusal::Refusal;

    /// The exit code of a launcher that could not become the program.
    pub const NOT_STARTED: i32 = 126;

    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn check(_: &Policy) -> Result<(), Refusal> {
        Err(super::refusal())
    }

    /// Says that it is not there on stderr and exits.
    pub fn turn_into(policy: &Policy, program: &OsStr, arguments: &[impl AsRef<OsStr>]) -> ! {
        let refusal = exec(policy, program, arguments);
        eprintln!("error: this program was not started: {refusal}");
        std::process::exit(NOT_STARTED)
    }

    /// Refuses.
    #[must_use]
    pub fn exec(_: &Policy, _: &OsStr, _: &[impl AsRef<OsStr>]) -> Refusal {
        super::refusal()
    }
}
