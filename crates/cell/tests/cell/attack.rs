//! What a hostile program tries. Each says what it got hold of, or why it did not.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::bait::{Bait, SECRET};
use crate::sys;

/// Ok: what it reached.
type Reached = io::Result<String>;

/// An attack: its name, what it does, and where it is to be kept from that.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&Bait) -> Reached,
    /// The reduced tier keeps it from that, too.
    pub(crate) in_reduced: bool,
    /// Unconfined it does so only for root.
    pub(crate) needs_root: bool,
    /// Unconfined it needs the bait's own process and network namespaces.
    pub(crate) at_the_bait: bool,
    /// Beside a grading engine in the same cell it needs the second level to be kept from that.
    pub(crate) inner: bool,
    /// What it did shows at the bait, and not by what its system call says.
    pub(crate) shows_as_harm: bool,
}

const fn attack(name: &'static str, run: fn(&Bait) -> Reached) -> Attack {
    Attack {
        name,
        run,
        in_reduced: true,
        needs_root: false,
        at_the_bait: false,
        inner: false,
        shows_as_harm: false,
    }
}

impl Attack {
    const fn only_full(mut self) -> Self {
        self.in_reduced = false;
        self
    }

    const fn for_root(mut self) -> Self {
        self.needs_root = true;
        self
    }

    const fn inside_too(mut self) -> Self {
        self.inner = true;
        self
    }

    const fn shows_as_harm(mut self) -> Self {
        self.shows_as_harm = true;
        self
    }

    /// It can do harm to nothing but the bait.
    const fn at_the_bait(mut self) -> Self {
        self.at_the_bait = true;
        self
    }
}

