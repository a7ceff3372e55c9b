//! The thread that keeps the wire going: takes frames from the ports, and delivers what is due.
//!
//! It sleeps in poll(2) until a port has a frame, a delay is over, or somebody wakes it. A lab in
//! which nothing happens takes no processor. Right after a frame it stays awake for a moment, since
//! the answer to it comes soon and a sleeping processor takes long to wake.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::bell::Bell;
use crate::cable::Cable;
use crate::locked::locked;
use crate::record::Recorder;
use crate::wire::{Shared, Wire};

/// So many frames are taken from one port before the others have their turn.
const TURN: usize = 64;
/// More than any port can hold: once it has brought so many, all that it held at first has come.
const MOST_QUEUED: usize = 10_000;
/// So long after a frame the thread looks for the next without sleeping: twice what a host takes to
/// wake and answer where sleep is deepest, on a virtual machine. It never yields meanwhile: on a busy
/// machine it would get its turn again milliseconds later, where who sleeps gets it at once.
const ATTENTIVE: Duration = Duration::from_micros(60);

/// Starts a wire over ports with these descriptors, in the same order.
pub(super) fn start(
    cable: Cable,
    recorder: Recorder,
    descriptors: Vec<Arc<OwnedFd>>,
) -> io::Result<Wire> {
    let bell = Bell::new()?;
    let wake = bell.ringer();
    Wire::start(cable, recorder, wake, |shared| spawn(Arc::clone(shared), bell, descriptors))
}

fn spawn(
    shared: Arc<Shared>,
    bell: Bell,
    descriptors: Vec<Arc<OwnedFd>>,
) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("wire".into()).spawn(move || run(&shared, &bell, descriptors))
}

fn run(shared: &Shared, bell: &Bell, descriptors: Vec<Arc<OwnedFd>>) {
    let _end = shared.until_the_end();
    // A port that is gone, because the host has deleted its interface, is asked no more.
    let mut ports: Vec<(usize, Arc<OwnedFd>)> = descriptors.into_iter().enumerate().collect();
    // How much each has brought since the last round, in turns that did not empty it.
    let mut brought = vec![0; ports.len()];
    // On a single processor nobody could send anything meanwhile.
    let can_attend = thread::available_parallelism().is_ok_and(|processors| processors.get() > 1);
    let mut attentive_until = None;
    loop {
        let due = locked(&shared.cable).pending.next_due();
        let wait = due.map(|time| time.saturating_sub(shared.now()));
        let wait = wait.and_then(|wait| Timespec::try_from(wait).ok());
        let mut waiting = vec![PollFd::new(bell, PollFlags::IN)];
        waiting.extend(ports.iter().map(|(_, port)| PollFd::new(port, PollFlags::IN)));
        // Where something is due, the sleep ends with it and not after it.
        let attentive = attentive_until.take().filter(|_| can_attend && due.is_none());
        match poll_attentively(&mut waiting, wait.as_ref(), attentive) {
            Ok(_) => {}
            Err(Errno::INTR) => continue, // it has not looked, so this was no round
            Err(_) => return,             // no memory even for that
        }
        if shared.over.load(Ordering::SeqCst) {
            return;
        }
        let mut ready = waiting.iter().map(PollFd::revents);
        let has_rung = ready.next().is_some_and(|bell| !bell.is_empty());
        let ready: Vec<PollFlags> = ready.collect();
        drop(waiting);
        if has_rung {
            bell.hear();
        }
        let mut cable = locked(&shared.cable);
        cable.deliver_due(shared.now());
        let mut still_there = ready.iter().map(|ready| {
            ready.contains(PollFlags::IN) || !ready.intersects(PollFlags::ERR | PollFlags::NVAL)
        });
        let mut all_empty = true;
        for ((port, _), _) in ports.iter().zip(&ready).filter(|(_, it)| it.contains(PollFlags::IN))
        {
            let is_empty = take_turn(&mut cable, *port, shared);
            attentive_until = Some(Instant::now() + ATTENTIVE);
            brought[*port] += TURN;
            // A host that never stops sending must not keep anybody waiting for ever.
            all_empty &= is_empty || brought[*port] > MOST_QUEUED;
        }
        if all_empty {
            brought.fill(0);
            shared.round_is_over();
        } else if cable.pending.is_holding() {
            shared.look_again();
        }
        drop(cable);
        ports.retain(|(_, port)| still_there.next().unwrap_or(true) || forgiven(port));
    }
}

/// poll(2), which up to a moment is asked again and again and only then waits.
fn poll_attentively(
    waiting: &mut [PollFd<'_>],
    wait: Option<&Timespec>,
    until: Option<Instant>,
) -> Result<usize, Errno> {
    const NO_TIME: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
    while until.is_some_and(|until| Instant::now() < until) {
        match poll(waiting, Some(&NO_TIME))? {
            0 => std::hint::spin_loop(),
            ready => return Ok(ready),
        }
    }
    poll(waiting, wait)
}

/// Whether the port has no more now.
fn take_turn(cable: &mut Cable, port: usize, shared: &Shared) -> bool {
    for _ in 0..TURN {
        match cable.ports[port].recv() {
            Ok(Some(bytes)) => cable.arrived(port, bytes, shared.now()),
            _ => return true,
        }
    }
    false
}

/// A packet socket reports once that its interface went down; it goes on when that is up again.
fn forgiven(port: &OwnedFd) -> bool {
    rustix::net::sockopt::socket_error(port).is_ok()
}
