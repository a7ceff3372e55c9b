//! The programs of a made-up class: what a lesson's author wrote, dealt out.
//!
//! Kinds, mistakes and other right programs are each dealt from a shuffled deck, so that a small
//! class has some of every kind and a big one all mistakes equally often. Each program has a little
//! of its student's own, comments and names, so that no two are the same file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use serde::Deserialize;

use super::expected::{Kind, Program, Verdict};
use crate::ending::Stop;
use crate::words::{class as files, rehearse as words};

/// How many of ten programs are of a kind.
const OF_TEN: [(Kind, usize); 5] = [
    (Kind::Solution, 3),
    (Kind::Mistake, 4),
    (Kind::AlsoRight, 1),
    (Kind::Skeleton, 1),
    (Kind::DoesNotCompile, 1),
];

/// What keeps a program from compiling; each is put behind a finished one.
const BROKEN: [(&str, &str); 3] = [
    ("mismatched-types", "fn NAME() -> u32 {\n    \"three\"\n}\n"),
    ("unclosed", "fn NAME() {\n    if true {\n"),
    ("unknown-name", "fn NAME() -> u32 {\n    not_declared + 1\n}\n"),
];

/// A lesson's source files, by their paths below `src`.
type Sources = Vec<(PathBuf, String)>;

/// A program that a student hands in.
pub(super) struct Dealt {
    pub(super) files: Sources,
    pub(super) expected: Program,
}

/// The programs that can be dealt for a lesson.
pub(super) struct Deck {
    solution: Sources,
    skeleton: Sources,
    mistakes: Vec<Mistake>,
    /// The other right programs in Rust that need no more than the exercise offers, by name.
    also_right: Vec<(String, String)>,
    kinds: Cards,
    next_mistake: Cards,
    next_also_right: Cards,
    next_broken: Cards,
}

/// Numbers in a random order, each once before any comes again.
struct Cards {
    all: usize,
    left: Vec<usize>,
    rng: Rng,
}

impl Cards {
    fn new(all: usize, seed: u64) -> Self {
        Self { all, left: Vec::new(), rng: Rng::with_seed(seed) }
    }

    /// The next; none where there is nothing to deal.
    fn next(&mut self) -> Option<usize> {
        if self.left.is_empty() {
            self.left.extend(0..self.all);
            self.rng.shuffle(&mut self.left);
        }
        self.left.pop()
    }
}

/// What is needed of `solutions/<lesson>/mistakes.toml`; `cargo netlings verify` reads all of it.
#[derive(Deserialize)]
struct Mistakes {
    #[serde(default)]
    mistake: Vec<Mistake>,
}

#[derive(Deserialize)]
struct Mistake {
    id: String,
    file: PathBuf,
    find: String,
    replace: String,
    check: String,
}

impl Deck {
    /// The programs of `lesson` in the clone at `root`.
    pub(super) fn of(root: &Path, lesson: &str, seed: u64) -> Result<Self, Stop> {
        let place = root.join("solutions").join(lesson);
        let read = || {
            let text = fs::read_to_string(place.join("mistakes.toml"))?;
            let mistakes: Mistakes = toml::from_str(&text).map_err(io::Error::other)?;
            let solution = sources(&place.join("src"))?;
            for mistake in &mistakes.mistake {
                mistake.made_in(&solution)?;
            }
            let skeleton = sources(&root.join("exercises").join(lesson).join("src"))?;
            Ok((mistakes.mistake, solution, skeleton, also_right(&place)?))
        };
        let (mistakes, solution, skeleton, also_right) =
            read().map_err(|error: io::Error| Stop::usage(files::unreadable(&place, &error)))?;
        let of_ten = OF_TEN.iter().map(|(_, count)| count).sum();
        Ok(Self {
            kinds: Cards::new(of_ten, seed),
            next_mistake: Cards::new(mistakes.len(), seed),
            next_also_right: Cards::new(also_right.len(), seed),
            next_broken: Cards::new(BROKEN.len(), seed),
            solution,
            skeleton,
            mistakes,
            also_right,
        })
    }

    /// The program of the student with this number.
    pub(super) fn deal(&mut self, student: usize) -> Dealt {
        let number = self.kinds.next().unwrap_or(0);
        let mut kinds = OF_TEN.iter().flat_map(|(kind, count)| std::iter::repeat_n(*kind, *count));
        let (mut files, expected) =
            self.of_kind(kinds.nth(number).unwrap_or(Kind::Solution), student);
        for (path, text) in &mut files {
            make_own(path, text, student);
        }
        Dealt { files, expected }
    }

