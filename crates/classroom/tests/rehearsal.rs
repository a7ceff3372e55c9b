//! A made-up class of all lessons, graded twice in different ways while the machine is busy.

mod class;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use class::{Class, text};

/// Loops that keep the processors busy until this is dropped.
struct Load(Arc<AtomicBool>);

impl Load {
    fn begun() -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            let ends = Arc::clone(&ends);
            std::thread::spawn(move || {
                while !ends.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        Self(ends)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A made-up class in a folder of its own.
fn made(class: &Class, students: &str) -> String {
    let folder = class.path("made");
    let made = class.run(&["rehearse", "make", &folder, "--students", students, "--one-each"]);
    assert!(made.status.success(), "{}", text(&made));
    folder
}

/// The grading of a made-up class of all lessons.
fn grading(class: &Class, made: &str, out: &str, options: &[&str]) -> Command {
    let submissions = Path::new(made).join("submissions").display().to_string();
    let words = ["grade", &submissions, "--sandbox", "none", "--out", out];
    class.command(&[&words[..], options].concat())
}

#[test]
fn a_class_graded_in_parts_and_as_a_whole_under_load_has_the_same_verdicts_and_the_right_ones() {
    let class = Class::new();
    let made = made(&class, "24");
    let _load = Load::begun();
    let (parts, merged, whole) = (class.path("parts"), class.path("merged"), class.path("whole"));
    let begin = |shard| -> Child {
        let mut grading = grading(&class, &made, &parts, &["--shard", shard, "--jobs", "2"]);
        grading.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    for part in [begin("0/2"), begin("1/2")] {
        let done = part.wait_with_output().unwrap();
        assert!(done.status.success(), "{}", text(&done));
    }
    let done = class.run(&["merge", &parts, "--out", &merged]);
    assert!(done.status.success(), "{}", text(&done));
    let done = grading(&class, &made, &whole, &["--jobs", "7"]).output().unwrap();
    assert!(done.status.success(), "{}", text(&done));
    let compared = class.run(&["rehearse", "compare", &made, &merged, &whole]);
    assert!(compared.status.success(), "{}", text(&compared));
    assert!(text(&compared).contains("2 gradings, 48 programs"), "{}", text(&compared));
}

#[test]
fn a_verdict_that_is_not_deserved_or_differs_is_told() {
    let class = Class::new();
    let made = made(&class, "6");
    let [one, other] = ["one", "other"].map(|it| class.path(it));
    let only = ["--lessons", "tcp-echo"];
    for out in [&one, &other] {
        let done = grading(&class, &made, out, &only).output().unwrap();
        assert!(done.status.success(), "{}", text(&done));
    }
    // The fourth of six has tcp-echo. All else is not in the results, and that is told too.
    let file = Path::new(&other).join("results/student-0004.json");
    let mut result = class.result_in(&other, "student-0004");
    let check = &mut result["lessons"][0]["checks"][0];
    let before = check["outcome"].as_str().unwrap().to_owned();
    let now = if before == "passed" { "failed" } else { "passed" };
    check["outcome"] = now.into();
    std::fs::write(file, result.to_string()).unwrap();
    let compared = class.run(&["rehearse", "compare", &made, &one, &other]);
    assert_eq!(compared.status.code(), Some(1), "{}", text(&compared));
    let told = text(&compared);
    assert!(told.contains("student-0001: nothing of file-ipc in the result"), "{told}");
    assert!(told.contains("student-0004: tcp-echo: echoes_hello: "), "{told}");
    assert!(told.contains("in one grading"), "{told}");
}
