//! Who runs each test where: as whoever has started this, and by root also as an ordinary user.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, PoisonError, RwLock};
use std::time::Duration;

use cell::{Capability, Tier};
use libtest_mimic::{Failed, Trial};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
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
        for attack in attack::all().filter(|one| who == Who::Root || !one.needs_root) {
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
            if attack.inner && !attack.needs_newer {
                add("oldest");
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

/// All cells of root's have one user, and in the reduced tier its processes are counted together, also
/// those that are in full cells. So such a test is alone.
static ALONE: RwLock<()> = RwLock::new(());

fn run(who: Who, tier: &str, words: &[&str]) -> Result<(), Failed> {
    if let Some(why) = lack(tier) {
        return not_run(&why);
    }
    let is_alone = tier == "reduced" || words.contains(&"behaviour");
    let _alone = is_alone.then(|| ALONE.write().unwrap_or_else(PoisonError::into_inner));
    let _beside = (!is_alone).then(|| ALONE.read().unwrap_or_else(PoisonError::into_inner));
    let mut command = start_as(who)?;
    command.arg("--as").args(words).env("SECRET", bait::SECRET);
    if words.iter().any(|word| word.contains("load_a_library")) {
        command.env("LD_PRELOAD", "libnetlings-none.so");
    }
    let said = tempfile::NamedTempFile::new()?;
    let stream = || std::fs::OpenOptions::new().append(true).open(said.path());
    command.stdin(Stdio::null()).stdout(stream()?).stderr(stream()?);
    let mut owner = command.spawn()?;
    // Into a file, so that what it leaves behind holds nobody who waits for its output's end.
    if !ends_within(&owner, Duration::from_secs(600))? {
        owner.kill()?;
    }
    let status = owner.wait()?;
    let text = std::fs::read(said.path())?;
    let text = String::from_utf8_lossy(&text).into_owned();
    match status.code() {
        Some(0) => Ok(()),
        Some(NOT_RUN) => {
            println!("{}: {text}", words.join(" "));
            Ok(())
        }
        _ => Err(format!("{status}\n{text}").into()),
    }
}

fn ends_within(process: &Child, time: Duration) -> std::io::Result<bool> {
    let process = Pid::from_raw(process.id().cast_signed()).expect("an id");
    let end = pidfd_open(process, PidfdFlags::empty())?;
    let time = Timespec { tv_sec: time.as_secs().cast_signed(), tv_nsec: 0 };
    Ok(poll(&mut [PollFd::new(&end, PollFlags::IN)], Some(&time))? == 1)
}

/// Why this machine can't have that test; a failure where it is required.
fn lack(tier: &str) -> Option<String> {
    static CAPABILITY: OnceLock<Capability> = OnceLock::new();
    let there = CAPABILITY.get_or_init(cell::capability);
    let is_there = match tier {
        "full" => there.tier() == Tier::Full,
        "inner" | "oldest" => there.tier() == Tier::Full && there.why_no_inner().is_none(),
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