/// All that a program can try, whoever stands beside it.
pub(crate) const ALL: &[Attack] = &[
    attack("reads_etc_passwd", |_| read("/etc/passwd", "root:")),
    attack("reads_the_solution", |bait| read(&bait.secret, SECRET)).inside_too(),
    attack("changes_a_file_of_another", |bait| {
        let mut file = OpenOptions::new().append(true).open(&bait.secret)?;
        file.write_all(b"").map(|()| "open to write".into())
    })
    .inside_too(),
    attack("lists_the_folder_of_another", |bait| {
        let folder = bait.secret.parent().expect("a folder");
        let names = fs::read_dir(folder)?.flatten().map(|entry| entry.file_name());
        let names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
        found(&names.join(" "), "secret")
    })
    .inside_too(),
    attack("reads_through_dot_dot", |bait| read(bait.work.join("../secret"), SECRET)).inside_too(),
    attack("reads_through_a_symbolic_link", symbolic_link).inside_too(),
    attack("makes_a_hard_link", |bait| {
        let link = bait.work.join("hard");
        fs::hard_link(&bait.secret, &link)?;
        read(&link, SECRET)
    })
    .inside_too(),
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
    .inside_too(),
    attack("sends_a_datagram_out", |_| {
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        // An address of documentation (RFC 5737): nobody is there, but there is a way.
        socket.send_to(b"x", "192.0.2.1:9").map(|_| "sent".into())
    })
    .at_the_bait()
    .only_full(),
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
    attack("writes_outside", |_| {
        let path = std::env::temp_dir().join(format!("netlings-outside-{}", std::process::id()));
        let at = Path::new("/var/tmp").join(path.file_name().unwrap_or_default());
        fs::write(&at, "x").inspect(|()| drop(fs::remove_file(&at))).map(|()| "written".into())
    }),
    attack("changes_a_given_file", |bait| {
        let mut file = OpenOptions::new().append(true).open(&bait.given)?;
        file.write_all(b"").map(|()| "open to write".into())
    })
    .at_the_bait()
    .inside_too(),
    attack("changes_the_permissions_of_a_given_file", |bait| {
        let before = fs::metadata(&bait.given)?.permissions();
        fs::set_permissions(&bait.given, fs::Permissions::from_mode(0o777))?;
        fs::set_permissions(&bait.given, before).map(|()| "changed".into())
    })
    .at_the_bait()
    .only_full(),
    attack("removes_a_given_file", |bait| {
        let away = bait.given.with_extension("away");
        fs::rename(&bait.given, &away)?;
        fs::rename(&away, &bait.given).map(|()| "moved".into())
    })
    .at_the_bait()
    .inside_too(),
    attack("runs_what_it_wrote", |bait| {
        let program = bait.work.join("program");
        fs::copy("/bin/true", &program)?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        Command::new(&program).status().map(|_| "it ran".into())
    }),
    attack("makes_a_device", |bait| {
        let path = c_string(&bait.work.join("device"))?;
        let (mode, device) = (libc::S_IFCHR as usize | 0o666, libc::makedev(1, 3) as usize);
        let at = libc::AT_FDCWD as usize;
        sys::call(libc::SYS_mknodat, [at, path.as_ptr() as usize, mode, device, 0, 0])
            .map(|_| "made".into())
    })
    .for_root(),
    attack("gains_rights_by_setuid", setuid).for_root(),
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
    attack("uses_an_inherited_descriptor", |_| {
        let mut text = String::new();
        for number in 3..64 {
            if let Ok(mut file) = File::open(format!("/proc/self/fd/{number}")) {
                let _ = file.read_to_string(&mut text);
            }
        }
        found(&text, SECRET)
    })
    .at_the_bait()
    .inside_too(),
    attack("reads_its_environment", |_| {
        let all: Vec<_> = std::env::vars().map(|(_, value)| value).collect();
        found(&all.join(" "), SECRET)
    })
    .at_the_bait()
    .inside_too(),
    attack("is_made_to_load_a_library", |_| std::env::var("LD_PRELOAD").map_err(io::Error::other))
        .at_the_bait(),
    attack("forks_without_end", fork_bomb),
    attack("takes_all_memory", |_| memory(1, 256)),
    attack("takes_memory_in_many_processes", |_| memory(8, 40)).only_full(),
    attack("takes_memory_without_a_path", |_| {
        let mut files = Vec::new();
        for _ in 0..40 {
            let name = c"x".as_ptr() as usize;
            let number = sys::call(libc::SYS_memfd_create, [name, 0, 0, 0, 0, 0])?;
            let mut file = File::create(format!("/proc/self/fd/{number}"))?;
            file.write_all(&vec![1; 8 << 20])?;
            files.push(file);
        }
        Ok(format!("{} files of 8 MiB", files.len()))
    }),
    attack("fills_the_disk", fill_disk).only_full(),
    attack("writes_a_huge_file", |bait| {
        sys::ignore(libc::SIGXFSZ);
        let mut file = File::create(bait.work.join("huge"))?;
        let written = (0..64).try_for_each(|_| file.write_all(&vec![1; 1 << 20]));
        fs::remove_file(bait.work.join("huge"))?;
        written.map(|()| "64 MiB in a file".into())
    }),
    attack("opens_many_files", |_| {
        let files: io::Result<Vec<_>> = (0..512).map(|_| File::open("/dev/null")).collect();
        files.map(|files| format!("{} open files", files.len()))
    }),
    attack("runs_without_end", |_| {
        while sys::cpu_time() < Duration::from_secs(3) {
            std::hint::spin_loop();
        }
        Ok("three seconds of a processor".into())
    }),
];

fn read(path: impl AsRef<Path>, expected: &str) -> Reached {
    let bytes = fs::read(path)?;
    found(&String::from_utf8_lossy(&bytes), expected)
}

fn found(text: &str, expected: &str) -> Reached {
    if text.contains(expected) {
        Ok(format!("it reads {expected:?}"))
    } else {
        Err(io::Error::other(format!("{expected:?} is not in it")))
    }
}

fn c_string(path: &Path) -> io::Result<std::ffi::CString> {
    use std::os::unix::ffi::OsStrExt;
    Ok(std::ffi::CString::new(path.as_os_str().as_bytes())?)
}

fn socket(family: i32, kind: i32) -> Reached {
    let protocol = if family == libc::AF_INET { libc::IPPROTO_ICMP } else { 0 };
    let words = [family as usize, kind as usize, protocol as usize, 0, 0, 0];
    sys::call(libc::SYS_socket, words).map(|_| "a socket".into())
}

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

