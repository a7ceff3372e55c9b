//! netlings as a student and an author use it: the real program, in a small clone of its own.
//!
//! Not tried on Windows: the test's programs become others by exec, and signals are sent.
#![cfg(unix)]

mod check;
mod clone;
mod demo;
mod flaky;
mod hint;
mod interrupted;
mod json;
mod machine;
mod map;
mod skeletons;
mod stdout;
mod verify;
mod wrong_input;
