//! What attacks are after: things of the owner that no program in a cell may reach.

use std::fs;
use std::io::{self, Read};
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

pub(crate) const SECRET: &str = "the-hidden-solution";

/// The names by which an attack knows them, as its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Bait {
    /// A file with the secret.
    pub(crate) secret: PathBuf,
    /// A file that the program is given to read.
    pub(crate) given: PathBuf,
    /// A folder that the program is given to write.
    pub(crate) work: PathBuf,
    /// A process of the owner's with the secret in its environment.
    pub(crate) victim: i32,
    /// A port on this loopback where somebody listens.
    pub(crate) port: u16,
    /// The name of an abstract UNIX socket where somebody listens.
    pub(crate) socket: String,
}

impl Bait {
    pub(crate) fn to_arguments(&self) -> Vec<String> {
        vec![
            self.secret.display().to_string(),
            self.given.display().to_string(),
            self.work.display().to_string(),
            self.victim.to_string(),
            self.port.to_string(),
            self.socket.clone(),
        ]
    }

    pub(crate) fn from_arguments(words: &[String]) -> Self {
        let [secret, given, work, victim, port, socket] = words else {
            panic!("an attack takes six words, not {words:?}")
        };
        Self {
            secret: secret.into(),
            given: given.into(),
            work: work.into(),
            victim: victim.parse().expect("a process"),
            port: port.parse().expect("a port"),
            socket: socket.clone(),
        }
    }
}

/// The bait laid out, and taken away when this is dropped.
pub(crate) struct Trap {
    pub(crate) bait: Bait,
    victim: Child,
    listener: TcpListener,
    abstract_socket: UnixListener,
    _folder: TempDir,
}

impl Trap {
    pub(crate) fn set() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let path = |name: &str| folder.path().join(name);
        fs::write(path("secret"), SECRET)?;
        fs::create_dir(path("work"))?;
        fs::write(path("given"), "given")?;
        cell::give(&path("work"))?;
        if crate::sys::user() == 0 {
            fs::copy("/usr/bin/id", path("setuid"))?;
            fs::set_permissions(path("setuid"), fs::Permissions::from_mode(0o4755))?;
        }
        // It lives until its stdin ends: with whoever set the trap, if not before.
        let victim = Command::new("/bin/cat")
            .env("SECRET", SECRET)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let socket = format!("netlings-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&socket)?;
        let abstract_socket = UnixListener::bind_addr(&address)?;
        abstract_socket.set_nonblocking(true)?;
        let bait = Bait {
            secret: path("secret"),
            given: path("given"),
            work: path("work"),
            victim: victim.id().cast_signed(),
            port: listener.local_addr()?.port(),
            socket,
        };
        Ok(Self { bait, victim, listener, abstract_socket, _folder: folder })
    }

    /// What was done to it, in words.
    pub(crate) fn harm(&mut self) -> Vec<String> {
        let mut harm = Vec::new();
        if let Ok(Some(end)) = self.victim.try_wait() {
            harm.push(format!("the other program was ended: {end}"));
        } else {
            let state = fs::read_to_string(format!("/proc/{}/stat", self.victim.id()));
            if state.is_ok_and(|text| text.contains(") T ")) {
                harm.push("the other program was stopped".into());
            }
        }
        if self.listener.accept().is_ok() {
            harm.push("somebody connected to the loopback".into());
        }
        if let Ok((mut stream, _)) = self.abstract_socket.accept() {
            let _ = stream.set_nonblocking(true);
            let _ = stream.read(&mut [0]);
            harm.push("somebody connected to the abstract socket".into());
        }
        for (path, text) in [(&self.bait.secret, SECRET), (&self.bait.given, "given")] {
            if fs::read(path).ok().as_deref() != Some(text.as_bytes()) {
                harm.push(format!("{} was changed", path.display()));
            }
            if fs::metadata(path).is_ok_and(|it| it.permissions().mode() & 0o6111 != 0) {
                harm.push(format!("the permissions of {} were changed", path.display()));
            }
        }
        harm
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        let _ = self.victim.kill();
        let _ = self.victim.wait();
    }
}