fn symbolic_link(bait: &Bait) -> Reached {
    let link = bait.work.join("link");
    std::os::unix::fs::symlink(&bait.secret, &link)?;
    let read = read(&link, SECRET);
    fs::remove_file(&link)?;
    read
}

/// A program of root's with the bit that makes whoever starts it root. Unconfined, root becomes
/// somebody else first; in a cell it is somebody else.
fn setuid(bait: &Bait) -> Reached {
    let mut command = Command::new(bait.secret.with_file_name("setuid"));
    command.arg("-u");
    if sys::user() == 0 {
        std::os::unix::process::CommandExt::uid(&mut command, 12_345);
    }
    let output = command.output()?;
    found(&String::from_utf8_lossy(&output.stdout), "0\n")
        .and_then(|_| found(&format!("-{}", String::from_utf8_lossy(&output.stdout)), "-0\n"))
}

fn fork_bomb(_: &Bait) -> Reached {
    let mut children = Vec::new();
    let result = loop {
        match sys::fork() {
            Ok(0) => loop {
                std::thread::park();
            },
            Ok(child) => children.push(child),
            Err(error) => break Err(error),
        }
        if children.len() == 200 {
            break Ok("200 processes".into());
        }
    };
    for child in children {
        sys::kill(child, libc::SIGKILL)?;
    }
    result
}

/// In each of `processes` that many MiB, all held at once.
fn memory(processes: usize, mebibytes: usize) -> Reached {
    let (mut told, tell) = io::pipe()?;
    let (hold, release) = io::pipe()?;
    let mut children = Vec::new();
    for _ in 0..processes {
        match sys::fork()? {
            0 => {
                drop((told, release));
                let mut all: Vec<Vec<u8>> = Vec::new();
                for _ in 0..mebibytes {
                    let mut one = Vec::new();
                    if one.try_reserve_exact(1 << 20).is_err() {
                        sys::exit(1);
                    }
                    one.resize(1 << 20, 1);
                    all.push(one);
                }
                let _ = (&tell).write_all(b"x");
                let _ = (&hold).read(&mut [0]);
                sys::exit(0);
            }
            child => children.push(child),
        }
    }
    drop((tell, hold));
    let mut words = Vec::new();
    let mut one = [0];
    while words.len() < processes && told.read(&mut one)? == 1 {
        words.push(one[0]);
    }
    if words.len() == processes {
        // A look comes 20 times a second: it is given the time for some.
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(1) {
            std::thread::park_timeout(Duration::from_millis(100));
        }
        drop(release);
        return Ok(format!("{} MiB", processes * mebibytes));
    }
    Err(io::Error::other("an allocation failed"))
}

fn fill_disk(bait: &Bait) -> Reached {
    let folder = std::env::var_os("TMPDIR").map_or_else(|| bait.work.clone(), Into::into);
    let mut files = Vec::new();
    let result = (0..40).try_for_each(|number| {
        let path = folder.join(format!("part-{number}"));
        files.push(path.clone());
        fs::write(path, vec![1; 1 << 20])
    });
    for file in files {
        let _ = fs::remove_file(file);
    }
    result.map(|()| "40 MiB".into())
}

/// Something that outlives its parent, holds what it inherited, and notes when it is still there.
pub(crate) fn leave_a_daemon(marker: &Path, double: bool) -> io::Result<()> {
    let (mut is_there, tell) = io::pipe()?;
    if sys::fork()? == 0 {
        sys::setsid();
        for signal in [libc::SIGTERM, libc::SIGHUP, libc::SIGINT] {
            sys::ignore(signal);
        }
        if double && sys::fork()? != 0 {
            sys::exit(0);
        }
        let listening = fs::write(marker, std::process::id().to_string());
        let _ = (&tell).write_all(if listening.is_ok() { b"y" } else { b"n" });
        loop {
            std::thread::park();
        }
    }
    is_there.read_exact(&mut [0])
}
