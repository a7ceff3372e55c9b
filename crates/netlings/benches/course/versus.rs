//! A figure of ours, where more is better, beside those of others.

use crate::series::Series;
use crate::table::{Goal, Row, range};

/// What is wanted of the ratio of our figure to another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// More than the other: Python has to interpret what the solution has compiled.
    Above,
    /// Not much less than the other: socat was written to be a fast pipe.
    Near,
}

impl Wanted {
    fn goal(self, ratio: f64) -> Option<Goal> {
        match self {
            Wanted::Above => Goal::new("> 1 ×", ratio > 1.0),
            Wanted::Near => Goal::new("≥ 0.8 ×", ratio >= 0.8),
        }
    }
}

/// The row that compares the two.
pub(crate) fn row(
    what: &str,
    unit: &str,
    ours: &Series,
    name: &str,
    other: &Series,
    wanted: Wanted,
) -> Row {
    let ratio = ours.median() / other.median();
    Row {
        what: what.into(),
        figure: format!("{:.0} {unit}", ours.median()),
        reference: format!("{name} {:.0} {unit}", other.median()),
        compared: format!("{ratio:.2} ×"),
        goal: wanted.goal(ratio),
        notes: vec![format!(
            "solution: the middle half {}; {name}: {}",
            range(ours, unit),
            range(other, unit)
        )],
    }
}
