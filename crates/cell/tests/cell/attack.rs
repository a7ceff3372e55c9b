//! What a hostile program tries. Each says what it got hold of, or why it did not.

mod files;
mod kernel;
mod neighbours;
mod resources;

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use crate::bait::Bait;
use crate::sys;

/// Ok: what it reached.
type Reached = io::Result<String>;

/// An attack: its name, what it does, and where it is to be kept from that.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&Bait) -> Reached,
    /// The reduced tier keeps it from that, too.
    pub(crate) in_reduced: bool,
    /// Unconfined it does so only for root.
    pub(crate) needs_root: bool,
    /// Unconfined it needs the bait's own process and network namespaces.
    pub(crate) at_the_bait: bool,
    /// Beside a grading engine in the same cell it needs the second level to be kept from that.
    pub(crate) inner: bool,
    /// On the oldest kernels nothing keeps it from that there, or it does not succeed there at all.
    pub(crate) needs_newer: bool,
    /// What it did shows at the bait, and not by what its system call says.
    pub(crate) shows_as_harm: bool,
}

const fn attack(name: &'static str, run: fn(&Bait) -> Reached) -> Attack {
    Attack {
        name,
        run,
        in_reduced: true,
        needs_root: false,
        at_the_bait: false,
        inner: false,
        needs_newer: false,
        shows_as_harm: false,
    }
}

impl Attack {
    const fn only_full(mut self) -> Self {
        self.in_reduced = false;
        self
    }

    const fn for_root(mut self) -> Self {
        self.needs_root = true;
        self
    }

    const fn inside_too(mut self) -> Self {
        self.inner = true;
        self
    }

    const fn needs_newer(mut self) -> Self {
        self.needs_newer = true;
        self
    }

    const fn shows_as_harm(mut self) -> Self {
        self.shows_as_harm = true;
        self
    }

    /// It can do harm to nothing but the bait.
    const fn at_the_bait(mut self) -> Self {
        self.at_the_bait = true;
        self
    }
}

/// All that a program can try, whoever stands beside it.
pub(crate) fn all() -> impl Iterator<Item = &'static Attack> {
    [files::ATTACKS, neighbours::ATTACKS, kernel::ATTACKS, resources::ATTACKS].into_iter().flatten()
}

fn read(path: impl AsRef<Path>, expected: &str) -> Reached {
    let bytes = fs::read(path)?;
    found(&String::from_utf8_lossy(&bytes), expected)
}

fn found(text: &str, expected: &str) -> Reached {
    if text.contains(expected) {
        Ok(format!("it reads {expected:?}"))
    } else {
        Err(io::Error::other(format!("{expected:?} is not in it")))
    }
}

fn c_string(path: &Path) -> io::Result<std::ffi::CString> {
    use std::os::unix::ffi::OsStrExt;
    Ok(std::ffi::CString::new(path.as_os_str().as_bytes())?)
}

/// Something that outlives its parent, holds what it inherited, and notes when it is still there.
pub(crate) fn leave_a_daemon(marker: &Path, double: bool) -> io::Result<()> {
    let (mut is_there, tell) = io::pipe()?;
    if sys::fork()? == 0 {
        sys::setsid();
        for signal in [libc::SIGTERM, libc::SIGHUP, libc::SIGINT] {
            sys::ignore(signal);
        }
        if double && sys::fork()? != 0 {
            sys::exit(0);
        }
        let listening = fs::write(marker, std::process::id().to_string());
        let _ = (&tell).write_all(if listening.is_ok() { b"y" } else { b"n" });
        loop {
            std::thread::park();
        }
    }
    is_there.read_exact(&mut [0])
}
