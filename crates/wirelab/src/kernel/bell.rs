//! What wakes a wire's thread out of poll(2): a bell that any thread rings (eventfd(2)).

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::event::{EventfdFlags, eventfd};

pub(super) struct Bell(Arc<OwnedFd>);

impl Bell {
    pub(super) fn new() -> io::Result<Self> {
        let descriptor = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self(Arc::new(descriptor)))
    }

    /// What rings it.
    pub(super) fn ringer(&self) -> Box<dyn Fn() + Send + Sync> {
        let rings = Arc::clone(&self.0);
        Box::new(move || {
            // Fails only where it has been rung 2^64 - 1 times and not heard.
            let _ = rustix::io::write(&rings, &1u64.to_ne_bytes());
        })
    }

    /// It has been heard, and rings no more.
    pub(super) fn hear(&self) {
        let _ = rustix::io::read(&self.0, &mut [0u8; 8]);
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
