//! What is said when the parts of a class are put together.

use std::path::Path;

pub(crate) const OTHER_IDS: &str = "they are not about the same students";
pub(crate) const OTHER_TOOLCHAIN: &str = "they have other compilers";
pub(crate) const OTHER_TIER: &str = "they confined programs otherwise";
pub(crate) const OTHER_SEED: &str = "they have other seeds";
pub(crate) const OTHER_LESSONS: &str = "they have other lessons, checks or dependencies";
/// So many names are listed.
const SHOWN: usize = 20;

pub(crate) fn no_parts(folder: &Path) -> String {
    format!("nothing was graded into {}", folder.display())
}

pub(crate) fn double(id: &str, a: &Path, b: &Path) -> String {
    format!("{id} in {} and in {}", a.display(), b.display())
}

pub(crate) fn other_run(a: &str, b: &str, what: &str) -> String {
    format!("{a} and {b} are not parts of one class: {what}")
}

pub(crate) fn merged(count: usize, out: &Path) -> String {
    format!("{count} students, each once, in {}", out.display())
}

pub(crate) fn not_whole(
    missing: &[&String],
    double: &[String],
    strangers: &[String],
    broken: &[String],
) -> String {
    let list = |names: Vec<&str>| {
        let more = names.len().saturating_sub(SHOWN);
        let mut text = names.into_iter().take(SHOWN).collect::<Vec<_>>().join("\n  ");
        if more > 0 {
            text.push_str(&format!("\n  and {more} more"));
        }
        text
    };
    let missing = missing.iter().map(|it| it.as_str()).collect::<Vec<_>>();
    let parts = [
        ("no result yet; grade with --resume:", missing),
        ("two results:", double.iter().map(String::as_str).collect()),
        (
            "a result of somebody who is not in the class:",
            strangers.iter().map(String::as_str).collect(),
        ),
        ("no result at all:", broken.iter().map(String::as_str).collect()),
    ];
    let parts = parts.into_iter().filter(|(_, names)| !names.is_empty());
    let parts = parts.map(|(what, names)| format!("\n{what}\n  {}", list(names)));
    format!("the class is not whole, and nothing was written{}", parts.collect::<String>())
}
