//! The terminal: taken for the whole screen, and given back as it was, however netlings ends.

use std::io::{self, Stdout};
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours. Dropping it gives it back, and so do a panic and a signal.
pub(crate) struct Taken {
    pub(crate) screen: Terminal<CrosstermBackend<Stdout>>,
}

impl Taken {
    pub(crate) fn take() -> io::Result<Self> {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back(); // else its words would go with the screen that they stand on
            usual(panic);
        }));
        grader::interrupt::before_the_end(give_back);
        take()?;
        let screen = Terminal::new(CrosstermBackend::new(io::stdout()));
        screen.map(|screen| Self { screen }).inspect_err(|_| give_back())
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
        give_back();
    }
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    IS_TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture).inspect_err(|_| give_back())
}

/// Nothing can be done about what fails here.
fn give_back() {
    if IS_TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(io::stdout(), DisableMouseCapture, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}
