//! Gives the terminal back where the seat no longer can: after SIGKILL, and while another program has
//! it.
//!
//! A second process knows how the terminal was, who has it now, and waits for the seat's end, which is
//! the end of its stdin. Until then it takes lines ([`Word`]).

use std::io::{self, Read, Write};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Mutex, PoisonError};

#[cfg(unix)]
mod kept;

#[cfg(unix)]
pub(crate) use kept::keep;

#[cfg(not(unix))]
pub(crate) fn keep() {}

/// The second process, and what it answers.
static KEEPER: Mutex<Option<(Child, ChildStderr)>> = Mutex::new(None);

/// What it is told, a line each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(unix), allow(dead_code, reason = "there is no keeper"))]
pub(super) enum Word {
    /// The seat draws on the whole screen.
    Taken,
    /// The terminal is as it was before.
    Free,
    /// The programs of this process group have it.
    Guest(i32),
    /// They have ended: the terminal is to be this job's, in the modes that it had before. Is answered.
    Back,
    /// As `Back`, but they have only stopped, and so will the seat.
    Asleep,
    /// The seat ends by this signal, and whoever has the terminal with it. Is answered where that can be
    /// done only when the seat is gone.
    End(i32),
    /// The seat has ended in its own way.
    Done,
}

impl Word {
    fn line(self) -> String {
        match self {
            Self::Taken => "taken\n".into(),
            Self::Free => "free\n".into(),
            Self::Guest(group) => format!("guest {group}\n"),
            Self::Back => "back\n".into(),
            Self::Asleep => "asleep\n".into(),
            Self::End(signal) => format!("end {signal}\n"),
            Self::Done => "done\n".into(),
        }
    }

    #[cfg(unix)]
    fn of(line: &str) -> Option<Self> {
        let (word, number) = line.split_once(' ').unwrap_or((line, ""));
        Some(match word {
            "taken" => Self::Taken,
            "free" => Self::Free,
            "guest" => Self::Guest(number.parse().ok()?),
            "back" => Self::Back,
            "asleep" => Self::Asleep,
            "end" => Self::End(number.parse().ok()?),
            "done" => Self::Done,
            _ => return None,
        })
    }
}

/// Starts it. Where that fails, a SIGKILL leaves the terminal as it is, and no other program gets it.
pub(super) fn start() {
    if cfg!(not(unix)) {
        return; // there the console's modes are the system's own care
    }
    let begin = || -> io::Result<(Child, ChildStderr)> {
        // It outlives what is meant for the seat or for the whole job (HUP, INT, QUIT, TERM), sets a
        // terminal that a shell or another program has (TTOU), and answers a seat that stops (TSTP).
        // What a shell ignores stays ignored.
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' HUP INT QUIT TERM TSTP TTOU; exec \"$0\" keep"]);
        command.arg(std::env::current_exe()?).stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        // Before anything is changed, it must have noted how the terminal is.
        let mut said = child.stderr.take().expect("it was asked for");
        said.read_exact(&mut [0])?;
        Ok((child, said))
    };
    *KEEPER.lock().unwrap_or_else(PoisonError::into_inner) = begin().ok();
}

/// Tells it something, and waits for the answer where there is one.
///
/// # Errors
/// There is none.
pub(super) fn tell(word: Word) -> io::Result<()> {
    let mut keeper = KEEPER.lock().unwrap_or_else(PoisonError::into_inner);
    let (child, answers) = keeper.as_mut().ok_or(io::ErrorKind::NotConnected)?;
    let stdin = child.stdin.as_mut().expect("it was asked for");
    stdin.write_all(word.line().as_bytes())?;
    if matches!(word, Word::Back | Word::Asleep) {
        answers.read_exact(&mut [0])?;
    }
    Ok(())
}

/// Tells it how the seat ends, and waits until it has done its part.
pub(super) fn dismiss(word: Word) {
    let keeper = KEEPER.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some((mut child, mut answers)) = keeper else { return };
    if let Some(stdin) = &mut child.stdin {
        let _ = stdin.write_all(word.line().as_bytes());
    }
    match answers.read(&mut [0]) {
        // It has something to do when this process is gone, which the end of its stdin tells.
        Ok(1..) => std::mem::forget(child),
        _ => drop(child.wait()),
    }
}
