//! The observing tier on systems other than Linux: there is none, and that is told in words.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use namespaces::{Refusal, Step};

use crate::endpoint::Endpoint;
use crate::lab::Plan;
use crate::tcp_state::TcpSocket;
use crate::wire::Wire;

pub(crate) fn probe() -> Result<(), Refusal> {
    Err(Refusal::new(Step::NotLinux, None, io::ErrorKind::Unsupported.into()))
}

pub(crate) fn build(_: &Plan) -> Result<(Vec<crate::Host>, Wire), Refusal> {
    Err(Refusal::new(Step::NotLinux, None, io::ErrorKind::Unsupported.into()))
}

/// There is none on this system, so there is no value of this type.
#[derive(Debug)]
pub(crate) struct Host {
    never: Infallible,
}

impl Host {
    pub(crate) fn port(&self, _: u16) -> io::Result<u16> {
        match self.never {}
    }

    pub(crate) fn listening(&self, _: u16) -> io::Result<Endpoint> {
        match self.never {}
    }

    pub(crate) fn dialling(&self, _: u16, _: SocketAddr) -> io::Result<Endpoint> {
        match self.never {}
    }

    pub(crate) fn datagrams(&self, _: u16) -> io::Result<Endpoint> {
        match self.never {}
    }

    pub(crate) fn tcp_states(&self) -> io::Result<Vec<TcpSocket>> {
        match self.never {}
    }

    pub(crate) fn destroy(&self, _: &TcpSocket) -> io::Result<()> {
        match self.never {}
    }
}
