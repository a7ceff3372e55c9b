//! Cells on Linux.
//!
//! ```text
//! owner ──── report, order to end ──── first process (pid 1 inside) ── program ── what it starts
//! ```

mod capability;
mod cell;
mod filter;
mod init;
pub mod inner;
mod message;
mod owner;
mod paths;
mod plan;
mod setup;
mod step;
#[allow(unsafe_code, reason = "fork, exec, and system calls that no library has")]
mod sys;

pub use capability::capability;
pub use cell::{Cell, give};
