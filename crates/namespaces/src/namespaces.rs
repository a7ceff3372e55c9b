//! A set of namespaces, kept by descriptors.

use std::ffi::CString;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::process::Command;
use std::sync::Arc;

use rustix::thread::CapabilitySet;
use socket2::{Domain, Protocol, Socket, Type};

use crate::entrance::Entrance;
use crate::errand::{self, Errand, Make, Setting};
use crate::opening::Opening;
use crate::refusal::{Refusal, Step};
use crate::sys;

/// A network namespace and a UTS namespace, in a user namespace or not. A clone is the same
/// namespaces; they end with the last clone, socket and program that is inside.
#[derive(Clone, Debug)]
pub struct Namespaces {
    kept: Arc<Kept>,
}

#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) user: Option<Arc<OwnedFd>>,
    pub(crate) net: OwnedFd,
    pub(crate) uts: OwnedFd,
}

impl Namespaces {
    /// New namespaces: nothing in the network but a loopback that is up.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Whether they are in a user namespace of their own, as for everybody but root.
    pub fn has_user_namespace(&self) -> bool {
        self.kept.user.is_some()
    }

    /// The network namespace, as setns(2) and rtnetlink(7) take it.
    pub fn net(&self) -> BorrowedFd<'_> {
        self.kept.net.as_fd()
    }

    /// The device and inode number of the network namespace: what `/proc/PID/ns/net` shows.
    ///
    /// # Errors
    /// If the system doesn't tell, which Linux always does.
    pub fn identity(&self) -> io::Result<(u64, u64)> {
        let told = rustix::fs::fstat(&self.kept.net)?;
        Ok((told.st_dev, told.st_ino))
    }

    /// Has `command` start its program inside. It runs as who starts it; in a user namespace it
    /// takes itself for root. What it starts is inside too; a [`Warden`](crate::Warden) ends it all.
    ///
    /// Start it with `spawn`, `output` or `status` of this very process; `exec` fails.
    pub fn enter(&self, command: &mut Command) {
        sys::start_inside(command, Arc::clone(&self.kept));
    }

    /// Where another process of this user, in this user namespace, finds these as long as this
    /// process has them.
    pub fn entrance(&self) -> Entrance {
        let number = |descriptor: &OwnedFd| descriptor.as_raw_fd().cast_unsigned();
        Entrance {
            owner: std::process::id(),
            net: number(&self.kept.net),
            uts: number(&self.kept.uts),
            user: self.kept.user.as_deref().map(number),
        }
    }

    /// Opens sockets and devices inside, in order; 64 at most.
    ///
    /// # Errors
    /// If the system refuses one; then none is open.
    pub fn open(&self, openings: &[Opening]) -> Result<Vec<OwnedFd>, Refusal> {
        let enter_user = self.kept.user.as_ref().map(|user| user.as_fd());
        let enter_net = Some(self.kept.net.as_fd());
        Errand { enter_user, enter_net, open: openings, ..Errand::default() }.send()
    }

    /// A socket inside, neither bound nor connected.
    ///
    /// # Errors
    /// If the system refuses it.
    pub fn socket(
        &self,
        domain: Domain,
        kind: Type,
        protocol: Option<Protocol>,
    ) -> Result<Socket, Refusal> {
        let protocol = protocol.map_or(0, i32::from);
        let opening = Opening::socket(domain.into(), kind.into(), protocol);
        let mut opened = self.open(&[opening])?;
        Ok(opened.pop().expect("an errand brings what it was sent for").into())
    }

    /// A TCP socket that listens inside, with SO_REUSEADDR as `TcpListener::bind` sets it.
    ///
    /// # Errors
    /// If the system refuses a socket or the address.
    pub fn listen(&self, address: SocketAddr) -> io::Result<TcpListener> {
        let socket = self.socket(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(128)?;
        Ok(socket.into())
    }

    /// A TCP connection from inside, made when this returns.
    ///
    /// # Errors
    /// If the system refuses a socket, or the connection isn't made.
    pub fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = self.socket(Domain::for_address(address), Type::STREAM, None)?;
        socket.connect(&address.into())?;
        Ok(socket.into())
    }

    /// A UDP socket inside.
    ///
    /// # Errors
    /// If the system refuses a socket or the address.
    pub fn udp(&self, address: SocketAddr) -> io::Result<UdpSocket> {
        let socket = self.socket(Domain::for_address(address), Type::DGRAM, None)?;
        socket.bind(&address.into())?;
        Ok(socket.into())
    }
}

