//! The parts of the bench that reckon: benches/course.rs is no test binary, so they are tested here.

#[path = "../benches/course/cargo_json.rs"]
mod cargo_json;
#[path = "../benches/course/graded.rs"]
mod graded;
#[path = "../benches/course/series.rs"]
mod series;
#[path = "../benches/course/table.rs"]
mod table;
#[path = "../benches/course/versus.rs"]
mod versus;

use cargo_json::{compiled, executable, repeated};
use graded::{Graded, longest_wait, read};
use series::{Contender, Series, in_turn};
use table::{Goal, Row, show};
use versus::Wanted;

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What cargo says about a finished unit of its work.
fn message(id: &str, kind: &str, name: &str, fresh: bool) -> String {
    format!(
        r#"{{"reason":"compiler-artifact","package_id":"{id}","manifest_path":"x",
            "target":{{"kind":["{kind}"],"crate_types":["lib"],"name":"{name}","src_path":"x"}},
            "features":["std"],"filenames":[],"executable":null,"fresh":{fresh}}}"#
    )
}

#[test]
fn a_compilation_is_told_from_what_was_fresh() {
    let id = format!("{CRATES_IO}#clap@4.6.7");
    let clap = compiled(&message(&id, "lib", "clap", false)).unwrap();
    assert_eq!((clap.package.as_str(), clap.part.as_str()), ("clap@4.6.7", "lib clap"));
    assert!(clap.is_third_party);
    assert_eq!(compiled(&message(&id, "lib", "clap", true)), None);
}

#[test]
fn the_courses_own_crates_are_known_by_their_path() {
    for id in ["path+file:///course/crates/netkit#0.1.0", "path+file:///course#netkit@0.1.0"] {
        let netkit = compiled(&message(id, "lib", "netkit", false)).unwrap();
        assert_eq!(netkit.package, "netkit@0.1.0");
        assert!(!netkit.is_third_party);
    }
}

