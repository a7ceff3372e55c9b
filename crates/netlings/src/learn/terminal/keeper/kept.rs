//! What the second process does: `netlings keep`.

use std::io::{self, BufRead, Write};
use std::time::{Duration, Instant};

use grader::interrupt::within;
use rustix::process::{Pid, Signal, getpgrp, kill_process_group, test_kill_process_group};
use rustix::termios::{
    LocalModes, OptionalActions, OutputModes, Termios, tcgetattr, tcgetpgrp, tcsetattr, tcsetpgrp,
};

use super::Word;
use crate::learn::terminal::{PATIENCE_WITH_GUESTS, leave_a_guests_screen, leave_the_screen};

/// So often one looks whether they have ended.
const LOOK: Duration = Duration::from_millis(5);

/// So long the last writing to the terminal may take. One that was stopped (Ctrl-S) takes nothing; the screen
/// is still left where it goes on within this time.
const LAST_WRITING: Duration = Duration::from_secs(60);

/// Who has the terminal.
enum Has {
    Nobody,
    Seat,
    Guest(Pid),
    /// A guest that has stopped: a shell has the terminal.
    Asleep(Pid),
}

pub(crate) fn keep() {
    let before = tcgetattr(io::stdout()).ok();
    answer();
    let mut has = Has::Nobody;
    let words = io::stdin().lock().lines().map_while(Result::ok);
    for word in words.filter_map(|line| Word::of(&line)) {
        has = match (word, has) {
            (Word::Taken, _) => Has::Seat,
            (Word::Free, _) => Has::Nobody,
            (Word::Guest(group), _) => Pid::from_raw(group).map_or(Has::Nobody, Has::Guest),
            (Word::Back | Word::Asleep, has) => {
                take_back(before.as_ref());
                answer();
                match has {
                    Has::Guest(group) if word == Word::Asleep => Has::Asleep(group),
                    _ => Has::Nobody,
                }
            }
            (Word::End(signal), Has::Guest(group)) => {
                let signal = Signal::from_named_raw(signal).unwrap_or(Signal::TERM);
                return end_with_guests(group, signal, before.as_ref());
            }
            (Word::End(_), Has::Asleep(group)) => {
                answer();
                Has::Asleep(group)
            }
            (Word::End(_) | Word::Done, _) => return, // the seat does all else itself
        };
    }
    // The seat is gone.
    match has {
        Has::Nobody => {}
        Has::Seat => {
            set_where_raw(before.as_ref());
            within(LAST_WRITING, leave_the_screen);
        }
        Has::Guest(group) => end_with_guests(group, Signal::TERM, before.as_ref()),
        // The system sends HUP to a stopped job that nobody can continue any more, and has it go on. Not
        // until then can they set the terminal's modes, as they do at their end, without being stopped.
        Has::Asleep(group) => {
            if !are_gone(group, PATIENCE_WITH_GUESTS) {
                let _ = kill_process_group(group, Signal::KILL);
            }
            set_where_raw(before.as_ref());
            within(LAST_WRITING, leave_a_guests_screen); // nano, for one, takes it when it goes on
        }
    }
}

/// Ends those that have the terminal, and makes it what it was.
///
/// Writing comes last: a terminal that is stopped takes nothing until somebody has it go on, and by then it is
/// a shell's, with the modes that the shell has chosen.
fn end_with_guests(group: Pid, signal: Signal, before: Option<&Termios>) {
    let theirs = modes_of(group);
    end_guests(group, signal);
    let now = tcgetpgrp(io::stdout());
    // Never from somebody else.
    match now == Ok(group) || now == Ok(getpgrp()) {
        true => take_back(before),
        false => set_where_theirs(before, theirs.as_ref()),
    }
    within(LAST_WRITING, leave_a_guests_screen);
}

fn answer() {
    let _ = io::stderr().write_all(b"!");
}

/// The terminal is this job's again, and as it was.
fn take_back(before: Option<&Termios>) {
    let _ = tcsetpgrp(io::stdout(), getpgrp());
    if let Some(before) = before {
        let _ = tcsetattr(io::stdout(), OptionalActions::Now, before);
    }
}

/// A shell that has taken its terminal back may have set it as it likes it; then it is not raw.
fn set_where_raw(before: Option<&Termios>) {
    let is_raw = tcgetattr(io::stdout()).is_ok_and(|now| {
        !now.output_modes.contains(OutputModes::OPOST)
            && !now.local_modes.contains(LocalModes::ISIG)
    });
    if let (true, Some(before)) = (is_raw, before) {
        let _ = tcsetattr(io::stdout(), OptionalActions::Now, before);
    }
}

/// The modes that these programs have given the terminal, unless a shell was faster, and has it already.
fn modes_of(group: Pid) -> Option<Termios> {
    let now = tcgetattr(io::stdout()).ok()?;
    // In this order: a shell takes the terminal, and then sets it.
    (tcgetpgrp(io::stdout()) == Ok(group)).then_some(now)
}

/// A shell has the terminal. It may have given it modes of its own, for a line that is typed; or the modes
/// are still those of programs that could not set them any more, and nobody would see what is typed.
fn set_where_theirs(before: Option<&Termios>, theirs: Option<&Termios>) {
    let Ok(now) = tcgetattr(io::stdout()) else { return };
    let has_changed = theirs.is_some_and(|theirs| {
        (theirs.local_modes, theirs.input_modes, theirs.output_modes)
            != (now.local_modes, now.input_modes, now.output_modes)
    });
    if let (false, Some(before)) = (has_changed, before) {
        let _ = tcsetattr(io::stdout(), OptionalActions::Now, before);
    }
}

/// Has them end in their own way: an editor keeps what is not saved. Whoever takes too long is killed.
///
/// They get one signal. At a second one of another kind vim gives up what it does at the first; and at
/// SIGCONT nano draws its screen again.
fn end_guests(group: Pid, signal: Signal) {
    let _ = kill_process_group(group, signal);
    if !are_gone(group, PATIENCE_WITH_GUESTS) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

fn are_gone(group: Pid, patience: Duration) -> bool {
    let since = Instant::now();
    while test_kill_process_group(group).is_ok() {
        if since.elapsed() > patience {
            return false;
        }
        std::thread::sleep(LOOK);
    }
    true
}
