//! What to change where the system refused, as far as that can be told from what is seen of the
//! machine.

use std::fs;

use super::Step;

/// What can be seen of the machine that decides about namespaces.
#[derive(Default)]
pub(super) struct Machine {
    /// user.max_user_namespaces
    most_user: Option<u64>,
    /// kernel.unprivileged_userns_clone, on Debian's and Arch's older kernels
    debian_switch: Option<u64>,
    /// kernel.apparmor_restrict_unprivileged_userns, on Ubuntu
    apparmor: Option<u64>,
    /// A seccomp filter is on this process.
    filtered: bool,
    /// This process runs as root.
    is_root: bool,
    /// Which Windows Subsystem for Linux this is.
    wsl: Option<Wsl>,
}

/// The two kinds of Linux in Windows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wsl {
    /// No Linux kernel: system calls are translated.
    One,
    /// A Linux kernel in a virtual machine.
    Two,
}

impl Wsl {
    /// From a kernel's release: `4.4.0-19041-Microsoft`, `5.15.90.1-microsoft-standard-WSL2`.
    fn of(release: &str) -> Option<Self> {
        match release.trim() {
            release if release.ends_with("-Microsoft") => Some(Wsl::One),
            release if release.contains("microsoft") => Some(Wsl::Two),
            _ => None,
        }
    }
}

impl Machine {
    pub(super) fn look() -> Self {
        let number = |path: &str| fs::read_to_string(path).ok()?.trim().parse().ok();
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self {
            most_user: number("/proc/sys/user/max_user_namespaces"),
            debian_switch: number("/proc/sys/kernel/unprivileged_userns_clone"),
            apparmor: number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
            filtered: status.lines().any(|line| line.replace('\t', " ") == "Seccomp: 2"),
            is_root: status.lines().any(|line| line.starts_with("Uid:\t0\t")),
            wsl: Wsl::of(&fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default()),
        }
    }
}

const EPERM: i32 = 1;
pub(super) const ENOENT: i32 = 2;
const EACCES: i32 = 13;
const EINVAL: i32 = 22;
const ENOSPC: i32 = 28;
const EROFS: i32 = 30;
const ENOSYS: i32 = 38;
const EOPNOTSUPP: i32 = 95;
const EAFNOSUPPORT: i32 = 97;

const CONTAINER: &str = "The container's seccomp filter forbids it; start the container with \
    `--security-opt seccomp=unconfined`, or as root in it with `--cap-add SYS_ADMIN --cap-add \
    NET_ADMIN`. The options are the same for docker and podman";
#[cfg(windows)]
const ELSEWHERE: &str = "Use WSL 2: `wsl --install` sets one up, and in it Linux is a real one";
#[cfg(target_os = "macos")]
const ELSEWHERE: &str = "Use Linux in a virtual machine, for example with Lima (`brew install lima`, \
    `limactl start`)";
#[cfg(not(any(windows, target_os = "macos")))]
const ELSEWHERE: &str = "Use Linux, for example in a virtual machine";
const WSL_ONE: &str = "This is WSL 1, which has no Linux kernel; `wsl --set-version` with the \
    distribution's name and 2, typed in Windows, makes it WSL 2";
const WSL_TWO: &str = "WSL's kernel is too old for this; `wsl --update`, typed in Windows, brings a \
    newer one";
const CAPTURE: &str = "Capturing is for root, or for a program with CAP_NET_RAW; a container's \
    root has that with `--cap-add NET_RAW`";
const APPARMOR: &str = "AppArmor keeps ordinary users from it (Ubuntu 23.10 and later); allow it \
    with `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`";

