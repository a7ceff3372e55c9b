use serde_json::{Value, json};

use super::*;

/// A check's result as it stands in a file.
fn check(id: &str, outcome: &str, visibility: &str) -> Value {
    let points = u32::from(outcome == "passed");
    let event = json!({ "at_ms": 1.5, "peer": "client", "program": "your server", "what": "sent",
        "bytes": 6, "text": "\"hello!\"", "address": null, "times": 1 });
    json!({
        "id": id, "title": format!("`{id}` is asked for"), "points": points, "max_points": 1,
        "outcome": outcome, "message": format!("{id} is {outcome}"), "explanation": null,
        "expected": "6 bytes", "actual": "<script>alert(1)</script>", "hint": null, "seed": 7,
        "duration_ms": 12, "transcript": [event], "stderr": ["</pre><img src=http://a/>"],
        "visibility": visibility, "again": null
    })
}

fn result(id: &str, checks: &[Value]) -> StudentResult {
    let count = |key: &str| checks.iter().map(|it| it[key].as_u64().unwrap()).sum::<u64>();
    let hashes =
        json!({ "submission": "s", "kit": "k", "grader": "g", "toolchain": "t", "seed": 7 });
    let compile =
        json!({ "duration_ms": 1, "timed_out": false, "errors": [], "not_available": [] });
    let broken = checks.iter().find(|check| check["outcome"] == "infra_error");
    let lesson = json!({
        "lesson": "tcp-echo", "outcome": if broken.is_some() { "infra_error" } else { "graded" },
        "score": count("points"), "max_score": count("max_points"), "checks": checks,
        "message": broken.map_or("", |check| check["message"].as_str().unwrap()),
        "compile": compile, "hashes": hashes
    });
    let submission = json!({
        "outcome": "received", "message": "", "path": null, "form": "folder", "files": 1, "bytes": 2,
        "hash": null, "submitted_at": null, "late_by_s": null, "instead_of": [], "not_on_roster": false
    });
    let result = json!({
        "format": "netlings-result/1", "id": id, "name": "Anna <b>李</b>", "submission": submission,
        "sandbox": "none", "lessons": [lesson], "not_handed_in": []
    });
    serde_json::from_value(result).unwrap()
}

/// The pages of students and the class's, by their paths.
fn pages(results: &[StudentResult], after_due_date: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::from([("main.rs".into(), b"fn main() {} // \xe2\x80\xae<i>".to_vec())]);
    let code: Code<'_> = results
        .iter()
        .map(|result| (result.id.as_str(), BTreeMap::from([("tcp-echo", files.clone())])))
        .collect();
    let (course, none) = (CourseFile::default(), Corrections::default());
    let (class, seen) = looked_at(results, &course, &none, after_due_date);
    write(&class, &seen, &code, &course.title, folder.path()).unwrap();
    folder
}

/// What the pages are made from.
fn looked_at(
    results: &[StudentResult],
    course: &CourseFile,
    corrections: &Corrections,
    after_due_date: bool,
) -> (Statistics, Vec<Seen>) {
    let lesson = crate::merge::RunLesson {
        lesson: "tcp-echo".into(),
        max_score: results.iter().flat_map(|it| &it.lessons).map(|it| it.max_score).max().unwrap(),
        kit: String::new(),
        grader: String::new(),
        checks: run_checks(results),
    };
    let run = Run { lessons: vec![lesson], ..export::tests::run() };
    let mark = |it: &StudentResult| Mark::of(it, &run, course, corrections, after_due_date);
    let marks: Vec<Mark> = results.iter().map(mark).collect();
    let each = results.iter().cloned().zip(&marks);
    let seen = each.map(|(result, mark)| Seen::of(result, mark, course)).collect();
    (Statistics::of(results, &marks, course, Vec::new()), seen)
}

/// The checks of the first who has any.
fn run_checks(results: &[StudentResult]) -> Vec<crate::merge::RunCheck> {
    let lesson = results.iter().flat_map(|it| &it.lessons).find(|it| !it.checks.is_empty());
    let checks = lesson.into_iter().flat_map(|lesson| &lesson.checks);
    let check = |it: &crate::result::CheckResult| crate::merge::RunCheck {
        id: it.report.id.clone(),
        max_points: it.report.max_points,
        visibility: it.visibility,
    };
    checks.map(check).collect()
}

