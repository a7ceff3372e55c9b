//! Ctrl-C, SIGTERM and SIGHUP: every program under test is taken down before the grader ends.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, Weak};
use std::time::Duration;

use crate::guard::{Control, Life};
use crate::locked::locked;

/// What is done instead of ending, the next time somebody types Ctrl-C.
static INSTEAD: Mutex<Option<Box<dyn FnOnce() + Send>>> = Mutex::new(None);

/// Enough, before the end, for a terminal's modes or a few files.
pub const A_MOMENT: Duration = Duration::from_secs(2);

/// What is done before the process ends by a signal, and how long that may take.
static BEFORE: Mutex<Option<Before>> = Mutex::new(None);

#[cfg_attr(not(unix), allow(dead_code, reason = "no signal ends it there"))]
struct Before {
    most: Duration,
    act: Box<dyn FnOnce(i32) + Send>,
}

#[cfg(unix)]
const MOST_FOR_WORDS: Duration = Duration::from_millis(500);

static COME: AtomicBool = AtomicBool::new(false);
static RUNNING: Mutex<Vec<(Weak<Control>, Weak<Life>)>> = Mutex::new(Vec::new());

/// Held for reading while a program is being started, until it is remembered. An interrupt that
/// comes meanwhile waits for it: else it would miss a program that runs already.
static STARTS: RwLock<()> = RwLock::new(());

fn has_come() -> bool {
    COME.load(Ordering::Acquire)
}

/// Leave to start a program, to be held until it is remembered; none once an interrupt has come.
pub(crate) fn leave_to_start() -> Option<RwLockReadGuard<'static, ()>> {
    let leave = STARTS.read().unwrap_or_else(PoisonError::into_inner);
    (!has_come()).then_some(leave)
}

/// Never returns once an interrupt has come: what a check sees of programs that are taken down
/// under it is no verdict. The thread that watches ends the process.
pub(crate) fn wait_for_the_end_if_come() {
    while has_come() {
        std::thread::park();
    }
}

pub(crate) fn remember(system: &Arc<Control>, life: &Arc<Life>) {
    let mut running = locked(&RUNNING);
    running.retain(|(system, _)| system.strong_count() > 0);
    running.push((Arc::downgrade(system), Arc::downgrade(life)));
}

/// Has the next Ctrl-C (SIGINT) do this instead of ending the process, for a program that wants to
/// end in its own way. The one after it ends the process again, as do the other signals. Nothing
/// happens without [`watch`], and on Windows.
pub fn instead(act: impl FnOnce() + Send + 'static) {
    *locked(&INSTEAD) = Some(Box::new(act));
}

/// Has a signal that ends the process do this first, such as to leave the terminal as it was, instead of
/// what was to be done until now. It is told the signal's number. It has `most` time, then the process
/// ends all the same. Nothing happens without [`watch`], and on Windows.
pub fn before_the_end(most: Duration, act: impl FnOnce(i32) + Send + 'static) {
    *locked(&BEFORE) = Some(Before { most, act: Box::new(act) });
}

/// From now on an interrupt (SIGINT, SIGTERM, SIGHUP) takes down every program under test, waits
/// until they are gone, prints `interrupted` on stderr and ends this process with 128 + the
/// signal's number. Without this, on Linux, the programs end too, only a moment after the grader.
///
/// On Windows Ctrl-C ends the grader, and the job objects end with it.
///
/// # Errors
/// The system refuses the handler.
pub fn watch() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        std::thread::Builder::new().name("interrupt".into()).spawn(move || {
            for signal in signals.forever() {
                let instead = if signal == SIGINT { locked(&INSTEAD).take() } else { None };
                if let Some(act) = instead {
                    act();
                    continue;
                }
                take_all_down();
                let before = locked(&BEFORE).take();
                if let Some(Before { most, act }) = before {
                    within(most, move || act(signal));
                }
                within(MOST_FOR_WORDS, || {
                    use std::io::Write;
                    let _ = writeln!(
                        std::io::stderr(),
                        "\ninterrupted; every program under test was ended"
                    );
                });
                std::process::exit(128 + signal);
            }
        })?;
    }
    Ok(())
}

/// Does `act` in a thread of its own, and waits no longer than `most` for it: a terminal that is stopped takes
/// no words. What is not done by then goes on, until the process ends. Where the system has no thread for it,
/// it is not done.
pub fn within(most: Duration, act: impl FnOnce() + Send + 'static) {
    let (done, is_done) = std::sync::mpsc::channel();
    let acts = move || {
        act();
        let _ = done.send(());
    };
    if std::thread::Builder::new().name("last words".into()).spawn(acts).is_ok() {
        let _ = is_done.recv_timeout(most);
    }
}

/// Ends every program under test, and lets no new one start. From then on no check returns.
#[cfg(unix)]
fn take_all_down() {
    COME.store(true, Ordering::Release);
    drop(STARTS.write());
    // Not under the lock: a program that ends by itself right now wants it too.
    let running = std::mem::take(&mut *locked(&RUNNING));
    let running: Vec<_> = running
        .iter()
        .filter_map(|(system, life)| Some((system.upgrade()?, life.upgrade()?)))
        .collect();
    for (system, _) in &running {
        system.order_end();
    }
    for (system, life) in &running {
        let _ = crate::guard::take_down(system, life);
    }
}
