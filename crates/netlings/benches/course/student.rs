//! A student who has solved a lesson and goes on editing: in a copy of the work tree, with all
//! that a build needs already built.

use std::cell::Cell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use grader::Lesson;
use serde::Deserialize;

use crate::cargo_json;
use crate::graded::{self, Graded};
use crate::held::{self, Ended};
use crate::work_tree::{WorkTree, write_if_other};

/// How long one build or grading may take.
const LIMIT: Duration = Duration::from_secs(900);

const PURPOSE: &str = "grading";

pub(crate) struct Student {
    tree: WorkTree,
    lesson: String,
    netlings: PathBuf,
    /// The file that is edited, and what it holds without the edit.
    file: PathBuf,
    text: String,
    edits: Cell<u32>,
}

/// An entry of mistakes.toml, as far as it matters here.
#[derive(Deserialize)]
struct Mistake {
    id: String,
    file: String,
    find: String,
    replace: String,
}

#[derive(Deserialize)]
struct Mistakes {
    mistake: Vec<Mistake>,
}

impl Student {
    /// A student whose program is the lesson's solution.
    pub(crate) fn at(lesson: &str) -> anyhow::Result<Self> {
        let tree = WorkTree::copy("grading")?;
        let (solution, exercise) = (tree.solution(lesson), tree.exercise(lesson));
        for entry in fs::read_dir(solution.join("src"))? {
            let path = entry?.path();
            let name = path.file_name().context("every file has a name")?;
            write_if_other(&exercise.join("src").join(name), &fs::read(&path)?)?;
        }
        let mut command = tree.cargo(PURPOSE);
        command.args(["build", "--message-format=json", "-p", "netlings", "-p", lesson]);
        let ended = held::run_well(command, LIMIT)?;
        let netlings = ended.out().find_map(|line| cargo_json::executable(&line.text, "netlings"));
        let netlings = netlings.context("cargo names no program for netlings")?;
        let file = edited(&exercise)?;
        let text = fs::read_to_string(&file)?;
        Ok(Self { tree, lesson: lesson.into(), netlings, file, text, edits: Cell::new(0) })
    }

    /// Makes the mistake called `id`: from now on it is in the edited file.
    pub(crate) fn err(&mut self, id: &str) -> anyhow::Result<()> {
        let place = self.tree.solution(&self.lesson).join("mistakes.toml");
        let text = fs::read_to_string(&place).with_context(|| place.display().to_string())?;
        let mut mistakes = toml::from_str::<Mistakes>(&text)?.mistake.into_iter();
        let mistake = mistakes.find(|mistake| mistake.id == id);
        let mistake = mistake.ok_or_else(|| anyhow!("mistakes.toml has no mistake `{id}`"))?;
        let is_here = self.file.ends_with(&mistake.file) && self.text.contains(&mistake.find);
        ensure!(is_here, "the mistake `{id}` is not in {}", self.file.display());
        self.text = self.text.replacen(&mistake.find, &mistake.replace, 1);
        Ok(())
    }

    /// Edits the program: the compiler has something new to make of it, though it does the same.
    pub(crate) fn edit(&self) -> anyhow::Result<()> {
        self.edits.set(self.edits.get() + 1);
        let edit = format!("\n#[used]\nstatic EDIT: u32 = {};\n", self.edits.get());
        fs::write(&self.file, format!("{}{edit}", self.text))?;
        Ok(())
    }

    /// `cargo build -p LESSON` after an edit.
    pub(crate) fn build(&self) -> anyhow::Result<Ended> {
        let mut command = self.tree.cargo(PURPOSE);
        command.args(["build", "-p", &self.lesson]);
        self.edit()?;
        held::run_well(command, LIMIT)
    }

    /// `netlings check LESSON` after an edit.
    pub(crate) fn check(&self) -> anyhow::Result<Ended> {
        let mut command = self.netlings();
        command.args(["check", &self.lesson]);
        self.edit()?;
        held::run(command, LIMIT)
    }

    /// `cargo netlings check LESSON` after an edit: cargo first looks whether netlings is built.
    pub(crate) fn check_through_cargo(&self) -> anyhow::Result<Ended> {
        let mut command = self.tree.cargo(PURPOSE);
        command.args(["netlings", "check", &self.lesson]);
        self.edit()?;
        held::run(command, LIMIT)
    }

    /// netlings as this student runs it.
    pub(crate) fn netlings(&self) -> Command {
        self.tree.command(&self.netlings, PURPOSE)
    }

    /// How each check ends, and how long it takes.
    pub(crate) fn grading(&self) -> anyhow::Result<Vec<Graded>> {
        let mut command = self.netlings();
        command.args(["check", "--json", &self.lesson]);
        let ended = held::run(command, LIMIT)?;
        let document: String = ended.out().map(|line| line.text.as_str()).collect();
        let lesson = Lesson::load(&self.tree.exercise(&self.lesson));
        let lesson = lesson.map_err(|error| anyhow!("{error}"))?;
        let suite = checks::suite(&self.lesson).context("a lesson without checks")?;
        graded::read(&document, &lesson, suite)
            .with_context(|| format!("no result:\n    {}", ended.complaint()))
    }
}

/// The file that a student edits: the server, or in a lesson without one the first that is theirs.
fn edited(exercise: &Path) -> anyhow::Result<PathBuf> {
    let entries = fs::read_dir(exercise.join("src"))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    files.retain(|file| !file.ends_with("main.rs"));
    files.sort_by_key(|file| (!file.ends_with("server.rs"), file.clone()));
    files.into_iter().next().context("nothing to edit")
}
