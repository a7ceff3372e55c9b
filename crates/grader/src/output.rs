//! One output stream of a program, read as it comes, up to a limit.

use std::io::{self, PipeReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use crate::locked::locked;

/// What has come so far, and who waits for more.
#[derive(Default)]
pub(crate) struct Output {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) bytes: Vec<u8>,
    /// How much of `bytes` has been taken line by line.
    taken: usize,
    /// All writers have closed it.
    pub(crate) ended: bool,
    /// The limit is reached. The pipe stays open, so that the program meets a full pipe and not a
    /// broken one, and a program that prints without end waits instead of burning the machine.
    pub(crate) full: Option<PipeReader>,
}

impl State {
    pub(crate) fn rest(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    /// Takes the next whole line, or what is left at the end.
    fn take_line(&mut self) -> Option<Vec<u8>> {
        let rest = self.rest();
        let (length, used) = match rest.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at, at + 1),
            None if self.ended && !rest.is_empty() => (rest.len(), rest.len()),
            None => return None,
        };
        let line = rest[..length].strip_suffix(b"\r").unwrap_or(&rest[..length]).to_vec();
        self.taken += used;
        Some(line)
    }
}

impl Output {
    /// Starts to read `pipe` in a thread of its own, at most `limit` bytes.
    pub(crate) fn follow(
        mut pipe: PipeReader,
        limit: usize,
        mut on_bytes: impl FnMut(&[u8]) + Send + 'static,
    ) -> io::Result<Arc<Self>> {
        let output = Arc::new(Output::default());
        let shared = Arc::clone(&output);
        thread::Builder::new().name("output".into()).spawn(move || {
            let mut buffer = vec![0; 65536];
            loop {
                let count = match pipe.read(&mut buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Ok(0) | Err(_) => break,
                    Ok(count) => count,
                };
                on_bytes(&buffer[..count]);
                let mut state = locked(&shared.state);
                let room = limit - state.bytes.len();
                state.bytes.extend_from_slice(&buffer[..count.min(room)]);
                shared.changed.notify_all();
                if count > room {
                    state.full = Some(pipe);
                    return;
                }
            }
            locked(&shared.state).ended = true;
            shared.changed.notify_all();
        })?;
        Ok(output)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    /// Gives all that has come, and keeps it only where there was more than the limit.
    pub(crate) fn take_all(&self) -> Vec<u8> {
        let mut state = self.state();
        if state.full.is_some() {
            return state.bytes.clone();
        }
        state.taken = 0;
        std::mem::take(&mut state.bytes)
    }

    /// Waits until `ready` or `deadline`; gives what there is then.
    pub(crate) fn wait(
        &self,
        deadline: Instant,
        ready: impl Fn(&State) -> bool,
    ) -> MutexGuard<'_, State> {
        let left = deadline.saturating_duration_since(Instant::now());
        let done = |state: &State| ready(state) || state.ended || state.full.is_some();
        let waited = self.changed.wait_timeout_while(self.state(), left, |state| !done(state));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Whether no more can come.
    pub(crate) fn is_over(&self) -> bool {
        let state = self.state();
        state.ended || state.full.is_some()
    }

    /// The next line, without its end.
    pub(crate) fn line(&self, deadline: Instant) -> Option<Vec<u8>> {
        self.wait(deadline, |state| state.rest().contains(&b'\n')).take_line()
    }

    /// Waits for the end, which comes when all who could write are gone.
    pub(crate) fn wait_for_end(&self, deadline: Instant) {
        drop(self.wait(deadline, |_| false));
    }
}
