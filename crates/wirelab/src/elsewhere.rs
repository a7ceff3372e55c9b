//! The kernel tier on systems other than Linux: there is none, and that is told in words.

#[path = "elsewhere/observe.rs"]
pub(crate) mod observe;

use std::convert::Infallible;
use std::ffi::OsStr;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::Command;

use namespaces::{Entrance, Namespaces, Refusal};
use socket2::Socket;

use crate::capability::Kernel;
use crate::lab::Plan;
use crate::port::PortKind;
use crate::tcp_state::TcpSocket;
use crate::wire::Wire;

fn refusal() -> Refusal {
    Namespaces::builder().build().expect_err("there are none on this system")
}

pub(crate) fn probe() -> Result<Kernel, Refusal> {
    Err(refusal())
}

pub(crate) fn prepare(_: &Plan) -> Result<Infallible, Refusal> {
    Err(refusal())
}

pub(crate) fn assemble(
    _: Plan,
    never: Infallible,
) -> Result<(Vec<crate::Host>, Wire, Whole), Refusal> {
    match never {}
}

/// There is none on this system, so there is no value of this type.
#[derive(Debug)]
pub(crate) struct Whole {
    never: Infallible,
}

impl Whole {
    pub(crate) fn port(&self) -> PortKind {
        match self.never {}
    }

    pub(crate) fn has_user_namespace(&self) -> bool {
        match self.never {}
    }
}

/// There is none on this system, so there is no value of this type.
#[derive(Debug)]
pub(crate) struct Host {
    never: Infallible,
}

impl Host {
    pub(crate) fn command(&self, _: &OsStr) -> io::Result<Command> {
        match self.never {}
    }

    pub(crate) fn entrance(&self) -> io::Result<Entrance> {
        match self.never {}
    }

    pub(crate) fn listen_at(&self, _: SocketAddr) -> io::Result<TcpListener> {
        match self.never {}
    }

    pub(crate) fn connect(&self, _: SocketAddr) -> io::Result<TcpStream> {
        match self.never {}
    }

    pub(crate) fn begin_connecting(&self, _: u16, _: SocketAddr) -> io::Result<Socket> {
        match self.never {}
    }

    pub(crate) fn udp(&self, _: SocketAddr) -> io::Result<UdpSocket> {
        match self.never {}
    }

    pub(crate) fn tcp_states(&self) -> io::Result<Vec<TcpSocket>> {
        match self.never {}
    }

    pub(crate) fn destroy(&self, _: &TcpSocket) -> io::Result<()> {
        match self.never {}
    }
}
