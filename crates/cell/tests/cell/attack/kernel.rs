//! After rights that the kernel gives.

use super::{Attack, Reached, attack, c_string};
use crate::sys;

pub(super) const ATTACKS: &[Attack] = &[
    attack("makes_a_packet_socket", |_| socket(libc::AF_PACKET, libc::SOCK_RAW)),
    attack("makes_a_raw_socket", |_| socket(libc::AF_INET, libc::SOCK_RAW)),
    attack("makes_a_vsock", |_| socket(libc::AF_VSOCK, libc::SOCK_STREAM)),
    attack("makes_an_alg_socket", |_| socket(libc::AF_ALG, libc::SOCK_SEQPACKET)),
    attack("makes_an_io_uring", |_| {
        let parameters = [0u8; 120];
        let place = parameters.as_ptr() as usize;
        sys::call(libc::SYS_io_uring_setup, [4, place, 0, 0, 0, 0]).map(|_| "made".into())
    }),
    attack("uses_the_keyring", |_| {
        const GET_ID: usize = 0;
        const SESSION: usize = (-3i32) as usize;
        sys::call(libc::SYS_keyctl, [GET_ID, SESSION, 1, 0, 0, 0]).map(|_| "a keyring".into())
    }),
    attack("makes_a_user_namespace", |_| {
        sys::call(libc::SYS_unshare, [libc::CLONE_NEWUSER as usize, 0, 0, 0, 0, 0])
            .map(|_| "made".into())
    }),
    attack("makes_a_namespace_by_clone", |_| {
        let flags = (libc::CLONE_NEWUSER | libc::SIGCHLD) as usize;
        match sys::call(libc::SYS_clone, [flags, 0, 0, 0, 0, 0])? {
            0 => sys::exit(0),
            _ => Ok("made".into()),
        }
    }),
    attack("makes_a_namespace_by_clone3", |_| {
        let mut arguments = [0u64; 11];
        arguments[0] = libc::CLONE_NEWUSER.cast_unsigned().into();
        arguments[4] = 17; // the signal at its end
        let place = arguments.as_ptr() as usize;
        match sys::call(libc::SYS_clone3, [place, size_of_val(&arguments), 0, 0, 0, 0])? {
            0 => sys::exit(0),
            _ => Ok("made".into()),
        }
    }),
    attack("mounts", |bait| {
        let place = c_string(&bait.work)?;
        let kind = c"tmpfs".as_ptr() as usize;
        sys::call(libc::SYS_mount, [kind, place.as_ptr() as usize, kind, 0, 0, 0])
            .map(|_| "mounted".into())
    }),
    attack("mounts_the_new_way", |_| {
        sys::call(libc::SYS_fsopen, [c"tmpfs".as_ptr() as usize, 0, 0, 0, 0, 0])
            .map(|_| "a file system's context".into())
    }),
    attack("changes_the_root", |_| {
        sys::call(libc::SYS_chroot, [c"/".as_ptr() as usize, 0, 0, 0, 0, 0])
            .map(|_| "changed".into())
    }),
    attack("opens_a_user_fault_descriptor", |_| {
        const USER_MODE_ONLY: usize = 1;
        sys::call(libc::SYS_userfaultfd, [USER_MODE_ONLY, 0, 0, 0, 0, 0]).map(|_| "open".into())
    }),
    attack("loads_a_bpf_program", |_| {
        let attributes = [0u8; 128];
        // An array of one: BPF_MAP_CREATE.
        let mut map = attributes;
        for (place, value) in [(0, 2u8), (4, 4), (8, 4), (12, 1)] {
            map[place] = value;
        }
        sys::call(libc::SYS_bpf, [0, map.as_ptr() as usize, map.len(), 0, 0, 0])
            .map(|_| "a map".into())
    })
    .for_root(),
    attack("sets_the_hostname", |_| {
        sys::call(libc::SYS_sethostname, [c"mine".as_ptr() as usize, 4, 0, 0, 0, 0])
            .map(|_| "set".into())
    }),
    attack("becomes_root", |_| {
        sys::call(libc::SYS_setuid, [0, 0, 0, 0, 0, 0]).map(|_| "root".into())
    }),
    attack("raises_a_capability", |_| {
        // PR_CAP_AMBIENT_RAISE of CAP_NET_RAW needs it permitted and inheritable; reading the
        // bounding set away from it needs CAP_SETPCAP.
        const DROP_FROM_BOUNDING_SET: usize = 24;
        sys::call(libc::SYS_prctl, [DROP_FROM_BOUNDING_SET, 13, 0, 0, 0, 0])
            .map(|_| "it has CAP_SETPCAP".into())
    }),
    attack("hides_from_proc", |_| {
        sys::call(libc::SYS_prctl, [libc::PR_SET_DUMPABLE as usize, 0, 0, 0, 0, 0])
            .map(|_| "hidden".into())
    }),
    attack("types_into_a_terminal", |_| {
        let byte = b"x";
        let asked = sys::call(
            libc::SYS_ioctl,
            [0, libc::TIOCSTI as usize, byte.as_ptr() as usize, 0, 0, 0],
        );
        // Unconfined, /dev/null says that it is no terminal; a filter says EPERM.
        match asked {
            Err(error) if error.raw_os_error() != Some(libc::EPERM) => Ok("it may ask".into()),
            other => other.map(|_| "typed".into()),
        }
    }),
    attack("makes_shared_memory", |_| {
        let flags = (libc::IPC_CREAT | 0o600) as usize;
        let id = sys::call(libc::SYS_shmget, [libc::IPC_PRIVATE as usize, 4096, flags, 0, 0, 0])?;
        sys::call(libc::SYS_shmctl, [id as usize, libc::IPC_RMID as usize, 0, 0, 0, 0])
            .map(|_| "made".into())
    }),
];

fn socket(family: i32, kind: i32) -> Reached {
    let protocol = if family == libc::AF_INET { libc::IPPROTO_ICMP } else { 0 };
    let words = [family as usize, kind as usize, protocol as usize, 0, 0, 0];
    sys::call(libc::SYS_socket, words).map(|_| "a socket".into())
}
