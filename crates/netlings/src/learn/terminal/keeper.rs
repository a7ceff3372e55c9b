//! Gives the terminal back where the seat no longer can: after SIGKILL.
//!
//! A second process knows how the terminal was, and waits for the seat's end, which is the end of its
//! stdin. A seat that ended in its own way has said so before; then nothing is left to do.

use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// The second process.
static KEEPER: Mutex<Option<Child>> = Mutex::new(None);

/// Starts it. Where that fails, a SIGKILL leaves the terminal as it is.
pub(super) fn start() {
    if cfg!(not(unix)) {
        return; // there the console's modes are the system's own care
    }
    let begin = || -> io::Result<Child> {
        // What somebody types while the terminal is lent is not meant for it (INT, QUIT), nor is the
        // terminal's end (HUP); and it must not be stopped where a shell already has its terminal
        // back (TTOU). What a shell ignores stays ignored.
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' HUP INT QUIT TTOU; exec \"$0\" keep"]);
        command.arg(std::env::current_exe()?).stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        // Before anything is changed, it must have noted how the terminal is.
        let mut said = child.stderr.take().expect("it was asked for");
        said.read_exact(&mut [0])?;
        Ok(child)
    };
    *KEEPER.lock().unwrap_or_else(PoisonError::into_inner) = begin().ok();
}

/// Tells it that the terminal is as it was, and waits for its end.
pub(super) fn dismiss() {
    let keeper = KEEPER.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(mut keeper) = keeper {
        let _ = keeper.stdin.take().map(|mut stdin| stdin.write_all(b"done"));
        let _ = keeper.wait();
    }
}

/// What the second process does: `netlings keep`.
#[cfg(unix)]
pub(crate) fn keep() {
    use rustix::termios::{LocalModes, OptionalActions, OutputModes, tcgetattr, tcsetattr};

    let terminal = io::stdout();
    let before = tcgetattr(&terminal);
    let _ = io::stderr().write_all(b"!");
    let mut said = Vec::new();
    let _ = io::stdin().lock().take(64).read_to_end(&mut said);
    if !said.is_empty() {
        return;
    }
    super::leave_the_screen();
    // A shell that has taken its terminal back may have set it as it likes it; then it is not raw.
    let is_raw = tcgetattr(&terminal).is_ok_and(|now| {
        !now.output_modes.contains(OutputModes::OPOST)
            && !now.local_modes.contains(LocalModes::ISIG)
    });
    if let (true, Ok(before)) = (is_raw, before) {
        let _ = tcsetattr(&terminal, OptionalActions::Now, &before);
    }
}

#[cfg(not(unix))]
pub(crate) fn keep() {}
