//! What this machine can do.

use std::fmt;

use namespaces::Refusal;
use serde::{Serialize, Serializer};

use crate::port::PortKind;
use crate::tier::Tier;

/// What this machine can do.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Capability {
    /// Hosts that are kernels, on one wire; or why not, and what to change.
    #[serde(serialize_with = "told")]
    pub kernel: Result<Kernel, Refusal>,
    /// What this machine's own loopback carries can be observed; or why not, and what to change.
    #[serde(serialize_with = "told")]
    pub observing: Result<(), Refusal>,
}

/// How hosts that are kernels are made here.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Kernel {
    /// How they are plugged in.
    pub port: PortKind,
    /// Whether they are in a user namespace, as for everybody but root.
    pub user_namespace: bool,
    /// Why they are not plugged in with TAP devices, where they are not.
    #[serde(skip)]
    pub no_tap: Option<Refusal>,
}

fn told<T: Serialize, S: Serializer>(found: &Result<T, Refusal>, to: S) -> Result<S::Ok, S::Error> {
    match found {
        Ok(found) => found.serialize(to),
        Err(refusal) => to.serialize_str(&refusal.to_string()),
    }
}

/// Tries it: makes a host and lets it go, which takes some tens of milliseconds.
///
/// ```no_run
/// match wirelab::probe().kernel {
///     Ok(kernel) => println!("kernels, on {}", kernel.port),
///     Err(refusal) => println!("no kernels, {refusal}"), // and what to do about it
/// }
/// ```
pub fn probe() -> Capability {
    Capability { kernel: crate::kernel::probe(), observing: crate::kernel::observe::probe() }
}

impl Capability {
    /// The tiers that this machine gives, in the order of [`Tier::ALL`]. The simulated one is always
    /// there.
    pub fn tiers(&self) -> Vec<Tier> {
        let gives = |tier: &Tier| match tier {
            Tier::Kernel => self.kernel.is_ok(),
            Tier::Simulated => true,
            Tier::Observing => self.observing.is_ok(),
        };
        Tier::ALL.into_iter().filter(gives).collect()
    }

    /// The best of them: what a lab is built on where nobody names a tier.
    pub fn best(&self) -> Tier {
        self.tiers()[0]
    }
}

/// One sentence or two.
impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kernel {
            Ok(kernel) => {
                write!(f, "Hosts with kernels of their own, on {}", kernel.port)?;
                f.write_str(if kernel.user_namespace { ", without root." } else { ", as root." })?;
                match &kernel.no_tap {
                    Some(refusal) => write!(f, " (TAP devices: {refusal}.)"),
                    None => Ok(()),
                }
            }
            Err(refusal) => {
                write!(f, "No hosts with kernels of their own: {refusal}. ")?;
                f.write_str("Simulated hosts need nothing.")
            }
        }
    }
}
