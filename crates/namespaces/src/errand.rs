//! A short-lived child goes into namespaces, opens what is wanted there, and hands it back.
//!
//! Child and parent have one table of descriptors between them. With copies, a socket that another
//! thread of the parent closes meanwhile would stay open until the child's end, and its FIN would
//! not be sent. So the child closes what it opened once it is handed back.
//!
//! They have one memory too, and the thread that sent the child sleeps while it runs: with copies,
//! the larger a program, the longer each errand takes.
//!
//! What the child does is all in [`Errand::carry_out`] and below it, and is legal between fork and
//! exec of a process with threads: system calls through rustix (which makes them itself, without
//! libc and its locks), on memory that the parent prepared. No allocation, no lock, no output, and
//! nothing that can panic.

mod sender;

use std::ffi::CString;
use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::num::NonZeroU32;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    SocketFlags, SocketType,
};
use rustix::process::Signal;
use rustix::thread::{LinkNameSpaceType, UnshareFlags};

use crate::opening::{Opening, What};
use crate::refusal::Step;
use crate::sys;

pub(crate) use sender::{id_maps, reap};

/// So many descriptors can be handed back at most.
const MOST: usize = 64;

/// What the child is to do, in this order.
#[derive(Default)]
pub(crate) struct Errand<'a> {
    pub(crate) enter_user: Option<BorrowedFd<'a>>,
    pub(crate) enter_net: Option<BorrowedFd<'a>>,
    pub(crate) make: Option<Make<'a>>,
    pub(crate) open: &'a [Opening],
}

/// New namespaces. Handed back first: the network's, the hostname's, and the user's if one is made.
pub(crate) struct Make<'a> {
    pub(crate) user: Option<&'a IdMaps>,
    pub(crate) hostname: &'a [u8],
    pub(crate) settings: &'a [Setting],
}

/// What goes into /proc/self/uid_map and gid_map.
pub(crate) struct IdMaps {
    pub(crate) user: Vec<u8>,
    pub(crate) group: Vec<u8>,
}

/// A file below /proc/sys and what is written to it.
pub(crate) struct Setting {
    pub(crate) path: CString,
    pub(crate) value: Vec<u8>,
    pub(crate) required: bool,
}

/// Where the child failed: at which step, at which of several, with which error.
struct Fault(Step, u8, Errno);

/// What `errno` is once a step is known. The last field says which of several it was.
trait At<T> {
    fn at(self, step: Step) -> Result<T, Fault>;
    fn at_one(self, step: Step, which: usize) -> Result<T, Fault>;
}

impl<T> At<T> for Result<T, Errno> {
    fn at(self, step: Step) -> Result<T, Fault> {
        self.at_one(step, 0)
    }

    fn at_one(self, step: Step, which: usize) -> Result<T, Fault> {
        self.map_err(|errno| Fault(step, u8::try_from(which).unwrap_or(u8::MAX), errno))
    }
}

/// The descriptors to hand back.
struct Bag {
    kept: [Option<OwnedFd>; MOST],
    count: usize,
}

impl Bag {
    fn put(&mut self, descriptor: OwnedFd) -> Result<(), Errno> {
        let place = self.kept.get_mut(self.count).ok_or(Errno::MFILE)?;
        *place = Some(descriptor);
        self.count += 1;
        Ok(())
    }
}

impl Errand<'_> {
    /// In the child, all of it.
    pub(crate) fn run(&self, socket: BorrowedFd<'_>) {
        // The parent waits for us; without it nobody wants to know.
        let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
        let mut bag = Bag { kept: [const { None }; MOST], count: 0 };
        let report = match self.carry_out(&mut bag) {
            Ok(()) => [u8::MAX, 0, 0, 0, 0, 0],
            Err(Fault(step, which, errno)) => {
                bag.count = 0;
                let [a, b, c, d] = errno.raw_os_error().to_ne_bytes();
                let index = Step::FALLIBLE.iter().position(|known| *known == step).unwrap_or(0);
                [u8::try_from(index).unwrap_or(0), which, a, b, c, d]
            }
        };
        let mut list = [socket; MOST];
        for (place, kept) in list.iter_mut().zip(bag.kept.iter().flatten()) {
            *place = kept.as_fd();
        }
        let handed = list.get(..bag.count).unwrap_or_default();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if !handed.is_empty() {
            ancillary.push(SendAncillaryMessage::ScmRights(handed));
        }
        // Fails only where the parent has gone.
        let _ = rustix::net::sendmsg(
            socket,
            &[IoSlice::new(&report)],
            &mut ancillary,
            SendFlags::NOSIGNAL,
        );
    }

    fn carry_out(&self, bag: &mut Bag) -> Result<(), Fault> {
        if let Some(user) = self.enter_user {
            enter(user, LinkNameSpaceType::User).at(Step::Enter)?;
        }
        if let Some(net) = self.enter_net {
            enter(net, LinkNameSpaceType::Network).at(Step::Enter)?;
        }
        if let Some(make) = &self.make {
            make.carry_out(bag)?;
        }
        for (which, opening) in self.open.iter().enumerate() {
            let opened = open(&opening.what).at_one(Step::Open, which)?;
            bag.put(opened).at_one(Step::Open, which)?;
        }
        Ok(())
    }
}

