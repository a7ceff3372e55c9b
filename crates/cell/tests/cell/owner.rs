//! Whoever has a hostile program confined: it lays out the bait, has it attacked unconfined, then in
//! a cell, and says how that went.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use cell::{Cell, End, Limits, Network, Policy, Tier};

use crate::attack::Attack;
use crate::bait::{Bait, Trap};
use crate::part::{KEPT_OUT, NOT_RUN, NOT_THERE, REACHED};
use crate::sys;

/// The second level as on Linux 5.13.
const OLDEST: &str = "oldest";

pub(crate) fn own_path() -> String {
    std::env::current_exe().expect("a path").display().to_string()
}

/// What a hostile program is given.
pub(crate) fn policy(bait: &Bait) -> Policy {
    let limits = Limits {
        cpu: Duration::from_secs(1),
        address_space: 200 << 20,
        file_size: 8 << 20,
        processes: 32,
        open_files: 128,
        memory: 160 << 20,
        wall: Duration::from_secs(120),
    };
    let mut policy = Policy::new()
        .system()
        .execute(own_path())
        .read(&bait.given)
        .write(&bait.work)
        .proc()
        .scratch(8 << 20)
        .network(Network::Loopback)
        .limits(limits);
    let setuid = bait.secret.with_file_name("setuid");
    if setuid.exists() {
        policy = policy.execute(setuid);
    }
    policy
}

fn words(attack: &Attack, bait: &Bait) -> Vec<String> {
    let mut words = vec!["--as".into(), "attack".into(), attack.name.into()];
    words.extend(bait.to_arguments());
    words
}

/// An open file with the secret, which whoever is started without care inherits.
fn left_open(bait: &Bait) -> File {
    let file = File::open(&bait.secret).expect("the secret");
    sys::let_inherit(file.as_raw_fd());
    file
}

/// Has it run as any program.
fn unconfined(attack: &Attack, inside: bool) -> ExitStatus {
    let trap = Trap::set().expect("bait");
    let _open = left_open(&trap.bait);
    let mut command = if attack.at_the_bait || inside {
        Command::new(own_path())
    } else {
        let mut command = Command::new("unshare");
        if sys::user() != 0 {
            command.args(["--user", "--map-root-user"]);
        }
        command.args(["--pid", "--mount", "--mount-proc", "--ipc", "--uts", "--net", "--fork"]);
        // Beside it in there is somebody whom it could kill.
        let script = r#"sleep 60 & "$@"; code=$?; kill $! 2>/dev/null; exit $code"#;
        command.args(["--kill-child=KILL", "sh", "-c", script, "sh"]).arg(own_path());
        command
    };
    command
        .args(words(attack, &trap.bait))
        .stdin(Stdio::null())
        .status()
        .expect("unshare (util-linux) is there")
}

/// Why a test can't be judged, or is not passed, from what it did unconfined.
fn must_have_succeeded(status: ExitStatus) -> Result<(), i32> {
    match status.code() {
        Some(REACHED) => Ok(()),
        Some(NOT_THERE) => {
            println!("not run: this kernel does not have what the attack wants");
            Err(NOT_RUN)
        }
        _ => {
            println!("the attack is no attack: unconfined it ended with {status}");
            Err(1)
        }
    }
}

/// Exit code 0: the cell of that tier keeps the attack from what it wants.
pub(crate) fn attack(attack: &Attack, tier: &str) -> i32 {
    if ["inner", OLDEST].contains(&tier) {
        return in_a_cell_with_an_engine(attack, tier);
    }
    let tier = if tier == "full" { Tier::Full } else { Tier::Reduced };
    if let Err(code) = must_have_succeeded(unconfined(attack, false)) {
        return code;
    }
    // In a full cell it is not Landlock's newest version that keeps it from that.
    let landlocks: &[bool] = if tier == Tier::Full { &[false, true] } else { &[false] };
    landlocks.iter().map(|is_oldest| confined(attack, tier, *is_oldest)).max().unwrap_or(1)
}

