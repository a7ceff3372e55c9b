//! The kernel tier: each host is a network namespace of this machine's kernel.

mod bell;
mod diag;
mod host;
mod lab;
mod netlink;
pub(crate) mod observe;
mod packet;
mod plug;
mod pump;
mod route;
mod side_by_side;
mod tap;

pub(crate) use host::Host;
pub(crate) use lab::{Whole, assemble, prepare};

use namespaces::Refusal;

use crate::capability;
use crate::error::Error;
use crate::lab::Lab;
use crate::port::PortKind;

/// Makes a host, to see whether and how that works here.
pub(crate) fn probe() -> Result<capability::Kernel, Refusal> {
    let no_tap = match lab::alone(PortKind::Tap) {
        Ok(lab) => return Ok(found(PortKind::Tap, &lab, None)),
        Err(Error::Refused(refusal)) => refusal,
        Err(Error::Asked(text)) => unreachable!("{text}"),
    };
    match lab::alone(PortKind::VethPacket) {
        Ok(lab) => Ok(found(PortKind::VethPacket, &lab, Some(no_tap))),
        Err(Error::Refused(refusal)) => Err(refusal),
        Err(Error::Asked(text)) => unreachable!("{text}"),
    }
}

fn found(port: PortKind, lab: &Lab, no_tap: Option<Refusal>) -> capability::Kernel {
    capability::Kernel { port, user_namespace: lab.has_user_namespace(), no_tap }
}
