//! Source text that attacks while it is compiled.

use std::path::PathBuf;
use std::process::Command;

pub(crate) const NAMES: &[&str] = &[];

/// The folder of the toolchain that builds this.
pub(crate) fn toolchain() -> std::io::Result<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "sysroot"]).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().into())
}

pub(crate) fn owner(_: &str) -> i32 {
    2
}
