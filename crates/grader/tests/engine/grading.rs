//! Several checks of one lesson: order, needs, seeds.

use std::sync::Mutex;

use grader::*;

use crate::acting;

crate::trials![
    what_needs_a_failed_check_is_skipped_and_so_is_what_needs_that,
    a_check_alone_runs_what_it_needs_unseen,
    what_keeps_a_check_from_being_graded_is_reported_with_it,
    what_a_system_cannot_run_is_in_nothings_way,
    reports_stand_in_the_lessons_order,
    a_given_seed_reaches_every_check,
    a_check_that_the_course_lacks_is_the_machines_trouble,
    the_next_hint_follows_those_that_were_seen,
];

const TEXT: &str = "title = 't'\nsummary = 's'\nneeds = []\nminutes = 1\n\
    [[check]]\nid = 'first'\ntitle = 'one'\npoints = 2\nneeds = []\nhints = ['h1', 'h2']\n\
    [[check]]\nid = 'second'\ntitle = 'two'\npoints = 3\nneeds = ['first']\nhints = ['h']\n\
    [[check]]\nid = 'third'\ntitle = 'three'\npoints = 5\nneeds = ['second']\nhints = ['h']\n\
    [[check]]\nid = 'other'\ntitle = 'four'\npoints = 7\nneeds = []\nhints = ['h']\n";

/// The four checks' names and bodies.
type Table = [(&'static str, fn(&mut Run) -> Verdict); 4];

fn passes(_: &mut Run) -> Verdict {
    Ok(())
}

fn fails(run: &mut Run) -> Verdict {
    Err(Failure::new(run.seed().to_string()).into())
}

fn graded(checks: Table, set: impl FnOnce(&mut Grading<'_>)) -> (LessonReport, Vec<String>) {
    let checks = checks.map(|(id, body)| Check { id, body, limit: LIMIT, waits: id == "other" });
    let suite = Suite { lesson: "lesson", checks: Box::leak(Box::new(checks)) };
    let text = text::Text { path: "lesson.toml".into(), content: TEXT.into() };
    let lesson = Lesson::parse("lesson".into(), text).expect("the text is right");
    let subject = acting("silent");
    let mut grading = Grading::new(&suite, &lesson, &subject);
    set(&mut grading);
    let told = Mutex::new(Vec::new());
    let report = grading.run(&|report| told.lock().unwrap().push(report.id.clone()));
    (report, told.into_inner().unwrap())
}

fn outcomes(report: &LessonReport) -> Vec<(&str, Outcome)> {
    report.checks.iter().map(|check| (&*check.id, check.outcome)).collect()
}

fn what_needs_a_failed_check_is_skipped_and_so_is_what_needs_that() {
    use Outcome::{Failed, Passed, Skipped};
    let checks: Table =
        [("first", passes), ("second", fails), ("third", passes), ("other", passes)];
    let (report, told) = graded(checks, |_| {});
    let expected = [("first", Passed), ("second", Failed), ("third", Skipped), ("other", Passed)];
    assert_eq!(outcomes(&report), expected);
    assert_eq!((report.score, report.max_score), (9, 17));
    assert!(report.checks[2].message.contains("needs `second`"));
    assert_eq!(told.len(), 4);
}

fn a_check_alone_runs_what_it_needs_unseen() {
    let checks: Table =
        [("first", passes), ("second", passes), ("third", passes), ("other", fails)];
    let (report, told) = graded(checks, |grading| grading.only = vec!["third".into()]);
    assert_eq!(outcomes(&report), [("third", Outcome::Passed)]);
    assert_eq!(told, ["first", "second", "third"]);
    assert_eq!((report.score, report.max_score), (5, 5));
}

fn what_keeps_a_check_from_being_graded_is_reported_with_it() {
    use Outcome::{Failed, Skipped};
    let checks: Table = [("first", passes), ("second", fails), ("third", passes), ("other", fails)];
    let (report, _) = graded(checks, |grading| grading.only = vec!["third".into()]);
    assert_eq!(outcomes(&report), [("second", Failed), ("third", Skipped)]);
}

fn what_a_system_cannot_run_is_in_nothings_way() {
    use Outcome::{Passed, Skipped};
    fn not_here(_: &mut Run) -> Verdict {
        Err(Trouble::Skipped("not on this system".into()))
    }
    let checks: Table =
        [("first", not_here), ("second", passes), ("third", passes), ("other", passes)];
    let (report, _) = graded(checks, |_| {});
    let expected = [("first", Skipped), ("second", Passed), ("third", Passed), ("other", Passed)];
    assert_eq!(outcomes(&report), expected);
}

fn reports_stand_in_the_lessons_order() {
    let checks: Table =
        [("other", passes), ("third", passes), ("first", passes), ("second", passes)];
    let (report, _) = graded(checks, |grading| grading.jobs = 3);
    let order: Vec<_> = report.checks.iter().map(|check| &*check.id).collect();
    assert_eq!(order, ["first", "second", "third", "other"]);
}

fn a_given_seed_reaches_every_check() {
    let checks: Table = [("first", fails), ("second", fails), ("third", fails), ("other", fails)];
    let (report, _) = graded(checks, |grading| grading.seed = Some(4711));
    let failed = report.checks.iter().filter(|check| check.outcome == Outcome::Failed);
    assert!(failed.clone().all(|check| check.message == "4711"), "{report:#?}");
    assert_eq!(failed.count(), 2);
    assert!(report.checks[0].alone.ends_with("--check first --seed 4711"));
}

fn a_check_that_the_course_lacks_is_the_machines_trouble() {
    let checks: Table =
        [("first", passes), ("second", passes), ("third", passes), ("misspelt", passes)];
    let (report, _) = graded(checks, |_| {});
    assert_eq!(report.checks[3].outcome, Outcome::InfraError);
    assert_eq!(report.outcome, LessonOutcome::InfraError);
}

fn the_next_hint_follows_those_that_were_seen() {
    let checks: Table =
        [("first", fails), ("second", passes), ("third", passes), ("other", passes)];
    for (seen, hint) in [(0, "h1"), (1, "h2"), (9, "h2")] {
        let (report, _) = graded(checks, |grading| {
            grading.hints_seen.insert("first".into(), seen);
        });
        assert_eq!(report.checks[0].hint.as_deref(), Some(hint));
    }
}
