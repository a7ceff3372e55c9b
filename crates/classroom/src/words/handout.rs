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

pub(crate) fn written(out: &Path) -> String {
    format!("The student edition is in {}. Try it there: cargo run", out.display())
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
         takes a `peer`, take a classmate's program, or `nc` where there is one.\n",
    ),
    ("For each of them [docs/lessons]", "says so.\n\n", ""),
    ("| `cargo netlings peer ", "\n", ""),
    ("| `cargo netlings solution ", "\n", ""),
    ("| `cargo netlings demo ", "\n", ""),
    ("; `--solution` takes the finished ones", "", ""),
    ("solutions/<lesson>/ ", "\n", ""),
    (
        "contract.md, result-format.md, ",
        "lessons/ for teachers",
        "contract.md, result-format.md, exit-codes.md, traces.md",
    ),
    ("`just` lists the recipes", "to the last.\n\n", ""),
];
