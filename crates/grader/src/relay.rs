//! Relays: between a client and a server stands a socket of ours, so that what really crosses can
//! be seen. Nothing is changed on the way, unless somebody asks for that.
//!
//! A relay holds little: a buffer for each direction. Who sends more than the other side takes is
//! slowed down by it as by the other side.

mod tcp;
mod udp;

pub use tcp::TcpRelay;
pub use udp::UdpRelay;

/// The most that is taken at once from a stream, in bytes.
const PIECE: usize = 64 * 1024;
/// So many conversations go through one relay at the same time.
const MOST: usize = 16;
