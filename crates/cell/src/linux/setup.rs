//! How a cell's first process makes the cell around itself, and then starts the program.
//!
//! All of it runs between fork and exec: system calls on memory that the owner prepared.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use rustix::process::{DumpableBehavior, Pid, Resource, Rlimit, WaitOptions};
use rustix::thread::{Gid, Uid, UnshareFlags};
use seccompiler::BpfProgram;

use super::paths::{NAMES, allow_later};
use super::plan::USER_INSIDE;
use super::step::Step;
use super::sys::{self, Words};

/// Attributes of a mount, as mount_setattr(2) takes them.
pub(super) const READ_ONLY: u64 = 1;
pub(super) const NO_SETUID: u64 = 2;
pub(super) const NO_DEVICES: u64 = 4;
pub(super) const NO_EXEC: u64 = 8;

/// Where it failed: at which step, and which of several.
pub(super) struct Fault(pub(super) Step, pub(super) usize, pub(super) Errno);

type Done = Result<(), Fault>;

trait At<T> {
    fn at(self, step: Step) -> Result<T, Fault>;
    fn at_one(self, step: Step, which: usize) -> Result<T, Fault>;
}

impl<T> At<T> for Result<T, Errno> {
    fn at(self, step: Step) -> Result<T, Fault> {
        self.at_one(step, 0)
    }

    fn at_one(self, step: Step, which: usize) -> Result<T, Fault> {
        self.map_err(|errno| Fault(step, which, errno))
    }
}

/// What goes into /proc/self/uid_map and gid_map.
pub(super) struct Maps {
    pub(super) user: Vec<u8>,
    pub(super) group: Vec<u8>,
}

impl Maps {
    fn write(&self) -> Result<(), Errno> {
        // A process without rights over groups may map its own only if it gives up changing them.
        write_file(c"/proc/self/setgroups", b"deny")?;
        write_file(c"/proc/self/uid_map", &self.user)?;
        write_file(c"/proc/self/gid_map", &self.group)
    }

    /// A process that stays root's, to write the maps once this one, the first of its process
    /// namespace, is in a user namespace. From inside only the own user may be mapped; and root may
    /// make user namespaces where others may not.
    fn write_from_outside(&self) -> Result<Helper, Errno> {
        let (order, ordered) = sys::pipe()?;
        let process = sys::fork_beside(|| {
            let told = rustix::io::read(&order, &mut [0u8; 1]);
            let written = write_file(c"/proc/1/uid_map", &self.user)
                .and_then(|()| write_file(c"/proc/1/gid_map", &self.group));
            sys::exit(i32::from(told != Ok(1) || written.is_err()));
        })?;
        Ok(Helper { process, ordered })
    }
}

struct Helper {
    process: Pid,
    ordered: OwnedFd,
}

impl Helper {
    fn write_now(&self) -> Result<(), Errno> {
        rustix::io::write(&self.ordered, b"w")?;
        match rustix::process::waitpid(Some(self.process), WaitOptions::empty())? {
            Some((_, status)) if status.exit_status() == Some(0) => Ok(()),
            _ => Err(Errno::PERM),
        }
    }
}

/// Who programs are, from outside.
pub(super) enum Identity {
    /// The owner, in a user namespace that the first process is born in.
    Owner(Maps),
    /// Another user, in a user namespace that is made last, when all else is done.
    Other(Maps),
    /// The owner, as it is.
    Same,
}

/// The cell's own view of files, network and hostname.
pub(super) struct World {
    pub(super) folders: Vec<CString>,
    pub(super) files: Vec<CString>,
    /// Where, and where it points.
    pub(super) links: Vec<(CString, CString)>,
    /// From, to, and the attributes of the mount.
    pub(super) binds: Vec<(CString, CString, u64)>,
    /// The size, as mount(8) writes options.
    pub(super) scratch: Option<CString>,
    pub(super) loopback: bool,
}

