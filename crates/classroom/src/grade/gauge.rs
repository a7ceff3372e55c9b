//! How far a class's grading is, on stderr: a bar at a terminal, lines elsewhere.

use std::io;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::words::grading as words;

/// How often a line says how far it is, where there is no bar.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

pub(super) struct Gauge {
    bar: ProgressBar,
    plain: bool,
    line: Mutex<Instant>,
    /// When students began to be graded, and how many were done then.
    began: OnceLock<(Instant, u64)>,
}

impl Gauge {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        let plain = bar.is_hidden();
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, plain, line: Mutex::new(Instant::now()), began: OnceLock::new() }
    }

    /// Says what is being done, where it is not known how long it takes.
    pub(super) fn says(&self, what: &str) {
        match self.plain {
            true => netkit::screen::diagnostic(what),
            false => self.bar.set_message(what.to_owned()),
        }
    }

    /// From now on students are counted; of `all` so many have a result already.
    pub(super) fn begin(&self, all: usize, there: usize) {
        let _ = self.began.set((Instant::now(), there as u64));
        self.bar.set_length(all as u64);
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {msg}, {eta} left");
        self.bar.set_style(style.expect("a template of our own"));
        self.bar.set_position(there as u64);
        self.bar.reset_eta();
        self.says(&words::students(all, there));
    }

    /// So many are left, one at a time.
    pub(super) fn again(&self, count: usize) {
        if count > 0 {
            self.says(&words::again(count));
        }
    }

    /// One student more is done.
    pub(super) fn step(&self) {
        self.bar.inc(1);
        let Ok(mut line) = self.line.lock() else { return };
        let Some((began, there)) = self.began.get() else { return };
        if self.plain && line.elapsed() > BETWEEN_LINES {
            *line = Instant::now();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or_default());
            let each = began.elapsed() / u32::try_from(done - there).unwrap_or(1).max(1);
            let left = each * u32::try_from(all - done).unwrap_or(0);
            // The first ones say nothing: what could not be taken is done at once.
            let is_known = done < all && (done - there) * 10 >= all - there;
            netkit::screen::diagnostic(words::so_far(done, all, is_known.then_some(left)));
        }
    }

    /// Says something on stdout that stays there.
    pub(super) fn aside(&self, lines: &[String]) -> io::Result<()> {
        self.bar.suspend(|| lines.iter().try_for_each(netkit::screen::line))
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
