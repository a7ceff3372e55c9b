//! What every lesson's program shares and what is not the lesson.
//!
//! A lesson's `main.rs` uses this crate for its arguments ([`parse`], [`Addr`], [`seconds`]) and
//! its end ([`run`]); the files a student writes use [`screen`] to print. Nothing here opens a
//! socket, reads one or writes one: that is the student's work. [`tcp_table`] fetches the system's
//! own table of sockets, for the lesson that reads it.
//!
//! ```no_run
//! use std::net::TcpListener;
//!
//! fn main() -> std::process::ExitCode {
//!     netkit::run(|| {
//!         let listener = TcpListener::bind("127.0.0.1:0")?;
//!         netkit::screen::announce(listener.local_addr()?)?;
//!         Ok(())
//!     })
//! }
//! ```

mod addr;
mod args;
mod cause;
pub mod exit;
mod program;
pub mod screen;
mod tcp_table;
mod visible;

pub use addr::Addr;
pub use args::{parse, parse_from, positive_seconds, seconds};
pub use cause::cause;
pub use program::run;
pub use tcp_table::{TcpRow, TcpTable, tcp_table};
pub use visible::visible;
