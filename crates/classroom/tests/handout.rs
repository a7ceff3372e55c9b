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
        Self::with_handout_of(None).0
    }

    /// A student of a course with a course file, and what was said at the handout.
    fn with_handout_of(course_file: Option<&str>) -> (Self, String) {
        let folder = tempfile::tempdir().unwrap();
        let mut handout = Command::new(env!("CARGO_BIN_EXE_netlings-class"));
        handout.args(["handout", "--out"]).arg(folder.path().join("course"));
        if let Some(content) = course_file {
            let file = folder.path().join("course.toml");
            fs::write(&file, content).unwrap();
            handout.arg("--course").arg(file);
        }
        let output = handout.current_dir(course()).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        (Self { folder }, text(&output))
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

    // Without a word of `--anyway`: there is no solution to be seen with it.
    let solution = student.cargo(&["netlings", "solution", "udp-chat"]);
    assert_eq!(solution.status.code(), Some(2));
    assert!(text(&solution).contains("student edition"), "{}", text(&solution));
}

#[test]
fn its_texts_name_nothing_that_is_not_in_it() {
    let student = Student::with_handout();
    let mut all = Vec::new();
    files(&student.place(""), &mut all);
    for page in all.iter().filter(|path| path.extension().is_some_and(|it| it == "md")) {
        let content = fs::read_to_string(page).unwrap();
        let links = content.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let file = link.split('#').next().unwrap();
            assert!(page.parent().unwrap().join(file).exists(), "{}: {link}", page.display());
        }
        for gone in ["solutions/", "cargo class", "crates/classroom", "crates/cell"] {
            assert!(!content.contains(gone), "{}: {gone}", page.display());
        }
    }
    let readme = fs::read_to_string(student.place("README.md")).unwrap();
    assert!(readme.contains("## Handing in"), "{readme}");
}

#[test]
fn a_hidden_check_is_not_asked_for_in_it_nor_named() {
    let course =
        "[hidden]\ntcp-echo = [\"half_close\"]\n[after_due_date]\ntcp-echo = [\"one_byte\"]\n";
    let (student, said) = Student::with_handout_of(Some(course));
    assert!(said.contains("2 checks that the course file hides"), "{said}");
    for id in ["half_close", "one_byte"] {
        for place in ["exercises/tcp-echo/lesson.toml", "exercises/tcp-echo/README.md"] {
            let content = fs::read_to_string(student.place(place)).unwrap();
            for quoted in [format!("\"{id}\""), format!("`{id}`")] {
                assert!(!content.contains(&quoted), "{place}: {id}");
            }
        }
    }
    // What needed one of them is asked for all the same.
    let graded = student.cargo(&["netlings", "check", "tcp-echo", "--json"]);
    let said = text(&graded);
    assert!(said.contains("replies_before_close") && !said.contains("\"half_close\""), "{said}");
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
