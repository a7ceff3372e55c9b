//! The allow-list of paths: as a Landlock ruleset, and as the places of a new root.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CStr, CString};
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, Scope,
};

use super::sys;
use crate::policy::{Network, Policy};
use crate::refusal::Refusal;

/// Devices that any program may expect. To write: those that swallow. Of /dev/zero whoever may write
/// it gets memory to share (zero(4), mmap(2)), which counts for nobody that has it in no table.
const DEVICES: [(&str, bool); 5] = [
    ("/dev/null", true),
    ("/dev/zero", false),
    ("/dev/full", true),
    ("/dev/random", false),
    ("/dev/urandom", false),
];

/// Files by which `localhost` has addresses wherever there is a loopback. A full cell has its own.
pub(super) const NAMES: [(&CStr, &[u8]); 3] = [
    (c"/etc/hosts", b"127.0.0.1 localhost\n::1 localhost\n"),
    (c"/etc/host.conf", b"multi on\n"),
    (c"/etc/nsswitch.conf", b"hosts: files\n"),
];

/// What may be done with what is below a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rights {
    pub(super) execute: bool,
    pub(super) write: bool,
    pub(super) device: bool,
}

/// With the machine's own names of addresses, for programs that have its loopback or one like it.
pub(super) fn with_names(policy: &Policy) -> Policy {
    let mut policy = policy.clone();
    if policy.network == Network::Loopback {
        let paths = NAMES.iter().filter_map(|(path, _)| path.to_str().ok()).map(PathBuf::from);
        policy.read.extend(paths.filter(|path| path.exists()));
    }
    policy
}

/// The policy's paths as they are on this machine.
pub(super) struct Paths {
    /// Without symbolic links, absolute, and whether each is a folder.
    pub(super) allowed: BTreeMap<PathBuf, (Rights, bool)>,
    /// Symbolic links on the way to them, and where each points.
    pub(super) links: BTreeMap<PathBuf, PathBuf>,
}

impl Paths {
    pub(super) fn of(policy: &Policy) -> Result<Self, Refusal> {
        let mut paths = Self { allowed: BTreeMap::new(), links: BTreeMap::new() };
        let execute = Rights { execute: true, ..Rights::default() };
        let write = Rights { write: true, ..Rights::default() };
        let all = policy.read.iter().map(|path| (path, Rights::default()));
        let all = all.chain(policy.execute.iter().map(|path| (path, execute)));
        for (path, rights) in all.chain(policy.write.iter().map(|path| (path, write))) {
            paths.allow(path, rights).map_err(|error| {
                Refusal::of(format!("{} can't be given to a program", path.display()), error)
            })?;
        }
        for (path, write) in DEVICES {
            let rights = Rights { write, device: true, ..Rights::default() };
            let device = Path::new(path);
            if device.exists() {
                paths.allow(device, rights).map_err(|error| Refusal::of(path, error))?;
            }
        }
        Ok(paths)
    }

    fn allow(&mut self, path: &Path, rights: Rights) -> io::Result<()> {
        let real = self.follow(path)?;
        let is_folder = fs::metadata(&real)?.is_dir();
        let (known, _) = self.allowed.entry(real).or_insert((Rights::default(), is_folder));
        known.execute |= rights.execute;
        known.write |= rights.write;
        known.device |= rights.device;
        Ok(())
    }

    /// The path without symbolic links; those met are noted.
    fn follow(&mut self, path: &Path) -> io::Result<PathBuf> {
        let invalid = |text| io::Error::new(io::ErrorKind::InvalidInput, text);
        if !path.is_absolute() {
            return Err(invalid("the path is not absolute"));
        }
        let mut real = PathBuf::from("/");
        let mut ahead: Vec<PathBuf> = vec![path.into()];
        let mut met = 0;
        while let Some(next) = ahead.pop() {
            let mut components = next.components();
            let Some(component) = components.next() else { continue };
            ahead.push(components.as_path().into());
            match component {
                Component::RootDir => real = PathBuf::from("/"),
                Component::ParentDir => drop(real.pop()),
                Component::Normal(name) => {
                    real.push(name);
                    if fs::symlink_metadata(&real)?.is_symlink() {
                        met += 1;
                        if met > 40 {
                            return Err(rustix::io::Errno::LOOP.into());
                        }
                        let target = fs::read_link(&real)?;
                        self.links.insert(real.clone(), target.clone());
                        real.pop();
                        ahead.push(target);
                    }
                }
                Component::CurDir | Component::Prefix(_) => {}
            }
        }
        Ok(real)
    }

