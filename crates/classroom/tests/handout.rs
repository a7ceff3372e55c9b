//! The student edition: it is whole without what students don't get.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn course() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A student who has the edition in a folder.
struct Student {
    folder: tempfile::TempDir,
}

impl Student {
    fn with_handout() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut handout = Command::new(env!("CARGO_BIN_EXE_netlings-class"));
        handout.args(["handout", "--out"]).arg(folder.path().join("course"));
        let output = handout.current_dir(course()).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        Self { folder }
    }

    fn place(&self, place: &str) -> PathBuf {
        self.folder.path().join("course").join(place)
    }

    /// cargo, as a student types it. What it builds is kept for the next run of this test.
    fn cargo(&self, arguments: &[&str]) -> Output {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("handout");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(arguments).current_dir(self.place("")).env("CARGO_TARGET_DIR", target);
        cargo.output().unwrap()
    }
}

/// All files below `folder`.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn it_builds_grades_and_resets_without_a_solution_in_it() {
    let student = Student::with_handout();
    let mut all = Vec::new();
    files(&student.place(""), &mut all);
    let names: Vec<String> = all.iter().map(|path| path.display().to_string()).collect();
    for kept_back in ["solutions", "mistakes.toml", "examples", "/docs/lessons", "classroom"] {
        let is_it = |name: &&String| name.contains(kept_back) && !name.contains("/templates/");
        assert_eq!(names.iter().find(is_it), None);
    }

    let map = student.cargo(&["run", "--quiet"]);
    assert!(map.status.success() && text(&map).contains("tcp-echo"), "{}", text(&map));

    let untouched = student.cargo(&["test", "--quiet", "--package", "tcp-echo"]);
    let said = text(&untouched);
    assert!(!untouched.status.success() && said.contains("step 1"), "{said}");

    // A student passes with a program that keeps the contract, whoever wrote it.
    for place in ["server.rs", "client.rs"] {
        let right = course().join("solutions/tcp-echo/src").join(place);
        fs::copy(right, student.place("exercises/tcp-echo/src").join(place)).unwrap();
    }
    let passed = student.cargo(&["netlings", "check", "tcp-echo"]);
    assert!(passed.status.success(), "{}", text(&passed));

    let reset = student.cargo(&["netlings", "reset", "tcp-echo"]);
    assert!(reset.status.success(), "{}", text(&reset));
    let server = fs::read(student.place("exercises/tcp-echo/src/server.rs")).unwrap();
    let skeleton = fs::read(course().join("exercises/tcp-echo/src/server.rs")).unwrap();
    assert_eq!(server, skeleton);

    let solution = student.cargo(&["netlings", "solution", "tcp-echo", "--anyway"]);
    assert_eq!(solution.status.code(), Some(2));
    assert!(text(&solution).contains("student edition"), "{}", text(&solution));
}

#[test]
fn what_is_there_already_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine"), "mine").unwrap();
    let mut handout = Command::new(env!("CARGO_BIN_EXE_netlings-class"));
    handout.args(["handout", "--out"]).arg(folder.path()).current_dir(course());
    let output = handout.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("is not empty"), "{}", text(&output));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
