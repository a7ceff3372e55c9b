//! What the machine lacks costs no points.

use std::io::Write;

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::clone::real_path;

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
    let required = std::env::var_os("NETLINGS_REQUIRE").is_some_and(|what| what == "namespaces");
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