    /// What may be done with the next path above that is in the list.
    pub(super) fn rights_of_parent(&self, path: &Path) -> Option<Rights> {
        path.ancestors()
            .skip(1)
            .find_map(|above| self.allowed.get(above))
            .map(|(rights, _)| *rights)
    }

    /// All folders that lead to the paths and links, parents first.
    pub(super) fn folders(&self) -> BTreeSet<&Path> {
        let all = self.allowed.keys().chain(self.links.keys());
        all.flat_map(|path| path.ancestors().skip(1))
            .filter(|path| path.parent().is_some())
            .collect()
    }
}

/// A path behind `root`, as the kernel takes it.
pub(super) fn c_path(root: &str, path: &Path) -> Result<CString, Refusal> {
    let mut bytes = root.as_bytes().to_vec();
    bytes.extend_from_slice(path.as_os_str().as_bytes());
    CString::new(bytes).map_err(|_| Refusal::new(format!("{path:?} has a zero byte in it")))
}

/// What Landlock of this machine knows, as far as it matters here.
pub(super) fn landlock_abi() -> ABI {
    match sys::landlock_version() {
        ..1 => ABI::Unsupported,
        1 => ABI::V1,
        2 => ABI::V2,
        3 => ABI::V3,
        4 => ABI::V4,
        5 => ABI::V5,
        6 => ABI::V6,
        7.. => ABI::V7,
    }
}

/// Landlock as far as this policy uses it.
pub(super) fn landlock_abi_for(policy: &Policy) -> ABI {
    match landlock_abi() {
        it if policy.oldest_landlock => it.min(ABI::V1),
        it => it,
    }
}

/// Whether Landlock of this version keeps signals and abstract sockets in.
pub(super) fn has_scopes(abi: ABI) -> bool {
    abi >= ABI::V6
}

/// Whether Landlock of this version keeps a file that may only be read from being emptied.
pub(super) fn keeps_content(abi: ABI) -> bool {
    abi >= ABI::V3
}

/// Landlock's rights as numbers, for rules on what is made only later.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers {
    pub(super) read: u64,
    pub(super) read_file: u64,
    pub(super) write: u64,
}

fn landlock_rights(abi: ABI, rights: Rights, is_folder: bool) -> BitFlags<AccessFs> {
    let mut all = AccessFs::ReadFile | AccessFs::ReadDir;
    if rights.execute {
        all |= AccessFs::Execute;
    }
    if rights.device && rights.write {
        all |= AccessFs::WriteFile;
    } else if rights.write {
        let devices = AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev;
        all |= AccessFs::from_write(abi) & !devices;
    }
    if is_folder { all } else { all & AccessFs::from_file(abi) }
}

/// A ruleset that allows what the paths say and nothing else. Where it has scopes, no signal reaches
/// anybody outside, nor does a connection to an abstract socket.
pub(super) fn ruleset(paths: &Paths, abi: ABI) -> Result<(OwnedFd, Numbers), Refusal> {
    let failed = |error: &dyn std::fmt::Display| {
        Refusal::new(format!("no Landlock ruleset could be made: {error}"))
    };
    let mut made = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))
        // None at all is an error to the library.
        .and_then(|set| if has_scopes(abi) { set.scope(Scope::from_all(abi)) } else { Ok(set) })
        .and_then(Ruleset::create)
        .map_err(|error| failed(&error))?;
    for (path, (rights, is_folder)) in &paths.allowed {
        let place = PathFd::new(path).map_err(|error| failed(&error))?;
        let rule = PathBeneath::new(place, landlock_rights(abi, *rights, *is_folder));
        made = made.add_rule(rule).map_err(|error| failed(&error))?;
    }
    let ruleset = Option::<OwnedFd>::from(made).ok_or_else(|| {
        Refusal::new("this kernel has no Landlock").with_fix(
            "Use Linux 5.13 or later with `landlock` in its list of security modules (lsm=)",
        )
    })?;
    let write = Rights { write: true, ..Rights::default() };
    let numbers = Numbers {
        read: landlock_rights(abi, Rights::default(), true).bits(),
        read_file: landlock_rights(abi, Rights::default(), false).bits(),
        write: landlock_rights(abi, write, true).bits(),
    };
    Ok((ruleset, numbers))
}

/// One more rule, for what is at `path` by now.
pub(super) fn allow_later(
    ruleset: &OwnedFd,
    rights: u64,
    path: &CStr,
) -> Result<(), rustix::io::Errno> {
    use rustix::fs::{Mode, OFlags};
    let place = rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    sys::landlock_allow(ruleset.as_fd(), rights, place.as_fd())
}
