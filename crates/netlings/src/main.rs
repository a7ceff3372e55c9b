//! The course in the terminal.

fn main() {}
