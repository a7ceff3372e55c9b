//! The thread that looks: takes frames from the capture and records them.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::capture::Capture;
use super::ports::Ports;
use crate::cable::Cable;
use crate::kernel::bell::Bell;
use crate::locked::locked;
use crate::record::Recorder;
use crate::wire::{Shared, Wire};

/// So many frames are recorded before others have the lock.
const TURN: usize = 256;

pub(super) fn start(
    cable: Cable,
    recorder: Recorder,
    capture: Capture,
    ports: Arc<Ports>,
) -> io::Result<Wire> {
    let bell = Bell::new()?;
    Wire::observing(cable, recorder, bell.ringer(), |shared| {
        let shared = Arc::clone(shared);
        let run = move || run(&shared, &bell, capture, &ports);
        thread::Builder::new().name("wire".into()).spawn(run)
    })
}

fn run(shared: &Shared, bell: &Bell, mut capture: Capture, ports: &Ports) {
    let _end = shared.until_the_end();
    loop {
        let mut waiting = [PollFd::new(bell, PollFlags::IN), PollFd::new(&capture, PollFlags::IN)];
        match poll(&mut waiting, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return, // no memory even for that
        }
        if shared.over.load(Ordering::SeqCst) {
            return;
        }
        bell.hear();
        let round = ports.rounds();
        let mut next = capture.next(ports);
        while let Some(first) = next.take() {
            let mut burst = vec![first];
            burst.extend(std::iter::from_fn(|| capture.next(ports)).take(TURN - 1));
            let now = shared.now();
            locked(&shared.cable).went_by(burst, now, || {
                next = capture.next(ports);
                next.is_some()
            });
            if shared.over.load(Ordering::SeqCst) {
                return; // whoever sends on and on outlives the lab
            }
        }
        ports.looked_at(round);
        let _cable = locked(&shared.cable);
        shared.round_is_over();
    }
}
