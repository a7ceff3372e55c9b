//! A small clone to try things in: a course with one lesson, whose program is the test's own.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

/// A clone in a temporary folder. Its only lesson is tcp-echo, with the real lesson.toml.
pub(crate) struct Clone {
    folder: TempDir,
}

impl Clone {
    pub(crate) fn new() -> Self {
        let clone = Self { folder: tempfile::tempdir().unwrap() };
        clone.write(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"exercises/tcp-echo\"]\n",
        );
        clone.write("exercises/tcp-echo/Cargo.toml", &manifest("tcp-echo"));
        clone.write("exercises/tcp-echo/src/main.rs", "fn main() {}\n");
        clone.write("exercises/tcp-echo/lesson.toml", &real("exercises/tcp-echo/lesson.toml"));
        // It is the only lesson here.
        clone.change("exercises/tcp-echo/lesson.toml", "needs = [\"file-ipc\"]", "needs = []");
        clone
    }

    /// Adds a solution that is right, by letting the course's Python program do the work.
    pub(crate) fn with_solution(self) -> Self {
        self.write("solutions/tcp-echo/Cargo.toml", &manifest("tcp-echo-solution"));
        self.change("Cargo.toml", "tcp-echo\"]", "tcp-echo\", \"solutions/tcp-echo\"]");
        self.write("solutions/tcp-echo/src/main.rs", &right_program());
        self
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, place: &str) -> PathBuf {
        self.root().join(place)
    }

    pub(crate) fn write(&self, place: &str, text: &str) {
        let path = self.path(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, place: &str) -> String {
        fs::read_to_string(self.path(place)).unwrap_or_else(|error| panic!("{place}: {error}"))
    }

    /// Changes one place of a file.
    pub(crate) fn change(&self, place: &str, from: &str, to: &str) {
        let text = self.read(place);
        assert!(text.contains(from), "{place} has no {from:?}");
        self.write(place, &text.replacen(from, to, 1));
    }

    /// netlings in the clone's root, as it runs for somebody without settings of their own.
    pub(crate) fn netlings(&self, arguments: &[&str]) -> Command {
        self.netlings_in("", arguments)
    }

    /// [`Clone::netlings`] in a folder of the clone.
    pub(crate) fn netlings_in(&self, folder: &str, arguments: &[&str]) -> Command {
        Command::from_std(self.plain_netlings(folder, arguments))
    }

    /// [`Clone::netlings`] for a test that holds the running program itself.
    pub(crate) fn plain_netlings(&self, folder: &str, arguments: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_netlings"));
        command.current_dir(self.path(folder)).args(arguments);
        for name in ["CARGO_TARGET_DIR", "COLUMNS", "NO_COLOR", "CLICOLOR_FORCE", "RUSTFLAGS"] {
            command.env_remove(name);
        }
        command
    }
}

/// What `command` shows on a terminal of so many columns, without colour.
pub(crate) fn on_terminal(columns: u16, command: &std::process::Command) -> String {
    // Becomes the command, with a terminal for its stdout, and prints what the terminal gets.
    let script = format!(
        "import fcntl, os, pty, struct, sys, termios\n\
         pid, terminal = pty.fork()\n\
         if pid == 0:\n    \
             fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 24, {columns}, 0, 0))\n    \
             os.dup2(os.open(os.devnull, os.O_WRONLY), 2)\n    \
             os.execv(sys.argv[1], sys.argv[1:])\n\
         try:\n    \
             while shown := os.read(terminal, 65536):\n        \
                 sys.stdout.buffer.write(shown)\n\
         except OSError:\n    \
             pass\n"
    );
    let mut python = std::process::Command::new("python3");
    python.args(["-c", &script]).arg(command.get_program()).args(command.get_args());
    // A pager would wait for somebody who reads.
    python.current_dir(command.get_current_dir().unwrap()).env("NO_COLOR", "1").env("PAGER", "cat");
    python.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = python.output().unwrap();
    String::from_utf8(output.stdout).expect("a terminal is shown UTF-8").replace('\r', "")
}

/// A package that needs nothing, so that it is built in a moment.
pub(crate) fn manifest(name: &str) -> String {
    format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n")
}

/// A file of the course that these tests belong to.
pub(crate) fn real(place: &str) -> String {
    fs::read_to_string(real_path(place)).unwrap_or_else(|error| panic!("{place}: {error}"))
}

pub(crate) fn real_path(place: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join(place)
}

/// The names of the course's lessons.
pub(crate) fn real_lessons() -> Vec<String> {
    let entries = fs::read_dir(real_path("exercises")).unwrap().map(|entry| entry.unwrap().path());
    let lessons = entries.filter(|path| path.join("lesson.toml").exists());
    let mut names: Vec<_> =
        lessons.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// The command line of a program that keeps tcp-echo's contract.
pub(crate) fn right_command() -> String {
    format!("python3 '{}'", real_path("solutions/tcp-echo/examples/echo.py").display())
}

/// A Rust program that keeps tcp-echo's contract, by becoming one that does.
pub(crate) fn right_program() -> String {
    let python = real_path("solutions/tcp-echo/examples/echo.py");
    format!(
        "fn main() {{\n    \
             // step 1: become the program that can do it\n    \
             let mut arguments = std::env::args().skip(1);\n    \
             let mut command = std::process::Command::new(\"python3\");\n    \
             command.arg({python:?}).args(&mut arguments);\n    \
             panic!(\"{{}}\", std::os::unix::process::CommandExt::exec(&mut command))\n    \
             // end of step 1\n\
         }}\n"
    )
}

/// The text of a finished run's stdout.
pub(crate) fn stdout(assert: &assert_cmd::assert::Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).expect("stdout is UTF-8")
}

/// The text of a finished run's stderr.
pub(crate) fn stderr(assert: &assert_cmd::assert::Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).expect("stderr is UTF-8")
}
