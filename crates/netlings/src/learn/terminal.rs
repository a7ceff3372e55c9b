//! The terminal: taken for the whole screen, and given back as it was, however netlings ends.

use std::io::{self, Write};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use crossterm::cursor::Show;
use crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use crossterm::execute;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use grader::interrupt::A_MOMENT;
use ratatui_core::terminal::{Frame, Terminal};

use crate::asciicast::Asciicast;

mod backend;
#[cfg(unix)]
mod guest;
mod keeper;
#[cfg(all(test, unix))]
mod tests;

use backend::Crossterm;
use keeper::Word;
pub(crate) use keeper::keep;

/// Whether the terminal is ours. Who holds the lock may write to it: nothing is drawn any more once it
/// was given back.
static IS_TAKEN: Mutex<bool> = Mutex::new(false);
/// What a panic is to whoever has the terminal (signal(7)).
const SIGTERM: i32 = 15;
/// So long one waits for the lock: whoever panicked may hold it.
const PATIENCE: Duration = Duration::from_millis(200);
/// So long a program that has the terminal may take to end when the seat does: for an editor that
/// keeps what is not saved. Then it is killed.
const PATIENCE_WITH_GUESTS: Duration = Duration::from_secs(3);
/// So long an end by a signal may take while such a program has it.
pub(crate) const MOST_WITH_GUESTS: Duration = A_MOMENT.saturating_add(PATIENCE_WITH_GUESTS);

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
            end_by(SIGTERM); // else its words would go with the screen that they stand on
            usual(panic);
            // Whoever panicked, the others cannot go on without.
            std::process::exit(101);
        }));
        ends_at_a_signal(A_MOMENT);
        #[cfg(debug_assertions)]
        panics_when_asked();
        keeper::start(); // first: it must see the terminal as it was
        take()?;
        let screen = screen(&None);
        screen.map(|screen| Self { screen, recording: None }).inspect_err(|_| leave())
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

    /// Runs a program that has the terminal until it ends.
    ///
    /// # Errors
    /// It cannot be started; or, as the outer one, nobody can write to the terminal any more.
    pub(crate) fn lent_to(&mut self, command: &mut Command) -> io::Result<io::Result<()>> {
        ends_at_a_signal(MOST_WITH_GUESTS);
        #[cfg(unix)]
        let ran = self.lent(|| guest::run(command));
        #[cfg(not(unix))]
        let ran = self.lent(|| command.status().map(drop));
        ends_at_a_signal(A_MOMENT);
        ran
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
        leave();
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
/// The terminal must be lent then. Returns when the shell has given it back (`fg`).
#[cfg(unix)]
pub(crate) fn stop_job() {
    use rustix::process::getpgrp;
    use rustix::termios::tcgetpgrp;
    /// So often one looks whether it has.
    const LOOK: Duration = Duration::from_millis(50);
    guest::stop_unless_it_ends();
    // Whoever goes on without it (`bg`, or `kill`, which lets a stopped job go on to its end) would be
    // stopped again by using it, amid the end too.
    while tcgetpgrp(io::stdin()).is_ok_and(|now| now != getpgrp()) {
        std::thread::sleep(LOOK);
    }
}

/// For the tests: a thread panics when the file that this variable names has this process's number.
/// No program that is built to be kept (`--release`) has it.
#[cfg(debug_assertions)]
fn panics_when_asked() {
    let Some(file) = std::env::var_os("NETLINGS_PANICS_AT") else { return };
    let own = std::process::id().to_string();
    std::thread::spawn(move || {
        while !std::fs::read_to_string(&file).is_ok_and(|text| text.trim() == own) {
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("a panic that a test asked for");
    });
}

/// Has a signal that ends the process end the use of the terminal too; that may take so long.
fn ends_at_a_signal(most: Duration) {
    grader::interrupt::before_the_end(most, end_by);
}

/// Gives the terminal back, because this process ends by this signal, or as if by it: nobody takes it
/// again, and whoever has it ends first.
pub(crate) fn end_by(signal: i32) {
    #[cfg(unix)]
    guest::end_begins();
    give_back();
    keeper::dismiss(Word::End(signal));
}

fn leave() {
    give_back();
    keeper::dismiss(Word::Done);
}

fn take() -> io::Result<()> {
    let mut is_ours = IS_TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    #[cfg(unix)]
    if guest::has_end_begun() {
        drop(is_ours);
        guest::wait_for_the_end();
    }
    let _ = keeper::tell(Word::Taken); // without one, nobody but we give it back
    enable_raw_mode()?;
    *is_ours = true;
    let taken = execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture);
    drop(is_ours);
    taken.inspect_err(|_| give_back())
}

/// Nothing can be done about what fails here.
fn give_back() {
    let is_ours = is_taken();
    if is_ours.as_deref() != Some(&false) {
        leave_the_screen();
        let _ = disable_raw_mode();
        let _ = keeper::tell(Word::Free);
    }
    if let Some(mut is_ours) = is_ours {
        *is_ours = false;
    }
}

/// Leaves the screen that somebody else may have left already. It is taken first: leaving one that was left
/// would put the cursor where it was long ago.
#[cfg(unix)]
fn leave_a_guests_screen() {
    let _ = execute!(io::stdout(), EnterAlternateScreen);
    leave_the_screen();
}

fn leave_the_screen() {
    let _ = execute!(io::stdout(), DisableMouseCapture, LeaveAlternateScreen, Show);
}
