//! What `verify` expects of the gradings: which check catches a mistake, what is said of it, and
//! that every explanation is evidence.

use grader::lesson::Lesson;
use grader::{CheckReport, LessonReport, Outcome};

use crate::mistake::Mistake;
use crate::words::author as words;

/// A difference from what was expected, with the report that shows it where there is one.
pub(crate) struct Difference {
    pub(crate) words: String,
    pub(crate) shown: Option<CheckReport>,
}

impl Difference {
    fn new(words: String, report: &CheckReport) -> Self {
        Self { words, shown: Some(report.clone()) }
    }
}

/// The first check that the machine could not run, if there is one: then nothing is known.
pub(crate) fn broken(report: &LessonReport) -> Option<&CheckReport> {
    report.checks.iter().find(|check| check.outcome == Outcome::InfraError)
}

/// A right program passes every check.
pub(crate) fn passes_all(name: &str, report: &LessonReport) -> Vec<Difference> {
    let mut wrong = report.checks.iter().filter(|check| check.outcome != Outcome::Passed);
    // One is enough to read: those behind it may have the same cause.
    let first =
        wrong.next().map(|check| Difference::new(words::should_pass(name, &check.id), check));
    first.into_iter().collect()
}

/// The untouched skeleton, graded without the checks' needs, fails every check, and each failure
/// says which step is to do.
pub(super) fn is_all_to_do(report: &LessonReport) -> Vec<Difference> {
    let wrong = report.checks.iter().filter_map(|check| {
        let words = match check.outcome {
            Outcome::Passed => words::skeleton_passes(&check.id),
            Outcome::Skipped => words::skeleton_is_skipped(&check.id, &check.message),
            Outcome::Failed if check.step_to_do.is_none() => words::skeleton_is_silent(&check.id),
            Outcome::Failed | Outcome::InfraError => return None, // the latter is told before
        };
        Some(Difference::new(words, check))
    });
    wrong.collect()
}

/// The checks, in the lesson's order, up to the one that catches `mistake`: one of those before it
/// might trip too, and then it would be the first.
pub(super) fn checks_up_to<'a>(lesson: &'a Lesson, mistake: &Mistake) -> Vec<&'a str> {
    let ids = lesson.checks.iter().map(|check| check.id.as_str());
    let named = ids.clone().position(|id| id == mistake.check).map_or(0, |at| at + 1);
    ids.take(named).collect()
}

/// A mistake's first failing check is the one it names, and its failure says what it must.
pub(crate) fn is_caught(mistake: &Mistake, report: &LessonReport) -> Option<Difference> {
    let Some(first) = report.checks.iter().find(|check| check.outcome != Outcome::Passed) else {
        let words = words::mistake_passes(mistake);
        return Some(Difference { words, shown: None });
    };
    if first.outcome != Outcome::Failed {
        let words = words::mistake_is_skipped(mistake, &first.id, &first.message);
        return Some(Difference::new(words, first));
    }
    if first.id != mistake.check {
        let words = words::caught_by_another(mistake, &first.id);
        return Some(Difference::new(words, first));
    }
    if !mistake.says.is_said_by(first) {
        let words = words::says_something_else(mistake);
        return Some(Difference::new(words, first));
    }
    None
}

/// What was said of a mistake: the check that caught it and the explanation's name.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) mistake: String,
    pub(super) check: String,
    pub(super) explanation: Option<&'static str>,
}

impl Said {
    pub(super) fn of(mistake: &Mistake, report: &LessonReport) -> Option<Self> {
        let failed = report.checks.iter().find(|check| check.outcome == Outcome::Failed)?;
        Some(Self {
            mistake: mistake.id.clone(),
            check: failed.id.clone(),
            explanation: failed.explanation_id,
        })
    }
}

