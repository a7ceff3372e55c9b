//! What is said of confinement.

use std::fmt::Display;

pub(crate) fn no_confinement(capability: &dyn Display) -> String {
    format!(
        "this machine cannot confine strangers' programs, so they are not run.\n{capability}\n\
         Or grade with --sandbox=none, on a machine that has nothing to lose, such as a fresh virtual one"
    )
}

pub(crate) fn no_cell(error: &dyn Display) -> String {
    format!("a cell could not be started: {error}")
}
