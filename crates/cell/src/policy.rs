//! What a program may: a list of what is allowed, where everything else is not.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a program in a cell may read, run, write and use. Nothing that is not named here.
///
/// It can be written as text and read back ([`Policy::to_text`]), so that a launcher gets it as one
/// argument.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[must_use = "a policy does nothing before something is started with it"]
pub struct Policy {
    pub(crate) read: Vec<PathBuf>,
    pub(crate) execute: Vec<PathBuf>,
    pub(crate) write: Vec<PathBuf>,
    pub(crate) proc: bool,
    pub(crate) scratch: Option<u64>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) passed_on: Option<Vec<String>>,
    pub(crate) limits: Limits,
    pub(crate) network: Network,
    #[serde(default)]
    pub(crate) oldest_landlock: bool,
}

/// What a program can reach over sockets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Network {
    /// Nothing: only UNIX sockets can be made.
    #[default]
    None,
    /// A loopback of the cell's own, 127.0.0.0/8 and ::1, and nothing else.
    Loopback,
}

/// How much a program may use.
///
/// The kernel counts CPU time, address space and size of files for each process by itself; processes
/// for the whole cell; `memory` and `wall` are watched by the cell's first process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// CPU time of one process (RLIMIT_CPU), in whole seconds, rounded up. At the limit it gets
    /// SIGXCPU, a second later SIGKILL.
    pub cpu: Duration,
    /// Bytes of address space of one process (RLIMIT_AS). Beyond it an allocation fails.
    pub address_space: u64,
    /// Bytes that one file may grow to (RLIMIT_FSIZE). Beyond it a writer gets SIGXFSZ.
    pub file_size: u64,
    /// Processes and threads at the same time (RLIMIT_NPROC). Beyond it fork(2) fails.
    pub processes: u64,
    /// Descriptors of one process (RLIMIT_NOFILE).
    pub open_files: u64,
    /// Bytes that all processes of the cell hold in memory (resident) together, with the tables by
    /// which the kernel finds them. What several share counts for each. It is looked at about 20 times a second; beyond it the cell ends with [`End::Memory`](crate::End::Memory).
    pub memory: u64,
    /// Time from the start. Then the cell ends with [`End::Wall`](crate::End::Wall).
    pub wall: Duration,
}

impl Default for Limits {
    /// Enough for a small program: 10 s of CPU, 1 GiB of address space, files of 16 MiB,
    /// 64 processes, 256 descriptors, 512 MiB of memory in all, 60 s.
    fn default() -> Self {
        Self {
            cpu: Duration::from_secs(10),
            address_space: 1 << 30,
            file_size: 16 << 20,
            processes: 64,
            open_files: 256,
            memory: 512 << 20,
            wall: Duration::from_secs(60),
        }
    }
}

/// Where a dynamically linked program's libraries, a linker, and time zones are, as far as they are
/// there. In /etc there are only files that say where else to look.
const SYSTEM: [&str; 12] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
];

impl Policy {
    /// Nothing is allowed: no file, an empty environment, no network, [`Limits::default`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Files below `path`, or the file itself, may be read. `path` is absolute. Symbolic links in it
    /// are followed, here as in the calls below; so it must not lead through a folder to which a
    /// stranger's program had access.
    pub fn read(mut self, path: impl AsRef<Path>) -> Self {
        self.read.push(path.as_ref().into());
        self
    }

    /// Files below `path`, or the file itself, may be read and executed. `path` is absolute.
    pub fn execute(mut self, path: impl AsRef<Path>) -> Self {
        self.execute.push(path.as_ref().into());
        self
    }

    /// Files below `path`, or the file itself, may be read, written, made and removed, but not
    /// executed. `path` is absolute. Where the owner is root the folder must be given to the cell's
    /// user first: [`give`](crate::give).
    pub fn write(mut self, path: impl AsRef<Path>) -> Self {
        self.write.push(path.as_ref().into());
        self
    }

    /// What most programs need to start: /usr, the system's libraries and the like, to read and to
    /// execute; /etc is not among it.
    pub fn system(mut self) -> Self {
        self.execute.extend(SYSTEM.map(PathBuf::from).into_iter().filter(|path| path.exists()));
        self
    }

    /// /proc may be read: a private one, in which only processes are seen that the reader may trace.
    pub fn proc(mut self) -> Self {
        self.proc = true;
        self
    }

    /// A folder of the cell's own for temporary files, gone with the cell. In a full cell it is
    /// /tmp, a memory file system of at most `bytes` bytes. The program finds its path in `TMPDIR`.
    pub fn scratch(mut self, bytes: u64) -> Self {
        self.scratch = Some(bytes);
        self
    }

    /// Sets a variable of the environment, which is otherwise empty.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.into(), value.into()));
        self
    }

    /// In a second level ([`inner`](crate::inner)): of the launcher's environment these variables
    /// are passed on. Without this call all are, since the outer cell's environment is exact.
    pub fn pass_on(mut self, names: &[&str]) -> Self {
        self.passed_on.get_or_insert_default().extend(names.iter().map(|&name| name.into()));
        self
    }

    /// How much it may use.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// What it reaches over sockets.
    pub fn network(mut self, network: Network) -> Self {
        self.network = network;
        self
    }

    /// As on Linux 5.13, whose Landlock was the first. For tests of what is done on older kernels.
    #[doc(hidden)]
    pub fn on_the_oldest_landlock(mut self) -> Self {
        self.oldest_landlock = true;
        self
    }

    /// The policy as one line of text.
    ///
    /// # Panics
    /// If a path is not Unicode.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("paths are Unicode")
    }

    /// Reads what [`to_text`](Policy::to_text) wrote.
    ///
    /// # Errors
    /// In words, if it is anything else.
    pub fn from_text(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| format!("this is no policy of a cell: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_back_as_it_was_written() {
        let policy = Policy::new()
            .system()
            .read("/a")
            .execute("/b")
            .write("/c")
            .proc()
            .scratch(1 << 20)
            .environment("A", "b=c \"d\"")
            .pass_on(&["TZ"])
            .network(Network::Loopback);
        assert_eq!(Policy::from_text(&policy.to_text()), Ok(policy));
        assert!(Policy::from_text("{}").is_err());
        assert!(Policy::from_text("").is_err());
    }
}