fn page_of(result: StudentResult, after_due_date: bool) -> String {
    let folder = pages(&[result], after_due_date);
    fs::read_to_string(folder.path().join("students/anna.html")).unwrap()
}

#[test]
fn a_page_of_somebody_who_has_left_the_class_goes_and_other_files_stay() {
    let folder = pages(&[result("anna", &[]), result("ben", &[])], false);
    let students = folder.path().join("students");
    fs::write(students.join("notes.txt"), "mine").unwrap();
    let (class, seen) =
        looked_at(&[result("anna", &[])], &CourseFile::default(), &Corrections::default(), false);
    let code = Code::from([("anna", BTreeMap::new())]);
    write(&class, &seen, &code, "t", folder.path()).unwrap();
    let is_there = |name: &str| students.join(name).exists();
    assert_eq!(["anna.html", "ben.html", "notes.txt"].map(is_there), [true, false, true]);
}

#[test]
fn a_students_page_is_the_same_whatever_came_of_a_hidden_check() {
    let page = |outcome| {
        let checks = [check("one", "failed", "visible"), check("secret", outcome, "hidden")];
        page_of(result("anna", &checks), true)
    };
    let without = page_of(result("anna", &[check("one", "failed", "visible")]), true);
    for outcome in ["passed", "failed", "skipped", "infra_error"] {
        assert_eq!(page(outcome), without, "{outcome}");
    }
    let mut waits = check("waits", "skipped", "visible");
    waits["message"] = "not run: it needs `secret`, which did not pass".into();
    let page = page_of(result("anna", &[waits, check("secret", "failed", "hidden")]), true);
    assert!(!page.contains("secret") && page.contains("a check that it needs"), "{page}");
    assert!(!without.contains("secret") && without.contains("0 of 1 points"), "{without}");
}

#[test]
fn what_is_shown_after_the_due_date_is_not_shown_before() {
    let checks = [check("one", "passed", "visible"), check("later", "failed", "after_due_date")];
    assert!(!page_of(result("anna", &checks), false).contains("later"));
    assert!(page_of(result("anna", &checks), true).contains("later"));
}

#[test]
fn nothing_that_a_program_printed_or_a_student_wrote_becomes_part_of_the_page() {
    let page = page_of(result("anna", &[check("one", "failed", "visible")]), false);
    for escaped in ["&lt;script&gt;", "&lt;/pre&gt;", "Anna &lt;b&gt;李", "\u{fffd}&lt;i&gt;"] {
        assert!(page.contains(escaped), "{escaped}: {page}");
    }
    assert!(!page.contains("<script") && !page.contains('\u{202e}'));
    // And a browser is told to load and run nothing.
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn a_class_sees_what_fails_most_and_who_needs_help() {
    let bad = [check("one", "failed", "visible"), check("two", "skipped", "visible")];
    let good = [check("one", "passed", "visible"), check("two", "failed", "hidden")];
    let mut best =
        result("best", &[check("one", "passed", "visible"), check("two", "passed", "visible")]);
    best.name = None;
    let all = [result("anna", &bad), result("good", &good), best];
    let (it, _) = looked_at(&all, &CourseFile::default(), &Corrections::default(), false);
    assert_eq!(
        (it.received, it.median, it.spread[0], it.spread[5], it.spread[9]),
        (3, 50, 1, 1, 1)
    );
    let failed: Vec<_> =
        it.checks.iter().map(|row| (row.id.as_str(), row.failed, row.graded)).collect();
    assert_eq!(failed, [("one", 1, 3), ("two", 1, 2)]);
    assert_eq!(it.help, [("anna".to_owned(), "stuck in tcp-echo at one".to_owned())]);
}

#[test]
fn a_browser_shows_the_pages_and_prints_them_whole() {
    let Some(chromium) =
        ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| is_there(name))
    else {
        let required = std::env::var("NETLINGS_REQUIRE").unwrap_or_default();
        assert!(!required.split(',').any(|it| it == "chromium"), "there is no Chromium here");
        eprintln!("not run: there is no Chromium here");
        return;
    };
    let folder = pages(&[result("anna", &[check("one", "failed", "visible")])], false);
    let of = |page: &str, arguments: &[&str]| {
        let mut browser = std::process::Command::new(chromium);
        browser.args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-sync",
        ]);
        browser.args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-quic",
        ]);
        browser.arg(format!("--user-data-dir={}", folder.path().join("browser").display()));
        browser.args(arguments).arg(format!("file://{}", folder.path().join(page).display()));
        let output = browser.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let seen = of("students/anna.html", &["--dump-dom"]);
    // The browser has made of the page what it is meant to be: the student's bytes are text in it.
    assert!(seen.contains("<h1>Anna &lt;b&gt;李&lt;/b&gt;</h1>"), "{seen}");
    assert_eq!(seen.matches("<img").count(), 1, "{seen}");
    let class = of("class.html", &["--dump-dom"]);
    assert!(class.contains("href=\"students/anna.html\""), "{class}");
    let pdf = folder.path().join("page.pdf");
    of(
        "students/anna.html",
        &["--no-pdf-header-footer", &format!("--print-to-pdf={}", pdf.display())],
    );
    assert!(fs::read(pdf).unwrap().starts_with(b"%PDF"));
}

