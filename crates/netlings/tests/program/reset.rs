//! A lesson started anew: the skeleton is back, and nothing that the student wrote is lost.

use std::fs;
use std::process::Command;
use std::time::Duration;

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::clone::{Clone, stderr, stdout};

const SKELETON: &str = "fn one() -> u8 {\n    todo!(\"step 1: count to one\")\n}\n";
const MINE: &str = "fn one() -> u8 {\n    2\n}\n";

/// A clone whose student has written something.
fn clone() -> Clone {
    let clone = Clone::new();
    let main = "#![allow(dead_code)]\nmod server;\nfn main() {}\n";
    clone.write("solutions/tcp-echo/src/main.rs", main);
    let server = "fn one() -> u8 {\n    // step 1: count to one\n    1\n    // end of step 1\n}\n";
    clone.write("solutions/tcp-echo/src/server.rs", server);
    clone.write("solutions/tcp-echo/src/deep/table.txt", "1 2 3\n");
    clone.netlings(&["skeletons"]).assert().success();
    clone.write("exercises/tcp-echo/src/server.rs", MINE);
    clone
}

impl Clone {
    fn reset(&self) -> assert_cmd::assert::Assert {
        self.netlings(&["reset", "tcp-echo"]).assert()
    }

    /// The folders in which the student's versions are kept, from the clone's root, in order.
    fn kept(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path("exercises/tcp-echo/kept")) else { return vec![] };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut kept: Vec<_> =
            names.map(|name| format!("exercises/tcp-echo/kept/{name}/src")).collect();
        kept.sort();
        kept
    }

    fn server(&self) -> String {
        self.read("exercises/tcp-echo/src/server.rs")
    }
}

