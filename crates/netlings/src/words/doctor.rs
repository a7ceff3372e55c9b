//! The sentences of `netlings doctor`. Why a machine refuses, and the fix, are wirelab's to say.

use std::fmt::Display;

use wirelab::{Kernel, PortKind};

pub(crate) const TITLE: &str = "What this machine gives for `netlings trace`:";
pub(crate) const SIMULATED: &str = "Hosts that are simulated, with a clock of their own. This works \
    on every machine, and is the same every time for the same --seed.";
pub(crate) const USES_KERNEL: &str = "`netlings trace` uses the kernel. There is nothing to do.";
pub(crate) const USES_SIMULATED: &str = "`netlings trace` uses the simulation. All scenarios run \
    on it, and it says where a kernel would have done something else.";

pub(crate) fn kernel(kernel: &Kernel) -> String {
    let rights = match kernel.user_namespace {
        true => "without root, in a user namespace",
        false => "as root",
    };
    format!("Hosts with kernels of their own, {rights}, on {}.", kernel.port)
}

/// Why the second best kind of port was taken.
pub(crate) fn no_tap(port: PortKind, refusal: &impl Display) -> String {
    format!("TAP devices would do too, but {refusal}. That is no loss: {port} are as good.")
}

pub(crate) fn no_kernel(refusal: &impl Display) -> String {
    format!("Hosts with kernels of their own are not to be had: {refusal}.")
}