impl Make<'_> {
    fn carry_out(&self, bag: &mut Bag) -> Result<(), Fault> {
        if let Some(maps) = self.user {
            sys::unshare(UnshareFlags::NEWUSER).at(Step::MakeUser)?;
            // Without this an ordinary user may not write gid_map (user_namespaces(7)).
            write(c"/proc/self/setgroups", b"deny").at(Step::MapIds)?;
            write(c"/proc/self/uid_map", &maps.user).at(Step::MapIds)?;
            write(c"/proc/self/gid_map", &maps.group).at(Step::MapIds)?;
        }
        sys::unshare(UnshareFlags::NEWNET | UnshareFlags::NEWUTS).at(Step::MakeNet)?;
        if !self.hostname.is_empty() {
            rustix::system::sethostname(self.hostname).at(Step::Hostname)?;
        }
        bring_loopback_up().at(Step::Loopback)?;
        for (which, setting) in self.settings.iter().enumerate() {
            let written = write(&setting.path, &setting.value);
            if setting.required {
                written.at_one(Step::Setting, which)?;
            }
        }
        for path in [c"/proc/self/ns/net", c"/proc/self/ns/uts"] {
            let kept = read_only(path).and_then(|opened| bag.put(opened));
            kept.at(Step::OpenNamespace)?;
        }
        if self.user.is_some() {
            let kept = read_only(c"/proc/self/ns/user").and_then(|opened| bag.put(opened));
            kept.at(Step::OpenNamespace)?;
        }
        Ok(())
    }
}

/// Moves the calling process, which has one thread, into a namespace.
pub(crate) fn enter(namespace: BorrowedFd<'_>, kind: LinkNameSpaceType) -> Result<(), Errno> {
    rustix::thread::move_into_link_name_space(namespace, Some(kind))
}

fn open(what: &What) -> Result<OwnedFd, Errno> {
    match what {
        What::Device { path } => {
            let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
            rustix::fs::open(path.as_c_str(), flags, Mode::empty())
        }
        What::Socket { domain, kind, protocol } => rustix::net::socket_with(
            AddressFamily::from_raw(u16::try_from(*domain).map_err(|_| Errno::AFNOSUPPORT)?),
            SocketType::from_raw(kind.cast_unsigned()),
            SocketFlags::CLOEXEC,
            NonZeroU32::new(protocol.cast_unsigned()).map(Protocol::from_raw),
        ),
    }
}

fn read_only(path: &std::ffi::CStr) -> Result<OwnedFd, Errno> {
    rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
}

fn write(path: &std::ffi::CStr, value: &[u8]) -> Result<(), Errno> {
    let file = rustix::fs::open(path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::io::write(&file, value).map(|_| ())
}

/// RTM_NEWLINK for interface 1, which is the loopback in every network namespace: flag UP, as the
/// only one to change (rtnetlink(7)). The answer is NLMSG_ERROR with an error of 0, or the error.
fn bring_loopback_up() -> Result<(), Errno> {
    const UP: i32 = libc::IFF_UP;
    let route = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        None,
    )?;
    let mut message = [0; 32];
    let flags = u16::try_from(libc::NLM_F_REQUEST | libc::NLM_F_ACK).unwrap_or(0);
    message[0..4].copy_from_slice(&32u32.to_ne_bytes());
    message[4..6].copy_from_slice(&libc::RTM_NEWLINK.to_ne_bytes());
    message[6..8].copy_from_slice(&flags.to_ne_bytes());
    message[20..24].copy_from_slice(&1i32.to_ne_bytes());
    message[24..28].copy_from_slice(&UP.to_ne_bytes());
    message[28..32].copy_from_slice(&UP.to_ne_bytes());
    rustix::net::send(&route, &message, SendFlags::empty())?;
    let mut answer = [0; 64];
    let (length, _) = rustix::net::recv(&route, &mut answer, RecvFlags::empty())?;
    if length < 20 {
        return Err(Errno::BADMSG);
    }
    let errno = i32::from_ne_bytes([answer[16], answer[17], answer[18], answer[19]]);
    if errno == 0 { Ok(()) } else { Err(Errno::from_raw_os_error(errno.saturating_neg())) }
}
