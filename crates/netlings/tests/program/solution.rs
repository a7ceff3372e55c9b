//! The solution beside the student's own files.

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::clone::{Clone, stdout};

const SERVER: &str = "//! Counts.\n\nfn one() -> u8 {\n    // step 1: count to one\n    // Not two.\n    1\n    // end of step 1\n}\n";

fn clone() -> Clone {
    let clone = Clone::new();
    clone.write("solutions/tcp-echo/src/main.rs", "mod server;\nfn main() {}\n");
    clone.write("solutions/tcp-echo/src/server.rs", SERVER);
    clone.netlings(&["skeletons"]).assert().success();
    clone
}

#[test]
fn before_the_lesson_has_passed_it_is_refused_with_what_to_do_next() {
    let clone = clone();
    let next = contains("tcp-echo has not passed yet: 0 of 17 points")
        .and(contains("cargo netlings check tcp-echo"))
        .and(contains("cargo netlings hint tcp-echo"))
        .and(contains("cargo netlings solution tcp-echo --anyway"));
    clone.netlings(&["solution", "tcp-echo"]).assert().code(1).stdout("").stderr(next);
}

#[test]
fn it_is_a_diff_without_the_markers_and_its_parts_name_their_steps() {
    let diff = "--- exercises/tcp-echo/src/server.rs\n\
                +++ solutions/tcp-echo/src/server.rs\n\
                @@ -1,5 +1,6 @@ step 1: count to one\n \
                 //! Counts.\n \n \
                 fn one() -> u8 {\n\
                -    todo!(\"step 1: count to one\")\n\
                +    // Not two.\n\
                +    1\n \
                 }\n";
    let mine = contains("main.rs").not().and(contains("end of step").not());
    let assert = clone().netlings(&["solution", "tcp-echo", "--anyway"]).assert().success();
    assert.stdout(contains(diff).and(mine).and(contains("solutions/tcp-echo")));
    let coloured = clone();
    let coloured = coloured.netlings(&["solution", "tcp-echo", "--anyway", "--color", "always"]);
    let red_and_green = contains("\x1b[31m-    todo!").and(contains("\x1b[32m+    1"));
    { coloured }.assert().stdout(red_and_green);
}

#[test]
fn a_file_that_one_side_alone_has_is_told() {
    let clone = clone();
    clone.write("exercises/tcp-echo/src/mine.rs", "fn mine() {}\n");
    std::fs::remove_file(clone.path("exercises/tcp-echo/src/server.rs")).unwrap();
    let told = contains("Only yours: exercises/tcp-echo/src/mine.rs")
        .and(contains("@@ -0,0 +1,6 @@ step 1"))
        .and(contains("+fn one() -> u8 {"));
    clone.netlings(&["solution", "tcp-echo", "--anyway"]).assert().success().stdout(told);
    std::fs::remove_dir_all(clone.path("exercises/tcp-echo/src")).unwrap();
    let all = contains("+mod server;").and(contains("+fn one"));
    clone.netlings(&["solution", "tcp-echo", "--anyway"]).assert().success().stdout(all);
}

#[test]
fn who_has_passed_sees_it_and_who_wrote_the_same_is_told_so() {
    let clone = clone();
    let progress = |outcome: &str| {
        let ids = clone.read("exercises/tcp-echo/lesson.toml");
        let ids = ids.lines().filter_map(|line| line.strip_prefix("id = "));
        let checks = ids.map(|id| format!("{id}: {{\"outcome\": \"{outcome}\"}}"));
        let checks = checks.collect::<Vec<_>>().join(",");
        let text = format!(
            "{{\"format\":\"netlings-progress/1\",\"lessons\":{{\"tcp-echo\":{{\"checks\":{{{checks}}}}}}}}}"
        );
        clone.write(".netlings/progress.json", &text);
    };
    progress("passed");
    clone.netlings(&["solution", "tcp-echo"]).assert().success().stdout(contains("+    1\n"));
    let own =
        SERVER.replace("    // step 1: count to one\n", "").replace("    // end of step 1\n", "");
    clone.write("exercises/tcp-echo/src/server.rs", &own.replace('\n', "\r\n"));
    let same = stdout(&clone.netlings(&["solution", "tcp-echo"]).assert().success());
    assert_eq!(same, "Your files are the solution's, line by line.\n");
    progress("failed");
    clone.netlings(&["solution", "tcp-echo"]).assert().code(1);
}

#[test]
fn what_is_broken_is_told_and_what_it_does_not_need_is_not_in_its_way() {
    let clone = clone();
    clone.write("exercises/tcp-echo/lesson.toml", "title = 1\n");
    clone.netlings(&["solution", "tcp-echo"]).assert().code(4).stderr(contains("lesson.toml:1:9"));
    clone.netlings(&["solution", "tcp-echo", "--anyway"]).assert().success();
    clone.write("solutions/tcp-echo/src/server.rs", "// step 1: a\n");
    let told = contains("server.rs:1:1: step 1 has no end");
    clone.netlings(&["solution", "tcp-echo", "--anyway"]).assert().code(4).stderr(told);
    std::fs::remove_dir_all(clone.path("solutions")).unwrap();
    let told = contains("cannot read").and(contains("solutions/tcp-echo/src"));
    clone.netlings(&["solution", "tcp-echo", "--anyway"]).assert().code(4).stderr(told);
}
