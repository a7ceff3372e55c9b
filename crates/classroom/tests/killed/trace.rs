//! The steps of writing, seen by strace(1), and a kill at one of them: SIGKILL comes as the system
//! call begins, which is then not carried out.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::place::{Place, finished, in_clone};

/// What changes files, and what makes that last.
const CALLS: &str = "trace=/^(mkdir|open|write|flock|fsync|fdatasync|rename|link|unlink|rmdir)";

/// Whether strace can be had; `NETLINGS_REQUIRE=strace` makes it a failure if not.
pub(crate) fn can_trace() -> bool {
    let mut trial = Command::new("strace");
    trial.args(["-o", "/dev/null", "true"]).stderr(Stdio::null());
    let can = trial.status().is_ok_and(|status| status.success());
    let required = std::env::var("NETLINGS_REQUIRE").unwrap_or_default();
    let required = required.split(',').any(|it| it.trim() == "strace");
    assert!(can || !required, "strace is required and cannot be used");
    if !can {
        eprintln!("not run: strace cannot be used here");
    }
    can
}

/// A system call of the grader's main thread that changes something below some folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Its name, and how often the thread had called it, this time included.
    pub(crate) call: String,
    pub(crate) number: usize,
    /// What it was about: a path below the folder, with `TEMP` for a temporary file's own name.
    pub(crate) about: String,
}

impl Step {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.call, self.about)
    }
}

/// A grading under strace.
pub(crate) struct Traced<'a> {
    pub(crate) place: &'a Place,
    pub(crate) out: &'a str,
    pub(crate) more: &'a [&'a str],
    /// The folder whose changes are looked at.
    pub(crate) below: PathBuf,
    /// A program that sets limits and becomes the grader.
    pub(crate) limit: Vec<String>,
    /// `grade` or `regrade`.
    pub(crate) verb: &'a str,
}

impl<'a> Traced<'a> {
    /// A grading of one student after the other, and what it writes into `out`.
    pub(crate) fn new(place: &'a Place, out: &'a str, more: &'a [&'a str]) -> Self {
        Self { place, out, more, below: place.path(out), limit: Vec::new(), verb: "grade" }
    }

    fn start(&self, injections: &[String]) -> Child {
        let mut strace = in_clone(Command::new("strace"));
        strace.args(["-y", "-e", CALLS, "-e", "signal=none"]);
        strace.args(injections.iter().map(|it| format!("--inject={it}")));
        strace.arg("-o").arg(self.place.path("log")).args(&self.limit);
        strace.arg(env!("CARGO_BIN_EXE_netlings-class"));
        let words = self.place.words(self.out, "none", &["--jobs", "1"]);
        strace.arg(self.verb).args(&words[1..]).args(self.more);
        let said = File::create(self.place.path("said")).unwrap();
        strace.stdout(said).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Grades undisturbed, and gives the steps of it.
    pub(crate) fn steps(&self) -> Vec<Step> {
        // Whatever an earlier test's killed grading left is taken away by the next grading, in steps
        // that no later one has.
        let _ = fs::remove_dir_all(self.place.path("swept"));
        finished(self.place.grade("swept", "none", &[]));
        let status = self.start(&[]).wait().unwrap();
        assert!(status.success(), "{status}");
        self.log()
    }

    /// Grades, and kills the grader as it begins `step`.
    pub(crate) fn killed_at(&self, step: &Step) {
        let kill = format!("{}:signal=KILL:when={}", step.call, step.number);
        let status = self.start(&[kill]).wait().unwrap();
        // strace ends by the signal by which its program ended.
        assert_eq!(status.signal(), Some(9), "{}: {status}", step.name());
        let last = self.log().pop().map(|it| it.name());
        assert_eq!(last, Some(step.name()), "the kill came at another step");
    }

    /// The steps that strace told of.
    fn log(&self) -> Vec<Step> {
        let log = fs::read_to_string(self.place.path("log")).unwrap();
        steps(&log, &self.below)
    }
}

fn steps(log: &str, below: &Path) -> Vec<Step> {
    let below = format!("{}/", below.display());
    let mut numbers = BTreeMap::<&str, usize>::new();
    let mut steps = Vec::new();
    for line in log.lines() {
        let Some((call, arguments)) = line.split_once('(') else { continue };
        let number = numbers.entry(call).or_default();
        *number += 1;
        let only_looks = call.starts_with("open") && !arguments.contains("O_CREAT");
        // Of a renaming the new name, which is the last.
        if let (Some(at), false) = (arguments.rfind(&below), only_looks) {
            let about = arguments[at + below.len()..].split(['"', '>']).next().unwrap_or_default();
            let about = without_temporary_names(about);
            steps.push(Step { call: call.into(), number: *number, about });
        }
    }
    steps
}

fn without_temporary_names(path: &str) -> String {
    let is_temporary = |name: &str| name.starts_with('.') || name.starts_with("run-");
    let names = path.split('/').map(|name| if is_temporary(name) { "TEMP" } else { name });
    names.collect::<Vec<_>>().join("/")
}
