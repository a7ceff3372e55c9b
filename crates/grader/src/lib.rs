//! The engine: runs a program under test, talks to it, judges it and explains.

pub mod lesson;
pub mod progress;
pub mod text;
