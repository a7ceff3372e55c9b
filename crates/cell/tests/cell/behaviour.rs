//! What a cell does with programs that mean no harm, and with what they leave behind.

pub(crate) const NAMES: &[&str] = &[];

pub(crate) fn owner(_: &str) -> i32 {
    2
}
