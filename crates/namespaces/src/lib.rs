//! Network namespaces for programs and sockets, without root.
//!
//! [`Namespaces`] are a network namespace and a UTS namespace (the hostname) of their own, inside a
//! user namespace where the process has not the rights to do without. Nothing has to run in them:
//! descriptors keep them, and the kernel removes them when the last one is closed.
//!
//! ```no_run
//! use std::io::Read;
//!
//! let alone = namespaces::Namespaces::builder().hostname("alice").build()?;
//! // A program inside: it sees a loopback of its own and nothing else of this machine's network.
//! let mut command = std::process::Command::new("hostname");
//! alone.enter(&mut command);
//! assert_eq!(command.output()?.stdout, b"alice\n");
//! // A socket inside, used from here like any other.
//! let listener = alone.listen("127.0.0.1:7000".parse()?)?;
//! let mut client = alone.connect("127.0.0.1:7000".parse()?)?;
//! let (server, _) = listener.accept()?;
//! drop(server);
//! assert_eq!(client.read(&mut [0])?, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How
//!
//! A process with several threads, and every `cargo test` is one, may not make a user namespace
//! (unshare(2): EINVAL). So a child is forked, goes there, opens what was asked for, hands the
//! descriptors back over a socket (unix(7), SCM_RIGHTS) and exits, in about a millisecond, however
//! much memory the program has: nothing of it is copied. Between its fork and its end it makes
//! system calls only; it takes no lock and no memory.
//!
//! The process that made a user namespace has every right in it from outside (user_namespaces(7)).
//! So the sockets that come back can also configure: addresses over rtnetlink, offloads by ioctl.
//!
//! # Where it works
//!
//! On Linux 5.3 or later. Where Linux refuses (a container's seccomp filter, AppArmor on Ubuntu,
//! `user.max_user_namespaces` of 0), the [`Refusal`] says what to change. On other systems making
//! namespaces is refused in words; what speaks in Linux's own terms (`Opening`, `Warden`,
//! `Namespaces::open`, `net` and `identity`) is not there.

#[cfg(target_os = "linux")]
mod entrance;
#[cfg(target_os = "linux")]
mod errand;
#[cfg(target_os = "linux")]
mod namespaces;
#[cfg(target_os = "linux")]
mod opening;
mod refusal;
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "fork, and what runs between fork and exec")]
mod sys;
#[cfg(target_os = "linux")]
mod warden;

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(not(target_os = "linux"))]
pub use elsewhere::{Builder, Entrance, Namespaces, NoEntrance};

#[cfg(target_os = "linux")]
pub use self::entrance::{Entrance, NoEntrance};
#[cfg(target_os = "linux")]
pub use self::namespaces::{Builder, Namespaces};
#[cfg(target_os = "linux")]
pub use opening::Opening;
pub use refusal::{Refusal, Step};
#[cfg(target_os = "linux")]
pub use warden::Warden;