#[test]
fn what_is_no_message_compiles_nothing() {
    assert_eq!(compiled("step 1 is still to do"), None);
    assert_eq!(compiled(r#"{"reason":"build-finished","success":true}"#), None);
}

#[test]
fn a_program_is_found_by_its_target() {
    let line = message("path+file:///echo#0.1.0", "bin", "echo", true)
        .replace(r#""executable":null"#, r#""executable":"/target/debug/echo""#);
    assert_eq!(executable(&line, "echo"), Some("/target/debug/echo".into()));
    assert_eq!(executable(&line, "other"), None);
}

#[test]
fn a_build_script_and_its_library_are_two_parts_of_one_crate() {
    let of = |kind| compiled(&message(&format!("{CRATES_IO}#libc@0.2.1"), kind, "libc", false));
    let once: Vec<_> = ["lib", "custom-build"].into_iter().filter_map(of).collect();
    assert!(repeated(&once).is_empty());
    let twice: Vec<_> = ["lib", "lib"].into_iter().filter_map(of).collect();
    let repeated = repeated(&twice);
    assert_eq!(repeated.keys().collect::<Vec<_>>(), ["libc@0.2.1 (lib libc)"]);
    assert_eq!(repeated["libc@0.2.1 (lib libc)"][1].features, ["std"]);
}

#[test]
fn one_slow_round_does_not_move_the_median() {
    assert_eq!(Series::new(vec![3.0, 900.0, 1.0, 2.0, 4.0]).median(), 3.0);
    assert_eq!(Series::new(vec![4.0, 1.0]).median(), 2.5);
    assert_eq!(Series::new(vec![7.0]).median(), 7.0);
}

#[test]
fn the_middle_half_leaves_a_quarter_out_at_each_end() {
    let eleven = (1..=11).rev().map(f64::from).collect();
    assert_eq!(Series::new(eleven).middle_half(), (3.0, 9.0));
    assert_eq!(Series::new(vec![5.0]).middle_half(), (5.0, 5.0));
}

#[test]
fn contenders_take_turns() {
    let turns = std::cell::RefCell::new(String::new());
    let contender = |name: char, result: f64| -> Contender<'_> {
        let turns = &turns;
        Box::new(move || {
            turns.borrow_mut().push(name);
            Ok(result)
        })
    };
    let series = in_turn(3, vec![contender('a', 1.0), contender('b', 2.0)]).unwrap();
    assert_eq!(*turns.borrow(), "ababab");
    assert_eq!(series, [Series::new(vec![1.0; 3]), Series::new(vec![2.0; 3])]);
}

#[test]
fn a_contender_that_cannot_run_ends_it() {
    let failing: Contender<'_> = Box::new(|| anyhow::bail!("no such program"));
    assert!(in_turn(3, vec![failing]).is_err());
}

#[test]
fn columns_are_aligned_and_a_missed_goal_stands_out() {
    let row = |what: &str, is_met| Row {
        what: what.into(),
        figure: "1 ms".into(),
        reference: "build 10 ms".into(),
        compared: "+1 ms".into(),
        goal: Goal::new("< 2 ms", is_met),
        notes: vec![format!("of {what}")],
    };
    let text = show(&[row("short", true), row("a longer one", false)]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "                figure  reference    compared  goal    met");
    assert_eq!(lines[1], "  short         1 ms    build 10 ms  +1 ms     < 2 ms  yes");
    assert_eq!(lines[2], "  a longer one  1 ms    build 10 ms  +1 ms     < 2 ms  NO");
    assert_eq!(lines[3..], ["    of short", "    of a longer one"]);
}

#[test]
fn a_server_is_to_beat_python_and_to_come_near_socat() {
    let is_met = |wanted, ours, other| {
        let (ours, other) = (Series::new(vec![ours]), Series::new(vec![other]));
        versus::row("echo", "/s", &ours, "other", &other, wanted).goal.is_some_and(|it| it.is_met)
    };
    assert!(is_met(Wanted::Above, 80.0, 79.0));
    assert!(!is_met(Wanted::Above, 79.0, 79.0));
    assert!(is_met(Wanted::Near, 80.0, 100.0));
    assert!(!is_met(Wanted::Near, 79.0, 100.0));
}

#[test]
fn a_grading_is_read_with_what_the_course_says_of_its_checks() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let lesson = grader::Lesson::load(&root.join("exercises/udp-time-server")).unwrap();
    let suite = checks::suite("udp-time-server").unwrap();
    let check = |id, outcome| format!(r#"{{"id":"{id}","outcome":"{outcome}","duration_ms":17}}"#);
    let checks = [check("tells_the_time", "passed"), check("literal_text", "skipped")].join(",");
    let document =
        format!(r#"{{"format":"netlings-result/1","lessons":[{{"checks":[{checks}]}}]}}"#);
    let graded = read(&document, &lesson, suite).unwrap();
    let of = |one: &Graded| (one.is_passed, one.took, one.waits);
    assert_eq!(
        graded.iter().map(of).collect::<Vec<_>>(),
        [(true, 17.0, true), (false, 17.0, false)]
    );
    assert_eq!(graded[1].needs, ["tells_the_time"]);
    assert!(read("error: no such lesson", &lesson, suite).is_err());
}

#[test]
fn waits_in_a_row_add_up_and_waits_side_by_side_do_not() {
    let check = |id: &str, took, waits, needs: &[&str]| Graded {
        id: id.into(),
        is_passed: true,
        took,
        waits,
        needs: needs.iter().map(ToString::to_string).collect(),
    };
    let graded = [
        check("tells_the_time", 1100.0, true, &[]),
        check("literal_text", 20.0, false, &["tells_the_time"]),
        check("three_zones", 100.0, true, &["literal_text"]),
        check("asks_again", 1050.0, true, &[]),
    ];
    assert_eq!(longest_wait(&graded), 1200.0);
    assert_eq!(longest_wait(&[check("one_byte", 20.0, false, &[])]), 0.0);
}
