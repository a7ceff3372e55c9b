//! A class of small submissions, graded by the program as an instructor runs it.

mod class;

use class::{Class, checks_of, text};
use serde_json::Value;

fn outcome_of<'a>(result: &'a Value, check: &str) -> &'a str {
    let checks = result["lessons"][0]["checks"].as_array().expect("there are checks");
    let check = checks.iter().find(|it| it["id"] == check);
    check.and_then(|it| it["outcome"].as_str()).expect("the lesson has this check")
}

#[test]
fn everybody_gets_what_their_program_deserves() {
    let class = Class::new();
    class.solution("right");
    class.skeleton("untouched");
    class.mistake("prints-rest-of-buffer", "&buffer[..count]", "&buffer");
    class.with("wants-rand", "use rand::Rng;\n");
    class.with("typo", "fn f() -> u8 { \"\" }\n");
    class.with("warned", "#![deny(warnings)]\nfn unused() { let mut x = 1; }\n");
    class.file("no-main", "src/server.rs", "fn f() {}");
    class.file("empty", "README.md", "I had no time");
    class.file("roster.csv", "", "id,name\nright,Right R\nabsent,Absent A\n");
    let done = class.grade(&["--roster", &class.path("roster.csv")]);
    assert!(done.status.success(), "{}", text(&done));
    let given = format!("--format csv --roster {}", class.path("roster.csv"));
    assert!(text(&done).contains(&given), "{}", text(&done));

    let right = class.result("right");
    assert_eq!((&right["name"], &right["sandbox"]), (&"Right R".into(), &"none".into()));
    assert_eq!(right["lessons"][0]["score"], right["lessons"][0]["max_score"]);
    let untouched = class.result("untouched");
    assert_eq!(untouched["lessons"][0]["score"], 0);
    assert_eq!(untouched["lessons"][0]["outcome"], "graded");
    let mistaken = class.result("prints-rest-of-buffer");
    assert_eq!(outcome_of(&mistaken, "one_byte"), "failed");
    assert_eq!(mistaken["submission"]["not_on_roster"], true);
    for (id, told) in [
        ("wants-rand", "`rand` is not available in this exercise"),
        ("typo", "mismatched types"),
        ("no-main", "`src/main.rs` is missing"),
    ] {
        let lesson = &class.result(id)["lessons"][0];
        assert_eq!((&lesson["outcome"], &lesson["score"]), (&"no_build".into(), &0.into()), "{id}");
        assert!(lesson["message"].as_str().is_some_and(|it| it.contains(told)), "{lesson}");
        assert!(lesson["max_score"].as_u64() > Some(0));
    }
    // Whoever asks for it has their editor warn them, but no warning decides about points.
    assert_eq!(class.result("warned")["lessons"][0]["outcome"], "graded");
    for (id, outcome) in [("empty", "empty"), ("absent", "missing")] {
        assert_eq!(class.result(id)["submission"]["outcome"], outcome);
        assert!(text(&done).contains(&format!("{id}: {outcome}")), "{}", text(&done));
    }
}

