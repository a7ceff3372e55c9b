//! Reads what the terminal sends, in a thread of its own that can be told to leave it to others.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crossterm::event::Event;

/// Between whoever reads the terminal and whoever wants it for others.
#[derive(Default)]
struct Gate {
    now: Mutex<Now>,
    changed: Condvar,
}

#[derive(Default)]
struct Now {
    is_read: bool,
    is_wanted: bool,
}

impl Gate {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on the terminal is read, once nobody else wants it.
    fn enter(&self) {
        let now = self.changed.wait_while(self.now(), |now| now.is_wanted);
        now.unwrap_or_else(PoisonError::into_inner).is_read = true;
    }

    /// The terminal is not read any more.
    fn leave(&self) {
        self.now().is_read = false;
        self.changed.notify_all();
    }

    /// Nobody else wants the terminal any more.
    fn open(&self) {
        self.now().is_wanted = false;
        self.changed.notify_all();
    }

    /// Where others want the terminal, waits until they have done.
    fn pass(&self) {
        self.leave();
        self.enter();
    }

    /// Does `act` while the terminal is not read; `wake` ends a wait for what comes from it.
    fn pause<T>(&self, wake: impl FnOnce(), act: impl FnOnce() -> T) -> T {
        self.now().is_wanted = true;
        wake();
        drop(self.changed.wait_while(self.now(), |now| now.is_read));
        let done = act();
        self.open();
        done
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
        Self::behind(Gate::default(), Arc::new(tell))
    }

    /// Reads nothing until somebody is told ([`told_to`](Self::told_to)): what was typed until then is for
    /// them.
    pub(crate) fn unread() -> io::Result<Self> {
        let gate = Gate::default();
        gate.now().is_wanted = true;
        Self::behind(gate, Arc::new(|_| {}))
    }

    fn behind(gate: Gate, tell: Tell) -> io::Result<Self> {
        let told: Arc<Mutex<Tell>> = Arc::new(Mutex::new(tell));
        let listener = Arc::clone(&told);
        let tell = move |event| {
            // Not under the lock: whoever is told may let this thread wait.
            let tell = Arc::clone(&*listener.lock().unwrap_or_else(PoisonError::into_inner));
            tell(event);
        };
        let gate = Arc::new(gate);
        #[cfg(unix)]
        let (woken, wake) = io::pipe()?;
        #[cfg(unix)]
        {
            use signal_hook::{consts::SIGWINCH, low_level::pipe};
            pipe::register(SIGWINCH, wake.try_clone()?)?;
        }
        let shared = Arc::clone(&gate);
        let read = move || {
            // Whoever is told may let this thread wait; others can have the terminal meanwhile.
            let tell = |event| {
                shared.leave();
                tell(event);
                shared.enter();
            };
            shared.enter();
            #[cfg(unix)]
            let ended = unix::read_all(&shared, woken, &tell);
            #[cfg(not(unix))]
            let ended = elsewhere::read_all(&shared, &tell);
            if let Err(error) = ended {
                tell(Err(error));
            }
            shared.leave();
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
        self.gate.open();
        let done = act();
        swap(before);
        done
    }

    /// Leaves the terminal to others while `act` goes on.
    pub(crate) fn pause<T>(&self, act: impl FnOnce() -> T) -> T {
        let wake = || {
            #[cfg(unix)]
            let _ = io::Write::write(&mut &self.wake, b"!");
        };
        self.gate.pause(wake, act)
    }
}

#[cfg(unix)]
mod unix {
    use std::io::{self, Read};
    use std::time::Duration;

    use crossterm::event::{self, Event};
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

    use crossterm::event::{self, Event};

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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    #[test]
    fn a_pause_does_not_wait_for_somebody_who_is_told_of_a_key() {
        let gate = Arc::new(Gate::default());
        gate.enter();
        // Whoever is told listens only while the terminal is somebody else's.
        let (teller, told) = sync_channel(0);
        let shared = Arc::clone(&gate);
        let reader = std::thread::spawn(move || {
            shared.leave();
            teller.send("key").unwrap();
            shared.enter();
        });
        assert_eq!(gate.pause(|| (), || told.recv()), Ok("key"));
        reader.join().unwrap();
        assert!(gate.now().is_read);
    }
}
