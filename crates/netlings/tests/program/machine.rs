//! What the machine lacks costs no points.

use std::io::Write;

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::clone::{Clone, real_path, right_program};

const IN_A_NAMESPACE: [&str; 3] = ["--user", "--map-root-user", "--mount"];

/// Whether this machine gives the namespaces; says so in words where it doesn't, as Ubuntu 24.04
/// and containers may. With `NETLINGS_REQUIRE=namespaces` that is a failure.
fn has_namespaces(test: &str) -> bool {
    let tried = std::process::Command::new("unshare")
        .args(IN_A_NAMESPACE)
        .args(["mount", "-t", "tmpfs", "none", "/proc"])
        .output();
    let why = match tried {
        Ok(output) if output.status.success() => return true,
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => format!("unshare: {error}"),
    };
    let required = std::env::var("NETLINGS_REQUIRE")
        .is_ok_and(|what| what.split(',').any(|word| word == "namespaces"));
    assert!(!required, "namespaces are required, but this machine refuses them: {why}");
    // Not eprintln, which the test harness keeps to itself when nothing failed.
    let _ = writeln!(
        std::io::stderr(),
        "{test} was not run, this machine refuses user namespaces: {why}"
    );
    false
}

/// Grades a right time server, one check, after `take_away` was done in a mount namespace.
fn graded_after(take_away: &str, check: &str) -> assert_cmd::assert::Assert {
    let python = real_path("solutions/udp-time-server/examples/time_over_udp.py");
    let script = format!(
        "{take_away} exec '{}' check udp-time-server --check {check} --subject \"python3 '{}'\"",
        env!("CARGO_BIN_EXE_netlings"),
        python.display()
    );
    Command::new("unshare")
        .args(IN_A_NAMESPACE)
        .args(["sh", "-ec", &script])
        .current_dir(real_path(""))
        .assert()
}

#[test]
fn without_zone_data_a_check_that_needs_it_is_not_graded_and_nothing_failed() {
    if !has_namespaces("without_zone_data_a_check_that_needs_it_is_not_graded_and_nothing_failed") {
        return;
    }
    graded_after("", "three_zones").success();
    let without = graded_after("mount -t tmpfs none /usr/share/zoneinfo;", "three_zones");
    without.code(4).stdout(
        contains("! three_zones")
            .and(contains("zone"))
            .and(contains("0 of 2 points, 1 check could not be graded")),
    );
}

#[test]
fn a_full_disk_costs_no_verdict_and_no_progress() {
    if !has_namespaces("a_full_disk_costs_no_verdict_and_no_progress") {
        return;
    }
    let clone = Clone::new().with_solution();
    clone.write("exercises/tcp-echo/src/main.rs", &right_program());
    let disk = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    // The clone moves to a small disk; one check is noted there; the disk fills up; then each
    // command is tried, and what was there before is compared.
    let script = r#"
        mount -t tmpfs -o size=512k none "$DISK"; cp -r "$CLONE/." "$DISK"; cd "$DISK"
        "$NETLINGS" check tcp-echo --check echoes_hello >"$ELSEWHERE/graded"
        grep -q passed .netlings/progress.json
        tar cf "$ELSEWHERE/before.tar" .
        cat /dev/zero >filler 2>/dev/null || true
        tried() { code=0; "$NETLINGS" "$@" || code=$?; echo "$1: exit $code"; }
        tried check tcp-echo --check one_byte
        tried hint tcp-echo one_byte
        tried skeletons
        tried list
        rm filler
        tar df "$ELSEWHERE/before.tar" && echo "all as before"
    "#;
    let full = Command::new("unshare")
        .args(IN_A_NAMESPACE)
        .args(["sh", "-ec", script])
        .envs([("CLONE", clone.root()), ("DISK", disk.path()), ("ELSEWHERE", elsewhere.path())])
        .env("NETLINGS", env!("CARGO_BIN_EXE_netlings"))
        .env("CARGO_TARGET_DIR", elsewhere.path())
        .env_remove("RUSTFLAGS")
        .assert();
    let shown = full.success().stdout(
        contains("✓ one_byte")
            .and(contains("check: exit 0"))
            .and(contains("hint: exit 0"))
            .and(contains("skeletons: exit 4"))
            .and(contains("list: exit 0"))
            .and(contains("all as before")),
    );
    shown.stderr(contains("Your progress is not saved").and(contains("No space left")));
}
