//! What cargo prints with `--message-format=json`: one message a line.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// Cargo's message about a finished unit of its work. Other messages and other lines are none.
#[derive(Deserialize)]
struct Artifact {
    package_id: String,
    target: Target,
    features: Vec<String>,
    /// Nothing had to be done.
    fresh: bool,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// One compilation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Compiled {
    /// Name and version.
    pub(crate) package: String,
    /// What of it: `lib`, `bin`, `custom-build` …
    pub(crate) part: String,
    pub(crate) is_third_party: bool,
    pub(crate) features: Vec<String>,
}

/// What was compiled, if this line of cargo's says so.
pub(crate) fn compiled(line: &str) -> Option<Compiled> {
    let artifact: Artifact = serde_json::from_str(line).ok()?;
    if artifact.fresh {
        return None;
    }
    Some(Compiled {
        package: package(&artifact.package_id),
        part: format!("{} {}", artifact.target.kind.join(","), artifact.target.name),
        is_third_party: !artifact.package_id.starts_with("path+"),
        features: artifact.features,
    })
}

/// The program of `target`, if this line of cargo's names it.
pub(crate) fn executable(line: &str, target: &str) -> Option<PathBuf> {
    let artifact: Artifact = serde_json::from_str(line).ok()?;
    artifact.executable.filter(|_| artifact.target.name == target)
}

/// Name and version of `registry+…#name@version`, `path+…/name#version`, `path+…#name@version`.
fn package(id: &str) -> String {
    let (source, rest) = id.split_once('#').unwrap_or((id, id));
    if rest.contains('@') {
        return rest.into();
    }
    format!("{}@{rest}", source.rsplit('/').next().unwrap_or(source))
}

/// What was compiled more than once, with all its compilations.
pub(crate) fn repeated(all: &[Compiled]) -> BTreeMap<String, Vec<&Compiled>> {
    let mut by_part: BTreeMap<String, Vec<&Compiled>> = BTreeMap::new();
    for one in all {
        by_part.entry(format!("{} ({})", one.package, one.part)).or_default().push(one);
    }
    by_part.retain(|_, compilations| compilations.len() > 1);
    by_part
}
