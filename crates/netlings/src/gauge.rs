//! How far a long command is: a bar on a terminal, plain lines elsewhere.

use std::fmt::Display;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// The bar stands on stderr, so that stdout holds results alone. Where stderr is no terminal,
/// nothing is drawn, and what would stand beside the bar is printed as lines.
pub(crate) struct Gauge {
    bar: ProgressBar,
    label: String,
    plain: bool,
}

impl Gauge {
    pub(crate) fn new(label: &str) -> Self {
        let bar = ProgressBar::new_spinner();
        let plain = bar.is_hidden();
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar, label: label.into(), plain }
    }

    /// Says what is being done, where it is not known how long it takes.
    pub(crate) fn says(&self, words: &str) {
        if self.plain {
            netkit::screen::diagnostic(format_args!("{}: {words}", self.label));
        } else {
            self.bar.set_message(format!("{}: {words}", self.label));
        }
    }

    /// From now on `steps` steps are counted.
    pub(crate) fn begin(&self, steps: usize, words: &str) {
        self.bar.set_length(steps as u64);
        let style = ProgressStyle::with_template("{bar:20} {pos}/{len}  {msg}");
        self.bar.set_style(style.expect("a template of our own"));
        self.says(words);
    }

    /// From now on so many steps more are counted.
    pub(crate) fn more(&self, steps: usize, words: &str) {
        self.begin(self.bar.length().map_or(0, |there| there as usize) + steps, words);
    }

    /// One step is done.
    pub(crate) fn step(&self) {
        self.bar.inc(1);
    }

    /// Changes the words beside the bar. Without a bar, nothing is said: it would be a line a step.
    pub(crate) fn beside(&self, words: impl Display) {
        self.bar.set_message(format!("{}: {words}", self.label));
    }

    /// Says how far it is where there is no bar to show it.
    pub(crate) fn line(&self, words: &str) {
        if self.plain {
            self.says(words);
        }
    }

    /// Does something that prints, with the bar out of the way.
    pub(crate) fn aside(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
