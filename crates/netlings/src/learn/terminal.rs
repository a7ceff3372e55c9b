//! The terminal: taken for the whole screen, and given back as it was, however netlings ends.

use std::io::{self, Stdout, Write};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::{Frame, Terminal};

mod keeper;

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
    screen: Terminal<CrosstermBackend<Stdout>>,
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
        let screen = Terminal::new(CrosstermBackend::new(io::stdout()));
        screen.map(|screen| Self { screen }).inspect_err(|_| end())
    }

    /// Draws, unless the terminal was given back meanwhile.
    pub(crate) fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        let is_ours = IS_TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        if *is_ours {
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
        self.screen = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        Ok(done)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        end();
    }
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
