//! netlings as a student and an author use it: the real program, in a small clone of its own.
//!
//! Not tried on Windows: the test's programs become others by exec, and signals are sent.
#![cfg(unix)]

mod adding_a_lesson;
mod check;
mod clone;
mod contract;
mod course;
mod demo;
mod doctor;
mod document;
mod documented;
mod every_solution;
mod flaky;
mod hint;
mod interrupted;
mod json;
mod lab;
#[cfg(target_os = "linux")]
mod learn;
mod machine;
mod map;
mod new;
mod peer;
mod reset;
mod result_format;
mod show;
mod skeletons;
mod solution;
mod stdout;
mod trace;
mod verify;
mod wrong_input;