pub(super) fn fix(step: Step, errno: Option<i32>, machine: &Machine) -> Option<String> {
    let denied = matches!(errno, Some(EPERM | EACCES));
    let said = match (step, errno) {
        (Step::NotLinux, _) => ELSEWHERE,
        (Step::Capture, _) if denied => CAPTURE,
        _ if machine.wsl == Some(Wsl::One) => WSL_ONE,
        // No such kind of interface, namespace or socket in this kernel.
        (_, Some(EINVAL | ENOSYS | EOPNOTSUPP | EAFNOSUPPORT)) if machine.wsl == Some(Wsl::Two) => {
            WSL_TWO
        }
        (Step::Configure, Some(EOPNOTSUPP)) => {
            "The kernel has no such interfaces; `sudo modprobe veth` brings them, or `sudo modprobe \
             tun` the other kind"
        }
        (Step::MakeUser, Some(ENOSPC)) if machine.most_user == Some(0) => {
            "User namespaces are switched off; allow them with \
             `sudo sysctl -w user.max_user_namespaces=15000`"
        }
        (Step::MakeUser, Some(ENOSPC)) => {
            "There are too many already, or they are nested too deep; see \
             /proc/sys/user/max_user_namespaces"
        }
        (Step::MakeUser, Some(EINVAL | ENOSYS)) => {
            "The kernel was built without user namespaces (CONFIG_USER_NS); run this as root"
        }
        (Step::MakeUser, _) if denied && machine.debian_switch == Some(0) => {
            "User namespaces are for root only; allow them with \
             `sudo sysctl -w kernel.unprivileged_userns_clone=1`"
        }
        // A process without the right to a user namespace at all is stopped by the filter before
        // anything else is asked, so this comes first.
        (Step::MakeUser | Step::MakeNet | Step::Enter, _) if denied && machine.filtered => {
            CONTAINER
        }
        (Step::MakeUser | Step::MapIds | Step::MakeNet | Step::Hostname | Step::Loopback, _)
            if denied && machine.apparmor.is_some_and(|on| on != 0) =>
        {
            APPARMOR
        }
        (Step::MapIds, Some(EPERM)) if machine.is_root => {
            "A root without CAP_SETFCAP can't have any; run this as an ordinary user"
        }
        (Step::MakeUser, _) if denied => {
            "A process in a chroot, or one whose user is not mapped in its own user namespace, \
             may not make one; run this outside of it"
        }
        (Step::MakeNet, Some(ENOSPC)) => {
            "There are too many already; see /proc/sys/user/max_net_namespaces"
        }
        (Step::MakeNet, Some(EINVAL)) => {
            "The kernel was built without network namespaces (CONFIG_NET_NS)"
        }
        (Step::OpenNamespace | Step::MapIds, Some(ENOENT)) => "Mount /proc here",
        (Step::Setting, Some(EROFS | EACCES | EPERM)) => {
            "/proc/sys is mounted read-only, as in most containers; start the container with \
             `--security-opt systempaths=unconfined`"
        }
        _ => return None,
    };
    Some(said.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(step: Step, errno: i32, machine: &Machine) -> String {
        fix(step, Some(errno), machine).unwrap_or_default()
    }

    #[test]
    fn a_container_filter_is_named_with_the_option_that_lifts_it() {
        let machine = Machine { filtered: true, most_user: Some(9), ..Machine::default() };
        assert!(said(Step::MakeUser, EPERM, &machine).contains("seccomp=unconfined"));
        assert!(said(Step::MakeNet, EPERM, &machine).contains("seccomp=unconfined"));
    }

    #[test]
    fn apparmor_is_named_where_it_takes_the_rights_away() {
        let machine = Machine { apparmor: Some(1), ..Machine::default() };
        assert!(said(Step::MapIds, EACCES, &machine).contains("apparmor_restrict"));
        let machine = Machine { apparmor: Some(0), ..Machine::default() };
        assert!(!said(Step::MapIds, EACCES, &machine).contains("apparmor_restrict"));
    }

    #[test]
    fn a_limit_of_none_is_told_from_a_limit_that_is_used_up() {
        let none = Machine { most_user: Some(0), ..Machine::default() };
        assert!(said(Step::MakeUser, ENOSPC, &none).contains("max_user_namespaces=15000"));
        let some = Machine { most_user: Some(100), ..Machine::default() };
        assert!(said(Step::MakeUser, ENOSPC, &some).contains("too many"));
    }

    #[test]
    fn the_two_kinds_of_wsl_are_told_apart_and_each_has_its_own_fix() {
        assert!(Wsl::of("6.18.0-generic\n").is_none());
        let on = |release: &str| Machine { wsl: Wsl::of(release), ..Machine::default() };
        let one = on("4.4.0-19041-Microsoft\n");
        assert!(said(Step::MakeUser, EINVAL, &one).contains("wsl --set-version"));
        let two = on("5.15.90.1-microsoft-standard-WSL2\n");
        assert!(said(Step::Configure, EOPNOTSUPP, &two).contains("wsl --update"));
        let limit = Machine { most_user: Some(0), ..two };
        assert!(said(Step::MakeUser, ENOSPC, &limit).contains("max_user_namespaces=15000"));
    }

    #[test]
    fn a_capture_that_is_refused_names_the_right_that_is_missing() {
        let text = said(Step::Capture, EPERM, &Machine { filtered: true, ..Machine::default() });
        assert!(text.contains("CAP_NET_RAW") && !text.contains("seccomp"), "{text}");
    }
}
