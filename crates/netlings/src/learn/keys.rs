//! Reads what the terminal sends, in a thread of its own that can be told to leave it to others.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use ratatui::crossterm::event::Event;

/// Whether the terminal is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Reading,
    /// It was asked to pause.
    Pausing,
    /// It does not read.
    Paused,
    /// The terminal is gone.
    Ended,
}

#[derive(Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

impl Gate {
    fn set(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
        self.changed.notify_all();
    }

    fn is(&self, state: State) -> bool {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) == state
    }

    fn wait_while(&self, state: State) {
        let guard = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.changed.wait_while(guard, |now| *now == state));
    }

    /// Where a pause was asked for, waits until it is over.
    fn pass(&self) {
        if self.is(State::Pausing) {
            self.set(State::Paused);
            self.wait_while(State::Paused);
        }
    }
}

/// Who is told of what the terminal sends: of each event; of nothing where the screen is to be drawn
/// anew; of an error when the terminal is gone.
type Tell = Arc<dyn Fn(io::Result<Option<Event>>) + Send + Sync>;

/// Who reads the terminal.
pub(crate) struct Keys {
    gate: Arc<Gate>,
    told: Arc<Mutex<Tell>>,
    #[cfg(unix)]
    wake: io::PipeWriter,
}

impl Keys {
    /// Calls `tell` with each event; with nothing where the screen is to be drawn anew, and with an
    /// error when the terminal is gone.
    pub(crate) fn read(
        tell: impl Fn(io::Result<Option<Event>>) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let told: Arc<Mutex<Tell>> = Arc::new(Mutex::new(Arc::new(tell)));
        let listener = Arc::clone(&told);
        let tell = move |event| {
            // Not under the lock: whoever is told may let this thread wait.
            let tell = Arc::clone(&*listener.lock().unwrap_or_else(PoisonError::into_inner));
            tell(event);
        };
        let gate = Arc::new(Gate::default());
        #[cfg(unix)]
        let (woken, wake) = io::pipe()?;
        #[cfg(unix)]
        {
            use signal_hook::{consts::SIGWINCH, low_level::pipe};
            pipe::register(SIGWINCH, wake.try_clone()?)?;
        }
        let shared = Arc::clone(&gate);
        let read = move || {
            #[cfg(unix)]
            let ended = unix::read_all(&shared, woken, &tell);
            #[cfg(not(unix))]
            let ended = elsewhere::read_all(&shared, &tell);
            shared.set(State::Ended);
            if let Err(error) = ended {
                tell(Err(error));
            }
        };
        std::thread::Builder::new().name("keys".into()).spawn(read)?;
        Ok(Self {
            gate,
            told,
            #[cfg(unix)]
            wake,
        })
    }

    /// Tells somebody else while `act` goes on.
    pub(crate) fn told_to<T>(
        &self,
        tell: impl Fn(io::Result<Option<Event>>) + Send + Sync + 'static,
        act: impl FnOnce() -> T,
    ) -> T {
        let swap = |tell: Tell| {
            std::mem::replace(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner), tell)
        };
        let before = swap(Arc::new(tell));
        let done = act();
        swap(before);
        done
    }

    /// Leaves the terminal to others while `act` goes on.
    pub(crate) fn pause<T>(&self, act: impl FnOnce() -> T) -> T {
        if !self.gate.is(State::Ended) {
            self.gate.set(State::Pausing);
            #[cfg(unix)]
            let _ = io::Write::write(&mut &self.wake, b"!");
            self.gate.wait_while(State::Pausing);
        }
        let done = act();
        if self.gate.is(State::Paused) {
            self.gate.set(State::Reading);
        }
        done
    }
}

#[cfg(unix)]
mod unix {
    use std::io::{self, Read};
    use std::time::Duration;

    use ratatui::crossterm::event::{self, Event};
    use rustix::event::{PollFd, PollFlags, poll};

    use super::Gate;
    use crate::learn::terminal::wake_readers;

    /// So long one waits for the rest of a key.
    const NOT_WHOLE: Duration = Duration::from_millis(20);

    /// Sleeps until there is something to read: a pause must not find this thread in a read.
    pub(super) fn read_all(
        gate: &Gate,
        mut woken: io::PipeReader,
        tell: &dyn Fn(io::Result<Option<Event>>),
    ) -> io::Result<()> {
        let stdin = io::stdin();
        loop {
            let mut both = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(&woken, PollFlags::IN)];
            match poll(&mut both, None) {
                Err(rustix::io::Errno::INTR) => continue,
                other => other?,
            };
            let [typed, wake] = [both[0].revents(), both[1].revents()];
            if !wake.is_empty() {
                let _ = woken.read(&mut [0; 64])?;
                gate.pass();
                tell(Ok(None)); // the window's size has changed, or others have drawn
                continue;
            }
            if typed.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            // crossterm is told once of what comes (epoll's edge). Where a new size came before a
            // key, it takes that alone and forgets the key: then it must be told again.
            if !event::poll(Duration::ZERO)? {
                wake_readers();
                if !event::poll(NOT_WHOLE)? {
                    continue; // a part of a key
                }
            }
            tell(event::read().map(Some));
            while event::poll(Duration::ZERO)? {
                tell(event::read().map(Some));
            }
        }
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use std::io;
    use std::time::Duration;

    use ratatui::crossterm::event::{self, Event};

    use super::Gate;

    /// So often one looks whether a pause was asked for.
    const LOOK: Duration = Duration::from_millis(100);

    pub(super) fn read_all(
        gate: &Gate,
        tell: &dyn Fn(io::Result<Option<Event>>),
    ) -> io::Result<()> {
        loop {
            gate.pass();
            if event::poll(LOOK)? {
                tell(event::read().map(Some));
            }
        }
    }
}
