//! What an entry of the corpus says, and all of them.

use std::path::Path;

use crate::{names, run_time, source, tarball, zipped};

/// One attack. It is handed in by a student of its name.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    /// What it tries, to be read behind "it".
    pub(crate) tries: &'static str,
    pub(crate) how: How,
    pub(crate) comes_to: Outcome,
    pub(crate) unconfined: Unconfined,
    /// Unconfined it does so only for root.
    pub(crate) needs_root: bool,
}

/// What is handed in.
pub(crate) enum How {
    /// `src/main.rs`. `@WORDS@` are replaced by what the bait is called.
    Source(&'static str),
    /// The body of a function that gives `Ok(what it reached)`, behind [`run_time::PRELUDE`].
    Body(&'static str),
    /// Files, by their paths.
    Files(&'static [(&'static str, &'static str)]),
    /// An archive with this ending.
    Archive(&'static str, fn() -> Vec<u8>),
    /// Whatever is put at the place of its name.
    Place(fn(&Path)),
}

/// What comes of it where it is confined.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome {
    /// The submission is not taken, with this outcome, and a message in which these words are.
    NotTaken(&'static str, &'static str),
    /// It is not compiled, and the message has these words.
    NotCompiled(&'static str),
    /// The program runs, and says that it was kept out.
    KeptOut,
    /// The program runs and says this, and gets no points.
    Says(&'static str),
    /// All of its checks fail, with these words.
    Ended(&'static str),
    /// One of these two, whichever limit comes first.
    KeptOutOrEnded(&'static str),
    /// No points come of it.
    NoPoints,
}

/// How it is known to be an attack.
pub(crate) enum Unconfined {
    /// It is graded without confinement, too, in namespaces to throw away, and reaches what it wants.
    Reaches,
    /// Too harmful for that, or too slow: a test of `crates/cell` has it succeed, and says so by this
    /// name.
    InCell(&'static str),
    /// Confinement has no part in it, since it never gets so far.
    NeverRuns,
}

pub(crate) fn all() -> impl Iterator<Item = &'static Attack> {
    [source::ATTACKS, run_time::ATTACKS, zipped::ATTACKS, tarball::ATTACKS, names::ATTACKS]
        .into_iter()
        .flatten()
}

pub(crate) const fn source(
    name: &'static str,
    tries: &'static str,
    text: &'static str,
    message: &'static str,
) -> Attack {
    let comes_to = Outcome::NotCompiled(message);
    Attack {
        name,
        tries,
        how: How::Source(text),
        comes_to,
        unconfined: Unconfined::Reaches,
        needs_root: false,
    }
}

pub(crate) const fn body(name: &'static str, tries: &'static str, text: &'static str) -> Attack {
    let comes_to = Outcome::KeptOut;
    Attack {
        name,
        tries,
        how: How::Body(text),
        comes_to,
        unconfined: Unconfined::Reaches,
        needs_root: false,
    }
}

pub(crate) const fn archive(
    name: &'static str,
    tries: &'static str,
    ending: &'static str,
    make: fn() -> Vec<u8>,
    comes_to: Outcome,
) -> Attack {
    let how = How::Archive(ending, make);
    Attack { name, tries, how, comes_to, unconfined: Unconfined::NeverRuns, needs_root: false }
}

impl Attack {
    pub(crate) const fn comes_to(mut self, comes_to: Outcome) -> Self {
        self.comes_to = comes_to;
        self
    }

    pub(crate) const fn for_root(mut self) -> Self {
        self.needs_root = true;
        self
    }

    pub(crate) const fn never_runs(mut self) -> Self {
        self.unconfined = Unconfined::NeverRuns;
        self
    }

    pub(crate) const fn in_cell(mut self, test: &'static str) -> Self {
        self.unconfined = Unconfined::InCell(test);
        self
    }
}