#[test]
fn the_skeleton_is_back_and_the_command_that_is_told_brings_the_own_version_back() {
    let clone = clone();
    let said = stdout(&clone.reset().success());
    assert_eq!(clone.server(), SKELETON);
    let kept = clone.kept();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(clone.read(&format!("{}/server.rs", kept[0])), MINE);
    assert_eq!(clone.read(&format!("{}/deep/table.txt", kept[0])), "1 2 3\n");
    assert!(said.contains(&format!("Your version is kept in {}\n", kept[0])), "{said}");
    let command = said.lines().find(|line| line.starts_with("  ")).expect(&said);
    assert!(
        Command::new("sh")
            .args(["-c", command])
            .current_dir(clone.root())
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(clone.server(), MINE);
}

#[test]
fn two_resets_in_one_second_keep_two_versions() {
    let clone = clone();
    for number in 1..=5 {
        clone.write("exercises/tcp-echo/src/server.rs", &format!("// version {number}\n"));
        clone.reset().success();
    }
    let mut versions: Vec<String> =
        clone.kept().iter().map(|kept| clone.read(&format!("{kept}/server.rs"))).collect();
    versions.sort();
    assert_eq!(versions, (1..=5).map(|n| format!("// version {n}\n")).collect::<Vec<_>>());
}

#[test]
fn deleted_files_come_back_and_own_ones_are_kept() {
    let clone = clone();
    fs::remove_file(clone.path("exercises/tcp-echo/src/server.rs")).unwrap();
    clone.write("exercises/tcp-echo/src/bin/other/main.rs", "fn main() {}\n");
    clone.write("exercises/tcp-echo/src/.server.rs.swp", "an editor's\n");
    clone.write("exercises/tcp-echo/notes.txt", "not of the program\n");
    clone.reset().success();
    assert_eq!(clone.server(), SKELETON);
    assert!(!clone.path("exercises/tcp-echo/src/bin").exists());
    assert_eq!(clone.read(&format!("{}/bin/other/main.rs", clone.kept()[0])), "fn main() {}\n");
    assert_eq!(clone.read("exercises/tcp-echo/src/.server.rs.swp"), "an editor's\n");
    assert_eq!(clone.read("exercises/tcp-echo/notes.txt"), "not of the program\n");

    fs::remove_dir_all(clone.path("exercises/tcp-echo/src")).unwrap();
    let told =
        contains("There were no files of yours to keep").and(contains("as at the beginning"));
    clone.reset().success().stdout(told);
    assert_eq!(clone.server(), SKELETON);
    assert_eq!(clone.kept().len(), 1);
    clone.reset().success().stdout(contains("as at the beginning already"));
    assert_eq!(clone.kept().len(), 1, "nothing to keep");
}

#[test]
fn what_is_kept_is_not_compiled() {
    let clone = clone();
    clone.write("exercises/tcp-echo/src/main.rs", "compile_error!(\"not yet\");\n");
    clone.write("exercises/tcp-echo/src/bin/other.rs", "compile_error!(\"not yet\");\n");
    clone.reset().success();
    // It builds: what fails are the checks.
    clone.netlings(&["check", "tcp-echo", "--check", "echoes_hello"]).assert().code(1);
}

#[test]
fn none_of_its_checks_counts_as_passed_any_more() {
    let clone = clone();
    let progress = "{\"format\":\"netlings-progress/1\",\"lessons\":{\"zoo\":{\"checks\":\
                    {\"a\":{\"outcome\":\"passed\"}}},\"tcp-echo\":{\"checks\":{\"one_byte\":\
                    {\"outcome\":\"passed\",\"hints\":2},\"half_close\":{\"outcome\":\"passed\"}}}}}";
    clone.write(".netlings/progress.json", progress);
    clone.reset().success().stdout(contains("none of its checks counts as passed"));
    clone.netlings(&["list"]).assert().success().stdout(contains(" 0/"));
    let progress = clone.read(".netlings/progress.json");
    assert_eq!(progress.matches("passed").count(), 1, "the zoo's: {progress}");
    assert!(progress.contains("\"hints\": 2"), "{progress}");
}

#[test]
fn where_nothing_can_be_kept_nothing_is_changed() {
    let clone = clone();
    clone.write("exercises/tcp-echo/kept", "a file stands in the way");
    let told = contains("cannot write").and(contains("exercises/tcp-echo/kept"));
    clone.reset().code(4).stdout("").stderr(told.and(contains("Nothing was changed")));
    assert_eq!(clone.server(), MINE);
    fs::remove_file(clone.path("exercises/tcp-echo/kept")).unwrap();
    clone.write("solutions/tcp-echo/src/server.rs", "// step 1: a\n");
    clone.reset().code(4).stderr(contains("step 1 has no end"));
    assert_eq!(clone.server(), MINE);
    assert_eq!(clone.kept(), [""; 0]);
}

#[test]
fn a_named_pipe_among_the_files_is_told_of_and_nobody_waits_for_it() {
    for place in ["exercises/tcp-echo/src/pipe.rs", "exercises/tcp-echo/src/main.rs"] {
        let clone = clone();
        let _ = fs::remove_file(clone.path(place));
        assert!(Command::new("mkfifo").arg(clone.path(place)).status().unwrap().success());
        let told = contains("cannot keep").and(contains(place)).and(contains("it is no file"));
        let mut reset = clone.netlings(&["reset", "tcp-echo"]);
        let assert = reset.timeout(Duration::from_secs(60)).assert().code(4);
        assert.stdout("").stderr(told.and(contains("Nothing was changed")));
        assert_eq!(clone.server(), MINE);
        assert_eq!(clone.kept(), [""; 0]);
        clone.netlings(&[]).timeout(Duration::from_secs(60)).assert().success();
    }
}

#[test]
fn a_link_that_leads_nowhere_or_to_a_folder_is_named_itself() {
    for (target, problem) in [("nowhere.rs", "not found"), ("deep", "it is no file")] {
        let clone = clone();
        std::os::unix::fs::symlink(target, clone.path("exercises/tcp-echo/src/link.rs")).unwrap();
        let told = contains("exercises/tcp-echo/src/link.rs: ").and(contains(problem));
        let told = told.and(contains("/kept/").not()).and(contains("Nothing was changed"));
        clone.reset().code(4).stdout("").stderr(told);
        assert_eq!(clone.server(), MINE);
        assert_eq!(clone.kept(), [""; 0], "no part of a copy");
    }
}

/// Resets where no file can become longer than 4 KiB; a longer one is an error, or, if the signal
/// is not ignored, the end of netlings on the spot.
fn reset_with_little_room(clone: &Clone, before: &str) -> assert_cmd::assert::Assert {
    let plain = clone.plain_netlings("", &[]);
    let script = format!("{before} ulimit -f 4; exec \"$0\" reset tcp-echo");
    let mut sh = assert_cmd::Command::new("bash");
    sh.args(["-c", &script]).arg(plain.get_program()).current_dir(clone.root()).assert()
}

#[test]
fn a_disk_that_is_full_while_the_copy_is_made_loses_nothing() {
    let long = "// an evening's work\n".repeat(1000);
    for before in ["trap '' XFSZ;", ""] {
        let clone = clone();
        clone.write("exercises/tcp-echo/src/server.rs", &long);
        let assert = reset_with_little_room(&clone, before).failure();
        assert_eq!(clone.server(), long);
        if !before.is_empty() {
            let said = stderr(&assert.code(4));
            assert!(said.contains("Nothing was changed"), "{said}");
            assert_eq!(clone.kept(), [""; 0], "no part of a copy");
        }
    }
}

#[test]
fn a_disk_that_is_full_while_the_skeleton_is_written_loses_nothing_and_the_copy_is_named() {
    for before in ["trap '' XFSZ;", ""] {
        let clone = clone();
        clone.write("solutions/tcp-echo/src/zoo.txt", &"lions\n".repeat(2000));
        clone.write("exercises/tcp-echo/src/mine.rs", "fn mine() {}\n");
        let assert = reset_with_little_room(&clone, before).failure();
        let kept = clone.kept();
        assert_eq!(kept.len(), 1, "{kept:?}");
        assert_eq!(clone.read(&format!("{}/server.rs", kept[0])), MINE);
        assert_eq!(clone.read(&format!("{}/mine.rs", kept[0])), "fn mine() {}\n");
        if !before.is_empty() {
            let said = stderr(&assert.code(4));
            assert!(said.contains("zoo.txt") && said.contains(&kept[0]), "{said}");
        }
    }
}
