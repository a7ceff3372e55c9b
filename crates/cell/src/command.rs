//! What is started in a cell.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

#[cfg(unix)]
use std::os::fd::OwnedFd;

/// A program, its arguments, and what it inherits. Its standard streams are /dev/null unless they
/// are given; no other descriptor is inherited but those named here.
#[derive(Debug)]
pub struct Command {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) directory: Option<PathBuf>,
    #[cfg(unix)]
    pub(crate) descriptors: Vec<(i32, OwnedFd)>,
}

impl Command {
    /// `program` is an absolute path: no `PATH` is searched.
    pub fn new(program: impl AsRef<Path>) -> Self {
        Self {
            program: program.as_ref().into(),
            arguments: Vec::new(),
            directory: None,
            #[cfg(unix)]
            descriptors: Vec::new(),
        }
    }

    /// One more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().into());
        self
    }

    /// More arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().into()));
        self
    }

    /// The folder it is started in, absolute. Otherwise `/`.
    #[must_use]
    pub fn directory(mut self, path: impl AsRef<Path>) -> Self {
        self.directory = Some(path.as_ref().into());
        self
    }
}

#[cfg(unix)]
impl Command {
    /// Its stdin.
    #[must_use]
    pub fn stdin(self, descriptor: impl Into<OwnedFd>) -> Self {
        self.descriptor(0, descriptor)
    }

    /// Its stdout.
    #[must_use]
    pub fn stdout(self, descriptor: impl Into<OwnedFd>) -> Self {
        self.descriptor(1, descriptor)
    }

    /// Its stderr.
    #[must_use]
    pub fn stderr(self, descriptor: impl Into<OwnedFd>) -> Self {
        self.descriptor(2, descriptor)
    }

    /// It inherits `descriptor` under `number`, 0 to 63.
    #[must_use]
    pub fn descriptor(mut self, number: i32, descriptor: impl Into<OwnedFd>) -> Self {
        self.descriptors.retain(|(known, _)| *known != number);
        self.descriptors.push((number, descriptor.into()));
        self
    }
}
