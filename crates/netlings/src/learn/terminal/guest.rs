//! A program that has the terminal for a while: an editor, a trace.
//!
//! It is a job of its own, as a shell makes one: it leads a process group, which is the terminal's
//! foreground. So what is typed concerns it alone. Where Ctrl-Z stops it, the seat stops too, and `fg`
//! has both go on. However the seat ends, the [`keeper`] ends all of that group, by the signal that
//! ended the seat: an editor then keeps what is not saved (vim its swap file, nano a `.save`).

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus, getpgrp, kill_process_group, waitid,
};
use rustix::termios::{tcgetpgrp, tcsetpgrp};

use super::keeper::{self, Word};
use super::{leave_a_guests_screen, stop_job};

/// The seat ends: nothing is started, and nobody takes the terminal, any more.
static IS_OVER: Mutex<bool> = Mutex::new(false);

type IsOver = MutexGuard<'static, bool>;

fn is_over() -> IsOver {
    IS_OVER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Never returns once the seat ends.
fn unless_it_ends(is_over: IsOver) -> IsOver {
    if *is_over {
        drop(is_over);
        wait_for_the_end();
    }
    is_over
}

/// Another thread ends this process.
pub(super) fn wait_for_the_end() -> ! {
    loop {
        std::thread::park();
    }
}

/// From now on nobody starts anything or takes the terminal. To be followed by the keeper's dismissal.
pub(super) fn end_begins() {
    *is_over() = true;
}

pub(super) fn has_end_begun() -> bool {
    *is_over()
}

/// Stops the job of the seat, unless the seat ends: the end must not be stopped on its way.
pub(super) fn stop_unless_it_ends() {
    let now = unless_it_ends(is_over());
    let _ = kill_process_group(getpgrp(), Signal::TSTP); // returns when we go on
    drop(now);
}

/// Runs a program that has the terminal until it ends. To be called by the main thread, while the
/// terminal is lent.
///
/// # Errors
/// The program cannot be started, or there is no keeper.
pub(super) fn run(command: &mut Command) -> io::Result<()> {
    let now = unless_it_ends(is_over());
    keeper::tell(Word::Free)?; // before anything is started: is there one?
    let child = command.process_group(0).spawn()?;
    let group = Pid::from_child(&child);
    let told = keeper::tell(Word::Guest(group.as_raw_nonzero().get()));
    let _ = tcsetpgrp(io::stdin(), group);
    drop(now);
    if told.is_err() {
        let _ = kill_process_group(group, Signal::KILL);
    }
    waits_for(group)?;
    keeper::tell(Word::Back)?;
    leave_a_guests_screen(); // it may have crashed
    Ok(())
}

/// Waits for the guest's end. Where it stops, so do we.
fn waits_for(group: Pid) -> io::Result<()> {
    let kinds = WaitIdOptions::EXITED | WaitIdOptions::STOPPED;
    loop {
        // Until it is taken note of, which is done under the lock, its number is nobody else's.
        if wait(group, kinds | WaitIdOptions::NOWAIT)?.is_none() {
            continue;
        }
        let now = is_over();
        let Some(status) = wait(group, kinds | WaitIdOptions::NOHANG)? else { continue };
        if !status.stopped() {
            drop(unless_it_ends(now));
            return Ok(());
        }
        if *now {
            let _ = kill_process_group(group, Signal::CONT);
            continue;
        }
        sleeps(group, status.stopping_signal(), now)?;
    }
}

fn wait(child: Pid, how: WaitIdOptions) -> io::Result<Option<WaitIdStatus>> {
    match waitid(WaitId::Pid(child), how) {
        Err(Errno::INTR) => Ok(None),
        other => Ok(other?),
    }
}

/// The guest was stopped by a signal: so are we, until the shell says `fg`.
fn sleeps(group: Pid, signal: Option<i32>, now: IsOver) -> io::Result<()> {
    // It may have been faster than we were, and have used the terminal before that was its own.
    let too_soon = [Signal::TTIN, Signal::TTOU].map(|it| Some(it.as_raw())).contains(&signal)
        && tcgetpgrp(io::stdin()) == Ok(group);
    if too_soon {
        let _ = kill_process_group(group, Signal::CONT);
        return Ok(());
    }
    keeper::tell(Word::Asleep)?;
    drop(now);
    stop_job();
    let now = unless_it_ends(is_over());
    keeper::tell(Word::Guest(group.as_raw_nonzero().get()))?;
    let _ = tcsetpgrp(io::stdin(), group);
    let _ = kill_process_group(group, Signal::CONT);
    drop(now);
    Ok(())
}
