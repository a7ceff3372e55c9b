//! Who runs each test where: as whoever has started this, and by root also as an ordinary user.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, OnceLock};

use cell::{Capability, Tier};
use libtest_mimic::{Failed, Trial};
use tempfile::TempDir;

use crate::part::NOT_RUN;
use crate::{attack, bait, behaviour, compile, sys};

/// An ordinary user that needs no entry anywhere.
const ORDINARY: u32 = 60_999;

#[derive(Clone, Copy, PartialEq)]
enum Who {
    Root,
    Ordinary,
}

impl Who {
    fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Ordinary => "ordinary",
        }
    }

    fn all() -> &'static [Self] {
        if sys::user() == 0 { &[Self::Root, Self::Ordinary] } else { &[Self::Ordinary] }
    }
}

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for &who in Who::all() {
        for attack in attack::ALL.iter().filter(|one| who == Who::Root || !one.needs_root) {
            let mut add = |tier: &'static str| {
                let name = format!("{tier}::{}::{}_in_vain", who.name(), attack.name);
                trials
                    .push(Trial::test(name, move || run(who, tier, &["owner", attack.name, tier])));
            };
            add("full");
            if attack.in_reduced {
                add("reduced");
            }
            if attack.inner {
                add("inner");
            }
        }
        for (part, tests) in [("behaviour", behaviour::NAMES), ("compile", compile::NAMES)] {
            for &name in tests {
                let full = format!("{part}::{}::{name}", who.name());
                trials.push(Trial::test(full, move || run(who, "full", &[part, name])));
            }
        }
    }
    trials
}

/// All cells of the reduced tier have one user, whose processes are counted together.
static REDUCED: Mutex<()> = Mutex::new(());

fn run(who: Who, tier: &str, words: &[&str]) -> Result<(), Failed> {
    if let Some(why) = lack(tier) {
        return not_run(&why);
    }
    let _alone = (tier == "reduced")
        .then(|| REDUCED.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    let mut command = start_as(who)?;
    command
        .arg("--as")
        .args(words)
        .env("SECRET", bait::SECRET)
        .env("LD_PRELOAD", "libnetlings-none.so");
    let output = command.output()?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    match output.status.code() {
        Some(0) => Ok(()),
        Some(NOT_RUN) => {
            println!("{}: {text}", words.join(" "));
            Ok(())
        }
        _ => Err(format!("{}\n{text}", output.status).into()),
    }
}

/// Why this machine can't have that test; a failure where it is required.
fn lack(tier: &str) -> Option<String> {
    static CAPABILITY: OnceLock<Capability> = OnceLock::new();
    let there = CAPABILITY.get_or_init(cell::capability);
    let is_there = match tier {
        "full" => there.tier() == Tier::Full,
        "inner" => there.tier() == Tier::Full && there.why_no_inner().is_none(),
        _ => there.tier() >= Tier::Reduced,
    };
    (!is_there).then(|| there.to_string())
}

fn not_run(why: &str) -> Result<(), Failed> {
    let required = std::env::var("NETLINGS_REQUIRE").unwrap_or_default();
    if required.split(',').any(|word| word == "cell") {
        return Err(format!("NETLINGS_REQUIRE asks for cells. {why}").into());
    }
    println!("not run: {why}");
    Ok(())
}

/// A copy of this program where any user finds it, and a place for the toolchain.
fn open_to_all() -> Result<&'static PathBuf, Failed> {
    static FOLDER: OnceLock<Option<(TempDir, PathBuf)>> = OnceLock::new();
    let make = || -> std::io::Result<(TempDir, PathBuf)> {
        let folder = tempfile::tempdir()?;
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
        std::fs::create_dir(folder.path().join("toolchain"))?;
        let copy = folder.path().join("cell-tests");
        std::fs::copy(std::env::current_exe()?, &copy)?;
        std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o755))?;
        Ok((folder, copy))
    };
    let made = FOLDER.get_or_init(|| make().ok());
    made.as_ref().map(|(_, copy)| copy).ok_or_else(|| "no folder open to all".into())
}

fn start_as(who: Who) -> Result<Command, Failed> {
    if who == Who::Root || sys::user() != 0 {
        let mut command = Command::new(std::env::current_exe()?);
        command.env("TOOLCHAIN", compile::toolchain()?);
        return Ok(command);
    }
    // Root's toolchain may lie where an ordinary user can't go. In a mount namespace it is elsewhere.
    let copy = open_to_all()?;
    let place = copy.with_file_name("toolchain");
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c"]);
    let script = r#"mount --bind "$1" "$2" && shift 2 && exec setpriv "$@""#;
    command.arg(script).arg("sh").arg(compile::toolchain()?).arg(&place);
    let id = |name: &str| format!("--{name}={ORDINARY}");
    command.args([&id("reuid"), &id("regid"), "--clear-groups"]);
    command.arg::<&OsStr>(copy.as_ref());
    command.env("TOOLCHAIN", place).env("HOME", "/nonexistent").env_remove("TMPDIR");
    Ok(command)
}
