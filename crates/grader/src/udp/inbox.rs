//! Receiving in a thread of its own, so that a datagram is recorded when it comes and not when a
//! check gets round to it.

use std::io::{self, ErrorKind};
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::Datagram;

/// So many datagrams wait for a check at most; further ones stay with the system, which drops what
/// it has no room for.
const ROOM: usize = 1024;

/// What has come on a socket.
pub(super) struct Inbox {
    queue: Receiver<io::Result<Datagram>>,
    socket: UdpSocket,
    over: Arc<AtomicBool>,
}

impl Inbox {
    pub(super) fn of(
        socket: UdpSocket,
        on_datagram: impl Fn(&Datagram) + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, queue) = sync_channel(ROOM);
        let over = Arc::new(AtomicBool::new(false));
        let (receiving, is_over) = (socket.try_clone()?, Arc::clone(&over));
        thread::Builder::new().name("datagrams".into()).spawn(move || {
            let mut buffer = vec![0; 65_536];
            loop {
                let came = match receiving.recv_from(&mut buffer) {
                    // Windows reports here that an earlier datagram found nobody.
                    Err(error)
                        if matches!(
                            error.kind(),
                            ErrorKind::Interrupted | ErrorKind::ConnectionReset
                        ) =>
                    {
                        continue;
                    }
                    Err(error) => Err(error),
                    Ok((count, from)) => Ok(Datagram { bytes: buffer[..count].to_vec(), from }),
                };
                if is_over.load(Ordering::Acquire) {
                    return;
                }
                if let Ok(datagram) = &came {
                    on_datagram(datagram);
                }
                let is_broken = came.is_err();
                if sender.send(came).is_err() || is_broken {
                    return;
                }
            }
        })?;
        Ok(Inbox { queue, socket, over })
    }

    /// The next datagram, if it comes before `until`.
    pub(super) fn next(&self, until: Instant) -> io::Result<Option<Datagram>> {
        let left = until.saturating_duration_since(Instant::now());
        match self.queue.recv_timeout(left.max(Duration::from_micros(100))) {
            Ok(came) => came.map(Some),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                Err(io::Error::other("the socket cannot be read any more"))
            }
        }
    }
}

impl Drop for Inbox {
    /// The thread waits for a datagram; this is one, from the socket to itself.
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        // Fails on a machine without loopback, where there was nothing to grade either.
        let _ = self.socket.local_addr().and_then(|me| self.socket.send_to(&[], me));
    }
}
