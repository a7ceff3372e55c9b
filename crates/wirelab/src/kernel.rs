//! The kernel tier: each host is a network namespace of this machine's kernel.

mod diag;
mod host;
mod lab;
mod netlink;
mod packet;
mod plug;
mod pump;
mod route;
mod tap;

pub use host::Host;
pub use lab::{Builder, Lab};

use namespaces::Refusal;

use crate::capability;
use crate::error::Error;
use crate::port::PortKind;

/// Makes a host, to see whether and how that works here.
pub(crate) fn probe() -> Result<capability::Kernel, Refusal> {
    let no_tap = match lab::alone(Some(PortKind::Tap)) {
        Ok(lab) => return Ok(found(&lab, None)),
        Err(Error::Refused(refusal)) => refusal,
        Err(Error::Asked(text)) => unreachable!("{text}"),
    };
    match lab::alone(Some(PortKind::VethPacket)) {
        Ok(lab) => Ok(found(&lab, Some(no_tap))),
        Err(Error::Refused(refusal)) => Err(refusal),
        Err(Error::Asked(text)) => unreachable!("{text}"),
    }
}

fn found(lab: &Lab, no_tap: Option<Refusal>) -> capability::Kernel {
    let (port, user_namespace) = (lab.port(), lab.has_user_namespace());
    capability::Kernel { port, user_namespace, no_tap }
}
