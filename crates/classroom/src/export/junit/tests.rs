//! JUnit reports, read by Jenkins's schema.

use std::collections::BTreeSet;

use quick_xml::events::{BytesStart, Event};

use super::*;
use crate::course_file::CourseFile;
use crate::export::marks::tests::{mark, run};

/// What the schema says of an element: its attributes, with `!` behind those that it must have, the
/// elements in it, and whether there may be text in it. `file` is GitLab's.
fn rules(element: &str) -> Option<(&'static [&'static str], &'static [&'static str], bool)> {
    const OUTCOME: &[&str] = &["type", "message"];
    Some(match element {
        "" => (&[], &["testsuites", "testsuite"], false),
        "testsuites" => {
            (&["name", "time", "tests", "failures", "disabled", "errors"], &["testsuite"], false)
        }
        "testsuite" => (
            &[
                "name!",
                "tests!",
                "failures",
                "errors",
                "time",
                "disabled",
                "skipped",
                "timestamp",
                "hostname",
                "id",
                "package",
            ],
            &["properties", "testcase", "system-out", "system-err"],
            false,
        ),
        "testcase" => (
            &["name!", "assertions", "time", "classname", "status", "file"],
            &["skipped", "error", "failure", "system-out", "system-err"],
            false,
        ),
        "properties" => (&[], &["property"], false),
        "property" => (&["name!", "value!"], &[], false),
        "failure" | "error" => (OUTCOME, &[], true),
        "skipped" | "system-out" | "system-err" => (&[], &[], true),
        _ => return None,
    })
}

/// An element that is open: its name, what is in it so far, and how many it says there are.
struct Open {
    name: String,
    cases: usize,
    failures: usize,
    told: [Option<usize>; 2],
}

/// What is wrong with a report.
fn wrong(text: &str) -> Option<String> {
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let top = Open { name: String::new(), cases: 0, failures: 0, told: [None; 2] };
    let (mut open, mut cases) = (vec![top], BTreeSet::new());
    loop {
        let within = open.last_mut()?;
        match reader.read_event() {
            Err(error) => return Some(error.to_string()),
            Ok(Event::Start(start)) => match begin(&start, within, &mut cases) {
                Ok(next) => open.push(next),
                Err(why) => return Some(why),
            },
            Ok(Event::End(_)) => {
                let done = open.pop()?;
                let is_suite = done.name.starts_with("testsuite");
                let counted = [done.cases, done.failures];
                let is_right = |(told, counted): (&Option<usize>, usize)| {
                    told.is_none_or(|told| told == counted)
                };
                if is_suite && !done.told.iter().zip(counted).all(is_right) {
                    return Some(format!("there are {counted:?}, not {:?}", done.told));
                }
                let within = open.last_mut()?;
                within.cases += done.cases + usize::from(done.name == "testcase");
                within.failures += done.failures + usize::from(done.name == "failure");
            }
            Ok(Event::Text(text)) => {
                let has_text = !text.decode().ok()?.trim().is_empty();
                if has_text && !rules(&within.name).is_some_and(|(_, _, text)| text) {
                    return Some(format!("text in <{}>", within.name));
                }
            }
            Ok(Event::Eof) => {
                let is_whole = open.len() == 1 && within_is_done(&open[0]);
                return (!is_whole).then(|| "it breaks off".into());
            }
            Ok(_) => {}
        }
    }
}

fn within_is_done(top: &Open) -> bool {
    top.cases > 0
}

