//! A machine that gives less than this one, made of this one in a process tree of its own.

use std::fmt;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use tempfile::TempDir;

/// Who is there, seen from outside. Inside both take themselves for root, as far as the place's
/// rights go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Whoever runs the tests.
    Tester,
    /// A user without any rights, where root runs the tests.
    Nobody,
}

impl Who {
    pub(super) fn all() -> impl Iterator<Item = Who> {
        let is_root = rustix::process::geteuid().is_root();
        std::iter::once(Who::Tester).chain(is_root.then_some(Who::Nobody))
    }
}

/// Brings the loopback up; then, if asked to, forbids what docker's default profile forbids to a
/// container without SYS_ADMIN, and becomes the program.
const CONTAINER: &str = r#"
import ctypes, fcntl, os, platform, socket, struct, sys
def load(at): return struct.pack("HBBI", 0x20, 0, 0, at)
def equal(value, yes, no): return struct.pack("HBBI", 0x15, yes, no, value)
def end(value): return struct.pack("HBBI", 0x06, 0, 0, value)
ALLOW, EPERM, ENOSYS, NEW = 0x7fff0000, 0x50000 | 1, 0x50000 | 38, 0x7e020000
numbers = {"x86_64": (56, 272, 308, 165), "aarch64": (220, 97, 268, 40)}[platform.machine()]
clone, unshare, setns, mount = numbers
program = [
    load(0), equal(435, 0, 1), end(ENOSYS),                        # clone3
    equal(clone, 0, 4), load(16), struct.pack("HBBI", 0x45, 0, 1, NEW), end(EPERM), end(ALLOW),
    equal(unshare, 2, 0), equal(setns, 1, 0), equal(mount, 0, 1), end(EPERM), end(ALLOW),
]
with socket.socket() as any:
    fcntl.ioctl(any, 0x8914, struct.pack("16sH22x", b"lo", 0x41))  # up and running
code = ctypes.create_string_buffer(b"".join(program))
class Program(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("code", ctypes.c_void_p)]
libc = ctypes.CDLL(None, use_errno=True)
filter = Program(len(program), ctypes.addressof(code))
rights = sys.argv[1]
become = ["setpriv", "--bounding-set", rights, "--inh-caps=-all", *sys.argv[2:]]
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(filter), 0, 0) == 0
os.execvp(become[0], become)
"#;

pub(super) struct Place {
    who: Who,
    namespaces: Vec<&'static str>,
    preparation: &'static str,
    rights: &'static str,
    filtered: bool,
    folder: TempDir,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} with {}", self.who, self.rights)
    }
}

impl Place {
    pub(super) fn of(who: Who) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // A user without rights must get there, wherever this project lies.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        let namespaces = vec!["--user", "--map-root-user"];
        Self { who, namespaces, preparation: ":", rights: "+all", filtered: false, folder }
    }

    /// In one more namespace of its own.
    pub(super) fn with(mut self, namespace: &'static str) -> Self {
        self.namespaces.push(namespace);
        self
    }

    /// Runs this before the rights are taken away.
    pub(super) fn prepared(mut self, shell: &'static str) -> Self {
        self.preparation = shell;
        self
    }

    /// Changes to what the place's root may do, as setpriv(1) takes them.
    pub(super) fn rights(mut self, rights: &'static str) -> Self {
        self.rights = rights;
        self
    }

    /// Under a filter as containers have it, with a loopback that is up.
    pub(super) fn filtered(mut self) -> Self {
        self.filtered = true;
        self
    }

    /// Makes it, or says that this machine has no namespaces to make it of. With
    /// `NETLINGS_REQUIRE=namespaces` that is a failure.
    pub(super) fn made(self) -> Option<Self> {
        let program = self.folder.path().join("netlings");
        let built = env!("CARGO_BIN_EXE_netlings");
        fs::hard_link(built, &program).or_else(|_| fs::copy(built, &program).map(drop)).unwrap();
        fs::write(self.folder.path().join("container.py"), CONTAINER).unwrap();
        let tried = self.netlings(&["--version"]);
        if tried.get_output().status.success() {
            return Some(self);
        }
        let required = std::env::var("NETLINGS_REQUIRE")
            .is_ok_and(|what| what.split(',').any(|word| word == "namespaces"));
        assert!(!required, "{self}: {tried}");
        eprintln!("not run, since this machine refuses user namespaces: {tried}");
        None
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// netlings there, with nothing typed.
    pub(super) fn netlings(&self, arguments: &[&str]) -> Assert {
        let mut words: Vec<&str> = Vec::new();
        if self.who == Who::Nobody {
            words.extend(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]);
        }
        words.push("unshare");
        words.extend(&self.namespaces);
        let script = match self.filtered {
            true => format!("{}; exec python3 container.py \"$@\"", self.preparation),
            false => {
                let drop = "exec setpriv --inh-caps=-all --bounding-set \"$@\"";
                format!("{}; {drop}", self.preparation)
            }
        };
        words.extend(["sh", "-ec", &script, "sh", self.rights, "./netlings"]);
        words.extend(arguments);
        let mut command = Command::new(words[0]);
        // Nothing takes nearly as long; what waits for ever must fail.
        command.timeout(Duration::from_secs(120)).current_dir(self.folder.path());
        for name in ["COLUMNS", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        // What lies in a tester's own folders is out of nobody's reach.
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("NO_COLOR", "1").args(&words[1..]).write_stdin("").assert()
    }
}
