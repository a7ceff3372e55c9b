//! A made-up class of three lessons, graded twice in different ways while the machine is busy.

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
fn made(class: &Class, students: &str, lessons: &str) -> String {
    let folder = class.path("made");
    let words = ["rehearse", "make", &folder, "--students", students, "--lessons", lessons];
    let made = class.run(&[&words[..], &["--one-each"]].concat());
    assert!(made.status.success(), "{}", text(&made));
    folder
}

/// The grading of a made-up class.
fn grading(class: &Class, made: &str, lessons: &str, out: &str, options: &[&str]) -> Command {
    let submissions = Path::new(made).join("submissions").display().to_string();
    let words = ["grade", &submissions, "--lessons", lessons, "--sandbox", "none", "--out", out];
    class.command(&[&words[..], options].concat())
}

#[test]
fn a_class_graded_in_parts_and_as_a_whole_under_load_has_the_same_verdicts_and_the_right_ones() {
    let class = Class::new();
    let lessons = "tcp-echo,tcp-chat,udp-chat";
    let made = made(&class, "24", lessons);
    let _load = Load::begun();
    let (parts, merged, whole) = (class.path("parts"), class.path("merged"), class.path("whole"));
    let begin = |shard| -> Child {
        let mut grading =
            grading(&class, &made, lessons, &parts, &["--shard", shard, "--jobs", "2"]);
        grading.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    for part in [begin("0/2"), begin("1/2")] {
        let done = part.wait_with_output().unwrap();
        assert!(done.status.success(), "{}", text(&done));
    }
    let done = class.run(&["merge", &parts, "--out", &merged]);
    assert!(done.status.success(), "{}", text(&done));
    let done = grading(&class, &made, lessons, &whole, &["--jobs", "7"]).output().unwrap();
    assert!(done.status.success(), "{}", text(&done));
    let compared = class.run(&["rehearse", "compare", &made, &merged, &whole]);
    assert!(compared.status.success(), "{}", text(&compared));
    assert!(text(&compared).contains("2 gradings, 48 programs"), "{}", text(&compared));
}

#[test]
fn a_verdict_that_is_not_deserved_or_differs_is_told() {
    let class = Class::new();
    let made = made(&class, "2", "tcp-echo");
    let [one, other] = ["one", "other"].map(|it| class.path(it));
    for out in [&one, &other] {
        let done = grading(&class, &made, "tcp-echo", out, &[]).output().unwrap();
        assert!(done.status.success(), "{}", text(&done));
    }
    let file = |id: &str| Path::new(&other).join(format!("results/{id}.json"));
    let mut result = class.result_in(&other, "student-0001");
    let lesson = &mut result["lessons"][0];
    assert_eq!(lesson["outcome"], "graded", "the first student hands in the solution: {lesson}");
    lesson["checks"][0]["outcome"] = "failed".into();
    std::fs::write(file("student-0001"), result.to_string()).unwrap();
    std::fs::remove_file(file("student-0002")).unwrap();
    let compared = class.run(&["rehearse", "compare", &made, &one, &other]);
    assert_eq!(compared.status.code(), Some(1), "{}", text(&compared));
    for told in [
        "other: student-0001: tcp-echo: the solution should have full marks: it was graded, 17/17",
        "student-0001: tcp-echo: echoes_hello: passed 1/1 in one grading, failed 1/1 in another",
        "other: student-0002: no result",
    ] {
        assert!(text(&compared).contains(told), "{told}: {}", text(&compared));
    }
}
