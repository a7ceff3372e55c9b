//! Which system calls are refused, as seccomp filters.
//!
//! A list of what is refused, not of what is allowed: programs come in any language, and a system
//! call that a new runtime makes must not fail a right program. What stands here gives rights over
//! other processes, mounts, namespaces, keys, devices or the kernel, or has been a way into it.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, sock_filter,
};

use crate::policy::Network;
use crate::refusal::Refusal;

/// Refused with EPERM, whatever the arguments.
const REFUSED: &[c_long] = &[
    // other processes
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    // mounts and namespaces
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_mount_setattr,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    // keys
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    // ways around files' paths and filters on system calls
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_fanotify_init,
    // the kernel and the machine
    libc::SYS_bpf,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_kexec_file_load,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
    // System V's shared things have no path; files and pipes are there instead
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_semget,
    libc::SYS_semctl,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_msgctl,
];

/// Namespaces that clone(2) could make.
const NEW_NAMESPACES: i32 = libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP;

/// The bits of mmap(2)'s flags that say how memory is shared.
const MAP_TYPE: u64 = 0x0f;

/// The filters of a cell: all are in force, and the strictest answer counts.
pub(super) fn filters(network: Network) -> Result<Vec<BpfProgram>, Refusal> {
    let failed = |error| Refusal::new(format!("no filter of system calls could be made: {error}"));
    let mut refused: BTreeMap<c_long, Vec<SeccompRule>> =
        REFUSED.iter().map(|&call| (call, Vec::new())).collect();
    conditional(network, &mut refused).map_err(failed)?;
    let mut filters = vec![filter(refused, libc::EPERM)?];
    // Its flags are in memory, which no filter can look at. Runtimes then use clone.
    // And files in memory without a path, whose size no limit counts; files are there instead.
    let unknown = [libc::SYS_clone3, libc::SYS_memfd_create, libc::SYS_memfd_secret];
    filters.push(filter(unknown.map(|call| (call, Vec::new())).into(), libc::ENOSYS)?);
    if cfg!(target_arch = "x86_64") {
        filters.push(no_x32());
    }
    Ok(filters)
}

/// For a second level where Landlock keeps no signals in: the process numbered `own` signals itself
/// and a group that it has made. Of its children it can't be known which numbers they will have.
pub(super) fn signals_to_itself_only(own: u32) -> Result<BpfProgram, Refusal> {
    use SeccompCmpArgLen::Dword;
    let failed = |error| Refusal::new(format!("no filter of signals could be made: {error}"));
    let unless = |numbers: &[u32]| {
        let other = |number: &u32| {
            SeccompCondition::new(0, Dword, SeccompCmpOp::Ne, u64::from(*number)).map_err(failed)
        };
        let others = numbers.iter().map(other).collect::<Result<Vec<_>, _>>()?;
        SeccompRule::new(others).map_err(failed)
    };
    let second = |value: i32| {
        let value = u64::from(value.cast_unsigned());
        let equal = SeccompCondition::new(1, Dword, SeccompCmpOp::Eq, value).map_err(failed)?;
        SeccompRule::new(vec![equal]).map_err(failed)
    };
    let mut rules = BTreeMap::from([
        (libc::SYS_kill, vec![unless(&[own, own.wrapping_neg()])?]),
        (libc::SYS_pidfd_send_signal, Vec::new()),
        // A descriptor's owner is sent whatever signal is set there.
        (libc::SYS_fcntl, vec![second(libc::F_SETOWN)?, second(F_SETOWN_EX)?]),
        (libc::SYS_ioctl, vec![second(FIOSETOWN)?, second(SIOCSPGRP)?]),
    ]);
    for call in
        [libc::SYS_tkill, libc::SYS_tgkill, libc::SYS_rt_sigqueueinfo, libc::SYS_rt_tgsigqueueinfo]
    {
        rules.insert(call, vec![unless(&[own])?]);
    }
    filter(rules, libc::EPERM)
}

/// From the kernel's headers (asm-generic/fcntl.h, asm-generic/sockios.h); these are the same on the
/// processors that there are filters for.
const F_SETOWN_EX: i32 = 15;
const FIOSETOWN: i32 = 0x8901;
const SIOCSPGRP: i32 = 0x8902;

