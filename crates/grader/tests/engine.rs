//! The engine against programs that this binary itself plays: polite ones, broken ones, and ones
//! that do all they can to outlive their grading.

use grader::*;
use libtest_mimic::{Arguments, Completion, Trial};

#[path = "engine/actor.rs"]
mod actor;
#[path = "engine/grading.rs"]
mod grading;
#[path = "engine/judging.rs"]
mod judging;
// Guards, limits and namespaces of Linux, and its /proc, are what these are about.
#[cfg(target_os = "linux")]
#[path = "engine/guarding.rs"]
mod guarding;
#[cfg(target_os = "linux")]
#[path = "engine/machine.rs"]
mod machine;
#[cfg(target_os = "linux")]
#[path = "engine/stubborn.rs"]
mod stubborn;

fn main() {
    guard::serve_if_asked();
    actor::play_if_asked();
    let mut trials = Vec::new();
    trials.extend(grading::trials());
    trials.extend(judging::trials());
    #[cfg(target_os = "linux")]
    trials
        .extend([guarding::trials(), machine::trials(), stubborn::trials()].into_iter().flatten());
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// A test under the name of its function.
macro_rules! trials {
    ($($name:ident),* $(,)?) => {
        pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
            vec![$($crate::trial(stringify!($name), $name)),*]
        }
    };
}
pub(crate) use trials;

fn trial<E: End + 'static>(name: &str, body: fn() -> E) -> Trial {
    Trial::ignorable_test(name, move || Ok(body().completion()))
}

/// What a test that did not panic gives back: nothing, or why it could not be run here.
trait End {
    fn completion(self) -> Completion;
}

impl End for () {
    fn completion(self) -> Completion {
        Completion::Completed
    }
}

impl End for Completion {
    fn completion(self) -> Completion {
        self
    }
}

/// This binary in one of its roles as a program under test.
fn acting(part: &str) -> Subject {
    // Not current_exe: one of the tests takes /proc away.
    let me = std::env::args_os().next().expect("cargo and the tests give a path");
    Subject::program(me).with(actor::MARK).with(part)
}

/// Grades `subject` with one check and gives the report.
fn graded(subject: &Subject, body: fn(&mut Run) -> Verdict) -> CheckReport {
    graded_within(LIMIT, subject, body)
}

/// [`graded`] with another limit for the check.
fn graded_within(
    limit: std::time::Duration,
    subject: &Subject,
    body: fn(&mut Run) -> Verdict,
) -> CheckReport {
    let check = Check { id: "it", body, limit, waits: false };
    let checks: &'static [Check] = Box::leak(Box::new([check]));
    let suite = Suite { lesson: "lesson", checks };
    let text = text::Text {
        path: "lesson.toml".into(),
        content: "title = 't'\nsummary = 's'\nneeds = []\nminutes = 1\n[[check]]\nid = 'it'\n\
                  title = 'the sentence'\npoints = 1\nneeds = []\nhints = ['the hint']\n\
                  [explanations]\nknown = 'The known misconception.'\n"
            .into(),
    };
    let lesson = Lesson::parse("lesson".into(), text).expect("the text is right");
    let grading = Grading::new(&suite, &lesson, subject);
    grading.run(&|_| {}).checks.remove(0)
}
