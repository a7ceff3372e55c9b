//! Systems without network namespaces: everything compiles, and making them is refused in words.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::str::FromStr;

use socket2::{Domain, Protocol, Socket, Type};

use crate::refusal::{Refusal, Step};

/// There are none on this system, so there is no value of this type.
#[derive(Clone, Debug)]
pub struct Namespaces {
    never: Infallible,
}

#[allow(missing_docs, clippy::missing_errors_doc, reason = "as on Linux; none of it can be called")]
impl Namespaces {
    pub fn builder() -> Builder {
        Builder(())
    }

    pub fn has_user_namespace(&self) -> bool {
        match self.never {}
    }

    pub fn enter(&self, _: &mut Command) {
        match self.never {}
    }

    pub fn entrance(&self) -> Entrance {
        match self.never {}
    }

    pub fn socket(&self, _: Domain, _: Type, _: Option<Protocol>) -> Result<Socket, Refusal> {
        match self.never {}
    }

    pub fn listen(&self, _: SocketAddr) -> io::Result<TcpListener> {
        match self.never {}
    }

    pub fn connect(&self, _: SocketAddr) -> io::Result<TcpStream> {
        match self.never {}
    }

    pub fn udp(&self, _: SocketAddr) -> io::Result<UdpSocket> {
        match self.never {}
    }
}

/// There are none on this system, so there is no value of this type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entrance {
    never: Infallible,
}

#[allow(missing_docs, clippy::missing_errors_doc, reason = "as on Linux; none of it can be called")]
impl Entrance {
    pub fn enter(&self) -> io::Result<()> {
        match self.never {}
    }

    pub fn see_as_hosts_file(_: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl fmt::Display for Entrance {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.never {}
    }
}

impl FromStr for Entrance {
    type Err = NoEntrance;

    fn from_str(_: &str) -> Result<Self, NoEntrance> {
        Err(NoEntrance)
    }
}

/// No text is an [`Entrance`] on this system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoEntrance;

impl fmt::Display for NoEntrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("only Linux has namespaces to enter")
    }
}

impl std::error::Error for NoEntrance {}

/// Takes what it is told and makes nothing.
#[must_use = "nothing is made before `build`"]
pub struct Builder(());

#[allow(missing_docs, clippy::missing_errors_doc, reason = "as on Linux")]
impl Builder {
    pub fn hostname(self, _: &str) -> Self {
        self
    }

    pub fn setting(self, _: &str, _: &str) -> Self {
        self
    }

    pub fn setting_if_possible(self, _: &str, _: &str) -> Self {
        self
    }

    pub fn beside(self, _: &Namespaces) -> Self {
        self
    }

    pub fn in_user_namespace(self) -> Self {
        self
    }

    pub fn build(self) -> Result<Namespaces, Refusal> {
        Err(Refusal::new(Step::NotLinux, None, io::ErrorKind::Unsupported.into()))
    }
}
