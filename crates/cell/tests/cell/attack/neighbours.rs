//! After other programs, and whoever listens.

use std::fs::{self, File};
use std::io::{self, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::{Attack, Reached, attack, read};
use crate::bait::{Bait, SECRET};
use crate::sys;

pub(super) const ATTACKS: &[Attack] = &[
    attack("reads_the_environment_of_another", |bait| {
        read(format!("/proc/{}/environ", bait.victim), SECRET)
    })
    .at_the_bait()
    .inside_too(),
    attack("reads_the_memory_of_another", |bait| {
        File::open(format!("/proc/{}/mem", bait.victim)).map(|_| "its memory is open".into())
    })
    .at_the_bait()
    .inside_too(),
    attack("lists_the_descriptors_of_another", |bait| {
        let count = fs::read_dir(format!("/proc/{}/fd", bait.victim))?.count();
        Ok(format!("{count} descriptors"))
    })
    .at_the_bait()
    .only_full()
    .inside_too(),
    attack("reads_the_command_line_of_another", |bait| {
        read(format!("/proc/{}/cmdline", bait.victim), "cat")
    })
    .at_the_bait()
    .only_full()
    .inside_too(),
    attack("kills_another", |bait| signal(bait, libc::SIGKILL)).at_the_bait().inside_too(),
    attack("stops_another", |bait| signal(bait, libc::SIGSTOP)).at_the_bait().inside_too(),
    attack("kills_another_by_descriptor", kill_by_descriptor).at_the_bait().inside_too(),
    attack("kills_another_as_the_owner_of_a_socket", kill_as_owner).at_the_bait().inside_too(),
    attack("queues_a_signal_for_another", |bait| {
        let (victim, signal) = (bait.victim as usize, libc::SIGKILL as usize);
        // A code below zero says that a process has queued it, as sigqueue(3) does.
        let mut about = [0i32; 32];
        (about[0], about[2]) = (libc::SIGKILL, libc::SI_QUEUE);
        let words = [victim, signal, about.as_ptr() as usize, 0, 0, 0];
        sys::call(libc::SYS_rt_sigqueueinfo, words).map(|_| "queued".into())
    })
    .at_the_bait()
    .inside_too(),
    attack("kills_a_thread_of_another", |bait| {
        let victim = bait.victim as usize;
        sys::call(libc::SYS_tgkill, [victim, victim, libc::SIGKILL as usize, 0, 0, 0])
            .map(|_| "killed".into())
    })
    .at_the_bait()
    .inside_too(),
    attack("kills_everybody", kill_everybody).shows_as_harm().inside_too(),
    attack("lowers_the_limits_of_another", |bait| {
        let (victim, limit) = (bait.victim as usize, [1000u64, 1000]);
        let files = libc::RLIMIT_NOFILE as usize;
        sys::call(libc::SYS_prlimit64, [victim, files, limit.as_ptr() as usize, 0, 0, 0])
            .map(|_| "lowered".into())
    })
    .at_the_bait(),
    attack("slows_another_down", |bait| {
        let (process, victim) = (libc::PRIO_PROCESS as usize, bait.victim as usize);
        sys::call(libc::SYS_setpriority, [process, victim, 19, 0, 0, 0]).map(|_| "slower".into())
    })
    .at_the_bait(),
    attack("slows_all_of_its_user_down", |_| {
        let user = libc::PRIO_USER as usize;
        sys::call(libc::SYS_setpriority, [user, 0, 19, 0, 0, 0]).map(|_| "slower".into())
    }),
    attack("keeps_another_to_one_processor", |bait| {
        let (victim, first) = (bait.victim as usize, [1u64]);
        let mut usable = [0u64; 16];
        let place = usable.as_mut_ptr() as usize;
        sys::call(libc::SYS_sched_getaffinity, [victim, 128, place, 0, 0, 0])?;
        let one = if usable[0] & 1 == 1 { first.as_ptr() } else { usable.as_ptr() } as usize;
        sys::call(libc::SYS_sched_setaffinity, [victim, 8, one, 0, 0, 0]).map(|_| "kept".into())
    })
    .at_the_bait(),
    attack("traces_another", |bait| {
        const SEIZE: usize = 0x4206;
        let victim = bait.victim as usize;
        sys::call(libc::SYS_ptrace, [SEIZE, victim, 0, 0, 0, 0]).map(|_| "it is traced".into())
    })
    .at_the_bait(),
    attack("reads_another_by_process_vm_readv", |bait| {
        let victim = bait.victim as usize;
        // Nothing is asked for, so that only the right to ask is tried.
        sys::call(libc::SYS_process_vm_readv, [victim, 0, 0, 0, 0, 0]).map(|_| "allowed".into())
    })
    .at_the_bait(),
    attack("takes_a_descriptor_of_another", take_descriptor).at_the_bait(),
    attack("connects_to_the_loopback_outside", |bait| {
        TcpStream::connect_timeout(&([127, 0, 0, 1], bait.port).into(), Duration::from_secs(2))
            .map(|_| "connected".into())
    })
    .at_the_bait()
    .only_full(),
    attack("connects_to_an_abstract_socket", |bait| {
        let address = SocketAddr::from_abstract_name(&bait.socket)?;
        UnixStream::connect_addr(&address).map(|_| "connected".into())
    })
    .at_the_bait()
    .inside_too()
    .needs_newer(),
    attack("sends_a_datagram_out", |_| {
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        // An address of documentation (RFC 5737): nobody is there, but there is a way.
        socket.send_to(b"x", "192.0.2.1:9").map(|_| "sent".into())
    })
    .at_the_bait()
    .only_full(),
];

fn signal(bait: &Bait, signal: i32) -> Reached {
    sys::kill(bait.victim, signal).map(|()| format!("sent signal {signal}"))
}

fn kill_by_descriptor(bait: &Bait) -> Reached {
    let victim = bait.victim as usize;
    let descriptor = sys::call(libc::SYS_pidfd_open, [victim, 0, 0, 0, 0, 0])? as usize;
    let signal = libc::SIGKILL as usize;
    sys::call(libc::SYS_pidfd_send_signal, [descriptor, signal, 0, 0, 0, 0])
        .map(|_| "killed".into())
}

/// Whoever owns a socket is sent a signal when something has come, and which one can be chosen.
fn kill_as_owner(bait: &Bait) -> Reached {
    const SET_SIGNAL: usize = 10;
    let (ours, mut other) = UnixStream::pair()?;
    let set = |what: usize, value: usize| {
        sys::call(libc::SYS_fcntl, [ours.as_raw_fd() as usize, what, value, 0, 0, 0])
    };
    set(libc::F_SETOWN as usize, bait.victim as usize)?;
    set(SET_SIGNAL, libc::SIGKILL as usize)?;
    set(libc::F_SETFL as usize, libc::O_ASYNC as usize)?;
    let process = Pid::from_raw(bait.victim).ok_or(io::ErrorKind::NotFound)?;
    let end = pidfd_open(process, PidfdFlags::empty())?;
    other.write_all(b"x")?;
    let soon = Timespec { tv_sec: 2, tv_nsec: 0 };
    match poll(&mut [PollFd::new(&end, PollFlags::IN)], Some(&soon))? {
        0 => Err(io::Error::other("it lives on")),
        _ => Ok("killed".into()),
    }
}

fn take_descriptor(bait: &Bait) -> Reached {
    let victim = bait.victim as usize;
    let process = sys::call(libc::SYS_pidfd_open, [victim, 0, 0, 0, 0, 0])? as usize;
    sys::call(libc::SYS_pidfd_getfd, [process, 0, 0, 0, 0, 0]).map(|_| "its stdin".into())
}

/// Whether kill(-1) ends a process that this one did not start: in a namespace to throw away there is
/// one, in a cell only the first process.
fn kill_everybody(_: &Bait) -> Reached {
    sys::kill(-1, libc::SIGKILL).map(|()| "somebody was killed".into())
}