/// An element begins within another.
fn begin(
    start: &BytesStart<'_>,
    within: &Open,
    cases: &mut BTreeSet<(String, String)>,
) -> Result<Open, String> {
    let name = String::from_utf8_lossy(start.name().as_ref()).into_owned();
    let allowed = rules(&within.name).map_or(&[][..], |(_, elements, _)| elements);
    if !allowed.contains(&&*name) {
        return Err(format!("<{name}> in <{}>", within.name));
    }
    let (known, ..) = rules(&name).ok_or("an unknown element")?;
    let attributes = start.attributes().collect::<Result<Vec<_>, _>>();
    let attributes = attributes.map_err(|error| error.to_string())?;
    let value = |wanted: &str| -> Option<String> {
        let it = attributes.iter().find(|it| it.key.as_ref() == wanted.as_bytes())?;
        it.unescape_value().ok().map(|value| value.into_owned())
    };
    for attribute in &attributes {
        let key = String::from_utf8_lossy(attribute.key.as_ref());
        if !known.iter().any(|it| it.trim_end_matches('!') == key) {
            return Err(format!("{key} of <{name}>"));
        }
    }
    let missing = known.iter().filter_map(|it| it.strip_suffix('!')).find(|it| value(it).is_none());
    if let Some(missing) = missing {
        return Err(format!("<{name}> without {missing}"));
    }
    let mut told = [None; 2];
    for (told, wanted) in told.iter_mut().zip(["tests", "failures"]) {
        let number = value(wanted).map(|it| it.parse::<usize>());
        *told = number.transpose().map_err(|_| format!("{wanted} is no number"))?;
    }
    if value("time").is_some_and(|time| !time.parse::<f64>().is_ok_and(|it| it >= 0.0)) {
        return Err("a time is no number".into());
    }
    // GitLab drops the second of two.
    let names = ["classname", "name"].map(|it| value(it).unwrap_or_default());
    if name == "testcase" && !cases.insert(names.into()) {
        return Err("two cases with the same names".into());
    }
    Ok(Open { name, cases: 0, failures: 0, told })
}

/// GitLab's example (<https://docs.gitlab.com/ci/testing/unit_test_reports/>).
const PUBLISHED: &str = r#"<testsuites>
  <testsuite name="Authentication Tests" tests="1" failures="1">
    <testcase classname="LoginTest" name="test_invalid_password" file="spec/auth_spec.rb" time="0.23">
      <failure>Expected authentication to fail</failure>
      <system-out>[[ATTACHMENT|screenshots/failure.png]]</system-out>
    </testcase>
  </testsuite>
</testsuites>"#;

#[test]
fn the_published_example_is_a_report_and_broken_ones_are_none() {
    assert_eq!(wrong(PUBLISHED), None);
    for (good, broken) in [
        ("<testsuites>", "<testsuites>\nUnit"),
        ("name=\"test_invalid_password\"", ""),
        ("tests=\"1\"", "tests=\"many\""),
        ("failures=\"1\"", "failures=\"0\""),
        ("</testsuite>", ""),
        ("<failure>", "<failure reason=\"x\">"),
    ] {
        assert!(wrong(&PUBLISHED.replacen(good, broken, 1)).is_some(), "{broken}");
    }
    assert!(wrong("").is_some());
}

#[test]
fn a_report_has_each_check_that_students_may_see_and_is_what_the_schema_allows() {
    let (run, course) = (run(), CourseFile::default());
    let mut marks = [mark(false), mark(false), mark(false)];
    marks[0].lessons[0].checks[0].outcome = Outcome::Failed;
    marks[0].lessons[0].checks[0].text = "a <b> & \u{7}\u{1b}[31m ]]>\nand \"more\"".into();
    marks[1].id = "ben".into();
    marks[2].id = "carl".into();
    marks[2].lessons[0].checks.clear();
    marks[2].lessons[0].message = "it does not compile".into();
    let export = Export { run: &run, course: &course, roster: None, marks: &marks };
    let text = report(&export).unwrap();
    assert_eq!(wrong(&text), None, "{text}");
    assert!(!text.contains("secret"), "{text}");
    assert!(text.contains("a &lt;b"), "{text}");
    let read = Report::deserialize_from_str(&text).unwrap();
    let cases = read.test_suites.iter().flat_map(|it| &it.test_cases).map(|it| it.name.as_str());
    assert_eq!(cases.collect::<Vec<_>>(), ["opens", "closes", "opens", "closes", "build"]);
}
