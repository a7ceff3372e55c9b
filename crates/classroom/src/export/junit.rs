//! A JUnit report: a suite for each student and lesson. It may be shown to students, so hidden checks
//! are not in it.
//!
//! There is no one form of that name. This is what Jenkins's schema allows
//! (<https://github.com/junit-team/junit-framework/blob/main/platform-tests/src/test/resources/jenkins-junit.xsd>)
//! and GitLab shows (<https://docs.gitlab.com/ci/testing/unit_test_reports/>).

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
            let name = format!("{}/{}", mark.id, lesson.lesson);
            let mut suite = TestSuite::new(&*name);
            if lesson.checks.is_empty() {
                suite.add_test_case(nothing_to_check(&name, lesson));
            }
            suite.add_test_cases(lesson.shown().map(|check| case(&name, check)));
            report.add_test_suite(suite);
        }
    }
    report.to_string().map_err(|error| Stop::infrastructure(error.to_string()))
}

/// A check. The suite's name stands in each: GitLab shows no other, and of two cases with the same
/// names it drops one.
fn case(suite: &str, check: &CheckMark) -> TestCase {
    let status = match check.outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Skipped => TestCaseStatus::skipped(),
        Outcome::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::InfraError => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    let mut case = TestCase::new(&*check.id, told(status, &check.text));
    case.set_classname(suite).set_time(Duration::from_secs_f64(check.seconds));
    case
}

/// Not handed in, not compiled, not graded.
fn nothing_to_check(suite: &str, lesson: &LessonMark) -> TestCase {
    let kind = match lesson.score {
        Some(_) => NonSuccessKind::Failure,
        None => NonSuccessKind::Error,
    };
    let mut case = TestCase::new("build", told(TestCaseStatus::non_success(kind), &lesson.message));
    case.set_classname(suite);
    case
}

fn told(mut status: TestCaseStatus, text: &str) -> TestCaseStatus {
    // The schema allows no attribute to what was skipped.
    if let (TestCaseStatus::NonSuccess { .. }, Some(first)) = (&status, text.lines().next()) {
        status.set_message(first);
    }
    if !text.is_empty() {
        status.set_description(text);
    }
    status
}

#[cfg(test)]
mod tests;
