//! What this machine gives, found by trying.

use landlock::ABI;

use super::cell::Cell;
use super::owner::Owner;
use super::{inner, paths};
use crate::policy::{Network, Policy};
use crate::refusal::Refusal;
use crate::tier::{Capability, Tier};

const SCOPES_FIX: &str =
    "Use Linux 6.12 or later, whose Landlock keeps signals in, or run as root for cells";

/// Tries each tier and says what there is, and why not more. It takes some milliseconds.
pub fn capability() -> Capability {
    let policy = Policy::new().network(Network::Loopback).scratch(1 << 20).system();
    let full = Cell::begin(Tier::Full, &policy, None).err();
    let reduced = reduced_is_safe().err();
    let tier = match (&full, &reduced) {
        (None, _) => Tier::Full,
        (Some(_), None) => Tier::Reduced,
        (Some(_), Some(_)) => Tier::None,
    };
    let why_not_reduced = reduced.filter(|_| tier == Tier::None);
    let why_no_inner = inner::check(&policy).err();
    let abi = paths::landlock_abi();
    let (has_scopes, keeps_content) = (paths::has_scopes(abi), paths::keeps_content(abi));
    let why_not_full = full;
    Capability { tier, why_not_full, why_not_reduced, why_no_inner, has_scopes, keeps_content }
}

pub(super) fn landlock_is_there() -> Result<(), Refusal> {
    match paths::landlock_abi() {
        ABI::Unsupported => Err(Refusal::new("this kernel has no Landlock").with_fix(
            "Use Linux 5.13 or later with `landlock` in its list of security modules (lsm=)",
        )),
        _ => Ok(()),
    }
}

/// What full cells need besides what making one shows.
pub(super) fn full_is_safe() -> Result<(), Refusal> {
    let owner = Owner::look();
    owner.is_not_bare_root(owner.makes_namespaces)?;
    landlock_is_there()
}

/// Whether Landlock keeps signals and abstract sockets in.
fn scopes_are_there() -> Result<(), Refusal> {
    landlock_is_there()?;
    if !paths::has_scopes(paths::landlock_abi()) {
        let text = "this kernel's Landlock does not keep a program's signals in";
        return Err(Refusal::new(text).with_fix(SCOPES_FIX));
    }
    Ok(())
}

/// The program must not be able to end whoever watches it: another user can't, and one whose signals
/// Landlock keeps in can't.
pub(super) fn reduced_is_safe() -> Result<(), Refusal> {
    let owner = Owner::look();
    owner.is_not_bare_root(owner.changes_user)?;
    if owner.changes_user { landlock_is_there() } else { scopes_are_there() }
}
