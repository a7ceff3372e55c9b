//! What the machine lacks costs no points.

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::clone::real_path;

/// Grades a right time server, one check, after `take_away` was done in a mount namespace.
fn graded_after(take_away: &str, check: &str) -> assert_cmd::assert::Assert {
    let python = real_path("solutions/udp-time-server/examples/time_over_udp.py");
    let script = format!(
        "{take_away} exec '{}' check udp-time-server --check {check} --subject \"python3 '{}'\"",
        env!("CARGO_BIN_EXE_netlings"),
        python.display()
    );
    Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-ec", &script])
        .current_dir(real_path(""))
        .assert()
}

#[test]
fn without_zone_data_a_check_that_needs_it_is_not_graded_and_nothing_failed() {
    graded_after("", "three_zones").success();
    let without = graded_after("mount -t tmpfs none /usr/share/zoneinfo;", "three_zones");
    without.code(4).stdout(
        contains("! three_zones")
            .and(contains("zone"))
            .and(contains("0 of 2 points, 1 check could not be graded")),
    );
}
