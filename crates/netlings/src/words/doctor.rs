//! The sentences of `netlings doctor`. Why a machine refuses, and the fix, are wirelab's to say.

use std::fmt::Display;
use std::io;

use wirelab::{Kernel, PortKind, Refusal};

pub(crate) const TITLE: &str = "What this machine gives for `netlings trace`:";
pub(crate) const SIMULATED: &str = "Hosts that are simulated, with a clock of their own. This works \
    on every machine, and is the same every time for the same --seed.";
pub(crate) const USES_KERNEL: &str = "`netlings trace` uses the kernel. There is nothing to do.";
pub(crate) const USES_SIMULATED: &str = "`netlings trace` uses the simulation. All scenarios run \
    on it, and it says where a kernel would have done something else.";

pub(crate) const OBSERVING: &str = "This machine's own loopback can be watched, with `--tier observe`. \
    Nothing can be held or lost there, and so not stepped.";

/// Why the loopback can't be watched, and whether that is a loss.
pub(crate) fn no_observing(refusal: &impl Display, has_kernel: bool) -> String {
    let loss = if has_kernel { " There is nothing to do: the kernel tier shows more." } else { "" };
    format!("This machine's own loopback, only watched, is not to be had: {refusal}.{loss}")
}

pub(crate) fn kernel(kernel: &Kernel) -> String {
    let rights = match kernel.user_namespace {
        true => "without root, in a user namespace",
        false => "as root",
    };
    format!("Hosts with kernels of their own, {rights}, on {}.", kernel.port)
}

/// Why the second best kind of port was taken.
pub(crate) fn no_tap(port: PortKind, refusal: &Refusal) -> String {
    let fix = match refusal.error().kind() {
        io::ErrorKind::NotFound => " `sudo modprobe tun` would bring them.",
        _ => "",
    };
    format!(
        "TAP devices would do too, but {refusal}.{fix} That is no loss, and there is nothing to \
         do: {port} are as good."
    )
}

pub(crate) fn no_kernel(refusal: &impl Display) -> String {
    format!("Hosts with kernels of their own are not to be had: {refusal}.")
}
