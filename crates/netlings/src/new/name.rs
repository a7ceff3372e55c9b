//! What a lesson can be called. Its name is a folder, a package, a program and, with `_`, a module.

use crate::course::Course;
use crate::new::module;
use crate::words::author as words;

/// The longest name: it stands in a column of the map.
const LONGEST: usize = 32;

/// Words of the language; none can name a module.
const KEYWORDS: [&str; 51] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "union", "unsafe", "unsized", "use", "virtual", "where", "while",
];

/// What cargo, the compiler or Windows keeps for itself.
const RESERVED: [&str; 18] = [
    "alloc",
    "aux",
    "build",
    "con",
    "core",
    "deps",
    "errors",
    "examples",
    "incremental",
    "lib",
    "main",
    "nul",
    "prn",
    "proc-macro",
    "proc_macro",
    "solution",
    "std",
    "test",
];

/// Whether a new lesson can have this name; else why not.
pub(super) fn is_free(course: &Course, name: &str) -> Result<(), String> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_well_formed = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(good)
        && !name.ends_with('-')
        && !name.contains("--");
    if !is_well_formed || name.len() > LONGEST {
        return Err(words::bad_lesson_name(name, LONGEST));
    }
    if KEYWORDS.contains(&&*module(name)) {
        return Err(words::name_is_a_keyword(name));
    }
    // com1 to com9 and lpt1 to lpt9 are devices of Windows.
    let number = name.strip_prefix("com").or_else(|| name.strip_prefix("lpt"));
    let device = number.is_some_and(|rest| matches!(rest.as_bytes(), [b'1'..=b'9']));
    if RESERVED.contains(&name) || device {
        return Err(words::name_is_reserved(name));
    }
    if let Some(lesson) = name.strip_suffix("-solution") {
        return Err(words::name_of_a_solution(name, lesson));
    }
    let places = [
        course.exercise(name),
        course.solution(name),
        course.root.join("crates/checks/src").join(module(name)),
        course.root.join("crates/checks/src").join(module(name)).with_extension("rs"),
    ];
    if let Some(place) = places.iter().find(|place| place.symlink_metadata().is_ok()) {
        return Err(words::place_is_taken(name, &course.typed_path(place)));
    }
    // Every package of the workspace, and every library that one of them uses.
    let lock = std::fs::read_to_string(course.root.join("Cargo.lock")).unwrap_or_default();
    if lock.lines().any(|line| line == format!("name = \"{name}\"")) {
        return Err(words::name_of_a_package(name));
    }
    Ok(())
}
