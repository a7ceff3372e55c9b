//! A new lesson: what its name can be, and that nothing is half-written. That `verify` is content with
//! it is tried in adding_a_lesson.rs.

use std::fs;

use predicates::str::contains;

use crate::clone::{Clone, real};

fn clone() -> Clone {
    let clone = Clone::new();
    clone.write("crates/checks/src/lib.rs", &real("crates/checks/src/lib.rs"));
    clone.write("crates/checks/src/zoo/lions.rs", "");
    clone.write("solutions/half-there/README.md", "");
    clone.write("Cargo.lock", "[[package]]\nname = \"tokio\"\nversion = \"1.0.0\"\n");
    clone
}

/// Every file and folder of the clone.
fn everything(clone: &Clone) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![clone.root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            found.push(path.display().to_string());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_name_that_cannot_be_is_refused_with_the_reason_and_nothing_is_written() {
    let clone = clone();
    let before = everything(&clone);
    let wrong = [
        ("TCP-Echo", "takes a-z"),
        ("tcp_echo", "takes a-z"),
        ("1-echo", "begins with a letter"),
        ("echo-", "ends without -"),
        ("e--cho", "single -"),
        ("../echo", "takes a-z"),
        ("\x1b[2J", "`␛[2J`"),
        ("", "takes a-z"),
        ("an-echo-that-is-longer-than-any-column", "at most 32"),
        ("loop", "a word of Rust"),
        ("async", "a word of Rust"),
        ("tokio", "a crate of that name"),
        ("test", "keeps that name"),
        ("nul", "keeps that name"),
        ("errors", "keeps that name"),
        ("tcp-echo", "exercises/tcp-echo is there already"),
        ("half-there", "solutions/half-there is there already"),
        ("zoo", "crates/checks/src/zoo is there already"),
        ("udp-time-server", "crates/checks/src/udp_time_server"),
        ("tcp-echo-solution", "the solution of `tcp-echo`"),
    ];
    clone.write("crates/checks/src/udp_time_server.rs", "");
    for (name, why) in wrong {
        clone.netlings(&["new", "--", name]).assert().code(2).stdout("").stderr(contains(why));
    }
    fs::remove_file(clone.path("crates/checks/src/udp_time_server.rs")).unwrap();
    assert_eq!(everything(&clone), before);
    clone.netlings(&["new"]).assert().code(2);
}

/// A module of the name would hide what the list of lessons uses: it would not compile any more.
#[test]
fn every_name_that_the_list_of_lessons_uses_itself_is_refused() {
    let clone = clone();
    clone.write("Cargo.lock", &real("Cargo.lock"));
    let list = real("crates/checks/src/lib.rs");
    let word = |line: &str, before: &str, after: char| {
        line.strip_prefix(before)?.split_once(after).map(|(word, _)| word.to_owned())
    };
    let modules: Vec<_> = list.lines().filter_map(|line| word(line, "mod ", ';')).collect();
    for module in &modules {
        clone.write(&format!("crates/checks/src/{module}.rs"), "");
    }
    let crates: Vec<_> = list.lines().filter_map(|line| word(line, "use ", ':')).collect();
    assert!(crates.contains(&"grader".into()) && modules.contains(&"errors".into()), "{list}");
    let before = everything(&clone);
    for name in crates.iter().chain(&modules) {
        let name = name.replace('_', "-");
        clone.netlings(&["new", &name]).assert().code(2).stdout("").stderr(contains(name));
    }
    assert_eq!(everything(&clone), before);
}

#[test]
fn what_goes_wrong_midway_leaves_nothing_half_written() {
    let clone = clone();
    // The last place to write to is none.
    fs::remove_dir_all(clone.path("solutions")).unwrap();
    clone.write("solutions", "a file stands in the way");
    let before = everything(&clone);
    clone.netlings(&["new", "lions"]).assert().code(4).stderr(contains("solutions/lions"));
    assert_eq!(everything(&clone), before);

    fs::remove_file(clone.path("solutions")).unwrap();
    fs::create_dir(clone.path("solutions")).unwrap();
    clone.change(
        "crates/checks/src/lib.rs",
        "static SUITES: &[Suite]",
        "static SUITES: [Suite; 2]",
    );
    let before = everything(&clone);
    let told = contains("lib.rs:1:1: the lists of the lessons are not in the form");
    clone.netlings(&["new", "lions"]).assert().code(4).stderr(told);
    assert_eq!(everything(&clone), before);
    fs::remove_dir_all(clone.path("crates")).unwrap();
    clone.netlings(&["new", "lions"]).assert().code(4).stderr(contains("lib.rs: cannot be read"));
}

#[test]
fn every_file_has_the_lessons_name_and_none_the_templates() {
    let clone = clone();
    clone.netlings(&["new", "feed-lions"]).assert().success();
    let files = everything(&clone).into_iter().filter(|path| {
        let path = path.replace('_', "-");
        path.contains("feed-lions") && fs::metadata(path).is_ok_and(|it| it.is_file())
    });
    let files: Vec<_> = files.collect();
    assert!(files.len() > 8, "{files:?}");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("new-lesson") && !text.contains("new_lesson"), "{file}");
    }
    let skeleton = clone.read("exercises/feed-lions/src/server.rs");
    assert!(skeleton.contains("todo!(\"step 1: "), "{skeleton}");
    let list = clone.read("crates/checks/src/lib.rs");
    assert!(
        list.contains("mod feed_lions;\n") && list.contains("    feed_lions::SUITE,\n"),
        "{list}"
    );
    clone.netlings(&["list"]).assert().success().stdout(contains("feed-lions"));
}
