//! netlings as a student and an author use it: the real program, in a small clone of its own.

mod check;
mod clone;
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
