//! Ctrl-C while a class is graded.

use std::sync::Arc;

use crate::ending::Stop;
use crate::worker::Workers;
#[cfg(unix)]
use crate::{ending::INTERRUPTED, words::grading as words};

/// Ctrl-C and its like end what runs; the second one ends this process at once, and what runs with it.
pub(crate) fn watch_for_interrupts(workers: &Arc<Workers>) -> Result<(), Stop> {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]);
        let mut signals = signals.map_err(|error| Stop::infrastructure(netkit::cause(&error)))?;
        let workers = Arc::clone(workers);
        std::thread::spawn(move || {
            for _ in signals.forever() {
                if workers.is_stopped() {
                    std::process::exit(INTERRUPTED.into());
                }
                netkit::screen::diagnostic(words::STOPPING);
                workers.stop();
            }
        });
    }
    #[cfg(not(unix))]
    let _ = workers;
    Ok(())
}
