//! A class that is made for one test.

#![allow(dead_code, reason = "each test uses some of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

pub(crate) struct Class {
    folder: tempfile::TempDir,
}

/// What was printed, for a failing test.
pub(crate) fn text(output: &Output) -> String {
    let both = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    both.join("\n")
}

/// Each check's name, outcome and points.
pub(crate) fn checks_of(result: &Value) -> Vec<(String, String, u64)> {
    let lessons = result["lessons"].as_array().into_iter().flatten();
    let checks = lessons.flat_map(|lesson| lesson["checks"].as_array().into_iter().flatten());
    let told = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    checks
        .map(|it| (told(&it["id"]), told(&it["outcome"]), it["points"].as_u64().unwrap_or(0)))
        .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("it is two below")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

impl Class {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    pub(crate) fn submissions(&self) -> String {
        self.path("in")
    }

    fn sources(&self, id: &str) -> PathBuf {
        self.folder.path().join("in").join(id).join("exercises/tcp-echo/src")
    }

    /// A student that hands in the finished program.
    pub(crate) fn solution(&self, id: &str) {
        copy(&root().join("solutions/tcp-echo/src"), &self.sources(id));
    }

    /// One that hands in what was there at the beginning.
    pub(crate) fn skeleton(&self, id: &str) {
        copy(&root().join("exercises/tcp-echo/src"), &self.sources(id));
    }

    /// One whose finished server is wrong in one place.
    pub(crate) fn mistake(&self, id: &str, find: &str, replace: &str) {
        self.solution(id);
        let file = self.sources(id).join("server.rs");
        let right = fs::read_to_string(&file).unwrap();
        assert_eq!(right.matches(find).count(), 1, "{find}");
        fs::write(file, right.replace(find, replace)).unwrap();
    }

    /// One whose finished program begins with more.
    pub(crate) fn with(&self, id: &str, more: &str) {
        self.solution(id);
        let file = self.sources(id).join("main.rs");
        let right = fs::read_to_string(&file).unwrap();
        // What belongs to the whole file stands before everything else.
        let (inner, items) = more.split_at(more.find("]\n").map_or(0, |at| at + 2));
        fs::write(file, format!("{inner}{right}\n{items}")).unwrap();
    }

    /// A file of a student's, or one beside them.
    pub(crate) fn file(&self, id: &str, name: &str, content: &str) {
        let folder = self.folder.path();
        let path =
            if name.is_empty() { folder.join(id) } else { folder.join("in").join(id).join(name) };
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netlings-class"));
        command.args(arguments).current_dir(root()).stdin(Stdio::null());
        for name in ["SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "JOB_COMPLETION_INDEX"] {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn grade(&self, options: &[&str]) -> Output {
        self.grade_into(&self.path("out"), options)
    }

    pub(crate) fn grade_into(&self, out: &str, options: &[&str]) -> Output {
        self.grade_command(out, options).output().unwrap()
    }

    pub(crate) fn grade_command(&self, out: &str, options: &[&str]) -> Command {
        let submissions = self.submissions();
        let mut words = vec!["grade", &submissions, "--lessons", "tcp-echo", "--out", out];
        if !options.contains(&"--sandbox") {
            words.extend(["--sandbox", "none"]);
        }
        words.extend(options);
        self.command(&words)
    }

    pub(crate) fn written(&self, id: &str) -> String {
        fs::read_to_string(self.path(&format!("out/results/{id}.json"))).unwrap()
    }

    pub(crate) fn has_result(&self, id: &str) -> bool {
        Path::new(&self.path(&format!("out/results/{id}.json"))).exists()
    }

    pub(crate) fn result(&self, id: &str) -> Value {
        serde_json::from_str(&self.written(id)).unwrap()
    }

    pub(crate) fn result_in(&self, out: &str, id: &str) -> Value {
        let path = Path::new(out).join("results").join(format!("{id}.json"));
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }

    /// A clone of the course whose solution of tcp-echo is its skeleton.
    pub(crate) fn broken_clone(&self) -> String {
        let clone = self.folder.path().join("clone");
        for part in ["crates", "exercises", "solutions"] {
            copy(&root().join(part), &clone.join(part));
        }
        for file in ["Cargo.toml", "Cargo.lock"] {
            fs::copy(root().join(file), clone.join(file)).unwrap();
        }
        copy(&root().join("exercises/tcp-echo/src"), &clone.join("solutions/tcp-echo/src"));
        clone.display().to_string()
    }
}
