//! The telephone on the user's desk: at most one call at a time. This file is finished.
//!
//! Two threads meet here. One holds conversations: it picks up and hangs up. The other one reads
//! the keyboard, and asks for the call there is.

use std::io;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::keyboard;

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
        thread::Builder::new().spawn(move || keyboard::read(&reader))?;
        Ok(phone)
    }

    /// Begins a call: what is typed from now on is said into this stream.
    pub(crate) fn pick_up(&self, call: &Arc<TcpStream>) {
        *self.line() = Some(Arc::clone(call));
        self.picked_up.notify_all();
    }

    /// Ends the call. The stream is closed when nobody holds it any more.
    pub(crate) fn hang_up(&self) {
        *self.line() = None;
    }

    /// Whether the user's input has ended. Then nothing more will be said into any call.
    pub(crate) fn input_is_over(&self) -> bool {
        self.input_is_over.load(Ordering::Acquire)
    }

    /// Notes that the user's input has ended.
    pub(crate) fn end_input(&self) {
        self.input_is_over.store(true, Ordering::Release);
    }

    /// The call there is, if any.
    pub(crate) fn call(&self) -> Option<Arc<TcpStream>> {
        self.line().clone()
    }

    /// The call there is; while there is none, waits for the next.
    pub(crate) fn wait_for_call(&self) -> Arc<TcpStream> {
        let mut call = self.line();
        loop {
            if let Some(call) = &*call {
                return Arc::clone(call);
            }
            call = self.picked_up.wait(call).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn line(&self) -> MutexGuard<'_, Option<Arc<TcpStream>>> {
        self.call.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
