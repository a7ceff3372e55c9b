//! Where a host is plugged into the wire.

use std::fmt;
use std::io;
use std::sync::Arc;

use serde::Serialize;

/// A host's end of the wire, seen from the wire.
pub(crate) trait Port: Send {
    /// The next frame that the host has sent, if one waits. Never blocks.
    ///
    /// # Errors
    /// If the port is gone.
    fn recv(&mut self) -> io::Result<Option<Arc<[u8]>>>;

    /// Gives the host a frame. One that the host has no room for is lost, as on any wire.
    ///
    /// # Errors
    /// If the port is gone, or the host takes no frame of that size.
    fn send(&mut self, frame: &[u8]) -> io::Result<()>;
}

/// The ways to plug a kernel into the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PortKind {
    /// A TAP device. Needs /dev/net/tun to be open to the user, as it is for root.
    Tap,
    /// A pair of virtual Ethernet devices, whose far end lies in a hidden network namespace under a
    /// packet socket. Needs nothing but the namespaces. It carries what fits into the MTU of 1,500
    /// that hosts begin with; longer frames of a host that raises its own are lost, and not recorded.
    VethPacket,
}

impl fmt::Display for PortKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PortKind::Tap => "TAP devices",
            PortKind::VethPacket => "veth pairs with packet sockets",
        })
    }
}
