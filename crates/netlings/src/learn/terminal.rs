//! The terminal: taken for the whole screen, and given back as it was, however netlings ends.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use crossterm::cursor::Show;
use crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use crossterm::execute;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui_core::terminal::{Frame, Terminal};

use crate::asciicast::Asciicast;

mod backend;
mod keeper;
#[cfg(all(test, unix))]
mod tests;

use backend::Crossterm;
pub(crate) use keeper::keep;

/// Whether the terminal is ours. Who holds the lock may write to it: nothing is drawn any more once it
/// was given back.
static IS_TAKEN: Mutex<bool> = Mutex::new(false);
/// So long one waits for the lock: whoever panicked may hold it.
const PATIENCE: Duration = Duration::from_millis(200);

fn is_taken() -> Option<MutexGuard<'static, bool>> {
    let since = Instant::now();
    loop {
        match IS_TAKEN.try_lock() {
            Ok(lock) => return Some(lock),
            Err(TryLockError::Poisoned(lock)) => return Some(lock.into_inner()),
            Err(TryLockError::WouldBlock) if since.elapsed() > PATIENCE => return None,
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// The terminal while it is ours. Dropping it gives it back, and so do a panic and a signal.
pub(crate) struct Taken {
    screen: Terminal<Crossterm<Out>>,
    recording: Recording,
}

/// Who writes down what is drawn, if anybody does.
type Recording = Option<Arc<Mutex<Asciicast>>>;

/// The terminal's own stdout, a picture at a time.
struct Out {
    recording: Recording,
    /// What is drawn and not yet shown.
    picture: Vec<u8>,
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.picture.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(&self.picture)?;
        if let Some(recording) = &self.recording {
            let mut recording = recording.lock().unwrap_or_else(PoisonError::into_inner);
            recording.shows(&String::from_utf8_lossy(&self.picture));
        }
        self.picture.clear();
        stdout.flush()
    }
}

fn screen(recording: &Recording) -> io::Result<Terminal<Crossterm<Out>>> {
    let out = Out { recording: recording.clone(), picture: Vec::new() };
    Terminal::new(Crossterm::new(out))
}

impl Taken {
    pub(crate) fn take() -> io::Result<Self> {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            end(); // else its words would go with the screen that they stand on
            usual(panic);
            // Whoever panicked, the others cannot go on without.
            std::process::exit(101);
        }));
        grader::interrupt::before_the_end(end);
        keeper::start(); // first: it must see the terminal as it was
        take()?;
        let screen = screen(&None);
        screen.map(|screen| Self { screen, recording: None }).inspect_err(|_| end())
    }

    /// From now on what is drawn is written down too.
    pub(crate) fn records(&mut self, recording: Asciicast) -> io::Result<()> {
        self.recording = Some(Arc::new(Mutex::new(recording)));
        self.screen = screen(&self.recording)?;
        Ok(())
    }

    /// Ends the recording, and says what was in its way.
    pub(crate) fn end_of_recording(&mut self) -> io::Result<()> {
        let recording = self.recording.take();
        self.screen = screen(&None)?;
        let recording = recording.and_then(|it| Arc::into_inner(it)?.into_inner().ok());
        recording.and_then(Asciicast::trouble).map_or(Ok(()), Err)
    }

    /// Draws, unless the terminal was given back meanwhile.
    pub(crate) fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        let is_ours = IS_TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        if *is_ours {
            if let Some(recording) = &self.recording {
                let size = crossterm::terminal::size()?;
                recording.lock().unwrap_or_else(PoisonError::into_inner).has_size(size);
            }
            self.screen.draw(render)?;
        }
        Ok(())
    }

    /// Writes escape codes that say of what was drawn what ratatui cannot.
    pub(crate) fn adds(&mut self, codes: &str) -> io::Result<()> {
        let is_ours = IS_TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        if *is_ours {
            let mut stdout = io::stdout().lock();
            stdout.write_all(codes.as_bytes())?;
            stdout.flush()?;
        }
        Ok(())
    }

    /// Gives the terminal to somebody else, and takes it again when `act` is done.
    pub(crate) fn lent<T>(&mut self, act: impl FnOnce() -> T) -> io::Result<T> {
        give_back();
        let done = act();
        take()?;
        // A new one draws everything. `clear` would ask the terminal where its cursor is, and wait.
        self.screen = screen(&self.recording)?;
        if let Some(recording) = &self.recording {
            // The terminal's screen is a fresh one now; there it must become one.
            let mut recording = recording.lock().unwrap_or_else(PoisonError::into_inner);
            recording.shows("\x1b[2J\x1b[H");
        }
        Ok(done)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        end();
    }
}

/// Has the system tell everybody who waits for the terminal's input of it again, by setting its modes as
/// they are.
#[cfg(unix)]
pub(crate) fn wake_readers() {
    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
    let is_ours = IS_TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    // Else it may be just given back, with other modes.
    if *is_ours && let Ok(modes) = tcgetattr(io::stdin()) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
    }
}

/// Stops the whole job, as the terminal does it at Ctrl-Z: cargo, which may have started us, stops too.
/// The terminal must be lent then.
#[cfg(unix)]
pub(crate) fn stop_job() {
    use rustix::process::{Signal, getpgrp, kill_process_group};
    let _ = kill_process_group(getpgrp(), Signal::TSTP);
}

fn end() {
    give_back();
    keeper::dismiss();
}

fn take() -> io::Result<()> {
    let mut is_ours = IS_TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    enable_raw_mode()?;
    *is_ours = true;
    drop(is_ours);
    execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture).inspect_err(|_| give_back())
}

/// Nothing can be done about what fails here.
fn give_back() {
    let is_ours = is_taken();
    if is_ours.as_deref() != Some(&false) {
        leave_the_screen();
        let _ = disable_raw_mode();
    }
    if let Some(mut is_ours) = is_ours {
        *is_ours = false;
    }
}

fn leave_the_screen() {
    let _ = execute!(io::stdout(), DisableMouseCapture, LeaveAlternateScreen, Show);
}