/// Every explanation is given to some mistake; and wherever it is given, another mistake trips the
/// same check without getting it. Else it could be a sentence that is simply always printed.
pub(super) fn explanations_are_evidence(lesson: &Lesson, said: &[Said]) -> Vec<String> {
    let mut problems = Vec::new();
    for id in lesson.explanations.keys() {
        let given: Vec<&Said> =
            said.iter().filter(|it| it.explanation == Some(id.as_str())).collect();
        if given.is_empty() {
            problems.push(words::explanation_never_given(id));
        }
        let mut checks: Vec<&str> = given.iter().map(|it| it.check.as_str()).collect();
        checks.sort_unstable();
        checks.dedup();
        for check in checks {
            let other = |it: &&Said| it.check == check && it.explanation != Some(id.as_str());
            if !said.iter().any(|it| other(&it)) {
                let mistakes = given.iter().filter(|it| it.check == check);
                let names: Vec<&str> = mistakes.map(|it| it.mistake.as_str()).collect();
                problems.push(words::explanation_always_given(id, check, &names.join(", ")));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mistake::Says;
    use grader::text::Text;
    use grader::{LessonOutcome, Subject};

    fn lesson() -> Lesson {
        let content = "title = \"t\"\nsummary = \"s\"\nminutes = 1\n".to_owned()
            + &["one", "two", "three"]
                .map(|id| {
                    format!(
                        "[[check]]\nid = \"{id}\"\ntitle = \"t\"\npoints = 1\nhints = [\"h\"]\n"
                    )
                })
                .concat()
            + "[explanations]\na = \"An explanation.\"\nb = \"Another.\"\n";
        Lesson::parse("l".into(), Text { path: "lesson.toml".into(), content }).unwrap()
    }

    fn mistake(check: &str, says: Says) -> Mistake {
        Mistake {
            id: "m".into(),
            misconception: "m".into(),
            file: "src/main.rs".into(),
            source: String::new(),
            check: check.into(),
            says,
        }
    }

    /// A grading in which the checks that are named failed with an explanation, or without.
    fn graded(failed: &[(&str, Option<&'static str>)]) -> LessonReport {
        let lesson = lesson();
        let suite = grader::Suite { lesson: "l", checks: &[] };
        let subject = Subject::program("none");
        let mut report = grader::Grading::new(&suite, &lesson, &subject).run(&|_| {});
        report.outcome = LessonOutcome::Graded;
        for check in &mut report.checks {
            check.outcome = Outcome::Passed;
            if let Some((_, explanation)) = failed.iter().find(|(id, _)| *id == check.id) {
                check.outcome = Outcome::Failed;
                check.explanation_id = *explanation;
                check.explanation = explanation.map(|id| lesson.explanations[id].clone());
                check.cause_open = explanation.is_none();
            }
        }
        report
    }

    fn difference(mistake: &Mistake, report: &LessonReport) -> String {
        is_caught(mistake, report).map(|it| it.words).unwrap_or_default()
    }

    #[test]
    fn a_mistake_is_caught_by_the_check_it_names_with_the_phrase_it_names() {
        let open = mistake("two", Says::CauseOpen);
        assert_eq!(difference(&open, &graded(&[("two", None), ("three", Some("a"))])), "");
        assert!(difference(&open, &graded(&[])).contains("passes"));
        assert!(difference(&open, &graded(&[("one", None), ("two", None)])).contains("`one`"));
        assert!(difference(&open, &graded(&[("three", None)])).contains("`three`"));
        assert!(difference(&open, &graded(&[("two", Some("a"))])).contains("open cause"));
        let phrase = mistake("two", Says::Phrase("explanation".into()));
        assert_eq!(difference(&phrase, &graded(&[("two", Some("a"))])), "");
        assert!(difference(&phrase, &graded(&[("two", Some("b"))])).contains("`explanation`"));
        assert!(difference(&phrase, &graded(&[("two", None)])).contains("`explanation`"));
    }

    #[test]
    fn a_mistake_is_graded_by_the_checks_up_to_the_one_it_names() {
        let lesson = lesson();
        assert_eq!(checks_up_to(&lesson, &mistake("one", Says::CauseOpen)), ["one"]);
        assert_eq!(checks_up_to(&lesson, &mistake("two", Says::CauseOpen)), ["one", "two"]);
    }

    #[test]
    fn a_skeleton_that_passes_is_skipped_or_fails_without_its_step_is_told() {
        let mut report = graded(&[("one", None), ("two", None)]);
        report.checks[0].step_to_do = Some("1: bind".into());
        let told = |report: &LessonReport| {
            is_all_to_do(report).into_iter().map(|it| it.words).collect::<Vec<_>>()
        };
        let both = told(&report);
        assert!(both[0].contains("`two`") && both[0].contains("step"), "{both:?}");
        assert!(both[1].contains("`three`") && both[1].contains("passes"), "{both:?}");
        assert_eq!(both.len(), 2);
        report.checks[2].outcome = Outcome::Skipped;
        let skipped = told(&report);
        assert!(skipped[1].contains("never comes to `three`"), "{skipped:?}");
    }

    #[test]
    fn an_explanation_must_be_given_to_one_mistake_and_not_to_another_of_the_same_check() {
        let said = |mistake: &str, check: &str, explanation: Option<&'static str>| Said {
            mistake: mistake.into(),
            check: check.into(),
            explanation,
        };
        let good = [
            said("m", "one", Some("a")),
            said("n", "one", None),
            said("o", "two", Some("b")),
            said("p", "two", Some("a")),
        ];
        let problems = explanations_are_evidence(&lesson(), &good);
        assert!(problems.is_empty(), "{problems:?}");
        let never = explanations_are_evidence(&lesson(), &good[..2]);
        assert!(never.len() == 1 && never[0].contains("`b`"), "{never:?}");
        let always = explanations_are_evidence(&lesson(), &[&good[2..], &good[..1]].concat());
        assert!(always.len() == 1 && always[0].contains("`a`") && always[0].contains("`one`"));
    }
}
