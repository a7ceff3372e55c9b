//! SIGINT, which somebody sends, or types where the terminal is not read key by key.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Happening;
use crate::ending::PASSED;
use crate::learn::terminal::{MOST_WITH_GUESTS, end_by};

/// What one means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Meant {
    /// As the key `q`.
    Quit,
    /// The same, while a program has the terminal: it is ended too, as if by SIGTERM. An editor does not
    /// end by SIGINT, which is a key of its own.
    EndAll,
    /// That the question whether to go back is answered.
    Back,
}

/// What has come, and what the next one means.
#[derive(Clone)]
pub(super) struct Interrupts {
    teller: SyncSender<Happening>,
    meant: Arc<Mutex<Meant>>,
    /// It can be that nothing more could be told.
    has_quit: Arc<AtomicBool>,
    goes_back: Arc<AtomicBool>,
}

impl Interrupts {
    pub(super) fn of(teller: SyncSender<Happening>) -> Self {
        let it = Self {
            teller,
            meant: Arc::new(Mutex::new(Meant::Quit)),
            has_quit: Arc::default(),
            goes_back: Arc::default(),
        };
        it.come_here();
        it
    }

    fn meant(&self) -> MutexGuard<'_, Meant> {
        self.meant.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on one means this.
    pub(super) fn mean(&self, meant: Meant) {
        *self.meant() = meant;
        self.goes_back.store(false, Ordering::SeqCst);
    }

    pub(super) fn have_quit(&self) -> bool {
        self.has_quit.load(Ordering::SeqCst)
    }

    /// Takes the next ones, which otherwise end the process.
    pub(super) fn come_here(&self) {
        let it = self.clone();
        grader::interrupt::instead(move || {
            it.comes();
            it.come_here();
        });
    }

    fn comes(&self) {
        let meant = self.meant();
        match *meant {
            Meant::Quit => {
                self.has_quit.store(true, Ordering::SeqCst);
                // Where no more can wait, one of those that do wakes the loop.
                let _ = self.teller.try_send(Happening::Quit);
            }
            Meant::EndAll => {
                // As at a signal that ends it: a terminal that is stopped must not keep it.
                grader::interrupt::within(MOST_WITH_GUESTS, || end_by(SIGTERM));
                std::process::exit(PASSED.into());
            }
            Meant::Back => self.goes_back.store(true, Ordering::SeqCst),
        }
    }

    /// Waits for a typed line, or for one that means to go back.
    pub(super) fn until_one_or_a_line(&self) -> io::Result<()> {
        #[cfg(unix)]
        {
            use rustix::event::{PollFd, PollFlags, Timespec, poll};
            /// So often one looks.
            const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
            let stdin = io::stdin();
            loop {
                if self.goes_back.load(Ordering::SeqCst) {
                    return Ok(());
                }
                match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&LOOK)) {
                    Ok(0) | Err(rustix::io::Errno::INTR) => {}
                    Ok(_) => break,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        io::stdin().read_line(&mut String::new()).map(drop)
    }
}

/// signal(7); it is needed where there are no signals too.
const SIGTERM: i32 = 15;
