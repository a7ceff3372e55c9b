//! The sentences of netlings-class.

pub(crate) mod class;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod grading;
pub(crate) mod intake;
pub(crate) mod merge;
pub(crate) mod sandbox;
