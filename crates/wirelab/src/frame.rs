//! A frame on the wire.

use std::sync::Arc;
use std::time::Duration;

use crate::decode::{Decoded, decode};

/// One Ethernet frame, from the destination address to the end of its data, without the checksum.
/// A clone shares the bytes.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Counts the frames of a wire, from 1. Copies of a frame have its number; what a host sends
    /// again has a new one.
    pub id: u64,
    /// Which host sent it: its place in the order in which the hosts were named.
    pub from: usize,
    /// When it came to the wire, since the wire began.
    pub time: Duration,
    /// All of it.
    pub bytes: Arc<[u8]>,
}

impl Frame {
    /// What is in it. Never fails: what makes no sense is told as such.
    pub fn decode(&self) -> Decoded {
        decode(&self.bytes)
    }
}
