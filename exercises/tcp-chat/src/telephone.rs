//! The telephone on the user's desk: at most one call at a time, and one keyboard for all of them.
//!
//! This file is finished. A program has one stdin, and a read of it cannot be called off when a
//! peer hangs up. So one thread reads it for as long as the program runs, and says each line into
//! whatever call there is then. While there is none, it waits.

use std::io::{self, BufRead};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use netkit::screen;

use crate::conversation::say;
use crate::line::{self, Line};

/// At most one call at a time, and whether the user has typed the last line.
#[derive(Default)]
pub(crate) struct Telephone {
    call: Mutex<Option<Arc<TcpStream>>>,
    picked_up: Condvar,
    input_is_over: AtomicBool,
}

impl Telephone {
    /// A telephone without a call, and the thread that reads the keyboard for it.
    pub(crate) fn install() -> io::Result<Arc<Self>> {
        let phone = Arc::new(Telephone::default());
        let reader = Arc::clone(&phone);
        thread::Builder::new().spawn(move || reader.read_keyboard())?;
        Ok(phone)
    }

    /// Begins a call: from now on each line that is typed is given to [`say`] with this stream.
    pub(crate) fn pick_up(&self, call: &Arc<TcpStream>) {
        *self.call() = Some(Arc::clone(call));
        self.picked_up.notify_all();
    }

    /// Ends the call. The stream is closed when nobody holds it any more.
    pub(crate) fn hang_up(&self) {
        *self.call() = None;
    }

    /// Whether the user's input has ended. Then nothing more will be said into any call.
    pub(crate) fn input_is_over(&self) -> bool {
        self.input_is_over.load(Ordering::Acquire)
    }

    fn call(&self) -> MutexGuard<'_, Option<Arc<TcpStream>>> {
        self.call.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The call there is; while there is none, waits for the next.
    fn wait_for_call(&self) -> Arc<TcpStream> {
        let mut call = self.call();
        loop {
            if let Some(call) = &*call {
                return Arc::clone(call);
            }
            call = self.picked_up.wait(call).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn read_keyboard(&self) {
        let mut keyboard = io::stdin().lock();
        loop {
            self.wait_for_call();
            let typed = line::read(&mut keyboard).unwrap_or_else(|error| {
                screen::diagnostic(format_args!("no more input: {}", netkit::cause(&error)));
                Line::End
            });
            if typed == (Line::TooLong { ended: false }) {
                let _ = keyboard.skip_until(b'\n'); // if that fails, so does the next read
            }
            let is_over = typed == Line::End;
            self.input_is_over.store(is_over, Ordering::Release);
            // Not the call from before the read: it may have ended while the user was typing.
            let call = self.wait_for_call();
            if let Err(error) = say(&call, &typed) {
                screen::diagnostic(format_args!("not said: {}", netkit::cause(&error)));
            }
            if is_over {
                return;
            }
        }
    }
}
