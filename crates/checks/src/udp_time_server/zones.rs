//! Time zones, as the machine knows them, and one that the grader makes.
//!
//! How far a zone is from Greenwich is asked of date(1), which reads the same zone data as the
//! program under test. Where that is missing, the machine cannot run the check.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use chrono::{Local, Offset, Utc};
use grader::{Probe, Run, Server, Trouble, Verdict};
use tempfile::TempDir;

use super::clock::{Asker, FULL};

/// Where systems keep their zone data.
const ZONE_DATA: [&str; 4] =
    ["/usr/share/zoneinfo", "/share/zoneinfo", "/etc/zoneinfo", "/usr/share/lib/zoneinfo"];

/// A server whose zone is known, and how many seconds that is east of Greenwich: UTC where the
/// variable TZ chooses the zone, else (Windows) that of the machine.
pub(super) fn server_at_home(run: &Run) -> Verdict<(Server, i32)> {
    if cfg!(unix) {
        return Ok((run.program("server").env("TZ", "UTC").listen()?, 0));
    }
    Ok((run.server()?, Local::now().offset().fix().local_minus_utc()))
}

/// A server whose zone is `zone`.
pub(super) fn server_in(run: &Run, zone: &str) -> Verdict<Server> {
    run.note(&format!("the next server runs in the zone {zone} (the variable TZ)"));
    run.program("server").env("TZ", zone).listen()
}

/// How many seconds `zone` is east of Greenwich now.
pub(super) fn seconds_east(zone: &str) -> Verdict<i32> {
    if !cfg!(unix) {
        return Err(Trouble::Skipped("the variable TZ chooses the zone on Unix only".into()));
    }
    has_data(zone, &ZONE_DATA)?;
    let trouble = |why: String| Trouble::Machine(format!("cannot ask date(1) for {zone}: {why}"));
    let output = Command::new("date").arg("+%z").env("TZ", zone).output();
    let output = output.map_err(|error| trouble(netkit::cause(&error)))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let east = read_offset(said.trim()).ok_or_else(|| trouble(format!("it says {said:?}")))?;
    // These two have not moved since 1991; another answer means that the data is broken.
    match zone {
        "UTC" if east != 0 => Err(trouble(format!("it says {said:?}"))),
        "Asia/Shanghai" if east != 8 * 3600 => Err(trouble(format!("it says {said:?}"))),
        _ => Ok(east),
    }
}

fn has_data(zone: &str, places: &[&str]) -> Verdict {
    if places.iter().any(|place| Path::new(place).join(zone).is_file()) {
        return Ok(());
    }
    let place = places.first().copied().unwrap_or_default();
    Err(Trouble::Machine(format!("no zone data for {zone} in {place}: install tzdata")))
}

/// Reads `+0800` or `-0330`.
fn read_offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let number: i32 = (digits.len() == 4).then(|| digits.parse().ok())??;
    Some(sign * (number / 100 * 3600 + number % 100 * 60))
}

/// A zone whose clocks are put on by an hour at a known second.
struct ChangingZone {
    place: TempDir,
    at: i64,
}

impl ChangingZone {
    const BEFORE: i32 = 5 * 3600 + 17 * 60;
    const AFTER: i32 = 6 * 3600 + 17 * 60;

    /// The clocks change at the first whole second that is at least `lead` away.
    fn after(lead: Duration) -> Verdict<Self> {
        let at = (Utc::now() + lead).timestamp() + 1;
        let make = || {
            let place = TempDir::with_prefix("netlings-zone")?;
            fs::write(place.path().join("zone"), zone_file(at, Self::BEFORE, Self::AFTER))?;
            Ok(ChangingZone { place, at })
        };
        make().map_err(|error: std::io::Error| {
            Trouble::Machine(format!("cannot write a zone file: {}", netkit::cause(&error)))
        })
    }

    fn path(&self) -> PathBuf {
        self.place.path().join("zone")
    }
}