fn is_there(name: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(name).is_file())
}

#[test]
fn a_correction_by_hand_is_shown_with_its_reason() {
    let text = "[[correction]]\nstudent = \"anna\"\nlesson = \"tcp-echo\"\ncheck = \"one\"\n\
                points = 1\nreason = \"seen <in> the lab\"\n";
    let corrections: Corrections = toml::from_str(text).unwrap();
    let all = [result("anna", &[check("one", "failed", "visible")])];
    let (_, seen) = looked_at(&all, &CourseFile::default(), &corrections, false);
    let page = student::page("t", &seen[0], &BTreeMap::new());
    assert!(page.contains("seen &lt;in&gt; the lab") && page.contains("1 of 1 points"), "{page}");
}

/// A result of which no check was run.
fn without_checks(id: &str, arrival: &str) -> StudentResult {
    let mut result = serde_json::to_value(result(id, &[])).unwrap();
    if arrival == "received" {
        result["lessons"][0]["outcome"] = "no_build".into();
        result["lessons"][0]["max_score"] = 2.into();
    } else {
        result["submission"]["outcome"] = arrival.into();
        result["lessons"] = json!([]);
    }
    serde_json::from_value(result).unwrap()
}

#[test]
fn the_points_on_a_page_do_not_tell_that_a_check_is_hidden() {
    let graded = [check("one", "passed", "visible"), check("secret", "passed", "hidden")];
    let all = [
        result("anna", &graded),
        without_checks("ben", "received"),
        without_checks("carl", "missing"),
    ];
    let (_, seen) = looked_at(&all, &CourseFile::default(), &Corrections::default(), false);
    for (seen, points) in seen.iter().zip(["1 of 1 points", "0 of 1 points", "0 of 1 points"]) {
        let page = student::page("t", seen, &BTreeMap::new());
        assert!(page.contains(points) && !page.contains(" of 2"), "{}: {page}", seen.result.id);
    }
}

#[test]
fn pages_have_the_points_that_the_gradebook_has() {
    let mut late =
        result("anna", &[check("one", "passed", "visible"), check("two", "failed", "visible")]);
    late.submission.late_by_s = Some(3600);
    let all = [late, without_checks("carl", "unreadable")];
    let course = "[weights]\ntcp-echo = 3\n[late]\npercent_per_day = 10\n";
    let course: CourseFile = toml::from_str(course).unwrap();
    let text = "[[correction]]\nstudent = \"carl\"\nlesson = \"tcp-echo\"\npoints = 2\nreason = \"read it\"\n";
    let corrections: Corrections = toml::from_str(text).unwrap();
    let (class, seen) = looked_at(&all, &course, &corrections, false);
    let pages: Vec<String> =
        seen.iter().map(|seen| student::page("t", seen, &BTreeMap::new())).collect();
    assert!(pages[0].contains("2.7 of 6 points") && pages[0].contains("90 %"), "{}", pages[0]);
    assert!(pages[0].contains("1 of 2 points, times 3"), "{}", pages[0]);
    assert!(pages[1].contains("6 of 6 points") && pages[1].contains("read it"), "{}", pages[1]);
    let percents: Vec<_> = class.students.iter().map(|student| student.percent).collect();
    assert_eq!(percents, [Some(45), Some(100)]);
    assert_eq!(class.help.len(), 1, "{:?}", class.help);
    assert_eq!((class.lessons[0].full, class.lessons[0].not_there), (1, 1));
}