/// What is done to the program itself.
pub(super) struct Program {
    pub(super) path: CString,
    pub(super) arguments: Words,
    pub(super) environment: Words,
    pub(super) directory: CString,
    pub(super) descriptors: Vec<(i32, OwnedFd)>,
    pub(super) limits: Vec<(Resource, Rlimit)>,
    pub(super) ruleset: OwnedFd,
    pub(super) filters: Vec<BpfProgram>,
    /// Becomes this user first, in the reduced tier of an owner that is root. The first process
    /// stays root there, out of the program's reach.
    pub(super) other_user: Option<u32>,
    /// Rights for what the cell makes itself.
    pub(super) later: Vec<(CString, u64)>,
}

/// Makes the cell around this process.
pub(super) fn make(identity: &Identity, world: Option<&World>) -> Done {
    // This memory is a copy of the owner's. Nobody is to look into it.
    let hide = || rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    if let Identity::Owner(maps) = identity {
        maps.write().at(Step::MapIds)?;
    }
    if let Some(world) = world {
        world.make()?;
    }
    if let Identity::Other(maps) = identity {
        let helper = maps.write_from_outside().at(Step::MapIds)?;
        rustix::thread::set_thread_groups(&[]).at(Step::OtherUser)?;
        sys::unshare(UnshareFlags::NEWUSER).at(Step::UserNamespace)?;
        helper.write_now().at(Step::MapIds)?;
        become_user(USER_INSIDE).at(Step::OtherUser)?;
    }
    hide().at(Step::Hide)
}

fn become_user(id: u32) -> Result<(), Errno> {
    let (user, group) = (Uid::from_raw(id), Gid::from_raw(id));
    rustix::thread::set_thread_res_gid(group, group, group)?;
    rustix::thread::set_thread_res_uid(user, user, user)
}

impl World {
    fn make(&self) -> Done {
        self.begin().at(Step::Root)?;
        // First what others may be mounted into, then what is mounted.
        let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
        rustix::fs::mkdir(c"/new/proc", Mode::from_raw_mode(0o555)).at(Step::Proc)?;
        mount(c"/new/proc", c"proc", flags, c"hidepid=2").at(Step::Proc)?;
        if let Some(size) = &self.scratch {
            rustix::fs::mkdir(c"/new/tmp", Mode::from_raw_mode(0o755)).at(Step::Scratch)?;
            mount(c"/new/tmp", c"tmpfs", flags, size).at(Step::Scratch)?;
        }
        self.places()?;
        if self.loopback {
            names().at(Step::Names)?;
        }
        for (which, (from, to, attributes)) in self.binds.iter().enumerate() {
            rustix::mount::mount_bind_recursive(from, to).at_one(Step::Bind, which)?;
            sys::add_mount_attributes(to, *attributes, true).at_one(Step::Bind, which)?;
        }
        let closed = READ_ONLY | NO_SETUID | NO_DEVICES;
        sys::add_mount_attributes(c"/new", closed, false).at(Step::Root)?;
        end().at(Step::Root)?;
        if self.loopback {
            loopback_up().at(Step::Loopback)?;
        }
        rustix::system::sethostname(b"cell").at(Step::Hostname)
    }

    /// A root of its own, with the old one below /old and the coming one at /new.
    fn begin(&self) -> Result<(), Errno> {
        let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
        rustix::mount::mount_change(c"/", private)?;
        let flags = MountFlags::NOSUID | MountFlags::NODEV;
        mount(c"/tmp", c"tmpfs", flags, c"size=64k,mode=755")?;
        rustix::process::chdir(c"/tmp")?;
        rustix::fs::mkdir(c"old", Mode::RWXU)?;
        rustix::fs::mkdir(c"new", Mode::RWXU)?;
        rustix::process::pivot_root(c".", c"old")?;
        rustix::process::chdir(c"/")?;
        mount(c"/new", c"tmpfs", flags, c"size=1m,nr_inodes=4k,mode=755")
    }

