//! The engine: runs a program under test, talks to it, judges it and explains.
//!
//! A *check* is a function over a [`Run`]; a [`Suite`] is a lesson's table of them. [`Grading`]
//! runs a suite against a [`Subject`], any command line that should keep the lesson's contract,
//! and gives a [`LessonReport`].
//!
//! A program that grades calls [`guard::serve_if_asked`] first in its `main`.

pub mod clone;
pub mod ending;
mod escape;
mod finished;
mod grade;
pub mod guard;
pub mod harness;
pub mod interrupt;
mod judge;
pub mod ladder;
mod late;
pub mod layout;
pub mod lesson;
mod locked;
mod output;
mod pattern;
#[cfg(target_os = "linux")]
mod process_tree;
mod program;
pub mod progress;
mod record;
mod relay;
pub mod report;
mod rest;
mod run;
mod stage;
mod subject;
mod tcp;
pub mod text;
mod udp;
mod verdict;
mod words;

pub use escape::{quoted, quoted_start, size};
pub use finished::Finished;
pub use grade::{Grading, default_jobs, fresh_seed};
pub use guard::Exit;
pub use judge::{Check, LIMIT, Suite};
pub use lesson::{CheckText, Lesson};
pub use pattern::Pattern;
pub use program::{PROMPT, Program, Server, Start};
pub use record::{Event, What};
pub use relay::{TcpRelay, UdpRelay};
pub use report::{CheckReport, LessonOutcome, LessonReport, Outcome};
pub use run::{Reserved, Run};
pub use stage::expect_bytes;
pub use subject::{Subject, quoted_word};
pub use tcp::{TcpHost, TcpPeer};
pub use udp::{Datagram, MOST as MOST_UDP_DATA, UdpPeer};
pub use verdict::{Cause, Failure, Probe, Trouble, Verdict};
