//! Noting what cargo has rustc do.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde::{Deserialize, Serialize};

use super::Kit;

/// The variable that makes this program go on as rustc, and says where to note what for.
pub(crate) const FOLDER: &str = "NETLINGS_CLASS_RECORD";

/// What cargo had rustc do for one program.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Recording {
    rustc: PathBuf,
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
}

/// Notes and goes on as rustc, and never returns, if cargo started this process for that.
pub(crate) fn serve_if_asked() -> Option<ExitCode> {
    let folder = std::env::var_os(FOLDER)?;
    let mut words = std::env::args_os().skip(1);
    let rustc = PathBuf::from(words.next()?);
    let arguments: Vec<_> = words.collect();
    let text: Option<Vec<String>> =
        arguments.iter().map(|word| word.to_str().map(str::to_owned)).collect();
    let is_program = std::env::var_os("CARGO_BIN_NAME").is_some();
    if let (Some(arguments), true, Ok(package)) =
        (text, is_program, std::env::var("CARGO_PKG_NAME"))
    {
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
            is_for_macros(&name).then_some((name, value))
        });
        let recording =
            Recording { rustc: rustc.clone(), arguments, environment: environment.collect() };
        let file = Path::new(&folder).join(format!("{package}.json"));
        let noted = crate::files::make_ready(Path::new(&folder)).and_then(|()| {
            crate::files::replace(&file, &serde_json::to_vec(&recording).unwrap_or_default())
        });
        if let Err(error) = noted {
            eprintln!("cannot note what rustc does in {}: {error}", file.display());
            return Some(ExitCode::FAILURE);
        }
    }
    let mut rustc = Command::new(rustc);
    rustc.args(arguments).env_remove(FOLDER);
    Some(go_on_as(rustc))
}

#[cfg(unix)]
fn go_on_as(mut rustc: Command) -> ExitCode {
    use std::os::unix::process::CommandExt;
    eprintln!("cannot start rustc: {}", rustc.exec());
    ExitCode::FAILURE
}

#[cfg(not(unix))]
fn go_on_as(mut rustc: Command) -> ExitCode {
    match rustc.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// What clap's macros, and `env!` in a program, are told of the package. What names a place is not
/// among it.
fn is_for_macros(name: &str) -> bool {
    let names_a_place = name == "CARGO_PKG_README" || name == "CARGO_PKG_LICENSE_FILE";
    (name.starts_with("CARGO_PKG_") && !names_a_place)
        || ["CARGO_CRATE_NAME", "CARGO_BIN_NAME"].contains(&name)
}

impl Recording {
    /// The kit for the exercise `lesson` from what was recorded of its solution, and the folder
    /// where the dependencies are now.
    pub(super) fn kit(&self, lesson: &str) -> Result<(Kit, PathBuf), String> {
        let mut kept = Vec::new();
        let mut offered = BTreeMap::new();
        let mut dependencies = None;
        let mut words = self.arguments.iter();
        while let Some(word) = words.next() {
            let mut value =
                || words.next().cloned().ok_or(format!("{word} is followed by nothing"));
            match word.as_str() {
                "--crate-name" => {
                    value()?;
                }
                "--check-cfg" | "--out-dir" | "--error-format" | "--json" | "--cap-lints" => {
                    value()?;
                }
                "-L" => {
                    let place = value()?;
                    if let Some(place) = place.strip_prefix("dependency=") {
                        dependencies.get_or_insert(PathBuf::from(place));
                    }
                }
                "--extern" => {
                    let value = value()?;
                    let (name, file) = value.split_once('=').ok_or("a crate without a file")?;
                    offered.insert(name.to_owned(), PathBuf::from(file));
                }
                "-C" => {
                    let value = value()?;
                    let ours = ["metadata=", "extra-filename=", "incremental="];
                    if !ours.iter().any(|it| value.starts_with(it)) {
                        kept.extend(["-C".to_owned(), value]);
                    }
                }
                word if is_a_lint(word) || is_replaced(word) || word.ends_with("main.rs") => {}
                word => kept.push(word.to_owned()),
            }
        }
        let name = lesson.replace('-', "_");
        kept.extend(["--crate-name".into(), name.clone(), "--emit=link".into()]);
        // A lint is between a student and their editor. Under `#![deny(warnings)]` it would decide
        // whether a program is graded at all.
        kept.extend(["--cap-lints=allow".into(), "--error-format=json".into()]);
        let mut environment = self.environment.clone();
        let own =
            [("CARGO_PKG_NAME", lesson), ("CARGO_BIN_NAME", lesson), ("CARGO_CRATE_NAME", &name)];
        environment.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let kit = Kit {
            lesson: lesson.into(),
            rustc: self.rustc.clone(),
            arguments: kept,
            environment,
            offered,
            dependencies: PathBuf::new(),
            hash: String::new(),
            toolchain: String::new(),
        };
        Ok((kit, dependencies.ok_or("cargo named no folder for dependencies")?))
    }
}

fn is_a_lint(word: &str) -> bool {
    ["--warn=", "--deny=", "--allow=", "--forbid=", "--cap-lints="]
        .iter()
        .any(|it| word.starts_with(it))
}

fn is_replaced(word: &str) -> bool {
    ["--error-format=", "--json=", "--emit=", "--diagnostic-width="]
        .iter()
        .any(|it| word.starts_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kit_is_what_cargo_did_less_its_places_and_lints() {
        let text = "--crate-name tcp_echo_solution --edition=2024 solutions/tcp-echo/src/main.rs \
            --error-format=json --json=artifacts --crate-type bin --emit=dep-info,link -C \
            embed-bitcode=no --warn=missing_docs --deny=unsafe_code --check-cfg cfg(test) -C \
            metadata=1 -C extra-filename=-2 --out-dir /t -L dependency=/t/deps --extern \
            clap=/t/deps/libclap-1.rlib";
        let environment = [("CARGO_PKG_NAME", "tcp-echo-solution"), ("CARGO_PKG_VERSION", "0.1.0")];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let arguments = text.split_whitespace().map(str::to_owned).collect();
        let recording =
            Recording { rustc: "/rustc".into(), arguments, environment: environment.into() };
        let (kit, dependencies) = recording.kit("tcp-echo").unwrap();
        assert_eq!(dependencies, Path::new("/t/deps"));
        assert_eq!(kit.offered.keys().collect::<Vec<_>>(), ["clap"]);
        assert_eq!(
            kit.arguments.join(" "),
            "--edition=2024 --crate-type bin -C embed-bitcode=no --crate-name tcp_echo --emit=link \
             --cap-lints=allow --error-format=json"
        );
        assert_eq!(kit.environment["CARGO_PKG_NAME"], "tcp-echo");
        assert_eq!(kit.environment["CARGO_PKG_VERSION"], "0.1.0");
    }
}
