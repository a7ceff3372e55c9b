//! A JUnit report: a suite for each student and lesson. It may be shown to students, so hidden checks
//! are not in it.

use std::time::Duration;

use grader::Outcome;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::Export;
use super::marks::{CheckMark, LessonMark};
use crate::ending::Stop;

pub(super) fn report(export: &Export<'_>) -> Result<String, Stop> {
    let mut report = Report::new(&*export.course.title);
    for mark in export.marks {
        for lesson in &mark.lessons {
            let mut suite = TestSuite::new(format!("{}/{}", mark.id, lesson.lesson));
            if lesson.checks.is_empty() {
                suite.add_test_case(nothing_to_check(lesson));
            }
            suite.add_test_cases(lesson.shown().map(|check| case(lesson, check)));
            report.add_test_suite(suite);
        }
    }
    report.to_string().map_err(|error| Stop::infrastructure(error.to_string()))
}

fn case(lesson: &LessonMark, check: &CheckMark) -> TestCase {
    let status = match check.outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Skipped => TestCaseStatus::skipped(),
        Outcome::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::InfraError => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    let mut case = TestCase::new(&*check.id, told(status, &check.text));
    case.set_classname(&*lesson.lesson).set_time(Duration::from_secs_f64(check.seconds));
    case
}

/// Not handed in, not compiled, not graded.
fn nothing_to_check(lesson: &LessonMark) -> TestCase {
    let kind = match lesson.score {
        Some(_) => NonSuccessKind::Failure,
        None => NonSuccessKind::Error,
    };
    let mut case = TestCase::new("build", told(TestCaseStatus::non_success(kind), &lesson.message));
    case.set_classname(&*lesson.lesson);
    case
}

fn told(mut status: TestCaseStatus, text: &str) -> TestCaseStatus {
    if !text.is_empty() {
        status.set_message(text.lines().next().unwrap_or_default()).set_description(text);
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course_file::CourseFile;
    use crate::export::marks::tests::{mark, run};

    #[test]
    fn a_report_has_each_check_that_students_may_see_and_is_read_back() {
        let (run, course, mut marks) = (run(), CourseFile::default(), [mark(false)]);
        marks[0].lessons[0].checks[1].text = "a <b>".into();
        let export = Export { run: &run, course: &course, roster: None, marks: &marks };
        let text = report(&export).unwrap();
        let read = Report::deserialize_from_str(&text).unwrap();
        let cases: Vec<&str> =
            read.test_suites[0].test_cases.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(cases, ["opens", "closes"]);
        assert!(!text.contains("secret"), "{text}");
        assert!(text.contains("a &lt;b"), "{text}");
        for broken in ["", "<testsuites>", "<testsuite name=\"x\" tests=\"many\"/>"] {
            assert!(Report::deserialize_from_str(broken).is_err(), "{broken}");
        }
    }
}
