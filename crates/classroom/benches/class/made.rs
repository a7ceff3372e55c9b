//! A made-up class, and the program that grades it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{LESSON, held};

/// How long making up a class may take.
const LIMIT: Duration = Duration::from_secs(120);

/// A made-up class. It goes when this does.
pub(crate) struct Made {
    folder: tempfile::TempDir,
}

impl Made {
    /// Makes up a class of so many students, always the same.
    pub(crate) fn of(students: usize) -> anyhow::Result<Self> {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench");
        fs::create_dir_all(&place)?;
        let folder = tempfile::Builder::new().prefix("class-").tempdir_in(place)?;
        let mut make = program();
        make.args(["rehearse", "make", "--lessons", LESSON, "--students", &students.to_string()]);
        held::run_well(with(make, &folder.path().join("made")), LIMIT)?;
        Ok(Self { folder })
    }

    pub(crate) fn submissions(&self) -> PathBuf {
        self.folder.path().join("made/submissions")
    }

    /// The students' source folders, in the order of their ids.
    pub(crate) fn sources(&self) -> anyhow::Result<Vec<PathBuf>> {
        let entries = fs::read_dir(self.submissions())?.collect::<Result<Vec<_>, _>>()?;
        let mut all: Vec<PathBuf> = entries
            .into_iter()
            .map(|it| it.path().join("exercises").join(LESSON).join("src"))
            .collect();
        all.sort();
        Ok(all)
    }

    /// Where it is graded to.
    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("graded")
    }

    /// The command that grades it, into a folder without results.
    pub(crate) fn grading(&self) -> anyhow::Result<Command> {
        match fs::remove_dir_all(self.out()) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let mut grade = with(program(), Path::new("grade"));
        grade.arg(self.submissions()).args(["--lessons", LESSON]).args(crate::SANDBOX);
        grade.arg("--out").arg(self.out());
        Ok(grade)
    }

    /// What came otherwise than the class deserves: a figure of a wrong grading is none.
    pub(crate) fn is_graded_right(&self) -> anyhow::Result<()> {
        let mut compare = program();
        compare.args(["rehearse", "compare"]);
        compare.arg(self.folder.path().join("made")).arg(self.out());
        let ended = held::run(compare, LIMIT)?;
        let told: Vec<&str> = ended.out().map(|line| line.text.as_str()).take(10).collect();
        anyhow::ensure!(ended.status.success(), "{}", told.join("\n    "));
        Ok(())
    }
}

/// The program, with nothing around it that would make it a part of something.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netlings-class"));
    command.current_dir(crate::work_tree::root());
    for name in ["SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "JOB_COMPLETION_INDEX"] {
        command.env_remove(name);
    }
    command
}

fn with(mut command: Command, argument: &Path) -> Command {
    command.arg(argument);
    command
}
