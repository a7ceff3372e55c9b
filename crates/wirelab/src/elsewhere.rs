//! Systems other than Linux: everything compiles, and building a lab is refused in words.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::process::Command;

use namespaces::{Namespaces, Refusal};

use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::port::PortKind;
use crate::rule::Rule;
use crate::tcp_state::TcpSocket;
use crate::wire::Wire;

pub(crate) fn refusal() -> Refusal {
    Namespaces::builder().build().expect_err("there are none on this system")
}

/// There is none on this system, so there is no value of this type.
#[derive(Debug)]
pub struct Lab {
    never: Infallible,
}

#[allow(missing_docs, clippy::missing_errors_doc, reason = "as on Linux; none of it can be called")]
impl Lab {
    pub fn builder() -> Builder {
        Builder(())
    }

    pub fn hosts(&self) -> &[Host] {
        match self.never {}
    }

    pub fn host(&self, _: &str) -> &Host {
        match self.never {}
    }

    pub fn wire(&self) -> &Wire {
        match self.never {}
    }

    pub fn port(&self) -> PortKind {
        match self.never {}
    }

    pub fn has_user_namespace(&self) -> bool {
        match self.never {}
    }
}

/// There is none on this system, so there is no value of this type.
#[derive(Debug)]
pub struct Host {
    never: Infallible,
}

#[allow(missing_docs, clippy::missing_errors_doc, reason = "as on Linux; none of it can be called")]
impl Host {
    pub fn name(&self) -> &str {
        match self.never {}
    }

    pub fn place(&self) -> usize {
        match self.never {}
    }

    pub fn address(&self) -> IpAddr {
        match self.never {}
    }

    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        match self.never {}
        #[allow(unreachable_code)]
        std::iter::empty()
    }

    pub fn command(&self, _: &str) -> io::Result<Command> {
        match self.never {}
    }

    pub fn listen(&self, _: u16) -> io::Result<TcpListener> {
        match self.never {}
    }

    pub fn listen_at(&self, _: SocketAddr) -> io::Result<TcpListener> {
        match self.never {}
    }

    pub fn connect(&self, _: impl ToSocketAddrs) -> io::Result<TcpStream> {
        match self.never {}
    }

    pub fn connecting(&self, _: impl ToSocketAddrs) -> io::Result<TcpStream> {
        match self.never {}
    }

    pub fn connecting_from(&self, _: u16, _: impl ToSocketAddrs) -> io::Result<TcpStream> {
        match self.never {}
    }

    pub fn udp(&self, _: u16) -> io::Result<UdpSocket> {
        match self.never {}
    }

    pub fn listening(&self, _: u16) -> io::Result<Endpoint> {
        match self.never {}
    }

    pub fn dialling(&self, _: u16, _: SocketAddr) -> io::Result<Endpoint> {
        match self.never {}
    }

    pub fn datagrams(&self, _: u16) -> io::Result<Endpoint> {
        match self.never {}
    }

    pub fn tcp_states(&self) -> io::Result<Vec<TcpSocket>> {
        match self.never {}
    }

    pub fn destroy(&self, _: &TcpSocket) -> io::Result<()> {
        match self.never {}
    }
}

/// Takes what it is told and builds nothing.
#[derive(Debug)]
#[must_use = "nothing is built before `build`"]
pub struct Builder(());

#[allow(missing_docs, clippy::missing_errors_doc, reason = "as on Linux")]
impl Builder {
    pub fn host(self, _: &str, _: &str) -> Self {
        self
    }

    pub fn also(self, _: &str) -> Self {
        self
    }

    pub fn rule(self, _: impl Rule + 'static) -> Self {
        self
    }

    pub fn record_states(self) -> Self {
        self
    }

    pub fn pin_neighbours(self) -> Self {
        self
    }

    pub fn patient(self) -> Self {
        self
    }

    pub fn setting(self, _: &str, _: &str) -> Self {
        self
    }

    pub fn port(self, _: PortKind) -> Self {
        self
    }

    pub fn in_user_namespace(self) -> Self {
        self
    }

    pub fn build(self) -> Result<Lab, Error> {
        Err(refusal().into())
    }
}