fn filter(rules: BTreeMap<c_long, Vec<SeccompRule>>, errno: i32) -> Result<BpfProgram, Refusal> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|_| {
        Refusal::new("there are filters of system calls for x86_64, aarch64 and riscv64 only")
    })?;
    let answer = SeccompAction::Errno(errno.cast_unsigned());
    SeccompFilter::new(rules, SeccompAction::Allow, answer, arch)
        .and_then(BpfProgram::try_from)
        .map_err(|error| Refusal::new(format!("no filter of system calls could be made: {error}")))
}

/// What is refused for some arguments only.
fn conditional(
    network: Network,
    rules: &mut BTreeMap<c_long, Vec<SeccompRule>>,
) -> Result<(), seccompiler::BackendError> {
    use SeccompCmpArgLen::{Dword, Qword};
    let number = |value: i32| u64::from(value.cast_unsigned());
    let families: &[i32] = match network {
        Network::None => &[libc::AF_UNIX],
        Network::Loopback => &[libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK],
    };
    let other = |family: &i32| SeccompCondition::new(0, Dword, SeccompCmpOp::Ne, number(*family));
    let others = families.iter().map(other).collect::<Result<Vec<_>, _>>()?;
    rules.insert(libc::SYS_socket, vec![SeccompRule::new(others)?]);
    // Each namespace is a bit of its own: a rule for each.
    let bits = (0..32).map(|bit| 1i32 << bit).filter(|bit| NEW_NAMESPACES & bit != 0);
    let makes = |bit: i32| {
        let is_set = SeccompCmpOp::MaskedEq(number(bit));
        SeccompRule::new(vec![SeccompCondition::new(0, Qword, is_set, number(bit))?])
    };
    rules.insert(libc::SYS_clone, bits.map(makes).collect::<Result<_, _>>()?);
    let equal = |argument, value: u64| {
        SeccompRule::new(vec![SeccompCondition::new(argument, Dword, SeccompCmpOp::Eq, value)?])
    };
    // Typing into another's terminal.
    rules.insert(libc::SYS_ioctl, vec![equal(1, libc::TIOCSTI)?, equal(1, libc::TIOCLINUX)?]);
    // Memory that is shared and has no file stays when no process has it in its tables, where nobody
    // sees whose it is. Memory that is a process's own is counted.
    let kind = MAP_TYPE | u64::from(libc::MAP_ANONYMOUS.cast_unsigned());
    let shared = u64::from((libc::MAP_SHARED | libc::MAP_ANONYMOUS).cast_unsigned());
    let is_shared = SeccompCondition::new(3, Dword, SeccompCmpOp::MaskedEq(kind), shared)?;
    rules.insert(libc::SYS_mmap, vec![SeccompRule::new(vec![is_shared])?]);
    // A program that hides from /proc would hide from whoever grades it.
    rules.insert(libc::SYS_prctl, vec![equal(0, number(libc::PR_SET_DUMPABLE))?]);
    // Limits, processors and priorities of another process: the same user may set them, and Landlock
    // does not ask. 0 is the caller itself.
    let not = |argument, value: u64| {
        SeccompRule::new(vec![SeccompCondition::new(argument, Dword, SeccompCmpOp::Ne, value)?])
    };
    for call in [
        libc::SYS_prlimit64,
        libc::SYS_sched_setaffinity,
        libc::SYS_sched_setscheduler,
        libc::SYS_sched_setparam,
        libc::SYS_sched_setattr,
    ] {
        rules.insert(call, vec![not(0, 0)?]);
    }
    const IOPRIO_WHO_PROCESS: u64 = 1;
    let process = u64::from(libc::PRIO_PROCESS);
    rules.insert(libc::SYS_setpriority, vec![not(0, process)?, not(1, 0)?]);
    rules.insert(libc::SYS_ioprio_set, vec![not(0, IOPRIO_WHO_PROCESS)?, not(1, 0)?]);
    Ok(())
}

/// x86_64 kernels may know a second set of numbers for the same calls (x32), from bit 30 on.
fn no_x32() -> BpfProgram {
    const LOAD_WORD: u16 = 0x20;
    const JUMP_IF_NOT_LESS: u16 = 0x35;
    const RETURN: u16 = 0x06;
    let line = |code, jt, jf, k| sock_filter { code, jt, jf, k };
    vec![
        line(LOAD_WORD, 0, 0, 0),
        line(JUMP_IF_NOT_LESS, 0, 1, 0x4000_0000),
        line(RETURN, 0, 0, libc::SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned()),
        line(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
}
