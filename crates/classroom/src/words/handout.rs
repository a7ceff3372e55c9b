//! What `handout` says.

use std::path::Path;

pub(crate) fn not_empty(out: &Path) -> String {
    format!("{} is not empty; name a folder that is not there yet", out.display())
}

pub(crate) fn no_skeletons(said: &str) -> String {
    format!(
        "the exercises are not as students get them:\n{said}\n`cargo netlings skeletons` writes them anew."
    )
}

pub(crate) const COMPARING: &str = "comparing the exercises with their solutions";

const SOURCE: &str = "their source is in crates/checks all the same.";

/// The end. `unasked` checks are hidden by the course file.
pub(crate) fn written(out: &Path, unasked: usize) -> String {
    let out = out.display();
    let hidden = match unasked {
        0 => "All checks are in it, with their source; --course leaves those out that a course file hides.".to_owned(),
        1 => format!("One check that the course file hides is not asked for in it; {SOURCE}"),
        _ => format!("{unasked} checks that the course file hides are not asked for in it; {SOURCE}"),
    };
    format!("The student edition is in {out}. Try it there: cargo run\n{hidden}")
}

pub(crate) fn still_named(place: &str, ids: &[String]) -> String {
    format!(
        "{place} still names {}: change it in the handout if that says too much",
        ids.join(", ")
    )
}

pub(crate) fn readme_is_other(part: &str) -> String {
    format!("README.md has no {part:?} any more, which the student edition leaves out")
}

/// What the README of the student edition leaves out, from where to where, and what stands there instead.
pub(crate) const README: &[(&str, &str, &str)] = &[
    ("$ cargo test  ", "\n", ""),
    (" `cargo test`\nalso wants", "nearly always there.", ""),
    (
        "The finished program is there from the beginning",
        "hello!\n```\n",
        "This edition has no finished programs, so `peer`, `demo` and `solution` can only say so. Where a lesson's text\n\
         takes a `peer`, take your own program in its other role, a classmate's, or `nc` where there is one.\n",
    ),
    ("For each of them [docs/lessons]", "says so.\n\n", ""),
    ("| `cargo netlings peer ", "\n", ""),
    ("| `cargo netlings solution ", "\n", ""),
    ("| `cargo netlings demo ", "\n", ""),
    ("; `--solution` takes the finished ones", "", ""),
    ("solutions/<lesson>/ ", "\n", ""),
    ("crates/cell   ", "\n", ""),
    ("crates/classroom   ", "\n", ""),
    (
        "contract.md, result-format.md, ",
        "lessons/ for teachers",
        "contract.md, result-format.md, exit-codes.md, traces.md",
    ),
    ("`just` lists the recipes", "to the last.\n\n", ""),
    (
        "## Grading a class",
        "None of that is built by `cargo run`.\n",
        "## Handing in\n\n\
         Unless you were told otherwise: pack the folder `exercises` into a `.zip`. Of it only `exercises/LESSON/src` is graded. What was built, the folder\n\
         `target`, is too big to be taken; `cargo netlings check LESSON` says before what the grading will say.\n",
    ),
];