fn confined(attack: &Attack, tier: Tier, is_oldest: bool) -> i32 {
    let mut trap = Trap::set().expect("bait");
    let _open = left_open(&trap.bait);
    let policy = policy(&trap.bait);
    let policy = if is_oldest { policy.on_the_oldest_landlock() } else { policy };
    let command = cell::Command::new(own_path()).args(words(attack, &trap.bait));
    let output = match Cell::output(tier, &policy, command, 1 << 16) {
        Ok(output) => output,
        Err(error) => {
            println!("it was not started: {error}");
            return 1;
        }
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    println!("in the cell: {:?}, it says {said:?} {complaints:?}", output.ended);
    let is_judged_by_harm = attack.shows_as_harm && tier == Tier::Reduced;
    let reached = output.ended.end == End::Exited(REACHED) && !is_judged_by_harm;
    verdict(reached, output.ended.end, &trap.harm())
}

/// Only an attack that was carried out counts as kept out.
fn verdict(reached: bool, end: End, harm: &[String]) -> i32 {
    let was_tried = match end {
        End::Exited(code) => [REACHED, KEPT_OUT, NOT_THERE].contains(&code),
        // By a limit: of CPU time, of memory, of a file's size.
        End::Signal(signal) => [libc::SIGXCPU, libc::SIGKILL, libc::SIGXFSZ].contains(&signal),
        End::Memory => true,
        _ => false,
    };
    for harm in harm {
        println!("{harm}");
    }
    if !was_tried {
        println!("the attack was not carried out");
    }
    i32::from(reached || !was_tried || !harm.is_empty())
}

/// The owner's side of a test of the second level.
fn in_a_cell_with_an_engine(attack: &Attack, level: &str) -> i32 {
    let limits = Limits { processes: 256, ..Limits::default() };
    let policy = Policy::new()
        .system()
        .execute(own_path())
        .proc()
        .scratch(16 << 20)
        .environment("SECRET", crate::bait::SECRET)
        .environment("PATH", "/usr/bin:/bin")
        .network(Network::Loopback)
        .limits(limits);
    let policy = if level == OLDEST { policy.on_the_oldest_landlock() } else { policy };
    if attack.shows_as_harm {
        // Whoever is beside it is killed, the engine first of all.
        let command =
            cell::Command::new(own_path()).args(["--as", "engine", attack.name, "unprotected"]);
        match Cell::output(Tier::Full, &policy, command, 1 << 16) {
            Ok(output) if output.ended.end == End::Signal(libc::SIGKILL) => {}
            other => {
                println!("the attack is no attack: without the second level {other:?}");
                return 1;
            }
        }
    }
    let command = cell::Command::new(own_path()).args(["--as", "engine", attack.name, level]);
    match Cell::output(Tier::Full, &policy, command, 1 << 16) {
        Ok(output) => {
            let _ = std::io::stdout().write_all(&output.stdout);
            let _ = std::io::stdout().write_all(&output.stderr);
            match output.ended.end {
                End::Exited(code) => code,
                end => {
                    println!("the engine: {end}");
                    1
                }
            }
        }
        Err(error) => {
            println!("it was not started: {error}");
            1
        }
    }
}

/// The engine: has it attacked without the second level, and then with it.
pub(crate) fn beside_an_engine(attack: &Attack, level: &str) -> i32 {
    let is_unprotected = level == "unprotected";
    if (is_unprotected || !attack.shows_as_harm)
        && let Err(code) = must_have_succeeded(unconfined(attack, true))
    {
        return code;
    }
    let mut trap = Trap::set().expect("bait");
    let _open = left_open(&trap.bait);
    let policy = policy(&trap.bait).pass_on(&["TMPDIR"]);
    let policy = if level == OLDEST { policy.on_the_oldest_landlock() } else { policy };
    let output = Command::new(own_path())
        .args(["--as", "confined", &policy.to_text(), "--", &own_path()])
        .args(words(attack, &trap.bait))
        .stdin(Stdio::null())
        .output()
        .expect("the launcher");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    println!("in the second level: {}, it says {said:?} {complaints:?}", output.status);
    let end = match output.status.code() {
        Some(code) => End::Exited(code),
        None => {
            let signal = std::os::unix::process::ExitStatusExt::signal(&output.status);
            End::Signal(signal.unwrap_or(0))
        }
    };
    let reached = end == End::Exited(REACHED) && !attack.shows_as_harm;
    verdict(reached, end, &trap.harm())
}
