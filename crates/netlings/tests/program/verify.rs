//! The course's own gate, on a lesson small enough to be built in a moment.

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::clone::{Clone, real, stdout};

/// A lesson with one check, a right solution, and a mistake that this check catches.
fn clone() -> Clone {
    let clone = Clone::new().with_solution();
    clone.write("exercises/tcp-echo/README.md", "Graded: errors_are_clear.\n");
    let lesson = clone.read("exercises/tcp-echo/lesson.toml");
    let head = &lesson[..lesson.find("[[check]]").unwrap()];
    let start = lesson.find("id = \"errors_are_clear\"").unwrap();
    let check = &lesson[start..][..lesson[start..].find("]\n").unwrap() + 2];
    let check: String = check
        .lines()
        .filter(|line| !line.starts_with("needs"))
        .map(|line| format!("{line}\n"))
        .collect();
    clone.write("exercises/tcp-echo/lesson.toml", &format!("{head}[[check]]\n{check}"));
    clone.write("exercises/tcp-echo/src/main.rs", "compile_error!(\"the student's own file\");\n");
    clone
        .write("solutions/tcp-echo/examples/echo.py", &real("solutions/tcp-echo/examples/echo.py"));
    clone.write(
        "solutions/tcp-echo/mistakes.toml",
        "[[mistake]]\nid = \"another-program\"\nmisconception = \"any program will do\"\n\
         file = \"src/main.rs\"\nfind = 'new(\"python3\")'\nreplace = 'new(\"false\")'\n\
         check = \"errors_are_clear\"\ncause_open = true\n",
    );
    clone
}

#[test]
fn what_a_lesson_lacks_is_told_and_what_it_has_is_counted() {
    let assert = clone().netlings(&["verify", "tcp-echo"]).assert().code(1);
    let said = stdout(&assert);
    // The suite has more checks than this small lesson; each of them is told once.
    assert!(
        said.contains("crates/checks has a check `half_close` that lesson.toml does not"),
        "{said}"
    );
    assert!(said.contains("1 other right programs"), "{said}");
    assert!(said.contains("exercises/tcp-echo/demo.toml: cannot be read: not found"), "{said}");
    assert!(!said.contains("README"), "{said}");
    let row: Vec<&str> = said
        .lines()
        .find(|line| line.starts_with("tcp-echo  "))
        .unwrap()
        .split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect();
    assert_eq!(row[..3], ["tcp-echo", "1 of 1", "1 of 1"], "{said}");
    assert!(!said.contains('\r') && !said.contains('\x1b'), "plain lines without a terminal");
}

#[test]
fn a_mistake_that_nothing_catches_and_one_that_does_not_compile_are_told() {
    let clone = clone();
    clone.change(
        "solutions/tcp-echo/mistakes.toml",
        "new(\"false\")",
        "new(&String::from(\"python3\"))",
    );
    let more =
        clone.read("solutions/tcp-echo/mistakes.toml").replace("another-program", "no-types");
    let more = more.replace("new(&String::from(\"python3\"))", "new(3)");
    let both = clone.read("solutions/tcp-echo/mistakes.toml") + &more;
    clone.write("solutions/tcp-echo/mistakes.toml", &both);
    let told = contains("`another-program` (any program will do) passes everything up to")
        .and(contains("no-types does not build").and(contains("error[E0277]")))
        .and(contains("tcp-echo  0 of 2"));
    clone.netlings(&["verify"]).assert().code(1).stdout(told);
}

#[test]
fn a_demo_that_does_not_play_to_its_end_is_told_with_its_line() {
    let clone = clone();
    let demo = "kind = \"tcp\"\n[[step]]\nstart = \"server\"\n[[step]]\nstart = \"client\"\n\
                args = [\"--no-such-option\"]\n[[step]]\nwait = \"client exits\"\ncode = 0\n";
    clone.write("exercises/tcp-echo/demo.toml", demo);
    let told = contains("demo.toml:8:8: client ended with exit code 2, not with exit code 0");
    clone.netlings(&["verify"]).assert().code(1).stdout(told);
}

#[test]
fn a_wrong_solution_and_a_skeleton_with_a_warning_are_told() {
    let clone = clone();
    clone.change("solutions/tcp-echo/src/main.rs", "\"python3\"", "\"true\"");
    clone.change("solutions/tcp-echo/mistakes.toml", "\"python3\"", "\"true\"");
    clone.change("solutions/tcp-echo/src/main.rs", "fn main", "use std::fmt::Debug;\nfn main");
    let told = contains("tcp-echo-solution is right, but does not pass `errors_are_clear`")
        .and(contains("the skeleton compiles with a warning").and(contains("unused import")));
    clone.netlings(&["verify"]).assert().code(1).stdout(told);
}

#[test]
fn a_skeleton_is_graded_by_the_checks_that_wait_for_others_too() {
    let clone = clone();
    let waiting = "\n[[check]]\nid = \"client_prints_reply\"\ntitle = \"t\"\npoints = 1\n\
                   needs = [\"errors_are_clear\"]\nhints = [\"h\"]\n";
    let lesson = clone.read("exercises/tcp-echo/lesson.toml");
    clone.write("exercises/tcp-echo/lesson.toml", &format!("{lesson}{waiting}"));
    // A client that the skeleton has already.
    let solution = clone.read("solutions/tcp-echo/src/main.rs");
    let client = solution.lines().filter(|line| !line.contains("step 1")).collect::<Vec<_>>();
    let client = client.join("\n").replace("fn main", "fn client");
    let client = client.replace("python3", "env").replace(".arg(", ".arg(\"python3\").arg(");
    let start = "fn main() {\n    if std::env::args().any(|word| word == \"client\") { client() }";
    let both = format!("{}\n{client}\n", solution.replace("fn main() {", start));
    clone.write("solutions/tcp-echo/src/main.rs", &both);
    let told = contains("the untouched skeleton passes `client_prints_reply`");
    clone.netlings(&["verify"]).assert().code(1).stdout(told);
}

#[test]
fn a_machine_without_the_other_language_is_in_the_way_and_skips_nothing() {
    let clone = clone();
    // A PATH with cargo and the compiler, and no python3.
    let tools = clone.path("tools");
    std::fs::create_dir(&tools).unwrap();
    for tool in ["cc", "ld"] {
        if let Some(found) = which(tool) {
            std::os::unix::fs::symlink(found, tools.join(tool)).unwrap();
        }
    }
    let rustc = which("rustc").unwrap();
    let path = std::env::join_paths([tools.as_path(), rustc.parent().unwrap()]).unwrap();
    let mut verify = clone.netlings(&["verify"]);
    verify.env("PATH", path).assert().code(4).stdout(contains("echo.py could not be graded"));
}

fn which(tool: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(tool)).find(|file| file.is_file())
}
