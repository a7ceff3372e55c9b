//! A check is a paragraph: what stands between its braces is read in one look. This reads the
//! sources of the checks and counts.

use std::fs;
use std::path::{Path, PathBuf};

/// The most lines that a check's body may have. Twenty are meant; two more are let pass where a
/// split would read worse.
const MOST: usize = 22;

/// How each check's first line ends, with one name or another for what it gets.
const SIGNATURE: &str = ": &mut Run) -> Verdict {";

#[test]
fn every_check_is_a_paragraph() {
    let mut too_long = Vec::new();
    for suite in checks::suites() {
        let bodies = bodies_of(&suite.lesson.replace('-', "_"));
        for check in suite.checks {
            let is_seen = bodies.iter().any(|(name, lines)| name == check.id && *lines > 0);
            assert!(is_seen, "{} {}: its body is not found", suite.lesson, check.id);
        }
        let long = bodies.iter().filter(|(_, lines)| *lines > MOST);
        too_long.extend(long.map(|(name, lines)| format!("{} {name}: {lines}", suite.lesson)));
    }
    assert!(too_long.is_empty(), "more than {MOST} lines: {}", too_long.join(", "));
}

#[test]
fn a_body_is_counted_from_the_first_brace_to_the_last() {
    let source = "\
fn short(run: &mut Run) -> Verdict {
    run.server().map(drop)
}

fn no_check(run: &Run) -> Verdict {
    Ok(())
}

pub(super) fn longer(run: &mut Run) -> Verdict {
    for server in [run.server()?] {
        server.kill()?;
    }

    Ok(())
}
";
    let expected = [("short", 1), ("longer", 5)].map(|(name, lines)| (name.to_owned(), lines));
    assert_eq!(bodies_in(source), expected);
}

/// The checks in a lesson's module, each with the lines of its body.
fn bodies_of(module: &str) -> Vec<(String, usize)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let sources = files_of(&src, module).into_iter().map(|file| {
        let source = fs::read_to_string(&file);
        source.unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    });
    sources.flat_map(|source| bodies_in(&source)).collect()
}

/// `module.rs`, and all that stands in the folder of that name.
fn files_of(src: &Path, module: &str) -> Vec<PathBuf> {
    let mut files = vec![src.join(module).with_extension("rs")];
    let mut folders = vec![src.join(module)];
    while let Some(folder) = folders.pop() {
        // A lesson whose checks stand in one file has no folder.
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("a folder of the sources can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files
}

/// The functions that a check can be, each with the lines between its braces. rustfmt puts the last
/// brace where the first line begins.
fn bodies_in(source: &str) -> Vec<(String, usize)> {
    let mut bodies = Vec::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        let Some((start, _)) = line.split_once(SIGNATURE) else { continue };
        let name = start.split_once("fn ").and_then(|(_, name)| name.split_once('('));
        let Some((name, _)) = name else { continue };
        let indent = line.len() - line.trim_start().len();
        let is_last = |line: &&str| line.trim() == "}" && line.find('}') == Some(indent);
        bodies.push((name.to_owned(), lines.by_ref().take_while(|line| !is_last(line)).count()));
    }
    bodies
}
