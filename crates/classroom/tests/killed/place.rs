//! A small class that is quick to grade, and what is written of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const LESSON: &str = "udp-time-server";

/// Only checks that take no time of the clock: every moment of a grading is as likely as another.
const COURSE: &str = r#"
[left_out]
udp-time-server = ["tells_the_time", "three_zones", "counts_and_intervals", "asks_again",
    "stranger_ignored", "silent_server", "twenty_clients", "bounded_reply", "errors_are_clear"]
"#;

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("it is two below")
}

/// Submissions, a roster and a course file; gradings go into folders beside them.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(roster: &str) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(place.path("in")).unwrap();
        place.file("course.toml", COURSE);
        place.file("roster.csv", &format!("id\n{roster}"));
        place
    }

    /// Two that handed in nothing: all that there is to do is writing.
    pub(crate) fn of_two_absent() -> Self {
        Self::new("carl\ndora\n")
    }

    /// One whose files are no program.
    pub(crate) fn of_files(files: &[(&str, &str)]) -> Self {
        let place = Self::new("anna\n");
        place.hand_in(files);
        place
    }

    /// Hands in anna's files anew.
    pub(crate) fn hand_in(&self, files: &[(&str, &str)]) {
        let _ = fs::remove_dir_all(self.path("in/anna"));
        files.iter().for_each(|(name, content)| self.hand_in_for("anna", name, content));
    }

    /// A result of each kind.
    pub(crate) fn of_six() -> Self {
        let place = Self::new("anna\nben\ncarl\ndora\nemil\nfrida\n");
        ["anna", "ben", "frida"].iter().for_each(|id| place.solution(id));
        let server = place.path(&source("ben", "server.rs"));
        let right = fs::read_to_string(&server).unwrap();
        let (find, replace) = ("\"error: no time", "\"no time");
        assert_eq!(right.matches(find).count(), 1);
        fs::write(server, right.replace(find, replace)).unwrap();
        place.file("in/carl.zip", "no zip");
        place.file(&source("emil", "main.rs"), "fn main() -> u8 { \"\" }\n");
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// The finished program, and a file in a folder further down.
    fn solution(&self, id: &str) {
        for entry in fs::read_dir(root().join("solutions").join(LESSON).join("src")).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            self.file(&source(id, &name), &fs::read_to_string(entry.path()).unwrap());
        }
        self.file(&source(id, "further/down.rs"), "// unused\n");
    }

    /// The words after the program's name that grade the class into `out`.
    pub(crate) fn words(&self, out: &str, tier: &str, more: &[&str]) -> Vec<String> {
        let place = |name: &str| self.path(name).display().to_string();
        let mut words = vec!["grade".to_owned(), place("in")];
        for (option, value) in [
            ("--lessons", LESSON.to_owned()),
            ("--course", place("course.toml")),
            ("--roster", place("roster.csv")),
            ("--out", place(out)),
            ("--sandbox", tier.to_owned()),
        ] {
            words.extend([option.to_owned(), value]);
        }
        words.extend(more.iter().map(|word| (*word).to_owned()));
        words
    }

    /// Hands in a file for somebody.
    pub(crate) fn hand_in_for(&self, id: &str, name: &str, content: &str) {
        self.file(&source(id, name), content);
    }

    pub(crate) fn grade(&self, out: &str, tier: &str, more: &[&str]) -> Command {
        let mut command = grader();
        command.args(self.words(out, tier, more));
        command
    }

    /// Goes on to the end, and gives all that is written then.
    pub(crate) fn resumed(&self, out: &str, tier: &str) -> Tree {
        finished(self.grade(out, tier, &["--resume"]));
        self.tree(out)
    }

    /// Every file below `out`.
    pub(crate) fn tree(&self, out: &str) -> Tree {
        let (top, mut files) = (self.path(out), BTreeMap::new());
        let mut folders = vec![top.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(&top).unwrap().display().to_string();
                    files.insert(name, fs::read(path).unwrap());
                }
            }
        }
        Tree(files)
    }
}

/// Where a student's file stands.
fn source(id: &str, name: &str) -> String {
    format!("in/{id}/exercises/{LESSON}/src/{name}")
}

/// The program, as it is started in a clone.
fn grader() -> Command {
    in_clone(Command::new(env!("CARGO_BIN_EXE_netlings-class")))
}

pub(crate) fn in_clone(mut command: Command) -> Command {
    command.current_dir(root()).stdin(Stdio::null());
    for name in ["SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "JOB_COMPLETION_INDEX"] {
        command.env_remove(name);
    }
    command
}

/// Runs it to its end, which is a good one.
pub(crate) fn finished(mut command: Command) -> Output {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {} {said}", output.status);
    output
}

/// Files by their names.
pub(crate) struct Tree(pub(crate) BTreeMap<String, Vec<u8>>);

impl Tree {
    /// The results that are there.
    pub(crate) fn results(&self) -> impl Iterator<Item = (&String, &Vec<u8>)> {
        let is_result = |name: &str| name.starts_with("results/") && name.ends_with(".json");
        self.0.iter().filter(move |(name, _)| is_result(name))
    }

    /// A file less what is another each time: how long things took, and what was seen when.
    pub(crate) fn lasting(&self, name: &str) -> Option<String> {
        let bytes = self.0.get(name)?;
        Some(match name.ends_with(".json") {
            true => lasting(bytes).unwrap_or_else(|| panic!("{name} is half-written")),
            false => String::from_utf8_lossy(bytes).into_owned(),
        })
    }

    /// Looks that both are the same but for what is another each time.
    pub(crate) fn is_as(&self, other: &Self) {
        let names = |tree: &Self| tree.0.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(self), names(other));
        for name in self.0.keys() {
            assert_eq!(self.lasting(name), other.lasting(name), "{name}");
        }
    }
}

fn lasting(document: &[u8]) -> Option<String> {
    fn clear(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, _| name != "duration_ms" && name != "transcript");
                fields.values_mut().for_each(clear);
            }
            Value::Array(values) => values.iter_mut().for_each(clear),
            _ => {}
        }
    }
    let mut value = serde_json::from_slice(document).ok()?;
    clear(&mut value);
    Some(value.to_string())
}