    fn places(&self) -> Done {
        let there = |done: Result<(), Errno>| match done {
            Err(Errno::EXIST) => Ok(()),
            other => other,
        };
        for (which, folder) in self.folders.iter().enumerate() {
            let made = rustix::fs::mkdir(folder, Mode::from_raw_mode(0o755));
            there(made).at_one(Step::Place, which)?;
        }
        for (which, file) in self.files.iter().enumerate() {
            let flags = OFlags::CREATE | OFlags::RDONLY | OFlags::CLOEXEC;
            let made = rustix::fs::open(file, flags, Mode::RUSR).map(drop);
            there(made).at_one(Step::Place, which)?;
        }
        for (which, (at, target)) in self.links.iter().enumerate() {
            there(rustix::fs::symlink(target, at)).at_one(Step::Place, which)?;
        }
        Ok(())
    }
}

/// The root becomes what is at /new; the machine's own is gone from here.
fn end() -> Result<(), Errno> {
    rustix::process::chdir(c"/new")?;
    rustix::process::pivot_root(c".", c".")?;
    rustix::mount::unmount(c".", UnmountFlags::DETACH)?;
    rustix::process::chdir(c"/")
}

fn mount(target: &CStr, kind: &CStr, flags: MountFlags, options: &CStr) -> Result<(), Errno> {
    rustix::mount::mount(kind, target, kind, flags, options)
}

fn loopback_up() -> Result<(), Errno> {
    let flags = SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(AddressFamily::INET, SocketType::DGRAM, flags, None)?;
    sys::loopback_up(socket.as_fd())
}

/// Below /new, before what the policy says is mounted there.
fn names() -> Result<(), Errno> {
    match rustix::fs::mkdir(c"/new/etc", Mode::from_raw_mode(0o755)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno),
    }
    let new = rustix::fs::open(c"/new", OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    for (path, text) in NAMES {
        // The names begin with a slash, which would lead out of /new.
        let name = path.to_bytes_with_nul().get(1..).unwrap_or_default();
        let name = CStr::from_bytes_with_nul(name).map_err(|_| Errno::INVAL)?;
        let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&new, name, flags, Mode::from_raw_mode(0o644))?;
        rustix::io::write(&file, text)?;
    }
    Ok(())
}

fn write_file(path: &CStr, bytes: &[u8]) -> Result<(), Errno> {
    let file = rustix::fs::open(path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::io::write(&file, bytes).map(drop)
}

impl Program {
    /// Confines this process and becomes the program. Returns only with what failed.
    pub(super) fn start(&self) -> Fault {
        match self.confine() {
            Ok(()) => {
                Fault(Step::Exec, 0, sys::exec(&self.path, &self.arguments, &self.environment))
            }
            Err(fault) => fault,
        }
    }

    fn confine(&self) -> Done {
        rustix::process::setsid().at(Step::Session)?;
        sys::reset_signals();
        for (path, rights) in &self.later {
            allow_later(&self.ruleset, *rights, path).at(Step::Landlock)?;
        }
        rustix::process::chdir(&self.directory).at(Step::Directory)?;
        for (number, descriptor) in &self.descriptors {
            sys::dup_to(descriptor.as_fd(), *number).at(Step::Descriptors)?;
        }
        for (which, (resource, limit)) in self.limits.iter().enumerate() {
            rustix::process::setrlimit(*resource, *limit).at_one(Step::Limit, which)?;
        }
        if let Some(id) = self.other_user {
            let alone = rustix::thread::set_thread_groups(&[]);
            alone.and_then(|()| become_user(id)).at(Step::OtherUser)?;
        }
        rustix::thread::set_no_new_privs(true).at(Step::Landlock)?;
        sys::landlock_restrict(self.ruleset.as_fd()).at(Step::Landlock)?;
        for filter in &self.filters {
            sys::filter_system_calls(filter).at(Step::Filter)?;
        }
        Ok(())
    }

    /// What it must keep until it starts.
    pub(super) fn kept(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.descriptors.iter().map(|(_, one)| one.as_fd()).chain([self.ruleset.as_fd()])
    }
}

/// The numbers in ascending order, as [`sys::close_all_but`] takes them.
pub(super) fn in_order<'a>(kept: impl Iterator<Item = BorrowedFd<'a>>) -> Vec<i32> {
    let mut numbers: Vec<i32> = kept.map(|one| one.as_raw_fd()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}
