//! The sentences of netlings-class.

pub(crate) mod autograder;
pub(crate) mod class;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod grading;
pub(crate) mod handout;
pub(crate) mod intake;
pub(crate) mod merge;
pub(crate) mod rehearse;
pub(crate) mod report;
pub(crate) mod sandbox;