/// Part of `three_zones`: the offset is asked for afresh. A program that knows no zone by the path
/// of its file, which the contract does not ask for, shows that in its first answer.
pub(super) fn when_clocks_change(run: &Run) -> Verdict {
    for lead in [700, 2000, 5000] {
        let zone = ChangingZone::after(Duration::from_millis(lead))?;
        run.note("the next server runs where the clocks are put on by an hour in a moment");
        let server = run.program("server").env("TZ", zone.path()).listen()?;
        let mut client = Asker::of(&server)?;
        let before = client.ask(FULL)?;
        if before.last >= zone.at {
            continue; // a slow machine: it was asked too late
        }
        if !before.is(FULL, ChangingZone::BEFORE) {
            run.note("this program does not read a zone's file: clocks that change are not tried");
            return Ok(());
        }
        let left = zone.at * 1000 + 50 - Utc::now().timestamp_millis();
        client.hears_nothing_for(Duration::from_millis(left.max(0).unsigned_abs()))?;
        let after = client.ask(FULL)?;
        return after.expect(FULL, ChangingZone::AFTER).or_probe(|_| {
            let again = client.ask(FULL)?;
            let kept = [after, again].iter().all(|answer| answer.is(FULL, ChangingZone::BEFORE));
            Ok(kept.then_some("offset_read_once"))
        });
    }
    Err(Trouble::Machine("this machine is too slow to be asked before the clocks change".into()))
}

/// A zone file (RFC 9636, version 2) with one change: from `before` to `after`, in seconds east of
/// Greenwich, at the second `at` of Unix time.
fn zone_file(at: i64, before: i32, after: i32) -> Vec<u8> {
    let mut file = zone_block(&(at as i32).to_be_bytes(), before, after);
    file.extend(zone_block(&at.to_be_bytes(), before, after));
    let (hours, minutes) = (after / 3600, after % 3600 / 60);
    file.extend(format!("\nAFT-{hours}:{minutes:02}\n").bytes());
    file
}

fn zone_block(at: &[u8], before: i32, after: i32) -> Vec<u8> {
    let mut block = b"TZif2".to_vec();
    block.extend([0; 15]);
    // Counts: UT and standard indicators, leap seconds, changes, types, characters of the names.
    for count in [0u32, 0, 0, 1, 2, 8] {
        block.extend(count.to_be_bytes());
    }
    block.extend(at);
    block.push(1); // the type from then on
    for (offset, name) in [(before, 0), (after, 4)] {
        block.extend(offset.to_be_bytes());
        block.extend([0, name]);
    }
    block.extend(b"BEF\0AFT\0");
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_zone_data_is_no_failure_of_the_program() {
        let nothing = TempDir::new().unwrap();
        let places = [nothing.path().to_str().unwrap()];
        match has_data("Asia/Shanghai", &places) {
            Err(Trouble::Machine(why)) => assert!(why.contains("install tzdata"), "{why}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn offsets_are_read_as_date_prints_them() {
        assert_eq!(read_offset("+0800"), Some(8 * 3600));
        assert_eq!(read_offset("-0330"), Some(-(3 * 3600 + 30 * 60)));
        for wrong in ["", "+", "0800", "+08", "+08:00", "CST"] {
            assert_eq!(read_offset(wrong), None, "{wrong}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_zone_file_is_one_that_other_programs_read() {
        let place = TempDir::new().unwrap();
        let path = place.path().join("zone");
        let at = Utc::now().timestamp() + 3600;
        fs::write(&path, zone_file(at, ChangingZone::BEFORE, ChangingZone::AFTER)).unwrap();
        let offset = |at: i64| {
            let mut date = Command::new("date");
            let output = date.arg("+%z").arg(format!("-d@{at}")).env("TZ", &path).output();
            String::from_utf8(output.unwrap().stdout).unwrap()
        };
        assert_eq!(offset(at - 1).trim(), "+0517");
        assert_eq!(offset(at).trim(), "+0617");
    }
}
