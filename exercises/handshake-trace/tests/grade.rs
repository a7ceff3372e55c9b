//! Grades this crate's program with the course's checks.

checks::grade!();