#[test]
fn a_program_never_has_the_pipe_that_its_result_goes_over() {
    let class = Class::new();
    // It shows what it has inherited, at the step where the server would begin.
    class.mistake(
        "curious",
        "let listener = TcpListener::bind(addr)?;",
        "let open = std::fs::read_dir(\"/proc/self/fd\")?.flatten();
         let open = open.filter_map(|it| std::fs::read_link(it.path()).ok());
         open.for_each(|it| eprintln!(\"open {}\", it.display()));
         let listener = TcpListener::bind(addr)?;
         if true { return Err(io::Error::other(\"seen\")); }",
    );
    let done = class.grade(&[]);
    assert!(done.status.success(), "{}", text(&done));
    let result = class.result("curious");
    let lines = result["lessons"][0]["checks"][0]["stderr"].as_array().unwrap();
    let open = lines.iter().filter_map(|line| line.as_str()?.strip_prefix("open pipe:"));
    // Whoever runs this test may have passed on some of their own.
    let links = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let mine: Vec<String> = links
        .filter_map(|it| Some(std::fs::read_link(it.path()).ok()?.display().to_string()))
        .collect();
    let own = open.filter(|it| !mine.contains(&format!("pipe:{it}")));
    assert_eq!(own.count(), 3, "beside stdin, stdout and stderr: {lines:?} {mine:?}");
}

#[test]
fn resuming_grades_again_what_changed_and_nothing_else() {
    let class = Class::new();
    class.solution("same");
    class.skeleton("changed");
    assert!(class.grade(&[]).status.success());
    let (same, changed) = (class.written("same"), class.written("changed"));
    let refused = class.grade(&[]);
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
    class.solution("changed");
    class.solution("new");
    let done = class.grade(&["--resume"]);
    assert!(done.status.success(), "{}", text(&done));
    assert_eq!(class.written("same"), same);
    assert_ne!(class.written("changed"), changed);
    for id in ["changed", "new"] {
        let lesson = &class.result(id)["lessons"][0];
        assert_eq!(lesson["score"], lesson["max_score"], "{id}");
    }
}

#[test]
fn a_regrading_lists_every_verdict_that_differs_and_why() {
    let class = Class::new();
    class.solution("same");
    class.skeleton("better");
    assert!(class.grade(&[]).status.success());
    let same = class.written("same");
    let out = class.path("out");
    let submissions = class.submissions();
    let regrade = || {
        let words =
            ["regrade", &submissions, "--lessons", "tcp-echo", "--sandbox", "none", "--out", &out];
        let done = class.run(&words);
        assert!(done.status.success(), "{}", text(&done));
        text(&done)
    };
    assert!(regrade().contains("no verdict differs"));
    class.solution("better");
    let told = regrade();
    let line = "better: tcp-echo echoes_hello: failed, now passed: another submission";
    assert!(told.contains(line), "{told}");
    assert!(!told.contains("same:"), "{told}");
    assert_eq!(class.written("same"), same);
}

#[test]
fn one_check_is_replayed_with_its_seed_and_shown() {
    let class = Class::new();
    class.mistake("ben", "&buffer[..count]", "&buffer");
    class.file("course.toml", "", "seed = 4242\n");
    assert!(class.grade(&["--course", &class.path("course.toml")]).status.success());
    let (submissions, out) = (class.submissions(), class.path("out"));
    let explain = |check: &str| {
        let words = ["explain", "ben", "tcp-echo", check, "--in", &submissions, "--out", &out];
        class.run(&[&words[..], &["--sandbox", "none"]].concat())
    };
    let failed = explain("one_byte");
    assert_eq!(failed.status.code(), Some(1), "{}", text(&failed));
    for told in ["tcp-echo  ✗ one_byte", "your server", "expected", "hint"] {
        assert!(text(&failed).contains(told), "{}", text(&failed));
    }
    let passed = explain("echoes_hello");
    assert!(passed.status.success() && text(&passed).contains("seed 4242"), "{}", text(&passed));
    assert_eq!(explain("no_such").status.code(), Some(2));
}

#[test]
fn parts_merge_to_what_one_machine_gives_and_a_missing_student_is_told() {
    let class = Class::new();
    for name in ["a", "b", "c", "d", "e"] {
        class.skeleton(name);
    }
    assert!(class.grade(&[]).status.success());
    let (first, second) = (class.path("part0"), class.path("part1"));
    for (shard, out) in [("0/2", &first), ("1/2", &second)] {
        let done = class.grade_into(out, &["--shard", shard]);
        assert!(done.status.success(), "{}", text(&done));
        assert!(text(&done).contains(&format!("class merge {out} ")), "{}", text(&done));
        assert!(!text(&done).contains("class export"), "{}", text(&done));
    }
    let merged = class.path("merged");
    let lonely = class.run(&["merge", &first, "--out", &merged]);
    assert_eq!(lonely.status.code(), Some(1), "{}", text(&lonely));
    assert!(text(&lonely).contains("no result yet"), "{}", text(&lonely));
    let double = class.run(&["merge", &first, &second, &first, "--out", &merged]);
    assert!(text(&double).contains("two results"), "{}", text(&double));
    let done = class.run(&["merge", &first, &second, "--out", &merged]);
    assert!(done.status.success(), "{}", text(&done));
    for name in ["a", "b", "c", "d", "e"] {
        let whole = checks_of(&class.result(name));
        assert_eq!(checks_of(&class.result_in(&merged, name)), whole, "{name}");
        // What a page of the class shows beside it.
        assert!(std::fs::exists(format!("{merged}/code/{name}/tcp-echo/src/main.rs")).unwrap());
    }
}

#[test]
fn nobody_is_graded_where_the_solution_fails() {
    let class = Class::new();
    class.solution("right");
    let root = class.broken_clone();
    let done = class.grade(&["--course-root", &root]);
    assert_eq!(done.status.code(), Some(4), "{}", text(&done));
    assert!(text(&done).contains("the solution of tcp-echo does not get full marks"));
    assert!(!class.has_result("right"));
}

#[test]
fn results_become_gradebooks_in_which_nobody_is_dropped_and_nothing_hidden_is_seen() {
    let class = Class::new();
    class.solution("anna");
    class.mistake("ben", "&buffer[..count]", "&buffer");
    std::fs::write(class.path("in/carl.zip"), "no zip").unwrap();
    class.file(
        "roster.csv",
        "",
        "Username,Name,Section\nanna,Anna A,=1+1\nben,,2\ncarl,,\ndora,,\n",
    );
    class.file("course.toml", "", "[weights]\ntcp-echo = 2\n[hidden]\ntcp-echo = [\"one_byte\"]\n");
    class.file(
        "corrections.toml",
        "",
        "[[correction]]\nstudent = \"ben\"\nlesson = \"tcp-echo\"\npoints = 5\nreason = \"shown\"\n",
    );
    let files = ["roster.csv", "course.toml", "corrections.toml"].map(|it| class.path(it));
    let done = class.grade(&["--roster", &files[0], "--course", &files[1]]);
    assert!(done.status.success(), "{}", text(&done));
    let out = class.path("out");
    let export = |more: &[&str]| {
        let mut words = vec!["export", &out];
        words.extend(more);
        let done = class.run(&words);
        assert!(done.status.success(), "{}", text(&done));
        String::from_utf8(done.stdout).unwrap()
    };
    let csv = export(&[
        "--format",
        "csv",
        "--roster",
        &files[0],
        "--course",
        &files[1],
        "--corrections",
        &files[2],
    ]);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(
        lines[0],
        "Username,Name,Section,tcp-echo,points,max_points,submission,late_by_s,note"
    );
    assert_eq!(lines[1], "anna,Anna A,'=1+1,17,34,34,received,0,");
    assert!(lines[2].starts_with("ben,,2,5,10,34,received,0,tcp-echo: corrected by hand"), "{csv}");
    assert!(lines[3].starts_with("carl,,,0,0,34,unreadable,0,the archive is broken"), "{csv}");
    assert_eq!(lines[4], "dora,,,0,0,34,missing,0,nothing was handed in");
    // Whoever reads it learns neither the hidden check's name nor what it found.
    for format in ["junit", "github"] {
        let seen = export(&["--format", format, "--course", &files[1]]);
        assert!(seen.contains("carl"), "{seen}");
        assert!(!seen.contains("one_byte"), "{seen}");
    }
    let folder = class.path("gradescope");
    export(&["--format", "gradescope", "--to", &folder]);
    for id in ["anna", "ben", "carl", "dora"] {
        let written = std::fs::read(format!("{folder}/{id}.json")).unwrap();
        let results: Value = serde_json::from_slice(&written).unwrap();
        assert!(results["score"].is_u64(), "{results}");
    }
}
