//! Strangers' programs among honest ones, confined. Where the machine cannot confine programs these
//! tests say so; with `NETLINGS_REQUIRE=cell` that is a failure.

#![cfg(target_os = "linux")]

mod class;

use class::{Class, text};
use serde_json::Value;

/// Whether programs can be confined here.
fn can_confine() -> bool {
    let class = Class::new();
    let told = text(&class.run(&["doctor"]));
    let can = !told.contains("confinement: none") && !told.contains("no second level");
    let required = std::env::var("NETLINGS_REQUIRE")
        .is_ok_and(|what| what.split(',').any(|it| it.trim() == "cell"));
    assert!(can || !required, "{told}");
    if !can {
        eprintln!("not run: {told}");
    }
    can
}

fn lesson(result: &Value) -> &Value {
    &result["lessons"][0]
}

fn has_full_marks(result: &Value) -> bool {
    lesson(result)["score"] == lesson(result)["max_score"] && lesson(result)["score"] != 0
}

/// What a student's server said on stderr in the first check.
fn said(result: &Value) -> String {
    lesson(result)["checks"][0]["stderr"].to_string()
}

/// A server that does this before it begins.
fn server(class: &Class, id: &str, does: &str) {
    let bind = "let listener = TcpListener::bind(addr)?;";
    class.mistake(id, bind, &format!("{does}\n    {bind}"));
}

#[test]
fn attackers_reach_nothing_and_honest_programs_keep_their_verdicts() {
    if !can_confine() {
        return;
    }
    let class = Class::new();
    class.solution("honest");
    let secret = class.path("in/honest/exercises/tcp-echo/src/server.rs");
    for (id, path) in [
        ("reads-passwd", "/etc/passwd"),
        ("reads-others", &*secret),
        (
            "reads-solution",
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../solutions/tcp-echo/src/main.rs"),
        ),
        ("reads-grader", "/proc/1/environ"),
    ] {
        // It fails on purpose in the end, so that what it said is in its result.
        let show = "let seen = std::fs::read(PATH).is_ok(); eprintln!(\"seen: {seen}\");
             if true { return Err(io::Error::other(\"done\")); }";
        server(&class, id, &show.replace("PATH", &format!("{path:?}")));
    }
    let kill = "for id in 1..400 { let mut kill = std::process::Command::new(\"/bin/kill\");
         let _ = kill.args([\"-9\", &id.to_string()]).stderr(std::process::Stdio::null()).status();
         if id == std::process::id() - 1 { break; } }";
    server(&class, "kills-grader", kill);
    for (id, item) in [
        ("includes-passwd", "const _: &str = include_str!(\"/etc/passwd\");"),
        ("includes-environment", "const _: &[u8] = include_bytes!(\"/proc/self/environ\");"),
        ("path-attribute", "#[path = \"/etc/passwd\"] mod stolen;"),
    ] {
        class.with(id, item);
    }
    class.with("includes-other", &format!("const _: &str = include_str!({secret:?});"));
    class.with("fills-memory", "static BIG: [u8; 1 << 40] = [1; 1 << 40];\n");
    let done = class.grade(&["--sandbox", "require"]);
    assert!(done.status.success(), "{}", text(&done));

    let honest = class.result("honest");
    assert!(has_full_marks(&honest), "{honest}");
    assert_ne!(honest["sandbox"], "none");
    for id in ["reads-passwd", "reads-others", "reads-solution", "reads-grader"] {
        let result = class.result(id);
        assert!(said(&result).contains("seen: false"), "{id}: {}", said(&result));
    }
    // Whoever tried to kill the grader is graded.
    assert_eq!(lesson(&class.result("kills-grader"))["outcome"], "graded");
    for id in [
        "includes-passwd",
        "includes-environment",
        "path-attribute",
        "includes-other",
        "fills-memory",
    ] {
        let result = class.result(id);
        assert_eq!(lesson(&result)["outcome"], "no_build", "{id}: {result}");
        assert!(!result.to_string().contains("root:x:0"), "{id}");
    }
}

#[test]
fn the_same_attacks_succeed_where_nothing_is_confined() {
    let class = Class::new();
    let show = "eprintln!(\"seen: {}\", std::fs::read(\"/etc/passwd\").is_ok());
         if true { return Err(io::Error::other(\"done\")); }";
    server(&class, "reads-passwd", show);
    class.with("includes-passwd", "const _: &str = include_str!(\"/etc/passwd\");");
    let done = class.grade(&["--sandbox", "none"]);
    assert!(done.status.success(), "{}", text(&done));
    assert!(said(&class.result("reads-passwd")).contains("seen: true"));
    assert!(has_full_marks(&class.result("includes-passwd")));
}

#[test]
fn a_program_that_holds_too_much_memory_is_ended_and_told_so() {
    if !can_confine() {
        return;
    }
    let class = Class::new();
    class.solution("honest");
    let hog = "for _ in 0..3 { std::process::Command::new(std::env::current_exe()?).args(std::env::args().skip(1)).spawn()?; }
         let all = vec![1_u8; 900 << 20]; eprintln!(\"{}\", all.iter().filter(|it| **it == 1).count());
         std::thread::park();";
    server(&class, "hog", hog);
    let done = class.grade(&["--sandbox", "require"]);
    assert!(done.status.success(), "{}", text(&done));
    assert!(has_full_marks(&class.result("honest")));
    let hog = class.result("hog");
    assert_eq!(
        (&lesson(&hog)["outcome"], &lesson(&hog)["score"]),
        (&"graded".into(), &0.into()),
        "{hog}"
    );
}