    fn of_kind(&mut self, kind: Kind, student: usize) -> (Sources, Program) {
        let program = |name: &str, verdict| Program { kind, name: name.into(), verdict };
        match kind {
            Kind::Mistake => {
                if let Some(mistake) = self.next_mistake.next().map(|it| &self.mistakes[it])
                    && let Ok(files) = mistake.made_in(&self.solution)
                {
                    let verdict = Verdict::FailsFirst(mistake.check.clone());
                    return (files, program(&mistake.id, verdict));
                }
            }
            Kind::AlsoRight => {
                if let Some((name, text)) =
                    self.next_also_right.next().map(|it| &self.also_right[it])
                {
                    let files = vec![(PathBuf::from("main.rs"), text.clone())];
                    return (files, program(name, Verdict::FullMarks));
                }
            }
            Kind::Skeleton => return (self.skeleton.clone(), program("", Verdict::NoPoints)),
            Kind::DoesNotCompile => {
                let (name, broken) = BROKEN[self.next_broken.next().unwrap_or(0)];
                let mut files = self.solution.clone();
                if let Some((_, text)) = files.first_mut() {
                    text.push_str("\n#[allow(dead_code)]\n");
                    text.push_str(&broken.replace("NAME", &format!("thought_of_{student}")));
                }
                return (files, program(name, Verdict::DoesNotCompile));
            }
            Kind::Solution => {}
        }
        // What a lesson does not have is a solution.
        let program =
            Program { kind: Kind::Solution, name: String::new(), verdict: Verdict::FullMarks };
        (self.solution.clone(), program)
    }
}

impl Mistake {
    /// The solution with this mistake in it.
    fn made_in(&self, solution: &Sources) -> io::Result<Sources> {
        let wrong = || io::Error::other(words::no_mistake(&self.id));
        let file = self.file.strip_prefix("src").map_err(|_| wrong())?;
        let mut files = solution.clone();
        let text = files.iter_mut().find(|(path, _)| path == file).map(|(_, text)| text);
        let text = text.filter(|text| text.matches(&self.find).count() == 1).ok_or_else(wrong)?;
        *text = text.replacen(&self.find, &self.replace, 1);
        Ok(files)
    }
}

/// Writes something of the student's own into a file; no program does anything otherwise for it.
fn make_own(path: &Path, text: &mut String, student: usize) {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().to_uppercase();
    let notes = ["I am not sure about the end", "tried this twice", "see my notes", "works for me"];
    let note = notes[student % notes.len()];
    *text = format!(
        "// {} of student {}: {note}.\n{text}\n#[allow(dead_code)]\nconst NOTE_{}_IN_{name}: &str = \"{note}\";\n",
        path.display(),
        student + 1,
        student + 1,
    );
}

/// The Rust files below `folder`.
fn sources(folder: &Path) -> io::Result<Sources> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path)?;
                found.push((path.strip_prefix(folder).unwrap_or(&path).to_owned(), text));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The other right programs in Rust that need no more crates than the exercise offers.
fn also_right(solution: &Path) -> io::Result<Vec<(String, String)>> {
    let manifest = fs::read_to_string(solution.join("Cargo.toml"))?;
    let manifest: toml::Table = toml::from_str(&manifest).map_err(io::Error::other)?;
    let only_here = manifest.get("dev-dependencies").and_then(toml::Value::as_table);
    let only_here: Vec<String> =
        only_here.into_iter().flat_map(toml::Table::keys).map(|it| it.replace('-', "_")).collect();
    let all = sources(&solution.join("examples"))?;
    let is_offered = |text: &str| !only_here.iter().any(|it| text.contains(&format!("{it}::")));
    let offered = all.into_iter().filter(|(_, text)| is_offered(text));
    Ok(offered.map(|(path, text)| (path.display().to_string(), text)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn deck(seed: u64) -> Deck {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        Deck::of(root, "tcp-echo", seed).unwrap()
    }

    #[test]
    fn ten_students_have_all_kinds_and_a_big_class_has_every_mistake() {
        let mut deck = deck(1);
        let mistakes = deck.mistakes.len();
        let dealt: Vec<Dealt> = (0..10 * mistakes).map(|student| deck.deal(student)).collect();
        for ten in dealt.chunks(10) {
            let mut kinds = BTreeMap::new();
            ten.iter().for_each(|it| *kinds.entry(it.expected.kind).or_insert(0) += 1);
            assert_eq!(kinds, OF_TEN.into());
        }
        let is_mistake = |it: &&Dealt| it.expected.kind == Kind::Mistake;
        let names: BTreeSet<_> =
            dealt.iter().filter(is_mistake).map(|it| &it.expected.name).collect();
        assert_eq!(names.len(), mistakes);
    }

    #[test]
    fn no_two_students_hand_in_the_same_file_and_a_seed_always_gives_the_same() {
        let all = |seed| {
            let mut deck = deck(seed);
            (0..40).map(|student| deck.deal(student).files).collect::<Vec<_>>()
        };
        let first = all(1);
        let texts: Vec<&String> = first.iter().flatten().map(|(_, text)| text).collect();
        assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), texts.len());
        assert_eq!(first, all(1));
        assert_ne!(first, all(2));
    }
}
