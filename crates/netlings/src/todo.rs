//! Which steps are still to do in the student's own files.

use std::fs;
use std::path::{Path, PathBuf};

/// The largest file that is looked at, in bytes: a larger one is no program.
pub(crate) const LARGEST: u64 = 1 << 20;

/// A `todo!("step 2: …")` that still stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Todo {
    pub(crate) file: PathBuf,
    pub(crate) line: usize,
    pub(crate) number: u32,
    pub(crate) text: String,
}

/// The steps still to do in the files of `folder`, by their numbers. A file that cannot be read has
/// none: cargo will say what is the matter with it.
pub(crate) fn all_in(folder: &Path) -> Vec<Todo> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let sources = files.filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    // A pipe's reader would wait for ever.
    let is_source = |about: fs::Metadata| about.is_file() && about.len() <= LARGEST;
    let sources = sources.filter(|path| fs::metadata(path).is_ok_and(is_source));
    let steps = sources.flat_map(|file| {
        let content = fs::read_to_string(&file).unwrap_or_default();
        let found: Vec<_> = steps_in(&content).collect();
        found.into_iter().map(move |(line, number, text)| Todo {
            file: file.clone(),
            line,
            number,
            text,
        })
    });
    let mut steps: Vec<Todo> = steps.collect();
    // A folder's files come in no order; one step in two places is told of the same way each time.
    steps.sort_by(|a, b| (a.number, &a.file, a.line).cmp(&(b.number, &b.file, b.line)));
    steps
}

/// Line, number and text of each step to do.
fn steps_in(content: &str) -> impl Iterator<Item = (usize, u32, String)> {
    content.match_indices("todo!(").filter_map(|(at, opening)| {
        let line_start = content[..at].rfind('\n').map_or(0, |newline| newline + 1);
        if content[line_start..at].contains("//") {
            return None; // only talked about
        }
        let quoted = content[at + opening.len()..].trim_start().strip_prefix("\"step ")?;
        let (number, text) = quoted.split_once(": ")?;
        let end = text.char_indices().find(|(at, c)| *c == '"' && !text[..*at].ends_with('\\'))?.0;
        let text = text[..end].replace("\\\"", "\"").replace("{{", "{").replace("}}", "}");
        let line = content[..at].matches('\n').count() + 1;
        Some((line, number.parse().ok()?, text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_with_the_lowest_number_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.rs"), "fn a() {\n    todo!(\"step 3: later\")\n}\n")
            .unwrap();
        let b = "// todo!(\"step 1: done\")\nfn b() {\n    todo!(\n        \"step 2: say \\\"{{}}\\\"\"\n    )\n}\n";
        fs::write(folder.path().join("b.rs"), b).unwrap();
        let all = all_in(folder.path());
        let first = &all[0];
        assert_eq!((first.number, first.line, first.text.as_str()), (2, 3, "say \"{}\""));
        assert_eq!(first.file, folder.path().join("b.rs"));
        assert_eq!((all[1].number, &all[1].file), (3, &folder.path().join("a.rs")));
        assert_eq!(all.len(), 2);
    }

    #[test]
    fn a_huge_file_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let huge = fs::File::create(folder.path().join("a.rs")).unwrap();
        huge.set_len(1 << 42).unwrap();
        assert_eq!(all_in(folder.path()), []);
    }

    #[test]
    fn other_todos_and_missing_folders_have_no_step() {
        assert_eq!(steps_in("todo!() todo!(\"tidy up\") todo!(\"step x: y\")").count(), 0);
        assert_eq!(all_in(Path::new("/nowhere/at/all")), []);
    }
}
