//! Skeletons are written from solutions, and compared with them.

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::clone::Clone;

const SERVER: &str =
    "fn serve() -> u8 {\n    // step 1: count to one\n    1\n    // end of step 1\n}\n";
const SKELETON: &str = "fn serve() -> u8 {\n    todo!(\"step 1: count to one\")\n}\n";

fn clone() -> Clone {
    let clone = Clone::new();
    clone.write("solutions/tcp-echo/src/main.rs", "mod server;\nfn main() {}\n");
    clone.write("solutions/tcp-echo/src/server.rs", SERVER);
    clone.write("solutions/tcp-echo/src/deep/table.txt", "1 2 3\n");
    clone
}

#[test]
fn every_file_of_a_solution_has_its_counterpart_and_marked_bodies_are_to_do() {
    let clone = clone();
    clone.netlings(&["skeletons"]).assert().success().stdout(contains("src/server.rs: written"));
    assert_eq!(clone.read("exercises/tcp-echo/src/server.rs"), SKELETON);
    assert_eq!(clone.read("exercises/tcp-echo/src/main.rs"), "mod server;\nfn main() {}\n");
    assert_eq!(clone.read("exercises/tcp-echo/src/deep/table.txt"), "1 2 3\n");
    clone.netlings(&["skeletons"]).assert().success().stdout("");
    clone.netlings(&["skeletons", "--check"]).assert().success();
}

#[test]
fn comparing_writes_nothing_and_says_which_files_differ_and_where() {
    let clone = clone();
    clone.netlings(&["skeletons"]).assert().success();
    let mine = SKELETON.replace("todo!(\"step 1: count to one\")", "2");
    clone.write("exercises/tcp-echo/src/server.rs", &mine);
    std::fs::remove_file(clone.path("exercises/tcp-echo/src/deep/table.txt")).unwrap();
    let told = contains("exercises/tcp-echo/src/server.rs:2: differs")
        .and(contains("exercises/tcp-echo/src/deep/table.txt: is missing"))
        .and(contains("main.rs").not());
    clone.netlings(&["skeletons", "--check", "tcp-echo"]).assert().code(1).stdout(told);
    assert_eq!(clone.read("exercises/tcp-echo/src/server.rs"), mine);
}

#[test]
fn what_is_replaced_is_kept() {
    let clone = clone();
    clone.write("exercises/tcp-echo/src/server.rs", "// an evening's work\n");
    let told = contains(".netlings/replaced/exercises/tcp-echo/src/server.rs");
    clone.netlings(&["skeletons"]).assert().success().stdout(told);
    let kept = clone.read(".netlings/replaced/exercises/tcp-echo/src/server.rs");
    assert_eq!(kept, "// an evening's work\n");
}

#[test]
fn wrong_markers_are_told_with_their_line_and_nothing_of_that_lesson_is_written() {
    let clone = clone();
    clone.write("solutions/tcp-echo/src/client.rs", "// step 3: ask\n// end of step 3\n");
    let told =
        contains("solutions/tcp-echo/src/client.rs:1:1: step 3 stands where the lesson's step 2")
            .and(contains("fix: number the lesson's steps from 1 on"));
    clone.netlings(&["skeletons"]).assert().code(4).stderr(told);
    assert!(!clone.path("exercises/tcp-echo/src/server.rs").exists());
    clone.write("solutions/tcp-echo/src/client.rs", "// step 2: ask\n");
    let told = contains("client.rs:1:1: step 2 has no end");
    clone.netlings(&["skeletons"]).assert().code(4).stderr(told);
}

#[test]
fn a_lesson_without_a_solution_is_told() {
    let clone = Clone::new();
    let told = contains("cannot read").and(contains("solutions/tcp-echo/src"));
    clone.netlings(&["skeletons"]).assert().code(4).stderr(told);
}
