//! Programs of strangers, run so that they reach nothing but what they were given.
//!
//! A [`Policy`] lists what a program may: paths, an environment, limits, a network. A [`Cell`] runs a
//! [`Command`] under it, with everything that the command starts, and says how it ended. When the
//! cell is dropped, or its owner dies, all of it is gone.
//!
//! ```no_run
//! use cell::{Cell, Command, End, Policy, Tier};
//!
//! let policy = Policy::new().system().scratch(16 << 20);
//! let command = Command::new("/bin/sh").args(["-c", "echo hello; cat /etc/passwd"]);
//! let output = Cell::output(Tier::Full, &policy, command, 1 << 20)?;
//! assert_eq!(output.stdout, b"hello\n");
//! assert_eq!(output.ended.end, End::Exited(1)); // there is no /etc/passwd in there
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Two levels
//!
//! A grading engine and the program that it grades share a cell, and so a loopback. For the program
//! there is a second level, [`inner`]: a launcher that the engine starts in its place confines itself
//! and becomes the program. The two are different Landlock domains, so the program cannot signal,
//! trace or look at the engine.
//!
//! # Tiers
//!
//! [`capability`] tells what this machine gives. Nothing is ever started on less than it was asked
//! for. docs/confinement.md says what is kept from whom, and by what.

mod command;
mod ended;
mod policy;
mod refusal;
mod tier;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::{Cell, capability, give, inner};

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(not(target_os = "linux"))]
pub use elsewhere::{Cell, capability, give, inner};

pub use command::Command;
pub use ended::{End, Ended, Output};
pub use policy::{Limits, Network, Policy};
pub use refusal::Refusal;
pub use tier::{Capability, Tier};