/// How new namespaces shall be.
#[derive(Default)]
#[must_use = "nothing is made before `build`"]
pub struct Builder {
    hostname: String,
    settings: Vec<Setting>,
    /// The first that is not the namespace's own.
    wrong_setting: Option<String>,
    beside: Option<Namespaces>,
    user_namespace: bool,
}

impl Builder {
    /// What gethostname(2) says inside, at most 64 bytes. Otherwise it is the machine's name.
    pub fn hostname(mut self, name: &str) -> Self {
        name.clone_into(&mut self.hostname);
        self
    }

    /// Writes a setting of the new namespace, such as `("net/ipv4/tcp_syn_retries", "10")`, below
    /// /proc/sys. It begins with `net/`: all others are the machine's, or none of this network's. If
    /// it can't be written nothing is made.
    pub fn setting(self, key: &str, value: &str) -> Self {
        self.write(key, value, true)
    }

    /// As [`setting`](Builder::setting); where it can't be written that is no failure.
    pub fn setting_if_possible(self, key: &str, value: &str) -> Self {
        self.write(key, value, false)
    }

    fn write(mut self, key: &str, value: &str, required: bool) -> Self {
        let path = CString::new(format!("/proc/sys/{key}"));
        match path.ok().filter(|_| is_of_a_network(key)) {
            Some(path) => self.settings.push(Setting { path, value: value.into(), required }),
            None => {
                self.wrong_setting.get_or_insert_with(|| key.into());
            }
        }
        self
    }

    /// In the same user namespace as `other`, or like it in none. Namespaces that shall be connected
    /// need that.
    pub fn beside(mut self, other: &Namespaces) -> Self {
        self.beside = Some(other.clone());
        self
    }

    /// In a user namespace even where the process has the rights to do without, root mostly.
    pub fn in_user_namespace(mut self) -> Self {
        self.user_namespace = true;
        self
    }

    /// Makes them.
    ///
    /// # Errors
    /// If the system refuses a step, or a setting is not the namespace's own.
    pub fn build(self) -> Result<Namespaces, Refusal> {
        self.build_with(&[]).map(|(made, _)| made)
    }

    /// Makes them, and opens sockets and devices inside, by the same child: 61 at most.
    ///
    /// # Errors
    /// If the system refuses a step or an opening, or a setting is not the namespace's own; then
    /// nothing is made.
    pub fn build_with(self, open: &[Opening]) -> Result<(Namespaces, Vec<OwnedFd>), Refusal> {
        if let Some(key) = &self.wrong_setting {
            let text = "a network namespace's own settings begin with net/";
            let error = io::Error::new(io::ErrorKind::InvalidInput, text);
            return Err(Refusal::new(Step::Setting, Some(key), error));
        }
        let shared = self.beside.as_ref().and_then(|other| other.kept.user.clone());
        let own = self.beside.is_none() && (self.user_namespace || !has_the_rights());
        let maps = own.then(errand::id_maps);
        let make = Make {
            user: maps.as_ref(),
            hostname: self.hostname.as_bytes(),
            settings: &self.settings,
        };
        let enter_user = shared.as_ref().map(|user| user.as_fd());
        let errand = Errand { enter_user, make: Some(make), open, ..Errand::default() };
        let mut brought = errand.send()?.into_iter();
        let mut next = || {
            let missing = || io::Error::other("it brought too little");
            brought.next().ok_or_else(|| Refusal::new(Step::Child, None, missing()))
        };
        let (net, uts) = (next()?, next()?);
        let user = if own { Some(Arc::new(next()?)) } else { shared };
        Ok((Namespaces { kept: Arc::new(Kept { user, net, uts }) }, brought.collect()))
    }
}

/// Whether a key below /proc/sys leads to a place below /proc/sys/net and nowhere else.
fn is_of_a_network(key: &str) -> bool {
    let mut parts = key.split('/');
    parts.next() == Some("net") && parts.clone().count() > 0 && parts.all(|part| part != "..")
}

/// Whether this thread may make and set up a network namespace without a user namespace.
fn has_the_rights() -> bool {
    let needed = CapabilitySet::SYS_ADMIN | CapabilitySet::NET_ADMIN | CapabilitySet::NET_RAW;
    rustix::thread::capabilities(None).is_ok_and(|sets| sets.effective.contains(needed))
}
