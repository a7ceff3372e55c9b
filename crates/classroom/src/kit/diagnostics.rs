//! What rustc says of a program, as it writes it: a JSON document a line.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// So many errors are kept of one program, and so many bytes of each.
const ERRORS: usize = 20;
const BYTES: usize = 6000;

/// An error of the compiler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CompileError {
    /// Its number, such as `E0432`, where it has one.
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    /// As the compiler shows it, with the lines it is about.
    pub(crate) shown: String,
}

/// What rustc said.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) errors: Vec<CompileError>,
    /// Crates that the program wants and that are not there.
    pub(super) not_there: BTreeSet<String>,
    /// What is no JSON: the compiler's own trouble.
    pub(super) other: String,
}

#[derive(Deserialize)]
struct Diagnostic {
    message: String,
    level: String,
    rendered: Option<String>,
    code: Option<Code>,
    #[serde(default)]
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Deserialize)]
struct Span {
    label: Option<String>,
}

impl Said {
    pub(super) fn read(stderr: &[u8]) -> Self {
        let mut said = Self::default();
        for line in stderr.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice::<Diagnostic>(line) {
                Ok(it) if it.level.starts_with("error") => said.take(it),
                Ok(_) => {}
                Err(_) if said.other.len() < BYTES => {
                    said.other.push_str(&text(&String::from_utf8_lossy(line), BYTES));
                    said.other.push('\n');
                }
                Err(_) => {}
            }
        }
        said
    }

    fn take(&mut self, it: Diagnostic) {
        // The compiler's own summary: how many there were.
        if it.message.starts_with("aborting due to") {
            return;
        }
        let labels = it.spans.iter().filter_map(|span| span.label.as_deref());
        self.not_there.extend(labels.chain([&*it.message]).filter_map(missing_crate));
        if self.errors.len() < ERRORS {
            self.errors.push(CompileError {
                code: it.code.map(|it| text(&it.code, 20)),
                message: text(it.message.lines().next().unwrap_or_default(), 400),
                shown: text(&it.rendered.unwrap_or_default(), BYTES),
            });
        }
    }
}

/// The crate that a sentence of rustc's says is not there.
fn missing_crate(sentence: &str) -> Option<String> {
    let starts = ["unresolved module or unlinked crate `", "can't find crate for `"];
    let rest = starts.iter().find_map(|start| Some(sentence.split_once(start)?.1))?;
    let (name, _) = rest.split_once('`')?;
    let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (is_name && (1..=64).contains(&name.len())).then(|| name.to_owned())
}

/// `words` made safe to print, cut where they are long.
fn text(words: &str, most: usize) -> String {
    let lines: Vec<String> = words.lines().map(|line| netkit::visible(line.as_bytes())).collect();
    let text = lines.join("\n");
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_that_is_not_there_is_named() {
        let line = r#"{"message":"unresolved import `rand`","code":{"code":"E0432"},"level":"error",
            "spans":[{"label":"use of unresolved module or unlinked crate `rand`"}],"rendered":"r\u001b[0m"}"#;
        let line = line.replace('\n', " ") + "\nthread 'rustc' panicked\n";
        let said = Said::read(line.as_bytes());
        assert_eq!(said.not_there.into_iter().collect::<Vec<_>>(), ["rand"]);
        assert_eq!(said.errors[0].code.as_deref(), Some("E0432"));
        assert_eq!(said.errors[0].shown, "r␛[0m");
        assert_eq!(said.other, "thread 'rustc' panicked\n");
    }
}
